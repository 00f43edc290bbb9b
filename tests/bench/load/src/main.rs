//! `load`, the tool of `tests/bench/run`: an endpoint that stands in for the model, a generator of requests, and watchers.

mod endpoint;
mod requests;
mod target;
mod watchers;

use std::{
    error::Error,
    io::{self, Write as _},
};

use clap::{Parser, Subcommand};
use serde_json::Value;

/// Errors of a program whose user reads them and starts it again.
type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
#[command(about = "Measures a running CodeChecker; tests/bench/run calls it")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve an OpenAI-compatible endpoint, print its base address, and go on until standard input ends
    Endpoint,
    /// Send requests and print how they went as one JSON object
    Requests(requests::Arguments),
    /// Watch submissions, whose ids are the lines of a file, and print the events that arrive until standard input ends
    Watchers(watchers::Arguments),
}

fn main() -> Result {
    let arguments = Arguments::parse();
    // One thread: the programs that are measured need the other cores.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Endpoint => endpoint::serve().await,
            Command::Requests(arguments) => requests::run(arguments).await,
            Command::Watchers(arguments) => watchers::run(arguments).await,
        }
    })
}

/// Prints a line for the program that reads along.
fn print(line: &Value) -> Result {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}

/// Waits until standard input ends, as it does when the caller ends.
async fn input_ends() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 64];
    while let Ok(1..) = tokio::io::AsyncReadExt::read(&mut input, &mut buffer).await {}
}
