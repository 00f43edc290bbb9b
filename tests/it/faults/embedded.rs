//! The program with services of its own: starts, ends of every kind, and starts again.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use nix::sys::signal::Signal;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    app::API,
    eventually,
    model::{Model, analysis},
    process::{Process, command, data_dir, runs},
};

#[tokio::test]
async fn it_serves_ends_in_good_order_and_keeps_everything() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    let id = process.submit().await;
    process.completed(&id).await;
    let token = folder.path().join("settings-token");
    assert_eq!(
        std::fs::metadata(&token).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let token = std::fs::read_to_string(token).unwrap();
    let children = process.children();
    assert!(children.len() >= 2, "{children:?}");
    assert!(process.signal(Signal::SIGTERM).await.success());
    assert!(
        !children.iter().any(|pid| runs(*pid)),
        "left behind: {children:?}"
    );

    let again = Process::start(folder.path(), &model).await;
    again.completed(&id).await;
    let list = again
        .client
        .get(format!("{}{API}", again.url))
        .bearer_auth(token.trim())
        .send()
        .await
        .unwrap();
    assert_eq!(
        list.json::<Value>().await.unwrap()["items"][0]["id"],
        id.as_str()
    );
    assert!(again.signal(Signal::SIGINT).await.success());
}

#[tokio::test]
async fn kill_9_in_the_middle_of_a_job_loses_nothing_and_leaves_no_orphans() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    model.hold("analysis", analysis());
    let id = process.submit().await;
    model.called("analysis", 1).await;
    eventually("the statement is laid out", async || {
        let response = process.client.get(format!("{}{API}/{id}", process.url));
        let submission: Value = response.send().await.unwrap().json().await.unwrap();
        (submission["stages"]["problem"]["state"] == "COMPLETED").then_some(())
    })
    .await;
    let waiting = process.submit().await;
    let children = process.children();
    process.signal(Signal::SIGKILL).await;
    eventually("the services ended too", async || {
        (!children.iter().any(|pid| runs(*pid))).then_some(())
    })
    .await;

    let again = Process::start(folder.path(), &model).await;
    let done = again.completed(&id).await;
    assert_eq!(done["stages"]["analysis"]["calls"], 2);
    assert_eq!(
        (
            &done["stages"]["problem"]["calls"],
            &done["stages"]["code"]["calls"]
        ),
        (&json!(1), &json!(0))
    );
    again.completed(&waiting).await;
    assert!(again.signal(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_says_so_and_harms_nothing() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    let second = tokio::time::timeout(
        Duration::from_secs(60),
        command(folder.path(), &model.base_url).output(),
    );
    let second = second.await.unwrap().unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("already running"), "{said}");
    let id = process.submit().await;
    process.completed(&id).await;
    assert!(process.signal(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn a_service_that_dies_is_started_again() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    let before = process.children();
    for pid in &before {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(*pid), Signal::SIGKILL).unwrap();
    }
    eventually("it is ready again", async || {
        let children = process.children();
        let renewed =
            children.len() >= before.len() && !children.iter().any(|pid| before.contains(pid));
        let ready = process
            .client
            .get(format!("{}/health/ready", process.url))
            .send()
            .await
            .unwrap();
        (renewed && ready.status() == StatusCode::OK).then_some(())
    })
    .await;
    let id = process.submit().await;
    process.completed(&id).await;
    assert!(process.signal(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn a_stale_pid_file_does_not_stop_a_start() {
    let (folder, model) = (data_dir(), Model::start().await);
    assert!(
        Process::start(folder.path(), &model)
            .await
            .signal(Signal::SIGTERM)
            .await
            .success()
    );
    // The pid of a process that lives but is no Postgres of this folder: this test itself.
    let stale = folder.path().join("postgres/postmaster.pid");
    std::fs::write(
        &stale,
        format!("{}\n{}\n", std::process::id(), folder.path().display()),
    )
    .unwrap();
    assert!(
        Process::start(folder.path(), &model)
            .await
            .signal(Signal::SIGTERM)
            .await
            .success()
    );
}

#[tokio::test]
async fn a_folder_of_another_postgres_is_refused_with_help() {
    let (folder, model) = (data_dir(), Model::start().await);
    assert!(
        Process::start(folder.path(), &model)
            .await
            .signal(Signal::SIGTERM)
            .await
            .success()
    );
    std::fs::write(folder.path().join("postgres/PG_VERSION"), "12\n").unwrap();
    let refused = command(folder.path(), &model.base_url)
        .output()
        .await
        .unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("12") && said.contains("PostgreSQL"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
}

#[tokio::test]
async fn one_service_configured_and_the_other_not_is_refused() {
    let folder = data_dir();
    for (name, value, missing) in [
        ("DATABASE_URL", "postgres://u:p@127.0.0.1:1/d", "REDIS_URL"),
        ("REDIS_URL", "redis://127.0.0.1:1", "DATABASE_URL"),
    ] {
        let output = command(folder.path(), "http://127.0.0.1:1/v1")
            .env(name, value)
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("{missing} is not")), "{said}");
    }
}
