//! The real program in a process of its own, with services of its own.

use std::{
    collections::HashMap,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

use super::{
    app::{API, buggy},
    eventually,
    model::Model,
};

/// A folder that the services' own user can reach too.
pub(crate) fn data_dir() -> TempDir {
    tempfile::Builder::new()
        .prefix("code-checker-test-")
        .permissions(std::fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap()
}

/// A program beside the tests; `tests/run` builds them all.
pub(crate) fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folder = tests
        .ancestors()
        .nth(2)
        .expect("tests lie in target/<profile>/deps");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is missing: run the tests with ./tests/run",
        program.display()
    );
    program
}

/// A start of the program in embedded mode.
pub(crate) fn command(data_dir: &Path, base_url: &str) -> Command {
    let mut command = plain_command();
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CODE_CHECKER_DATA_DIR", data_dir)
        .env("OPENAI_BASE_URL", base_url)
        // A test that needs a judge says so: its start takes longer than those of the other services.
        .env("JUDGE_URL", "off");
    command
}

/// A start of the program on a free port, without any other variable.
fn plain_command() -> Command {
    let mut command = Command::new(program("code-checker"));
    command
        .env_clear()
        .env("PORT", "0")
        .env("LOG_FORMAT", "json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A running CodeChecker with its own Postgres and Redis.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    log: mpsc::UnboundedReceiver<Value>,
}

impl Process {
    pub(crate) async fn start(data_dir: &Path, model: &Model) -> Self {
        Self::launch(command(data_dir, &model.base_url)).await
    }

    /// Starts one that nobody has told of a model.
    pub(crate) async fn start_without_model(data_dir: &Path) -> Self {
        let mut command = command(data_dir, "");
        command.env_remove("OPENAI_BASE_URL");
        Self::launch(command).await
    }

    /// Starts one with these variables, on services that are there.
    pub(crate) async fn start_with(variables: HashMap<String, String>) -> Self {
        let mut command = plain_command();
        command.envs(variables);
        Self::launch(command).await
    }

    async fn launch(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = tokio::time::timeout(Duration::from_secs(120), async {
            while let Some(line) = log.next_line().await.unwrap() {
                let entry: Value = serde_json::from_str(&line).unwrap_or_default();
                if entry["message"] == "listening" {
                    let address = entry["address"].as_str().unwrap();
                    return format!("http://localhost:{}", address.rsplit(':').next().unwrap());
                }
            }
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .await
                .unwrap();
            panic!("it ended before it served: {said}");
        })
        .await
        .expect("it did not start within two minutes");
        // It is read on whether a test looks at it or not, or a full pipe would stop the program.
        let (entries, kept) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                entries
                    .send(serde_json::from_str(&line).unwrap_or_default())
                    .ok();
            }
        });
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            // The server closes idle connections after 30 s: none may be used again at just that moment.
            .pool_idle_timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Self {
            child,
            url,
            client,
            log: kept,
        }
    }

    /// Waits for an entry of the log whose message holds these words.
    pub(crate) async fn logged(&mut self, words: &str) -> Value {
        let entry = async {
            loop {
                let entry = self.log.recv().await.expect("it runs");
                if entry["message"]
                    .as_str()
                    .is_some_and(|message| message.contains(words))
                {
                    return entry;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), entry)
            .await
            .unwrap_or_else(|_| panic!("{words:?} was not logged"))
    }

    /// Stops it in good order; answers the entries of the log that nobody has waited for yet.
    pub(crate) async fn rest_of_log(mut self) -> Vec<Value> {
        kill(Pid::from_raw(self.pid()), Signal::SIGTERM).unwrap();
        let rest = async {
            let mut entries = Vec::new();
            while let Some(entry) = self.log.recv().await {
                entries.push(entry);
            }
            entries
        };
        tokio::time::timeout(Duration::from_secs(60), rest)
            .await
            .expect("it did not end")
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("it runs")).unwrap()
    }

    /// Processes that it started itself.
    pub(crate) fn children(&self) -> Vec<i32> {
        children(self.pid())
    }

    /// Submits the stand-in's program, and answers the id.
    pub(crate) async fn submit(&self) -> String {
        let response = self
            .client
            .post(format!("{}{API}", self.url))
            .json(&buggy())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        response.json::<Value>().await.unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits until a submission is completed.
    pub(crate) async fn completed(&self, id: &str) -> Value {
        eventually("the submission is completed", async || {
            let response = self
                .client
                .get(format!("{}{API}/{id}", self.url))
                .send()
                .await
                .unwrap();
            if response.status() != StatusCode::OK {
                return None;
            }
            let submission: Value = response.json().await.unwrap();
            assert_ne!(submission["status"], "FAILED", "{submission:#}");
            (submission["status"] == "COMPLETED").then_some(submission)
        })
        .await
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn signal(mut self, signal: Signal) -> ExitStatus {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
        tokio::time::timeout(Duration::from_secs(60), self.child.wait())
            .await
            .expect("it did not end")
            .unwrap()
    }
}

fn children(parent: i32) -> Vec<i32> {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// A process and its children, parents first.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let mut all = vec![pid];
    all.extend(children(pid).into_iter().flat_map(descendants));
    all
}

/// Name of a process's program; empty when it is gone.
pub(crate) fn name(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
}

/// State and parent of a process.
fn stat(pid: i32) -> Option<(char, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process runs: it is there and no zombie.
pub(crate) fn runs(pid: i32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// A Redis of the test's own, as root or not: nothing but a socket, and these settings.
pub(crate) fn redis_server(socket: &Path, settings: &[&str]) -> Child {
    let program = ["redis-server", "valkey-server"]
        .into_iter()
        .find(|program| {
            let found = std::process::Command::new(program)
                .arg("--version")
                .output();
            found.is_ok_and(|output| output.status.success())
        });
    Command::new(program.expect("./tests/run installs Redis or Valkey"))
        .args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--unixsocket",
        ])
        .arg(socket)
        .args(settings)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
