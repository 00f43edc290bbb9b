//! The smallest failing input comes as a file, as soon as one is known.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix},
    hunt,
    model::Model,
};

async fn text(app: &App, id: &str, query: &str, level: &str) -> String {
    let answer = app.get(&format!("{API}/{id}/counterexample{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    let headers = answer.headers().clone();
    assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    assert_eq!(headers["x-counterexample-level"], level);
    answer.text().await.unwrap()
}

async fn refused(app: &App, id: &str, query: &str, why: &str) {
    let answer = app.get(&format!("{API}/{id}/counterexample{query}")).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:conflict");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(why), "{detail}");
}

fn verification() -> Value {
    let test = |number: usize, input: &str, expected: Value, before: Value| {
        json!({
            "source": "given", "number": number, "input": input, "expected": expected, "by_reference": false,
            "before": before, "after": null
        })
    };
    json!({
        "limits": { "time_ms": 1500, "memory_mb": 64 },
        "tests": [
            test(1, "5 0\n", json!("5\n"), accepted()),
            test(2, "10 20\n", json!("30\n"), hunt::wrong("-10\n", 3, 2)),
            test(3, "1 2\n", json!("3\n"), hunt::wrong("-1\n", 2, 1))
        ]
    })
}

fn accepted() -> Value {
    let mut run = hunt::wrong("5\n", 1, 1);
    (run["verdict"], run["difference"]) = (json!("AC"), Value::Null);
    run
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn it_is_the_hunted_input_or_else_the_shortest_failed_test(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    refused(&app, &id, "", "is QUEUED, and no input is known yet").await;
    let submission = app.submission(&id).await;
    let link = format!("{API}/{id}/counterexample");
    assert_eq!(submission["links"]["counterexample"], link);

    hunt::store(&pool, &id, "verification", &verification()).await;
    assert_eq!(text(&app, &id, "", "given").await, "1 2\n");
    assert_eq!(text(&app, &id, "?format=input", "given").await, "1 2\n");
    assert_eq!(text(&app, &id, "?expected=1", "given").await, "3\n");

    hunt::store(&pool, &id, "hunt", &hunt::found()).await;
    assert_eq!(text(&app, &id, "?expected=0", "agreed").await, "3\n1 1 2\n");
    assert_eq!(text(&app, &id, "?expected=1", "agreed").await, "4\n");

    let mut crash = hunt::found();
    crash["counterexample"]["expected"] = Value::Null;
    hunt::store(&pool, &id, "hunt", &crash).await;
    refused(&app, &id, "?expected=1", "is not known").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_competitive_programming_helper_reads_it(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mut body = buggy();
    body["language"] = json!("C++");
    let id = app.submit(&body).await;
    hunt::store(&pool, &id, "verification", &verification()).await;
    hunt::store(&pool, &id, "hunt", &hunt::found()).await;
    let path = format!("{API}/{id}/counterexample?format=prob");
    let answer = app.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()[header::CONTENT_DISPOSITION],
        "attachment; filename=\"solution.cpp.prob\""
    );
    let prob: Value = answer.json().await.unwrap();
    let test = |id: usize, input: &str, output: &str| json!({ "id": id, "input": input, "output": output });
    assert_eq!(
        prob["tests"],
        json!([
            test(1, "3\n1 1 2\n", "4\n"),
            test(2, "5 0\n", "5\n"),
            test(3, "10 20\n", "30\n"),
            test(4, "1 2\n", "3\n")
        ])
    );
    assert!(!prob["name"].as_str().unwrap().is_empty());
    for (field, value) in [
        ("interactive", json!(false)),
        ("memoryLimit", json!(64)),
        ("timeLimit", json!(1500)),
        ("testType", json!("single")),
        ("input", json!({ "type": "stdin" })),
        ("output", json!({ "type": "stdout" })),
        ("batch", json!({ "id": id, "size": 1 })),
        ("srcPath", json!("solution.cpp")),
        ("url", json!("")),
    ] {
        assert_eq!(prob[field], value, "{field}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_one_a_conflict_says_why(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    refused(&app, &id, "", "it was not run").await;
    let mut nothing = hunt::found();
    (nothing["ending"], nothing["counterexample"]) = (json!("nothing_found"), Value::Null);
    hunt::store(&pool, &id, "hunt", &nothing).await;
    refused(&app, &id, "?format=prob", "right on all 1326").await;
    nothing["tried"] = json!([{ "kind": "known", "inputs": 1 }]);
    hunt::store(&pool, &id, "hunt", &nothing).await;
    refused(&app, &id, "", "right on the one input").await;
    nothing["ending"] = json!("unusable");
    hunt::store(&pool, &id, "hunt", &nothing).await;
    refused(&app, &id, "", "could not start").await;
    for ending in ["disputed", "nothing_found"] {
        nothing["ending"] = json!(ending);
        nothing["dispute"] = json!({ "input": "1", "first": "2", "second": "3" });
        hunt::store(&pool, &id, "hunt", &nothing).await;
        refused(&app, &id, "", "can settle which output is right").await;
    }
    let mut broken = verification();
    for test in broken["tests"].as_array_mut().unwrap() {
        test["before"]["verdict"] = json!("CE");
    }
    hunt::store(&pool, &id, "verification", &broken).await;
    refused(&app, &id, "", "it does not compile").await;

    let absent = "019a3b5e-7c1d-7f00-8000-000000000000";
    let answer = app.get(&format!("{API}/{absent}/counterexample")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    for (query, pointer) in [
        ("?format=json", "format"),
        ("?format=", "format"),
        ("?expected=yes", "expected"),
        ("?format=prob&expected=1", "expected"),
        ("?format=prob&expected=2", "expected"),
    ] {
        let answer = app.get(&format!("{API}/{id}/counterexample{query}")).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let unknown = app.get(&format!("{API}/{id}/counterexample?x=1")).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    app.stop().await;
}
