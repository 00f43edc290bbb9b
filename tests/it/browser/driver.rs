//! A scenario in a process of its own, driven by lines of JSON.

use std::{path::PathBuf, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::root;

const PATIENCE: Duration = Duration::from_secs(240);

/// A running scenario.
pub(super) struct Scenario {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Scenario {
    /// Starts one of `tests/browser/<file>.py` in Chromium; `None` where there is none.
    pub(super) async fn start(file: &str, name: &str, url: &str) -> Option<Self> {
        let chromium = browser("BROWSER_CHROMIUM")?;
        let mut scenario = Self::spawn("run.py", [file, name, url])?;
        scenario.tell(json!({ "chromium": chromium })).await;
        Some(scenario)
    }

    /// Starts the journeys of `tests/browser/others.py` in another browser; `None` where there is none.
    pub(super) fn start_elsewhere(engine: &str, variable: &str, url: &str) -> Option<Self> {
        Self::spawn("others.py", [engine, &browser(variable)?, url])
    }

    fn spawn(script: &str, arguments: [&str; 3]) -> Option<Self> {
        let mut child = Command::new(PathBuf::from(browser("BROWSER_PYTHON")?).join("bin/python"))
            .arg(root().join("tests/browser").join(script))
            .args(arguments)
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

/// Path of a program that `tests/run` looked for.
#[expect(clippy::print_stderr, reason = "for who reads the test's output")]
pub(super) fn browser(variable: &str) -> Option<String> {
    let path = std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: run the tests with ./tests/run, which looks for the browsers"
        )
    });
    if path.is_empty() {
        eprintln!("skipped: {variable} is empty, as there is no such browser");
        return None;
    }
    Some(path)
}
