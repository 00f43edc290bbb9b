//! Redis or Postgres is not there.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix},
    model::Model,
    process::redis_server,
};

/// Nothing listens on port 1.
const NO_REDIS: (&str, &str) = ("REDIS_URL", "redis://127.0.0.1:1");

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_is_accepted_without_redis_and_run_when_it_is_back(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[NO_REDIS]).await;
    let id = app.submit(&buggy()).await;
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json::<Value>().await.unwrap()["redis"], "unavailable");
    analyze::sweeper::sweep(&app.state, Duration::ZERO)
        .await
        .unwrap_err();

    let back = App::start_with(&pool, &model, &prefix, &[]).await;
    assert_eq!(
        analyze::sweeper::sweep(&back.state, Duration::ZERO)
            .await
            .unwrap(),
        1
    );
    app.reaches(&id, "COMPLETED").await;
    back.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_postgres_the_answer_is_a_503_that_says_to_try_again(pool: PgPool) {
    let model = Model::start().await;
    let nobody: PgPool = db::pool(
        &config::Config::from_vars([(
            "DATABASE_URL".to_owned(),
            "postgres://u@127.0.0.1:1/d".to_owned(),
        )])
        .unwrap()
        .database
        .unwrap(),
        1,
    );
    let app = App::without_worker(&nobody, &model, &prefix(), &[]).await;
    for response in [
        app.post(&buggy()).await,
        app.get(&format!("{API}/{}", uuid::Uuid::now_v7())).await,
    ] {
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "5");
        assert!(
            response.json::<Value>().await.unwrap()["detail"]
                .as_str()
                .unwrap()
                .contains("try again")
        );
    }
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        ready.json::<Value>().await.unwrap()["postgres"],
        "unavailable"
    );
    assert_eq!(app.get("/health/live").await.status(), StatusCode::OK);
    app.stop().await;
    drop(pool);
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_worker_that_started_without_redis_works_when_it_comes_and_when_it_comes_back(
    pool: PgPool,
) {
    let model = Model::start().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let url = format!("unix://{}", socket.display());
    let app = App::start_with(&pool, &model, &prefix(), &[("REDIS_URL", &url)]).await;
    let first = app.submit(&buggy()).await;
    let sweep = async || {
        crate::support::eventually("Redis answers", async || {
            analyze::sweeper::sweep(&app.state, Duration::ZERO)
                .await
                .ok()
        })
        .await;
    };
    let mut redis = redis_server(&socket, &[]);
    sweep().await;
    app.reaches(&first, "COMPLETED").await;

    redis.kill().await.unwrap();
    let second = app.submit(&buggy()).await;
    assert_eq!(app.submission(&second).await["status"], "QUEUED");
    // It comes back empty: nothing was written to disk.
    let mut redis = redis_server(&socket, &[]);
    sweep().await;
    app.reaches(&second, "COMPLETED").await;
    app.stop().await;
    redis.kill().await.unwrap();
}
