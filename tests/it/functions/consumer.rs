//! The consumer and the migrations as functions.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{environment, event, lambda::Lambda};
use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Model, analysis},
};

const LONG: Duration = Duration::from_secs(900);

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn any_event_has_what_waits_analysed(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let lambda = Lambda::start("analyze", environment(&pool, &model, &prefix, &[])).await;
    for event in [event("schedule"), json!({}), json!(null), event("sqs")] {
        let is_sqs = event["Records"].is_array();
        let ids = [app.submit(&buggy()).await, app.submit(&buggy()).await];
        let answer = lambda.invoke_within(&event, LONG).await.unwrap().json();
        for id in ids {
            assert_eq!(app.submission(&id).await["status"], "COMPLETED");
        }
        let expected = if is_sqs {
            json!({ "batchItemFailures": [] })
        } else {
            json!({ "handled": 2, "waiting": 0, "delayed": 0 })
        };
        assert_eq!(answer, expected);
    }
    // One whose job is lost is swept up first.
    let id = app.submit(&buggy()).await;
    app.bullmq().await.obliterate(true, 1000).await.unwrap();
    sqlx::query("UPDATE submissions SET updated_at = now() - interval '1 minute'")
        .execute(&pool)
        .await
        .unwrap();
    lambda.invoke_within(&json!({}), LONG).await.unwrap().json();
    assert_eq!(app.submission(&id).await["status"], "COMPLETED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_job_begins_that_might_not_end_in_time(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let bell = super::doorbell::Bell::start().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let vars = [
        ("REQUEST_TIMEOUT_SECONDS", "5"),
        ("MAX_CONCURRENT_ANALYSIS_TASKS", "1"),
        ("DOORBELL_URL", &bell.url),
    ];
    let mut lambda = Lambda::start("analyze", environment(&pool, &model, &prefix, &vars)).await;
    let first = app.submit(&buggy()).await;
    // A job may take 15 s and the end 15 s more: with less than that it is not worth beginning.
    let answer = lambda
        .invoke_within(&json!({}), Duration::from_secs(20))
        .await
        .unwrap();
    let error = answer.outcome.unwrap_err();
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("give it a timeout of at least"),
        "{message}"
    );
    assert_eq!(app.submission(&first).await["status"], "QUEUED");

    // Here the first job may begin; when it ends it is too late for the second.
    let held = model.hold("analysis", analysis());
    let second = app.submit(&buggy()).await;
    let answer = lambda.invoke_within(&json!({}), Duration::from_secs(33));
    model.called("analysis", 1).await;
    lambda.function.says("no further job is begun").await;
    held.add_permits(1);
    let report = answer.await.unwrap().json();
    assert_eq!(report, json!({ "handled": 1, "waiting": 1, "delayed": 0 }));
    assert_eq!(app.submission(&first).await["status"], "COMPLETED");
    assert_eq!(app.submission(&second).await["status"], "QUEUED");
    // Somebody is to go on.
    bell.rung(1).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn sigterm_hands_back_what_is_unfinished(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let vars = environment(&pool, &model, &prefix, &[]);
    let mut lambda = Lambda::start("analyze", vars.clone()).await;
    let held = model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    let answer = lambda.invoke_within(&event("schedule"), LONG);
    model.called("analysis", 1).await;
    app.laid_out(&id).await;
    lambda.function.terminate();
    let report = answer.await.unwrap().json();
    assert_eq!(
        (&report["handled"], &report["waiting"]),
        (&json!(1), &json!(1))
    );
    assert!(lambda.function.child.wait().await.unwrap().success());
    assert_eq!(app.submission(&id).await["status"], "QUEUED");
    held.add_permits(1);
    let next = Lambda::start("analyze", vars).await;
    next.invoke_within(&event("sqs"), LONG).await.unwrap();
    assert_eq!(app.submission(&id).await["status"], "COMPLETED");
    // It does not ask again for a stage that was finished before.
    assert_eq!(model.calls("problem").len(), 1);
    app.stop().await;
}

#[sqlx::test(migrations = false)]
async fn the_migrations_are_a_function_and_a_program(pool: PgPool) {
    let model = Model::start().await;
    let vars = environment(&pool, &model, &prefix(), &[]);
    let lambda = Lambda::start("migrate", vars.clone()).await;
    let latest = db::MIGRATOR.iter().map(|m| m.version).max();
    for _ in 0..2 {
        let answer = lambda.invoke(&json!({})).await.json();
        assert_eq!(answer, json!({ "version": latest }));
        assert!(db::is_migrated(&pool).await.unwrap());
    }
    let mut program = super::Function::start("migrate", &vars);
    program.says("done").await;
    assert!(program.child.wait().await.unwrap().success());
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn on_its_own_the_consumer_is_a_worker_with_a_health_check(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let vars = environment(&pool, &model, &prefix, &[("PORT", "0")]);
    let mut worker = super::Function::start("analyze", &vars);
    let url = worker.url().await;
    let live = app
        .client
        .get(format!("{url}/health/live"))
        .send()
        .await
        .unwrap();
    assert_eq!(live.status(), 200);
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    worker.terminate();
    let ended: Option<Value> = eventually("it ends", async || {
        let ended = worker.child.try_wait().unwrap()?;
        Some(ended.success().then_some(Value::Null))
    })
    .await;
    assert!(ended.is_some());
    app.stop().await;
}
