//! Delete, prune and clear.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    eventually,
    model::{Model, analysis},
};

async fn admin(app: &App, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut request = app.request(method, path).bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn deleting_stops_the_work_and_leaves_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    let path = format!("{API}/{id}");
    assert_eq!(
        app.request(Method::DELETE, &path)
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        admin(&app, Method::DELETE, &path, None).await.0,
        StatusCode::NO_CONTENT
    );
    model.hung_up(1).await;
    assert_eq!(app.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        admin(&app, Method::DELETE, &path, None).await.0,
        StatusCode::NOT_FOUND
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM stages")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let queue = app.bullmq().await;
    eventually("no job is active", async || {
        (queue.get_active_count().await.unwrap() == 0).then_some(())
    })
    .await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pruning_takes_what_ended_long_ago_and_nothing_else(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (waiting, old, recent) = (
        app.submit(&buggy()).await,
        app.submit(&buggy()).await,
        app.submit(&buggy()).await,
    );
    sqlx::query("UPDATE submissions SET status = 'CANCELLED', finished_at = clock_timestamp() - interval '3 hours' WHERE id::text = $1")
        .bind(&old)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE submissions SET status = 'CANCELLED', finished_at = clock_timestamp() WHERE id::text = $1")
        .bind(&recent)
        .execute(&pool)
        .await
        .unwrap();
    let path = format!("{API}/prune");
    for (body, pointer) in [
        (json!({ "amount": 0, "unit": "days" }), "/amount"),
        (
            json!({ "amount": 99999999999_i64, "unit": "minutes" }),
            "/amount",
        ),
        (json!({ "amount": 1, "unit": "years" }), "/unit"),
        (json!({ "amount": 1 }), ""),
    ] {
        let (status, problem) = admin(&app, Method::POST, &path, Some(body)).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer))
        );
    }
    let (status, answer) = admin(
        &app,
        Method::POST,
        &path,
        Some(json!({ "amount": 2, "unit": "hours" })),
    )
    .await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "deleted": 1 })));
    assert_eq!(
        app.get(&format!("{API}/{old}")).await.status(),
        StatusCode::NOT_FOUND
    );
    app.submission(&waiting).await;
    app.submission(&recent).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn clearing_must_be_confirmed_and_takes_everything(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    assert_eq!(
        admin(&app, Method::DELETE, API, None).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let (status, answer) = admin(&app, Method::DELETE, &format!("{API}?confirm=all"), None).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "deleted": 2 })));
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 0);
    app.stop().await;
}
