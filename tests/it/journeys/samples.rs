//! Samples, limits and a reference are submitted.

use reqwest::{Method, StatusCode, multipart::Form};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, prefix},
    model::Model,
};

const MEMBERS: [&str; 4] = [
    "samples",
    "time_limit_ms",
    "memory_limit_mb",
    "reference_code",
];

fn members(submission: &Value) -> Vec<Value> {
    MEMBERS
        .iter()
        .map(|name| submission[name].clone())
        .collect()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn they_are_kept_shown_and_copied(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let body = json!({
        "text": "A + B", "code": "print(1)", "samples": [{ "input": "1 2\n", "output": "3\n" }, { "output": "5" }],
        "time_limit_ms": 1500, "memory_limit_mb": 64, "reference_code": "print(3)\n"
    });
    let expected = [
        json!([{ "input": "1 2\n", "output": "3\n" }, { "input": "", "output": "5" }]),
        json!(1500),
        json!(64),
        json!("print(3)\n"),
    ];
    let id = app.submit(&body).await;
    assert_eq!(members(&app.submission(&id).await), expected);

    let path = format!("{API}/{id}/regenerate");
    let copy: Value = app
        .request(Method::POST, &path)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        members(&app.submission(copy["id"].as_str().unwrap()).await),
        expected
    );

    let form = Form::new()
        .text("text", "A + B")
        .text("sample_input", "1 2\r\n")
        .text("sample_output", "3\r\n")
        .text("sample_input", "")
        .text("sample_output", "")
        .text("sample_input", "")
        .text("sample_output", "5")
        .text("time_limit_ms", "1500")
        .text("memory_limit_mb", "64")
        .text("reference_code", "print(3)\r\n");
    let response = app
        .request(Method::POST, API)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let created: Value = response.json().await.unwrap();
    assert_eq!(
        members(&app.submission(created["id"].as_str().unwrap()).await),
        expected
    );

    let plain = app.submit(&json!({ "text": "A + B" })).await;
    let nothing = [json!([]), json!(null), json!(null), json!(null)];
    assert_eq!(members(&app.submission(&plain).await), nothing);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_wrong_with_them_is_said(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let sample = json!({ "input": "1", "output": "2" });
    let large = "7".repeat(64 * 1024 + 1);
    for (member, value, pointer, words) in [
        ("samples", json!(vec![sample; 21]), "/samples", "at most 20"),
        (
            "samples",
            json!(vec![json!({}); 100_000]),
            "/samples",
            "has 100000 samples",
        ),
        (
            "samples",
            json!([{ "input": "1" }]),
            "/samples/0/output",
            "failing_input",
        ),
        (
            "samples",
            json!([{ "input": "1", "output": null }]),
            "/samples/0/output",
            "failing_input",
        ),
        (
            "samples",
            json!([{ "input": "\0", "output": "1" }]),
            "/samples/0/input",
            "NUL",
        ),
        (
            "samples",
            json!([{ "input": "1", "output": large }]),
            "/samples/0/output",
            "65536",
        ),
        (
            "samples",
            json!([{ "in": "1", "output": "1" }]),
            "/samples/0/in",
            "unknown field",
        ),
        ("samples", json!("1 2"), "/samples", "a list"),
        (
            "time_limit_ms",
            json!(0),
            "/time_limit_ms",
            "from 100 to 30000",
        ),
        (
            "time_limit_ms",
            json!(1.5),
            "/time_limit_ms",
            "from 100 to 30000",
        ),
        (
            "time_limit_ms",
            json!("2 s"),
            "/time_limit_ms",
            "100 to 30000",
        ),
        ("time_limit_ms", json!([]), "/time_limit_ms", "100 to 30000"),
        (
            "memory_limit_mb",
            json!(-5),
            "/memory_limit_mb",
            "from 16 to 1024",
        ),
        (
            "memory_limit_mb",
            json!(1e300),
            "/memory_limit_mb",
            "from 16 to 1024",
        ),
        (
            "reference_code",
            json!("x".repeat(256 * 1024 + 1)),
            "/reference_code",
            "262144",
        ),
        ("reference_code", json!("\0"), "/reference_code", "NUL"),
    ] {
        let mut body = json!({ "text": "A + B" });
        body[member] = value;
        let response = app.post(&body).await;
        assert_eq!(
            response.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{pointer} {words}"
        );
        let problem: Value = response.json().await.unwrap();
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{problem}");
        assert!(
            error["detail"].as_str().unwrap().contains(words),
            "{problem}"
        );
    }
    app.stop().await;
}
