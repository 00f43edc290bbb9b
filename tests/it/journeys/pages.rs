//! What the pages say beside what they show.

use reqwest::{Method, StatusCode, header};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    model::Model,
};

#[sqlx::test(migrator = "shared::db::MIGRATOR")]
async fn pages_are_guarded_and_their_errors_are_pages(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (path, status) in [
        ("/", StatusCode::OK),
        ("/example", StatusCode::OK),
        ("/nothing", StatusCode::NOT_FOUND),
        ("/submissions/nothing", StatusCode::NOT_FOUND),
        ("/history?status=NO", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let request = app.request(Method::GET, path);
        let answer = request.header(header::ACCEPT, "text/html").send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert!(
            answer.text().await.unwrap().starts_with("<!doctype html>"),
            "{path}"
        );
    }
    // Programs still get a problem document.
    let answer = app.get("/nothing").await;
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "shared::db::MIGRATOR")]
async fn a_form_of_another_site_changes_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (name, value, status) in [
        ("origin", "https://evil.example", StatusCode::BAD_REQUEST),
        ("sec-fetch-site", "cross-site", StatusCode::BAD_REQUEST),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
    ] {
        let request = app.request(Method::POST, "/preferences");
        let form = [("theme", "dark"), ("back", "//evil.example")];
        let body = form
            .map(|(name, value)| format!("{name}={value}"))
            .join("&");
        let answer = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{name}: {value}");
        // Wherever the form would lead, it leads home.
        if status == StatusCode::OK {
            assert_eq!(answer.url().path(), "/");
            let page = answer.text().await.unwrap();
            assert!(page.contains("data-theme=\"dark\""));
        }
    }
    app.stop().await;
}
