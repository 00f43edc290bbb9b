//! A judge of the test's own, in a process of its own.

use std::{path::PathBuf, process::Stdio};

use config::{Config, JudgeConfig};
use judge_api::{Case, Client, Language, RunAnswer, RunRequest};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::process::{data_dir, descendants, program};

/// A running judge; dropping it ends it.
pub(crate) struct Judge {
    pub(crate) client: Client,
    folder: TempDir,
    pub(crate) child: Child,
}

impl Judge {
    /// Starts one, and waits until it knows what it can run.
    pub(crate) async fn start() -> Self {
        let folder = data_dir();
        let socket = folder.path().join("judge.socket");
        let mut command = Command::new(program("judge"));
        command
            .env_clear()
            .env("LOG_FORMAT", "json")
            .args([
                "--socket".into(),
                socket.clone(),
                "--folder".into(),
                folder.path().into(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        // `tests/run` makes them once for all tests.
        if let Some(headers) = std::env::var_os("JUDGE_HEADERS").filter(|folder| !folder.is_empty())
        {
            command.args(["--headers".into(), PathBuf::from(headers)]);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            if line.contains("the judge is on") {
                // Nobody reads what comes after, and it must not fill the pipe.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                let client = Client::new(Some(&JudgeConfig::Socket(socket))).unwrap();
                return Self {
                    client,
                    folder,
                    child,
                };
            }
        }
        panic!("the judge did not start: {said}");
    }

    /// The value of JUDGE_URL.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}/judge.socket", self.folder.path().display())
    }

    /// A request for runs of a program on inputs with their expected outputs.
    pub(crate) fn request(
        &self,
        language: Language,
        code: &str,
        cases: &[(&str, Option<&str>)],
    ) -> RunRequest {
        RunRequest {
            language,
            code: code.to_owned(),
            cases: cases
                .iter()
                .map(|(input, expected)| Case {
                    input: (*input).to_owned(),
                    expected: expected.map(str::to_owned),
                })
                .collect(),
            limits: domain::RunLimits::default(),
            budget_ms: None,
        }
    }

    /// Runs a program.
    pub(crate) async fn run(
        &self,
        language: Language,
        code: &str,
        cases: &[(&str, Option<&str>)],
    ) -> RunAnswer {
        let request = self.request(language, code, cases);
        self.client.run(&request).await.unwrap()
    }

    /// The processes below it.
    pub(crate) fn descendants(&self) -> Vec<i32> {
        let own = i32::try_from(self.child.id().unwrap()).unwrap();
        descendants(own).split_off(1)
    }

    /// Whether it can run a language; a test of one that is not installed has nothing to test.
    pub(crate) async fn can_run(&self, language: Language) -> bool {
        self.client
            .languages()
            .await
            .unwrap()
            .of(language)
            .is_some()
    }
}

#[tokio::test]
async fn the_address_of_a_judge_is_one_that_the_settings_take() {
    let judge = Judge::start().await;
    let vars = [("JUDGE_URL".to_owned(), judge.url())];
    let config = Config::from_vars(vars).unwrap();
    let client = Client::new(config.judge.as_ref()).unwrap();
    assert!(!client.languages().await.unwrap().languages.is_empty());
}
