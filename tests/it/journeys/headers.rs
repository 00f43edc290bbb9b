//! Headers that every answer has, and those of answers to other sites.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix},
    model::Model,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_answer_defends_itself(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    for path in [
        "/".to_owned(),
        "/history".to_owned(),
        format!("/submissions/{id}"),
        format!("{API}/{id}"),
        format!("{API}/{id}/report"),
        API.to_owned(),
        "/api/v1/settings".to_owned(),
        "/health/live".to_owned(),
        "/nothing".to_owned(),
    ] {
        let plain = app.get(&path).await;
        let headers = plain.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(headers.contains_key("referrer-policy"), "{path}");
        assert!(headers.contains_key("permissions-policy"), "{path}");
        assert!(!headers.contains_key("server"), "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}");
        assert!(
            !headers.contains_key("access-control-allow-origin"),
            "{path}"
        );
        let encrypted = app
            .request(Method::GET, &path)
            .header("x-forwarded-proto", "https");
        let encrypted = encrypted.send().await.unwrap();
        let hsts = &encrypted.headers()["strict-transport-security"];
        assert_eq!(hsts, "max-age=31536000", "{path}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_is_compressed_for_those_who_take_it_and_stays_known(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    let path = format!("{API}/{id}");
    let ask = |accepted: &'static str| {
        app.request(Method::GET, &path)
            .header("accept-encoding", accepted)
    };
    let packed = ask("gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let vary = packed.headers()["vary"].to_str().unwrap();
    assert!(vary.contains("accept-encoding"), "{vary}");
    let weak = packed.headers()["etag"].to_str().unwrap().to_owned();
    assert!(weak.starts_with("W/\""), "{weak}");
    let plain = ask("identity").send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(
        format!("W/{}", plain.headers()["etag"].to_str().unwrap()),
        weak
    );
    let known = ask("gzip")
        .header("if-none-match", weak)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_limited_route_tells_how_much_is_left(pool: PgPool) {
    let model = Model::start().await;
    let limit = [("SUBMISSIONS_PER_MINUTE", "1")];
    let app = App::without_worker(&pool, &model, &prefix(), &limit).await;
    let submit = async || {
        let request = app.request(Method::POST, API);
        request
            .json(&json!({"code": "int x;"}))
            .send()
            .await
            .unwrap()
    };
    let first = submit().await;
    assert_eq!(
        first.headers()["ratelimit-policy"],
        "\"address\";q=60;w=180"
    );
    assert!(
        first.headers()["ratelimit"]
            .to_str()
            .unwrap()
            .starts_with("\"address\";r=59;t=")
    );
    let mut last = first;
    for _ in 0..70 {
        last = submit().await;
        if last.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
    }
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    let left = last.headers()["ratelimit"].to_str().unwrap();
    assert!(left.contains("\"visitor\";r=0;t="), "{left}");
    assert!(last.headers().contains_key("retry-after"));
    let other = app.get(API).await;
    assert!(!other.headers().contains_key("ratelimit"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pages_of_other_origins_may_call_the_api_where_they_are_named(pool: PgPool) {
    let model = Model::start().await;
    let origins = [("CORS_ALLOWED_ORIGINS", "https://club.example")];
    let app = App::without_worker(&pool, &model, &prefix(), &origins).await;
    let preflight = |origin: &'static str| {
        app.request(Method::OPTIONS, API)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,x-owner-token",
            )
    };
    let submit = |origin: &'static str| {
        app.request(Method::POST, API)
            .header("origin", origin)
            .header("sec-fetch-site", "cross-site")
            .json(&json!({"code": "int x;"}))
    };
    let allowed = preflight("https://club.example").send().await.unwrap();
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://club.example"
    );
    assert_eq!(
        allowed.headers()["access-control-allow-headers"],
        "content-type,x-owner-token"
    );
    assert!(
        allowed.headers()["access-control-allow-methods"]
            .to_str()
            .unwrap()
            .contains("POST")
    );
    let accepted = submit("https://club.example").send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    assert_eq!(
        accepted.headers()["access-control-allow-origin"],
        "https://club.example"
    );
    let exposed = accepted.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("location") && exposed.contains("retry-after"));
    assert!(
        !accepted
            .headers()
            .contains_key("access-control-allow-credentials")
    );

    let other = preflight("https://evil.example").send().await.unwrap();
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    let refused = submit("https://evil.example").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    // The panel's and the visitors' forms stay closed, whoever may call the API.
    let form = app
        .request(Method::POST, "/submissions")
        .header("origin", "https://club.example")
        .header("sec-fetch-site", "cross-site");
    let form = form.form(&[("code", "int x;")]).send().await.unwrap();
    assert_eq!(form.status(), StatusCode::FORBIDDEN);
    app.stop().await;
}
