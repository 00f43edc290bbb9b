//! Every function as a program of its own: in AWS Lambda, for which a stand-in plays the Runtime API, and over plain HTTP.

mod consumer;
mod doorbell;
mod http;
mod lambda;

use std::{collections::HashMap, path::PathBuf, process::Stdio};

use serde_json::Value;
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::support::{app::variables, database_url, model::Model, process::program, root};

/// The committed event of this name.
fn event(name: &str) -> Value {
    let file: PathBuf = root().join(format!("tests/it/functions/events/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The environment of a function's program.
fn environment(
    pool: &PgPool,
    model: &Model,
    prefix: &str,
    vars: &[(&str, &str)],
) -> HashMap<String, String> {
    let database = database_url(pool);
    let mut all = variables(model, prefix, &[("DATABASE_URL", &database)]);
    all.insert("LOG_FORMAT".to_owned(), "json".to_owned());
    all.extend(
        vars.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    all
}

/// A running program of a function.
struct Function {
    child: Child,
    log: Lines<BufReader<ChildStdout>>,
}

impl Function {
    fn start(name: &str, environment: &HashMap<String, String>) -> Self {
        let mut child = Command::new(program(name))
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, log }
    }

    /// The next line of its log with this message.
    async fn says(&mut self, message: &str) -> Value {
        let found = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                let line: Value = serde_json::from_str(&line).unwrap();
                if line["message"].as_str().unwrap().contains(message) {
                    return line;
                }
            }
            panic!("it ended without saying {message:?}");
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), found)
            .await
            .unwrap_or_else(|_| panic!("it never said {message:?}"))
    }

    /// Where it serves plain HTTP, once it does.
    async fn url(&mut self) -> String {
        let line = self.says("listening").await;
        let address = line["address"].as_str().unwrap();
        format!("http://localhost:{}", address.rsplit(':').next().unwrap())
    }

    fn terminate(&self) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGTERM,
        )
        .unwrap();
    }
}
