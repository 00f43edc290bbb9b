//! A client adds, sees, retries, promotes, removes and pauses; our worker does its part.

use std::{collections::HashMap, time::Duration};

use db::submissions::{self, Claim};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::client::{Client, Kind, skipped};
use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Act, Model},
    redis_url,
};

fn job_of(submission: &str) -> String {
    format!("analyze-{submission}-1")
}

fn refusal() -> Act {
    Act::Fail(401, json!({ "error": { "message": "bad key" } }))
}

/// A job that a client added runs, whatever its id.
async fn adds_a_job(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    client.on(&job_of(&id), "remove").await;
    let data = json!({ "submissionId": id });
    let job = client
        .call(
            "add",
            json!({ "name": "analyze", "data": data, "opts": {} }),
        )
        .await;
    let job = job.as_str().unwrap();
    assert_ne!(job, job_of(&id));

    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let completed = client.event("completed", job).await;
    assert_eq!(completed["returnvalue"], Value::Null);
    assert_eq!(app.submission(&id).await["status"], "COMPLETED");
    if kind == Kind::Node {
        assert_eq!(client.on(job, "finished").await, Value::Null);
    }
    let seen = client.on(job, "job").await;
    assert_eq!(
        (&seen["state"], &seen["attemptsMade"], &seen["returnvalue"]),
        (&json!("completed"), &json!(1), &Value::Null)
    );
    assert!(seen["finishedOn"].as_i64().is_some_and(|at| at > 0));
    worker.stop().await;
    app.stop().await;
}

/// A job of ours has the name, data, options and place that a client expects.
async fn sees_our_jobs(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let mut jobs = Vec::new();
    for _ in 0..2 {
        jobs.push(job_of(&app.submit(&buggy()).await));
    }
    let mut waiting: Vec<String> =
        serde_json::from_value(client.call("waiting", json!({})).await).unwrap();
    waiting.sort();
    jobs.sort();
    assert_eq!(waiting, jobs);
    let counts: HashMap<String, u64> =
        serde_json::from_value(client.call("counts", json!({})).await).unwrap();
    assert_eq!(counts["waiting"], 2, "{counts:?}");
    assert_eq!(counts.values().sum::<u64>(), 2, "{counts:?}");

    let seen = client.on(&jobs[0], "job").await;
    let submission = jobs[0]
        .strip_prefix("analyze-")
        .unwrap()
        .strip_suffix("-1")
        .unwrap();
    assert_eq!(
        (&seen["id"], &seen["name"], &seen["data"], &seen["state"]),
        (
            &json!(jobs[0]),
            &json!("analyze"),
            &json!({ "submissionId": submission }),
            &json!("waiting"),
        )
    );
    let options = &seen["opts"];
    assert_eq!(options["attempts"], 3);
    assert_eq!(
        options["backoff"],
        json!({ "type": "exponential", "delay": 2000 })
    );
    assert_eq!(
        options["removeOnComplete"],
        json!({ "age": 86_400, "count": 100 })
    );
    assert_eq!(
        options["removeOnFail"],
        json!({ "age": 604_800, "count": 200 })
    );
    app.stop().await;
}

/// A failed job that a client retries opens its submission again; `call` retries it.
async fn retries(pool: PgPool, kind: Kind, call: &str) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    model.next("analysis", [refusal()]);
    let app = App::start_with(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let job = job_of(&id);
    client.event("failed", &job).await;
    assert_eq!(app.submission(&id).await["status"], "FAILED");
    let seen = client.on(&job, "job").await;
    assert_eq!(
        (&seen["state"], &seen["attemptsMade"]),
        (&json!("failed"), &json!(1))
    );

    let arguments = if call == "retry" {
        json!({ "id": job })
    } else {
        json!({})
    };
    client.call(call, arguments).await;
    client.event("completed", &job).await;
    let done = app.submission(&id).await;
    assert_eq!(
        (&done["status"], &done["error"]),
        (&json!("COMPLETED"), &Value::Null)
    );
    assert_eq!(model.calls("problem").len(), 1, "what was done is kept");
    app.stop().await;
}

/// A postponed job that a client promotes runs at once.
async fn promotes(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let job = job_of(&id);
    let hour = Duration::from_secs(3600);
    let claim = submissions::claim(&pool, id.parse().unwrap(), Some(1), 0, hour).await;
    assert!(matches!(claim, Ok(Claim::Claimed { .. })), "{claim:?}");
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    client.event("delayed", &job).await;
    let seen = client.on(&job, "job").await;
    assert_eq!(
        (&seen["state"], &seen["attemptsMade"]),
        (&json!("delayed"), &json!(0))
    );

    sqlx::query("UPDATE submissions SET lease_expires_at = clock_timestamp()")
        .execute(&pool)
        .await
        .unwrap();
    client.on(&job, "promote").await;
    client.event("completed", &job).await;
    assert_eq!(app.submission(&id).await["status"], "COMPLETED");
    worker.stop().await;
    app.stop().await;
}

