//! The official client of the protocol, in Python.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{
    app::{API, App, buggy},
    model::Model,
    root,
};

#[expect(clippy::print_stderr, reason = "for who reads the test's output")]
fn skipped() {
    eprintln!("skipped: the official client is not installed");
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_official_client_goes_through_the_tools(pool: PgPool) {
    let python = std::env::var("MCP_PYTHON")
        .expect("run the tests with ./tests/run, which installs the client");
    if python.is_empty() {
        skipped();
        return;
    }
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    for mode in ["auto", "legacy", "2026-07-28"] {
        let mut child = Command::new(format!("{python}/bin/python"))
            .arg(root().join("tests/mcp/client.py"))
            .args([&format!("{}/mcp", app.url), mode])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input
            .write_all(buggy().to_string().as_bytes())
            .await
            .unwrap();
        drop(input);
        let output = tokio::time::timeout(Duration::from_secs(120), child.wait_with_output());
        let output = output.await.expect("the client did not end").unwrap();
        assert!(output.status.success(), "{mode}: see its output");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            said["tools"],
            json!(["submit", "wait", "get_patch", "cancel"]),
            "{mode}"
        );
        assert_eq!(said["state"]["result"]["bug_found"], true, "{mode}");
        let id = said["state"]["id"].as_str().unwrap();
        let by_api = app.get(&format!("{API}/{id}/patch?name=main.cpp")).await;
        assert_eq!(said["patch"], by_api.text().await.unwrap(), "{mode}");
        assert!(
            said["refused"]
                .as_str()
                .unwrap()
                .contains("nothing to cancel"),
            "{mode}"
        );
    }
    app.stop().await;
}
