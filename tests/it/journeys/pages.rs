//! The pages' headers, errors and addresses, as programs see them.

use reqwest::{Method, StatusCode, header};
use sqlx::PgPool;

use crate::support::{
    app::{App, TOKEN, prefix},
    model::{BUGGY, Model, STATEMENT},
};

#[sqlx::test(migrator = "db::MIGRATOR")]
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

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_address_with_a_slash_or_of_a_form_leads_to_the_page_that_is_meant(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().unwrap();
    for (method, path, status, location) in [
        (Method::GET, "/history/", 308, "/history"),
        (Method::HEAD, "/history/", 308, "/history"),
        (
            Method::GET,
            "/history/?q=a%2F&status=FAILED",
            308,
            "/history?q=a%2F&status=FAILED",
        ),
        (Method::GET, "/submissions/x//", 308, "/submissions/x"),
        (Method::GET, "/settings/", 308, "/settings"),
        (Method::GET, "/settings/queue/", 308, "/settings/queue"),
        (
            Method::GET,
            "/api/v1/submissions/",
            308,
            "/api/v1/submissions",
        ),
        (
            Method::POST,
            "/api/v1/submissions/",
            308,
            "/api/v1/submissions",
        ),
        (Method::GET, "/submissions", 303, "/"),
        (Method::GET, "/submissions/x/retry", 303, "/submissions/x"),
        (Method::HEAD, "/submissions/x/cancel", 303, "/submissions/x"),
        (
            Method::GET,
            "/submissions/x/regenerate?from=start",
            303,
            "/submissions/x",
        ),
        (Method::GET, "/preferences", 303, "/"),
        (Method::GET, "/settings/login", 303, "/settings"),
        (Method::GET, "/settings/logout", 303, "/settings"),
        (
            Method::GET,
            "/settings/prompts/code",
            303,
            "/settings/prompts",
        ),
        (Method::GET, "/settings/data/clear", 303, "/settings/data"),
        (Method::GET, "/settings/queue/pause", 303, "/settings/queue"),
        (Method::PUT, "/preferences", 405, ""),
        (Method::DELETE, "/submissions/x/retry", 405, ""),
        (Method::GET, "//evil.example/", 404, ""),
        (Method::GET, "/settings/nothing", 404, ""),
    ] {
        let url = format!("{}{path}", app.url);
        let answer = client.request(method.clone(), url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        let leads = answer.headers().get(header::LOCATION);
        let leads = leads.map_or("", |location| location.to_str().unwrap());
        assert_eq!(leads, location, "{method} {path}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_form_of_another_site_changes_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (name, value, status) in [
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
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

/// Browsers send the ends of lines in a form as two characters each.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_typed_into_a_form_keeps_its_line_ends(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let form = || {
        reqwest::multipart::Form::new()
            .text("text", STATEMENT.replace('\n', "\r\n"))
            .text("code", BUGGY.replace('\n', "\r\n"))
    };
    let send = async |key: &str| {
        let request = app.request(Method::POST, "/submissions");
        let answer = request
            .header("idempotency-key", key)
            .multipart(form())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.url().path().rsplit('/').next().unwrap().to_owned()
    };
    let id = send("one").await;
    app.reaches(&id, "COMPLETED").await;
    let stored: String = sqlx::query_scalar("SELECT code FROM contents")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, BUGGY);
    let patch = app.get(&format!("/api/v1/submissions/{id}/patch")).await;
    assert!(!patch.text().await.unwrap().contains('\r'));
    // The same once more is not another one, as when the answer got lost; the first came from nobody yet.
    let known = send("two").await;
    assert_eq!(send("two").await, known);
    assert_ne!(known, id);
    // It can be begun with again.
    let page = app.get(&format!("/?from={id}")).await.text().await.unwrap();
    assert!(
        page.contains("std::cout &#60;&#60; a - b")
            || page.contains("std::cout << a - b")
            || page.contains("&lt;&lt; a - b")
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_cookie_proves_nothing_to_a_request_of_another_port(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let login = app.request(Method::POST, "/api/v1/session");
    let login = login.json(&serde_json::json!({ "token": TOKEN }));
    assert_eq!(login.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let pause = async |headers: &[(&str, &str)]| {
        let mut request = app.request(Method::POST, "/api/v1/queue/pause");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status()
    };
    assert_eq!(
        pause(&[
            ("origin", "http://localhost:9999"),
            ("sec-fetch-site", "same-site")
        ])
        .await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        pause(&[("origin", "http://localhost:9999")]).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        pause(&[("sec-fetch-site", "same-origin")]).await,
        StatusCode::OK
    );
    app.stop().await;
}
