//! A scenario in a process of its own, driven by lines of JSON.

use std::{path::PathBuf, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::root;

const PATIENCE: Duration = Duration::from_secs(120);

/// A running scenario.
pub(super) struct Scenario {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Scenario {
    /// Starts one of `tests/browser/<file>.py`; `None` where there is no browser.
    #[expect(clippy::print_stderr, reason = "for who reads the test's output")]
    pub(super) async fn start(file: &str, name: &str, url: &str) -> Option<Self> {
        let set = |variable| {
            std::env::var(variable).unwrap_or_else(|_| {
                panic!("{variable} is not set: run the tests with ./tests/run, which looks for a browser")
            })
        };
        let (python, chromium) = (set("BROWSER_PYTHON"), set("BROWSER_CHROMIUM"));
        if python.is_empty() || chromium.is_empty() {
            eprintln!("skipped: there is no browser for the tests");
            return None;
        }
        let mut child = Command::new(PathBuf::from(python).join("bin/python"))
            .arg(root().join("tests/browser/run.py"))
            .args([file, name, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut scenario = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        };
        scenario.tell(json!({ "chromium": chromium })).await;
        Some(scenario)
    }

    /// Tells it something.
    pub(super) async fn tell(&mut self, what: Value) {
        self.input
            .write_all(format!("{what}\n").as_bytes())
            .await
            .unwrap();
    }

    /// The next line that it says.
    pub(super) async fn says(&mut self, what: &str) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.output.next_line())
            .await
            .unwrap_or_else(|_| panic!("gave up waiting: {what}"))
            .unwrap()
            .unwrap_or_else(|| panic!("the scenario failed before {what}; see its output"));
        let said: Value = serde_json::from_str(&line).unwrap();
        assert!(said[what] != Value::Null, "{what}: {said}");
        said
    }
}
