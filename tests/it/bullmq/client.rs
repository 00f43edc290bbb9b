//! A client of BullMQ in a process of its own, driven by lines of JSON.

use std::{ffi::OsString, path::PathBuf, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::{redis_url, root};

const PATIENCE: Duration = Duration::from_secs(60);

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Node,
    Python,
}

/// Where `tests/run` put a client; empty where it could not.
fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).unwrap_or_else(|| {
        panic!(
            "{variable} is not set: run the tests with ./tests/run, which installs BullMQ's clients"
        )
    });
    (!folder.is_empty()).then(|| folder.into())
}

/// Says why a test does nothing.
#[expect(clippy::print_stderr, reason = "for who reads the test's output")]
pub(super) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// A program of `tests/bullmq` with its pipes.
pub(super) struct Program {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts it for this queue; `None` where its client is missing.
    pub(super) fn start(kind: Kind, script: &str, prefix: &str) -> Option<Self> {
        let (variable, interpreter) = match kind {
            Kind::Node => ("BULLMQ_NODE", None),
            Kind::Python => ("BULLMQ_PYTHON", Some("bin/python")),
        };
        let Some(folder) = folder(variable) else {
            skipped(&format!("BullMQ's {kind:?} client is not installed"));
            return None;
        };
        let interpreter =
            interpreter.map_or_else(|| OsString::from("node"), |path| folder.join(path).into());
        let mut child = Command::new(interpreter)
            .arg(root().join("tests/bullmq").join(script))
            .args([prefix, job_queue::NAME])
            .env("REDIS_URL", redis_url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Some(Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        })
    }

    /// The next line that it says.
    pub(super) async fn line(&mut self, what: &str) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line())
            .await
            .unwrap_or_else(|_| panic!("gave up waiting: {what}"))
            .unwrap()
            .unwrap_or_else(|| panic!("the client ended: {what}"));
        serde_json::from_str(&line).unwrap()
    }
}

/// A client with a queue and a listener to its events.
pub(super) struct Client {
    program: Program,
    events: Vec<Value>,
}

impl Client {
    /// Starts one for this prefix; `None` where it is missing.
    pub(super) fn start(kind: Kind, prefix: &str) -> Option<Self> {
        let script = match kind {
            Kind::Node => "node/client.mjs",
            Kind::Python => "python/client.py",
        };
        Program::start(kind, script, prefix).map(|program| Self {
            program,
            events: Vec::new(),
        })
    }

    /// Calls it with these arguments.
    pub(super) async fn call(&mut self, call: &str, mut arguments: Value) -> Value {
        arguments["call"] = json!(call);
        let line = format!("{arguments}\n");
        self.program.input.write_all(line.as_bytes()).await.unwrap();
        loop {
            let mut said = self.program.line(call).await;
            if said.get("event").is_some() {
                self.events.push(said);
                continue;
            }
            assert_eq!(said["error"], Value::Null, "{call} failed");
            return said["result"].take();
        }
    }

    /// Calls it for a job.
    pub(super) async fn on(&mut self, job: &str, call: &str) -> Value {
        self.call(call, json!({ "id": job })).await
    }

    /// Waits for an event of a job; those that came are remembered.
    pub(super) async fn event(&mut self, event: &str, job: &str) -> Value {
        let wanted = |said: &&Value| said["event"] == event && said["jobId"] == job;
        loop {
            if let Some(said) = self.events.iter().find(wanted) {
                return said.clone();
            }
            let said = self
                .program
                .line(&format!("{event} of {job}; came: {:?}", self.events))
                .await;
            self.events.push(said);
        }
    }

    /// The events of a job until now, in their order.
    pub(super) fn events_of(&self, job: &str) -> Vec<&str> {
        self.events
            .iter()
            .filter(|said| said["jobId"] == job)
            .map(|said| said["event"].as_str().unwrap())
            .collect()
    }

    /// Waits for the first event of a kind, whatever the job is, and answers its job.
    pub(super) async fn first_job_with(&mut self, event: &str) -> String {
        loop {
            if let Some(job) = self.jobs_with(event).into_iter().next() {
                return job;
            }
            let said = self.program.line(event).await;
            self.events.push(said);
        }
    }

    /// The jobs of the events of a kind until now.
    pub(super) fn jobs_with(&self, event: &str) -> Vec<String> {
        self.events
            .iter()
            .filter(|said| said["event"] == event)
            .map(|said| said["jobId"].as_str().unwrap().to_owned())
            .collect()
    }
}
