//! The real judge in a process of its own.

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{
    eventually,
    process::{data_dir, program},
};

/// A running judge, which ends with the test.
pub(crate) struct Judge {
    /// Value of `JUDGE_URL`.
    pub(crate) url: String,
    _folder: TempDir,
    _child: Child,
}

impl Judge {
    /// Starts one, and waits until it answers.
    pub(crate) async fn start() -> Self {
        let folder = data_dir();
        let socket = folder.path().join("judge.socket");
        let mut command = Command::new(program("judge"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .args(["--socket".as_ref(), socket.as_os_str()])
            .args(["--folder".as_ref(), folder.path().as_os_str()])
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().unwrap();
        let url = format!("unix://{}", socket.display());
        let config = config::JudgeConfig::Socket(socket);
        let client = judge_api::Client::new(Some(&config)).unwrap();
        eventually("the judge answers", async || client.languages().await.ok()).await;
        Self {
            url,
            _folder: folder,
            _child: child,
        }
    }
}
