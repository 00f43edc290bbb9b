//! `code-checker ask`: submits a program to a CodeChecker server from a terminal, and shows the bug, its fix and the proof.

mod apply;
mod arguments;
mod client;
mod draft;
mod failing;
mod markdown;
mod progress;
mod show;
mod submission;
mod terminal;
mod watch;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser as _, error::ErrorKind};

use arguments::Arguments;
use client::Client;
use submission::{Created, Submission};
use terminal::{Style, clean};

/// How long to wait for the server to take a cancellation.
const CANCEL_TIME: Duration = Duration::from_secs(5);

/// Why there is no answer. Each has an exit code of its own.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The arguments or the files that they name.
    #[error("{0}")]
    Usage(String),
    /// The server refused it, or the analysis did not succeed.
    #[error("{0}")]
    Refused(String),
    /// No server answers.
    #[error("{0}")]
    Away(String),
    /// Ctrl-C.
    #[error("{0}")]
    Interrupted(String),
}

impl Trouble {
    const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Away(_) => 4,
            Self::Interrupted(_) => 130,
        }
    }
}

/// Runs the command with these arguments, without the program's name and the command's own.
///
/// Exit codes: 0 a bug was found, 1 none was found, 2 the arguments are wrong, 3 refused or failed, 4 no server answers, 130 stopped.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let name = OsString::from("code-checker ask");
    let arguments = match Arguments::try_parse_from(std::iter::once(name).chain(arguments)) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_help = matches!(error.kind(), ErrorKind::DisplayHelp);
            // A pipe that is closed early is no trouble of ours.
            error.print().ok();
            return ExitCode::from(if is_help { 0 } else { 2 });
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(ask(&arguments));
            // A look-up of a name must not hold the process.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Trouble::Refused(error.to_string())),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            let said = clean(&trouble.to_string()).into_owned();
            writeln!(io::stderr(), "code-checker: {said}").ok();
            ExitCode::from(trouble.code())
        }
    }
}

async fn ask(arguments: &Arguments) -> Result<u8, Trouble> {
    let draft = draft::read(arguments)?;
    let client = Client::new(&arguments.server())?;
    let created = submit(&client, &draft.body).await?;
    let limit = Duration::from_secs(arguments.timeout);
    let watched = tokio::select! {
        watched = tokio::time::timeout(limit, watch::watch(&client, &created)) => watched,
        () = interrupted() => return Err(cancel(&client, &created).await),
    };
    let page = client.address(&created.links.page);
    let value = match watched {
        Ok(watched) => watched?,
        Err(_) => {
            let seconds = arguments.timeout;
            let said = format!("it still runs after {seconds} s, and goes on: {page}");
            return Err(Trouble::Refused(said));
        }
    };
    let submission = Submission::read(&value)?;
    let shown = if arguments.json {
        show::json(&value)?
    } else {
        let style = Style::of_stdout();
        show::submission(&submission, &draft.file_name, &page, style)
    };
    write(&shown)?;
    let found = submission.outcome(&page)?;
    if arguments.apply && found {
        apply::apply(draft.file.as_ref(), &submission)?;
    }
    Ok(u8::from(!found))
}

/// Writes to the standard output; that nobody reads on is no trouble.
fn write(text: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Trouble::Refused(format!(
            "the result cannot be written: {error}"
        ))),
        _ => Ok(()),
    }
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler, the signal ends the process by itself.
        std::future::pending::<()>().await;
    }
}

async fn submit(client: &Client, body: &[u8]) -> Result<Created, Trouble> {
    let sent = client.submit(body);
    tokio::pin!(sent);
    tokio::select! {
        created = &mut sent => created,
        () = interrupted() => {
            // The server may have it by now: without its id it could not be stopped.
            match tokio::time::timeout(CANCEL_TIME, sent).await {
                Ok(Ok(created)) => Err(cancel(client, &created).await),
                _ => Err(Trouble::Interrupted("stopped before the server took it".to_owned())),
            }
        }
    }
}

async fn cancel(client: &Client, created: &Created) -> Trouble {
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(CANCEL_TIME, client.cancel(created)) => outcome,
        () = interrupted() => return Trouble::Interrupted("stopped; the analysis may go on".to_owned()),
    };
    Trouble::Interrupted(match outcome {
        Ok(Ok(())) => "cancelled".to_owned(),
        Ok(Err(error)) => format!("stopped, but not cancelled: {error}"),
        Err(_) => "stopped, but not cancelled: the server does not answer".to_owned(),
    })
}
