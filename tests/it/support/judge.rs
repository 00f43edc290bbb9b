//! The real judge, in a process of its own.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{eventually, process::program};

/// A running judge.
pub(crate) struct Judge {
    /// What JUDGE_URL is set to.
    pub(crate) url: String,
    _child: Child,
    _folder: TempDir,
}

impl Judge {
    pub(crate) async fn start() -> Self {
        let folder = super::process::data_dir();
        let socket = folder.path().join("judge.sock");
        let child = Command::new(program("judge"))
            .env_clear()
            .arg("--socket")
            .arg(&socket)
            .arg("--folder")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        eventually("the judge listens", async || socket.exists().then_some(())).await;
        Self {
            url: format!("unix:{}", socket.display()),
            _child: child,
            _folder: folder,
        }
    }
}
