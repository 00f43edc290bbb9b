//! The progress on the standard error, while that is a terminal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Instant,
};

use serde_json::Value;

/// Stages in their order, with what they do.
const STAGES: [(&str, &str); 5] = [
    ("problem", "reading the problem"),
    ("code", "reading the program"),
    ("hunt", "looking for a failing input"),
    ("analysis", "finding the bug"),
    ("verification", "running the tests"),
];

/// One line that is written over.
pub(crate) struct Line {
    is_shown: bool,
    started: Instant,
    doing: String,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            started: Instant::now(),
            doing: "waiting".to_owned(),
        }
    }

    /// Takes the progress that the server tells.
    pub(crate) fn take(&mut self, progress: &Value) {
        let doing: Vec<_> = STAGES
            .iter()
            .filter(|(name, _)| progress["stages"][name]["state"] == "RUNNING")
            .map(|(_, words)| *words)
            .collect();
        self.doing = match progress["status"].as_str() {
            Some("QUEUED") => "waiting in the queue".to_owned(),
            _ if doing.is_empty() => "working".to_owned(),
            _ => doing.join(", "),
        };
        self.show();
    }

    pub(crate) fn say(&mut self, words: &str) {
        words.clone_into(&mut self.doing);
        self.show();
    }

    pub(crate) fn show(&self) {
        if self.is_shown {
            let seconds = self.started.elapsed().as_secs();
            // Nobody need see it for the rest to work.
            write!(io::stderr(), "\r\u{1b}[K{} … {seconds} s", self.doing).ok();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.is_shown {
            write!(io::stderr(), "\r\u{1b}[K").ok();
        }
    }
}
