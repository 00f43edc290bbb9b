//! A check hunts for an input on which the program is wrong.

use axum::{Json, Router, extract::State, routing};
use judge_api::{Client, HUNT, LANGUAGES, RUN, RunRequest};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::check::{check, form, one, refused, send};
use crate::support::{
    app::{App, prefix},
    judge::Judge,
    model::{BUGGY, Model},
};

const SUM: &str = "print(sum(map(int, input().split())))";

/// Prints the greatest number, but never one below 0.
const GREATEST: &str = "#include <iostream>
int main() {
    int n, x, best = 0;
    std::cin >> n;
    while (n--) {
        std::cin >> x;
        if (x > best) best = x;
    }
    std::cout << best << std::endl;
}
";
const NUMBERS: &str = "def case(g):
    n = g.size(1, 100)
    return f\"{n}\\n{' '.join(map(str, g.nums(n, -1000, 1000)))}\\n\"
";
const RIGHT: &str = "n = int(input())\nprint(max(map(int, input().split())))\n";

fn hunted(samples: Value) -> Value {
    json!({
        "code": GREATEST, "language": "C++", "samples": samples, "reference_code": RIGHT, "reference_language": "PyPy 3",
        "generator": NUMBERS
    })
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_reference_and_a_generator_get_the_smallest_failing_input_without_a_model(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let answer = check(
        &app,
        &hunted(json!([{ "input": "2\n3 1\n", "output": "3\n" }])),
    )
    .await;
    assert_eq!(answer["tests"][0]["outcome"]["verdict"], "AC");
    let hunt = &answer["hunt"];
    assert_eq!(hunt["ending"], "found", "{hunt}");
    assert_eq!(hunt["guessed"], false);
    let found = &hunt["counterexample"];
    assert_eq!(found["input"].as_str().unwrap().trim_end(), "1\n-1");
    assert_eq!(found["expected"].as_str().unwrap().trim_end(), "-1");
    assert_eq!(found["level"], "reference");
    assert_eq!(found["tokens"], 2);
    assert_eq!(found["outcome"]["output"], "0\n");
    assert!(!hunt["tried"].as_array().unwrap().is_empty());

    // With a generator no sample is needed.
    let answer = check(&app, &hunted(json!([]))).await;
    assert_eq!(answer["tests"], json!([]));
    assert_eq!(answer["hunt"]["ending"], "found");
    let mut broken = hunted(json!([]));
    broken["code"] = json!("int main() { return x; }");
    let answer = check(&app, &broken).await;
    assert_eq!(answer["compiled"], false);
    assert!(answer["compiler"].as_str().unwrap().contains("error: "));
    assert_eq!(answer["hunt"], Value::Null);
    assert!(model.calls("hunt").is_empty());
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_a_generator_inputs_are_guessed_from_the_samples(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let mut body = one(BUGGY, "C++", "5 0\n", "5\n");
    body["reference_code"] = json!(SUM);
    body["reference_language"] = json!("Python");
    let answer = check(&app, &body).await;
    let hunt = &answer["hunt"];
    assert_eq!(hunt["ending"], "found", "{hunt}");
    assert_eq!(hunt["guessed"], true);
    assert_eq!(hunt["counterexample"]["level"], "reference");
    let right = "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b; }";
    body["code"] = json!(right);
    let answer = check(&app, &body).await;
    assert_eq!(answer["hunt"]["ending"], "nothing_found");

    // The form does not name the language of its reference.
    for reference in [right, SUM] {
        let page = hunted_page(&app, reference).await;
        for said in [
            "Your program answers",
            "Confirmed by the program you gave.",
            "The inputs were guessed from the samples",
            "Found input 1",
            "data-copy=\"#found-input\"",
        ] {
            assert!(page.contains(said), "{reference}: {said}");
        }
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn helpers_that_are_of_no_use_end_the_hunt_with_a_reason(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    for (field, value, helper, fault) in [
        (
            "generator",
            "def case(g):\n    return 1 // 0\n",
            "generator",
            "raises",
        ),
        (
            "generator",
            "def case(g):\n    while True: pass\n",
            "generator",
            "endless",
        ),
        (
            "validator",
            "def valid(text):\n    return False\n",
            "validator",
            "wrong_on_sample",
        ),
        (
            "reference_code",
            "print(7)\n",
            "reference",
            "wrong_on_sample",
        ),
    ] {
        let mut body = hunted(json!([{ "input": "2\n3 1\n", "output": "3\n" }]));
        body[field] = json!(value);
        let answer = check(&app, &body).await;
        let hunt = &answer["hunt"];
        assert_eq!(hunt["ending"], "unusable", "{value}: {hunt}");
        let faults = hunt["faults"].as_array().unwrap();
        let is_named = |it: &Value| it["helper"] == helper && it["fault"] == fault;
        assert!(faults.iter().any(is_named), "{value}: {hunt}");
        assert_eq!(answer["tests"][0]["outcome"]["verdict"], "AC");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn fields_of_a_hunt_are_checked_with_the_others(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let mut body = hunted(json!([]));
    body["code"] = json!("");
    body["generator"] = json!("x".repeat(32 * 1024 + 1));
    body["validator"] = json!("\0");
    body["reference_code"] = json!("x".repeat(256 * 1024 + 1));
    let wrong = ["/code", "/reference_code", "/generator", "/validator"];
    assert_eq!(refused(&app, &body).await, wrong);
    let alone = json!({ "code": GREATEST, "language": "C++", "samples": [], "generator": NUMBERS });
    assert_eq!(refused(&app, &alone).await, ["/samples", "/generator"]);
    let checker = "def check(input, output, answer):\n    return True\n";
    let mut checked = hunted(json!([{ "input": "2\n3 1\n" }]));
    checked["checker"] = json!(checker);
    assert_eq!(refused(&app, &checked).await, ["/checker"]);
    let mut unknown = hunted(json!([]));
    (unknown["language"], unknown["reference_language"]) = (json!("Befunge"), json!("Piet"));
    let wrong = ["/language", "/reference_language"];
    assert_eq!(refused(&app, &unknown).await, wrong);
    app.stop().await;
}

/// The page after a check of the faulty sum with this reference.
async fn hunted_page(app: &App, reference: &str) -> String {
    let fields = [
        ("code", BUGGY),
        ("language", "C++"),
        ("sample_input", "5 0"),
        ("sample_output", "5"),
        ("reference_code", reference),
    ];
    let request = app.request(Method::POST, "/check");
    let page = request.multipart(form(&fields)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    page.text().await.unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_reference_without_a_language_is_of_that_of_the_program_or_of_its_own(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let right =
        "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }";
    let python = "a, b = map(int, input().split())\nprint(a - b)\n";
    for (code, language, reference) in [
        (BUGGY, "C++", SUM),
        (BUGGY, "C++", right),
        (python, "Python", right),
        (python, "Python", SUM),
    ] {
        let mut body = one(code, language, "5 0\n", "5\n");
        body["reference_code"] = json!(reference);
        let hunt = &check(&app, &body).await["hunt"];
        assert_eq!(hunt["ending"], "found", "{language}, {reference}: {hunt}");
        assert_eq!(hunt["counterexample"]["level"], "reference");
    }
    // One that is wrong is so in either language.
    let mut body = one(BUGGY, "C++", "5 0\n", "5\n");
    body["reference_code"] = json!("a, b = map(int, input().split())\nprint(a * b)\n");
    let hunt = &check(&app, &body).await["hunt"];
    assert_eq!(hunt["faults"][0]["fault"], "wrong_on_sample", "{hunt}");
    // A named one is taken at its word.
    body["reference_language"] = json!("C++");
    let hunt = &check(&app, &body).await["hunt"];
    assert_eq!(hunt["faults"][0]["fault"], "cannot_run", "{hunt}");
    app.stop().await;
}

/// The address of a judge that runs programs and answers this to a hunt.
async fn without_hunts(judge: &Judge, answer: (StatusCode, &'static str)) -> String {
    let routes = Router::new()
        .route(
            LANGUAGES,
            routing::get(async |State(judge): State<Client>| {
                Json(judge.languages().await.unwrap())
            }),
        )
        .route(
            RUN,
            routing::post(
                async |State(judge): State<Client>, Json(request): Json<RunRequest>| {
                    Json(judge.run(&request).await.unwrap())
                },
            ),
        )
        .route(HUNT, routing::post(async move || answer))
        .with_state(judge.client.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    url
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn runs_are_answered_although_the_judge_does_not_hunt(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    for (answer, said, shown) in [
        (
            (StatusCode::SERVICE_UNAVAILABLE, ""),
            "busy",
            "The judge is busy and had no time to look for a failing input.",
        ),
        (
            (StatusCode::OK, "not JSON"),
            "did not answer",
            "The judge did not answer when it was to look for a failing input.",
        ),
    ] {
        let url = without_hunts(&judge, answer).await;
        let judged = [("JUDGE_URL", &*url)];
        let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
        let mut body = one(BUGGY, "C++", "5 0\n", "5\n");
        body["reference_code"] = json!(SUM);
        let answer = check(&app, &body).await;
        assert_eq!(answer["tests"][0]["outcome"]["verdict"], "AC");
        assert_eq!(answer["hunt"], Value::Null);
        let problem = answer["hunt_problem"].as_str().unwrap();
        assert!(
            problem.contains(said) && problem.contains("try again"),
            "{problem}"
        );
        let page = hunted_page(&app, SUM).await;
        assert!(page.contains(shown) && page.contains("Accepted"), "{shown}");
        // Nothing was run that could be answered.
        let answer = send(&app, &hunted(json!([]))).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        app.stop().await;
    }
}
