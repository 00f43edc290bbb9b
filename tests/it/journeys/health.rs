//! Whether it lives and is ready.

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    model::Model,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn it_is_live_and_ready(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    assert_eq!(app.get("/health/live").await.status(), StatusCode::OK);
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::OK);
    let expected =
        json!({ "status": "ready", "postgres": "ok", "migrations": "ok", "redis": "ok" });
    assert_eq!(ready.json::<Value>().await.unwrap(), expected);
    app.stop().await;
}

#[sqlx::test(migrations = false)]
async fn it_is_not_ready_before_the_migrations_have_run(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        ready.json::<Value>().await.unwrap()["migrations"],
        "missing"
    );
    app.stop().await;
}
