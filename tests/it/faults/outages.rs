//! The services are restarted, killed or frozen while a job runs. Each test has a CodeChecker with services of its own.

use std::time::Duration;

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    app::{API, buggy},
    eventually,
    model::{Model, analysis},
    process::{Process, data_dir, descendants, name},
};

/// The service of this name that a CodeChecker runs.
fn service(process: &Process, wanted: &str) -> i32 {
    process
        .children()
        .into_iter()
        .find(|pid| name(*pid).starts_with(wanted))
        .expect("the service runs")
}

/// Sends a signal to a process, which may have ended by itself since it was looked up, as a server's workers do.
fn signal(pid: i32, signal: Signal) {
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("{signal} to {pid}: {error}"),
    }
}

async fn ready(process: &Process) {
    eventually("it is ready", async || {
        let response = process
            .client
            .get(format!("{}/health/ready", process.url))
            .send()
            .await
            .unwrap();
        (response.status() == StatusCode::OK).then_some(())
    })
    .await;
}

/// A job is in its last stage when `trouble` comes; afterwards it ends with one call a stage.
async fn survives(trouble: impl AsyncFnOnce(&Process)) {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    let gate = model.hold("analysis", analysis());
    let id = process.submit().await;
    model.called("analysis", 1).await;
    trouble(&process).await;
    gate.add_permits(1);
    let done = process.completed(&id).await;
    assert_eq!(done["stages"]["problem"]["calls"], 1);
    let later = process.submit().await;
    process.completed(&later).await;
    ready(&process).await;
    assert!(process.signal(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn redis_is_restarted_in_the_middle_of_a_job() {
    survives(async |process| {
        let redis = service(process, "redis");
        signal(redis, Signal::SIGTERM);
        eventually("Redis is another", async || {
            process
                .children()
                .iter()
                .any(|pid| *pid != redis && name(*pid).starts_with("redis"))
                .then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn postgres_is_restarted_in_the_middle_of_a_job() {
    survives(async |process| {
        let postgres = service(process, "postgres");
        signal(postgres, Signal::SIGINT);
        eventually("Postgres is another", async || {
            process
                .children()
                .iter()
                .any(|pid| *pid != postgres && name(*pid).starts_with("postgres"))
                .then_some(())
        })
        .await;
    })
    .await;
}

/// Time for which a service hangs: as long as a lease and a lock hold.
const FROZEN: Duration = Duration::from_secs(30);

#[tokio::test]
async fn redis_hangs_for_half_a_minute() {
    survives(async |process| {
        let redis = service(process, "redis");
        signal(redis, Signal::SIGSTOP);
        // It accepts a submission meanwhile within about a second, and runs it later.
        let waiting = tokio::time::timeout(Duration::from_secs(10), process.submit())
            .await
            .expect("it waited for Redis");
        tokio::time::sleep(FROZEN).await;
        signal(redis, Signal::SIGCONT);
        process.completed(&waiting).await;
    })
    .await;
}

#[tokio::test]
async fn postgres_hangs_for_half_a_minute() {
    survives(async |process| {
        let all = descendants(service(process, "postgres"));
        for pid in &all {
            signal(*pid, Signal::SIGSTOP);
        }
        let refused = process
            .client
            .post(format!("{}{API}", process.url))
            .json(&buggy())
            .send();
        let started = std::time::Instant::now();
        tokio::time::sleep(FROZEN.saturating_sub(started.elapsed())).await;
        for pid in &all {
            signal(*pid, Signal::SIGCONT);
        }
        drop(refused);
        ready(process).await;
    })
    .await;
}

#[tokio::test]
async fn redis_is_emptied_with_queued_and_running_work() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    let gates: Vec<_> = (0..3).map(|_| model.hold("analysis", analysis())).collect();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(process.submit().await);
    }
    model.called("analysis", 3).await;
    let socket = folder.path().join("run/redis.sock");
    let client = redis::Client::open(format!("unix://{}", socket.display())).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    for gate in gates {
        gate.add_permits(1);
    }
    for id in &ids {
        let done = process.completed(id).await;
        assert_eq!(
            done["stages"]["analysis"]["calls"],
            json!(1),
            "{id} was paid for twice"
        );
    }
    assert!(process.signal(Signal::SIGTERM).await.success());
}

/// A worker is killed while `held` is asked for and the stage beside it is stored.
async fn is_killed_in(held: &'static str, beside: &'static str, then: Value) {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    model.hold(held, then);
    let id = process.submit().await;
    model.called(held, 1).await;
    eventually("the stage beside it is stored", async || {
        let response = process
            .client
            .get(format!("{}{API}/{id}", process.url))
            .send()
            .await
            .unwrap();
        let submission: Value = response.json().await.unwrap();
        (submission["stages"][beside]["state"] == "COMPLETED").then_some(())
    })
    .await;
    process.signal(Signal::SIGKILL).await;
    let again = Process::start(folder.path(), &model).await;
    let done = again.completed(&id).await;
    let calls = |stage: &str| done["stages"][stage]["calls"].clone();
    assert_eq!((calls(held), calls(beside)), (json!(2), json!(1)));
    assert!(again.signal(Signal::SIGTERM).await.success());
}

#[tokio::test]
async fn a_worker_is_killed_in_the_problem_stage() {
    is_killed_in("problem", "analysis", crate::support::model::problem()).await;
}

#[tokio::test]
async fn a_worker_is_killed_in_the_analysis_stage() {
    is_killed_in("analysis", "problem", analysis()).await;
}

#[tokio::test]
async fn sigterm_in_the_middle_of_a_job_hands_it_back_before_the_end() {
    let (folder, model) = (data_dir(), Model::start().await);
    let process = Process::start(folder.path(), &model).await;
    model.hold("analysis", analysis());
    let id = process.submit().await;
    model.called("analysis", 1).await;
    assert!(process.signal(Signal::SIGTERM).await.success());
    let started = std::time::Instant::now();
    let again = Process::start(folder.path(), &model).await;
    again.completed(&id).await;
    // A lease that had to lapse would have taken half a minute.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "the job was not handed back"
    );
    assert!(again.signal(Signal::SIGTERM).await.success());
}
