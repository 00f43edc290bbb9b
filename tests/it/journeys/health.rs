//! Whether it lives and is ready.

use reqwest::StatusCode;
use runtime::Listener;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    judge::Judge,
    model::Model,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn it_is_live_and_ready(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    assert_eq!(app.get("/health/live").await.status(), StatusCode::OK);
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::OK);
    let expected = json!({ "status": "ready", "postgres": "ok", "migrations": "ok", "redis": "ok", "judge": null });
    assert_eq!(ready.json::<Value>().await.unwrap(), expected);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn it_names_the_languages_of_its_judge(pool: PgPool) {
    let model = Model::start().await;
    let judge = Judge::start().await;
    let url = judge.url();
    let vars = [("JUDGE_URL", url.as_str())];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    let ready: Value = app.get("/health/ready").await.json().await.unwrap();
    let titles = ready["judge"].as_array().unwrap();
    let names = |start: &str| {
        titles
            .iter()
            .any(|title| title.as_str().unwrap().starts_with(start))
    };
    assert!(names("C++17") && names("Python 3"), "{ready}");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn it_is_ready_without_its_judge(pool: PgPool) {
    let model = Model::start().await;
    // Nothing listens on a port that was just given back.
    let port = Listener::bind(0).unwrap().address().unwrap().port();
    let url = format!("http://localhost:{port}");
    let app = App::without_worker(&pool, &model, &prefix(), &[("JUDGE_URL", &url)]).await;
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), StatusCode::OK);
    assert_eq!(ready.json::<Value>().await.unwrap()["judge"], "away");
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