/// A waiting job that a client removes is queued again by the sweeper.
async fn removes(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let job = job_of(&app.submit(&buggy()).await);
    client.on(&job, "remove").await;
    client.event("removed", &job).await;
    assert_eq!(client.call("waiting", json!({})).await, json!([]));

    let swept = analyze::sweeper::sweep(&app.state, Duration::ZERO).await;
    assert_eq!(swept.unwrap(), 1);
    assert_eq!(client.call("waiting", json!({})).await, json!([job]));
    app.stop().await;
}

/// A listener gets every event of our jobs, in their order.
async fn hears_our_events(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    let app = App::start_with(&pool, &model, &prefix, &[]).await;
    let good = job_of(&app.submit(&buggy()).await);
    client.event("completed", &good).await;
    assert_eq!(
        client.events_of(&good),
        ["added", "waiting", "active", "completed"]
    );

    model.next("analysis", [refusal()]);
    let bad = job_of(&app.submit(&buggy()).await);
    let failed = client.event("failed", &bad).await;
    let reason = failed["failedReason"].as_str().unwrap();
    assert!(reason.contains("bad key"), "{reason}");
    assert_eq!(
        client.events_of(&bad),
        ["added", "waiting", "active", "failed"]
    );
    assert_eq!(client.on(&bad, "job").await["failedReason"], reason);
    app.stop().await;
}

/// While a client has the queue paused, our worker takes nothing.
async fn pauses(pool: PgPool, kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let model = Model::start().await;
    client.call("pause", json!({})).await;
    let producer = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = producer.submit(&buggy()).await;
    let job = job_of(&id);
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let queue = producer.bullmq().await;
    let connection = queue.connection();
    // A worker blocks on the queue only after it looked for a job and found none.
    eventually("the worker found nothing to do", async || {
        let clients: String = connection
            .cmd(redis::cmd("CLIENT").arg("LIST"))
            .await
            .unwrap();
        let name = format!(" name={prefix}:Y29kZS1hbmFseXNpcw== ");
        let blocked = |line: &str| line.contains(&name) && line.contains(" cmd=bzpopmin ");
        clients.lines().any(blocked).then_some(())
    })
    .await;
    assert_eq!(client.on(&job, "job").await["state"], "waiting");
    assert_eq!(producer.submission(&id).await["status"], "QUEUED");

    client.call("resume", json!({})).await;
    client.event("completed", &job).await;
    assert_eq!(producer.submission(&id).await["status"], "COMPLETED");
    worker.stop().await;
    producer.stop().await;
}

/// An operator counts the waiting jobs with `redis-cli llen`.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_length_of_the_list_wait_is_the_number_of_waiting_jobs(pool: PgPool) {
    let model = Model::start().await;
    // No other test uses the default prefix, and the Redis is of this run.
    let default = config::Config::from_vars([("REDIS_URL".to_owned(), redis_url())]);
    let default = default.unwrap().redis.unwrap().prefix;
    let app = App::without_worker(&pool, &model, &default, &[]).await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(job_of(&app.submit(&buggy()).await));
    }
    let socket = redis_url();
    let socket = socket.strip_prefix("unix://").unwrap();
    let output = tokio::process::Command::new("redis-cli")
        .args(["-s", socket, "llen", "bull:code-analysis:wait"])
        .output()
        .await;
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skipped("there is no redis-cli");
            return;
        }
        output => output.unwrap(),
    };
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "3\n");
    let queue = app.bullmq().await;
    for job in &jobs {
        assert!(queue.remove(job).await.unwrap());
    }
    app.stop().await;
}

macro_rules! with_both_clients {
    ($($scenario:ident($($argument:expr),*) as $node:ident, $python:ident;)*) => {$(
        #[sqlx::test(migrator = "db::MIGRATOR")]
        async fn $node(pool: PgPool) {
            $scenario(pool, Kind::Node, $($argument),*).await;
        }

        #[sqlx::test(migrator = "db::MIGRATOR")]
        async fn $python(pool: PgPool) {
            $scenario(pool, Kind::Python, $($argument),*).await;
        }
    )*};
}

with_both_clients! {
    adds_a_job() as node_adds_a_job, python_adds_a_job;
    sees_our_jobs() as node_sees_our_jobs, python_sees_our_jobs;
    retries("retry") as node_retries_a_failed_job, python_retries_a_failed_job;
    retries("retry_all") as node_retries_all_failed_jobs, python_retries_all_failed_jobs;
    promotes() as node_promotes_a_postponed_job, python_promotes_a_postponed_job;
    removes() as node_removes_a_waiting_job, python_removes_a_waiting_job;
    hears_our_events() as node_hears_our_events, python_hears_our_events;
    pauses() as node_pauses_the_queue, python_pauses_the_queue;
}
