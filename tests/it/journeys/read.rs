//! Reading a submission again costs nothing while it does not change.

use reqwest::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix},
    model::Model,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_unchanged_submission_is_a_304(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let path = format!("{API}/{}", app.submit(&buggy()).await);
    let first = app.get(&path).await;
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    for (tags, status) in [
        (etag.clone(), StatusCode::NOT_MODIFIED),
        (format!("\"x\", W/{etag}"), StatusCode::NOT_MODIFIED),
        ("\"x\"".to_owned(), StatusCode::OK),
    ] {
        let again = app
            .request(Method::GET, &path)
            .header("if-none-match", tags)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), status);
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_carries_the_senders_request_id(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let answer = app
        .request(Method::GET, API)
        .header("x-request-id", "mine-1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
    let answer = app
        .request(Method::GET, API)
        .header("x-request-id", "two words")
        .send()
        .await
        .unwrap();
    assert_ne!(answer.headers()["x-request-id"], "two words");
    app.stop().await;
}
