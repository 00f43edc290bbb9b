//! Refused messages, and calls that a tool refuses.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{answer, call, idle, refused, result};
use crate::support::{app::buggy, model::Model};

async fn problem(response: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(response.status(), status);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], format!("urn:code-checker:problem:{code}"));
    problem
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wrong_argument_is_named_in_the_words_of_the_api(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[]).await;
    let id = uuid::Uuid::now_v7();
    for (tool, arguments, pointer, says) in [
        ("wait", json!({}), "", "missing field `id`"),
        ("wait", json!({ "id": "x" }), "/id", "must be a UUID"),
        ("wait", json!({ "id": 1 }), "/id", "expected a string"),
        (
            "wait",
            json!({ "id": id, "timeout_seconds": 51 }),
            "/timeout_seconds",
            "from 0 to 50",
        ),
        (
            "wait",
            json!({ "id": id, "timeout_seconds": -1 }),
            "/timeout_seconds",
            "expected u64",
        ),
        (
            "wait",
            json!({ "id": id, "seconds": 1 }),
            "/seconds",
            "unknown field",
        ),
        (
            "get_patch",
            json!({ "id": id, "name": "../x" }),
            "/name",
            "plain file name",
        ),
        (
            "cancel",
            json!({ "id": id, "owner_token": "a\nb" }),
            "/owner_token",
            "must be the owner_token",
        ),
        (
            "submit",
            json!({ "code": "x", "colour": "red" }),
            "/colour",
            "unknown field",
        ),
        (
            "submit",
            json!({ "images": ["https://h.example/a.png"] }),
            "/images/0",
            "must be a data URL",
        ),
    ] {
        let problem = refused(call(&app, tool, &arguments)).await;
        assert_eq!(problem["type"], "urn:code-checker:problem:invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{tool} {arguments}: {error}");
        assert!(
            error["detail"].as_str().unwrap().contains(says),
            "{tool} {arguments}: {error}"
        );
    }
    for tool in ["wait", "get_patch", "cancel"] {
        let problem = refused(call(&app, tool, &json!({ "id": id, }))).await;
        assert_eq!(
            problem["type"], "urn:code-checker:problem:not-found",
            "{tool}"
        );
    }
    for submission in [
        json!({}),
        json!({ "code": 1 }),
        json!({ "code": "x", "verdict": "AC" }),
        json!({ "code": "x".repeat(256 * 1024 + 1), "answer_language": "fr" }),
        json!({ "text": "a\u{0}b" }),
        json!({ "code": "x", "images": ["data:,x", "data:,x", "data:,x", "data:,x", "data:,x", "data:,x"] }),
    ] {
        let by_tool = refused(call(&app, "submit", &submission)).await;
        let by_api: Value = app.post(&submission).await.json().await.unwrap();
        assert_eq!(by_tool, by_api);
    }
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    let unknown = answer(call(&app, "delete_everything", &json!({}))).await;
    assert_eq!(unknown["error"]["code"], -32602);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_body_that_is_no_message_is_refused(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[]).await;
    let send = async |media: &str, body: String| {
        let request = app.request(Method::POST, "/mcp");
        let request = request.header(header::CONTENT_TYPE, media);
        request.body(body).send().await.unwrap()
    };
    let json = "application/json";
    let many = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"a":[{}0]}}}}"#,
        "0,".repeat(999)
    );
    for (media, body, status, code) in [
        (
            json,
            r#"{"jsonrpc":"#.to_owned(),
            StatusCode::BAD_REQUEST,
            "unreadable",
        ),
        (json, "{}".to_owned(), StatusCode::BAD_REQUEST, "unreadable"),
        (
            json,
            "[".repeat(100_000),
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
        ),
        (
            json,
            format!("{{\"a\":{}", "[".repeat(100_000)),
            StatusCode::BAD_REQUEST,
            "unreadable",
        ),
        (json, many, StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (
            "text/plain",
            "{}".to_owned(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
        ),
        (
            json,
            " ".repeat(17 * 1024 * 1024),
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
        ),
    ] {
        problem(send(media, body).await, status, code).await;
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pages_of_other_sites_and_other_names_are_refused(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[("ALLOWED_HOSTS", "check.example")]).await;
    let submit = || call(&app, "submit", &buggy());
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let response = submit().header(name, value).send().await.unwrap();
        problem(response, StatusCode::FORBIDDEN, "foreign-form").await;
    }
    let rebound = submit()
        .header("host", "evil.example")
        .header("origin", "http://evil.example");
    problem(
        rebound.send().await.unwrap(),
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
    )
    .await;
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    let named = submit()
        .header("host", "check.example")
        .header("x-forwarded-proto", "https");
    let page = result(named).await["structuredContent"]["page"].take();
    assert!(
        page.as_str()
            .unwrap()
            .starts_with("https://check.example/submissions/")
    );
    app.stop().await;
}
