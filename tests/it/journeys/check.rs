//! A program is run on samples before anything is asked of a model.

use reqwest::{Method, Response, StatusCode, header, multipart};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    judge::Judge,
    model::{BUGGY, Model},
};

pub(super) const PATH: &str = "/api/v1/check";

pub(super) async fn send(app: &App, body: &Value) -> Response {
    let request = app.request(Method::POST, PATH);
    request.json(body).send().await.unwrap()
}

pub(super) async fn check(app: &App, body: &Value) -> Value {
    let answer = send(app, body).await;
    assert_eq!(answer.status(), StatusCode::OK, "{body}");
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    answer.json().await.unwrap()
}

/// Pointers of the fields that are wrong.
pub(super) async fn refused(app: &App, body: &Value) -> Vec<String> {
    let answer = send(app, body).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    let problem: Value = answer.json().await.unwrap();
    let errors = problem["errors"].as_array().unwrap();
    let pointer = |error: &Value| error["pointer"].as_str().unwrap().to_owned();
    errors.iter().map(pointer).collect()
}

pub(super) fn one(code: &str, language: &str, input: &str, output: &str) -> Value {
    json!({ "code": code, "language": language, "samples": [{ "input": input, "output": output }] })
}

pub(super) fn form(fields: &[(&'static str, &str)]) -> multipart::Form {
    let form = multipart::Form::new();
    fields.iter().fold(form, |form, (name, value)| {
        form.text(*name, (*value).to_owned())
    })
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_a_judge_it_says_how_to_get_one(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let answer = send(&app, &one(BUGGY, "C++", "1 2\n", "3\n")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:no-judge");
    assert!(problem["detail"].as_str().unwrap().contains("JUDGE_URL"));

    let home = app.get("/").await.text().await.unwrap();
    assert!(home.contains("has no judge") && !home.contains("run-samples"));
    let fields = [
        ("code", "print(1)"),
        ("language", "Python"),
        ("sample_input", "the input"),
        ("sample_output", "the output"),
        ("reference_code", "a reference"),
    ];
    let request = app.request(Method::POST, "/check");
    let page = request.multipart(form(&fields)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = page.text().await.unwrap();
    for (_, typed) in fields {
        assert!(page.contains(typed), "{typed}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_judge_that_is_away_is_said_to_be(pool: PgPool) {
    let model = Model::start().await;
    let away = [("JUDGE_URL", "unix:///nonexistent/judge.socket")];
    let app = App::without_worker(&pool, &model, &prefix(), &away).await;
    let answer = send(&app, &one(BUGGY, "C++", "1 2\n", "3\n")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:unavailable");
    assert!(problem["detail"].as_str().unwrap().contains("judge"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_field_that_is_wrong_is_named(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let sample = |input: &str| json!({ "input": input });
    let body = json!({
        "code": "x".repeat(256 * 1024 + 1), "language": "x".repeat(41), "time_limit_ms": 0, "memory_limit_mb": 2000,
        "samples": [sample("1"), sample("\0"), sample(&"x".repeat(64 * 1024 + 1))]
    });
    let wrong = [
        "/code",
        "/language",
        "/samples/1/input",
        "/samples/2/input",
        "/time_limit_ms",
        "/memory_limit_mb",
    ];
    assert_eq!(refused(&app, &body).await, wrong);
    for (samples, pointer) in [
        (json!([]), "/samples"),
        (json!(vec![sample("1"); 21]), "/samples"),
        (json!(vec![sample("1"); 100_000]), "/samples"),
        (json!([{ "output": "1" }]), "/samples/0"),
        (json!([{ "input": "1", "answer": "1" }]), "/samples/0"),
        (json!("1"), "/samples"),
    ] {
        let body = json!({ "code": BUGGY, "language": "C++", "samples": samples });
        let pointers = refused(&app, &body).await;
        assert_eq!(pointers.len(), 1);
        assert!(pointers[0].starts_with(pointer), "{pointers:?} {pointer}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn one_who_hurries_has_to_wait(pool: PgPool) {
    let model = Model::start().await;
    let pace = [("SUBMISSIONS_PER_MINUTE", "1")];
    let app = App::without_worker(&pool, &model, &prefix(), &pace).await;
    let body = one(BUGGY, "C++", "1 2\n", "3\n");
    // Without a visitor's cookie all behind an address have the allowance of twenty.
    let mut last = send(&app, &body).await;
    for _ in 0..60 {
        last = send(&app, &body).await;
    }
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers().contains_key(header::RETRY_AFTER));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_program_gets_the_verdicts_of_a_judge(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let body = json!({
        "code": BUGGY, "language": "GNU G++17 7.3.0",
        "samples": [{ "input": "5 0\n", "output": "5\n" }, { "input": "1 2\n", "output": "3\n" }, { "input": "4 2\n" }]
    });
    let answer = check(&app, &body).await;
    assert!(answer["language"].as_str().unwrap().starts_with("C++17"));
    assert_eq!(answer["compiled"], true);
    let verdict = |at: usize| answer["tests"][at]["outcome"]["verdict"].clone();
    assert_eq!([verdict(0), verdict(1), verdict(2)], ["AC", "WA", "AC"]);
    let wrong = &answer["tests"][1];
    assert_eq!(wrong["outcome"]["output"], "-1\n");
    let difference = json!({ "expected": [0, 1], "actual": [0, 2] });
    assert_eq!(wrong["outcome"]["difference"], difference);
    assert_eq!(answer["tests"][2]["expected"], Value::Null);

    let python = one(
        "print(sum(map(int, input().split())))",
        "PyPy 3",
        "1 2\n",
        "3\n",
    );
    let answer = check(&app, &python).await;
    assert_eq!(answer["tests"][0]["outcome"]["verdict"], "AC");
    let mut slow = one("while True: pass", "python", "1 2\n", "3\n");
    slow["time_limit_ms"] = json!(100);
    let answer = check(&app, &slow).await;
    assert_eq!(answer["tests"][0]["outcome"]["verdict"], "TLE");
    assert_eq!(
        answer["limits"],
        json!({ "time_ms": 100, "memory_mb": 256 })
    );
    let broken = one("int main() { return x; }", "C++", "1 2\n", "3\n");
    let answer = check(&app, &broken).await;
    assert_eq!(answer["compiled"], false);
    assert!(answer["compiler"].as_str().unwrap().contains("error: "));
    assert_eq!(answer["tests"][0]["outcome"]["verdict"], "CE");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_language_that_the_judge_does_not_run_is_answered_with_those_that_it_runs(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    for language in [json!("Befunge"), json!("Python 2"), json!(""), Value::Null] {
        let body = json!({ "code": BUGGY, "language": language, "samples": [{ "input": "" }] });
        let answer = send(&app, &body).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/language");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("it runs") && detail.contains("C++17"),
            "{detail}"
        );
    }
    let fields = [
        ("code", BUGGY),
        ("language", "Befunge"),
        ("sample_input", "1 2"),
    ];
    let request = app.request(Method::POST, "/check");
    let page = request.multipart(form(&fields)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = page.text().await.unwrap();
    assert!(page.contains("The judge does not run this language. It runs: "));
    assert!(page.contains("Befunge"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn samples_and_limits_are_filled_in_again(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app
        .submit(&json!({
            "code": BUGGY, "samples": [{ "input": "my input", "output": "my output" }], "time_limit_ms": 1234,
            "memory_limit_mb": 321, "reference_code": "my reference"
        }))
        .await;
    let page = app.get(&format!("/?from={id}")).await.text().await.unwrap();
    for kept in ["my input", "my output", "1234", "321", "my reference"] {
        assert!(page.contains(kept), "{kept}");
    }
    app.stop().await;
}
