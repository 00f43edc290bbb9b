//! `/metrics`.

use std::{collections::HashMap, io::Write as _, process::Stdio};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    model::{Act, Model},
};

pub(super) const PATH: &str = "/metrics";

/// The text, as the admin gets it.
pub(super) async fn text(app: &App) -> String {
    let request = app.request(Method::GET, PATH).bearer_auth(TOKEN);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

/// The values by their series.
fn values(text: &str) -> HashMap<&str, f64> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series, value.parse().unwrap())
        })
        .collect()
}

/// An app that has had a submission with a repeated call, which cost something.
pub(super) async fn busy_app(pool: &PgPool, model: &Model) -> App {
    model.next("analysis", [Act::Fail(500, json!({ "error": "busy" }))]);
    let prices = [
        ("PRICE_INPUT_PER_MTOK", "1000"),
        ("PRICE_OUTPUT_PER_MTOK", "1000"),
    ];
    let app = App::start_with(pool, model, &prefix(), &prices).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.laid_out(&id).await;
    app
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_counters_are_the_admins_unless_they_are_public(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let refused = app.get(PATH).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:unauthorized");
    let wrong = app.request(Method::GET, PATH).bearer_auth("wrong");
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    text(&app).await;
    app.stop().await;

    let public = [("METRICS_PUBLIC", "true"), ("ALLOWED_HOSTS", "a.example")];
    let app = App::without_worker(&pool, &model, &prefix(), &public).await;
    let shown = app
        .request(Method::GET, PATH)
        .header("host", "code-checker:3000");
    let shown = shown.send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(
        shown.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(shown.headers()["cache-control"], "no-store");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_is_counted_from_its_request_to_its_calls(pool: PgPool) {
    let model = Model::start().await;
    let app = busy_app(&pool, &model).await;
    app.get("/a/secret-path?with=a-secret").await;
    let method = Method::from_bytes(b"ODD").unwrap();
    app.request(method, "/history").send().await.unwrap();
    let text = text(&app).await;
    let values = values(&text);
    let calls = "code_checker_model_calls_total{model=\"stand-in\",outcome=";
    for (series, value) in [
        (
            format!(
                r#"code_checker_http_requests_total{{method="POST",route="{API}",status="202"}}"#
            ),
            1.0,
        ),
        (
            format!(
                r#"code_checker_http_request_duration_seconds_count{{method="POST",route="{API}"}}"#
            ),
            1.0,
        ),
        (
            r#"code_checker_http_requests_total{method="other",route="/history",status="405"}"#
                .to_owned(),
            1.0,
        ),
        (
            r#"code_checker_jobs_total{outcome="completed"}"#.to_owned(),
            1.0,
        ),
        (
            r#"code_checker_jobs_total{outcome="failed"}"#.to_owned(),
            0.0,
        ),
        (
            r#"code_checker_stage_duration_seconds_count{outcome="completed",stage="analysis"}"#
                .to_owned(),
            1.0,
        ),
        (format!("{calls}\"ok\"}}"), 2.0),
        (format!("{calls}\"model_busy\"}}"), 1.0),
        (
            r#"code_checker_model_retries_total{model="stand-in",reason="model_busy"}"#.to_owned(),
            1.0,
        ),
        (
            r#"code_checker_model_tokens_total{kind="prompt",model="stand-in"}"#.to_owned(),
            200.0,
        ),
        (
            r#"code_checker_model_tokens_total{kind="completion",model="stand-in"}"#.to_owned(),
            20.0,
        ),
        (
            r#"code_checker_model_cost_dollars_total{model="stand-in"}"#.to_owned(),
            0.22,
        ),
        (r#"code_checker_up{service="postgres"}"#.to_owned(), 1.0),
        (r#"code_checker_up{service="redis"}"#.to_owned(), 1.0),
        (
            r#"code_checker_submissions{status="queued"}"#.to_owned(),
            0.0,
        ),
        (
            r#"code_checker_queue_jobs{state="waiting"}"#.to_owned(),
            0.0,
        ),
        ("code_checker_queue_workers".to_owned(), 1.0),
    ] {
        let found = values.get(series.as_str()).copied();
        let is_right = found.is_some_and(|found| (found - value).abs() < 1e-9);
        assert!(is_right, "{series} is {found:?} and not {value}:\n{text}");
    }
    assert!(
        text.contains(r#"route="/{*path}",status="404""#)
            || text.contains(r#"route="-",status="404""#)
    );
    for secret in [
        "secret",
        "cout",
        "Print the sum",
        "difference",
        "sk-test",
        TOKEN,
        "ODD",
    ] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn jobs_that_wait_are_seen_with_their_age(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    let text = text(&app).await;
    let values = values(&text);
    assert_eq!(values[r#"code_checker_queue_jobs{state="waiting"}"#], 2.0);
    assert_eq!(values[r#"code_checker_submissions{status="queued"}"#], 2.0);
    assert_eq!(values["code_checker_queue_workers"], 0.0);
    for age in [
        "code_checker_queue_oldest_waiting_age_seconds",
        "code_checker_submissions_oldest_queued_age_seconds",
    ] {
        assert!(values[age] > 0.0 && values[age] < 90.0, "{text}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_service_that_is_away_leaves_its_numbers_out(pool: PgPool) {
    let model = Model::start().await;
    // Nothing listens on port 1.
    let away = [
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("METRICS_PUBLIC", "true"),
    ];
    let app = App::without_worker(&pool, &model, &prefix(), &away).await;
    app.state.db.close().await;
    let shown = app.get(PATH).await;
    assert_eq!(shown.status(), StatusCode::OK);
    let text = shown.text().await.unwrap();
    let values = values(&text);
    for service in ["postgres", "redis"] {
        let series = format!(r#"code_checker_up{{service="{service}"}}"#);
        assert_eq!(values[series.as_str()], 0.0);
    }
    assert!(!text.contains("code_checker_queue_") && !text.contains("code_checker_submissions"));
    assert!(text.contains("code_checker_build_info{version="));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn prometheus_own_checker_finds_nothing_wrong(pool: PgPool) {
    let model = Model::start().await;
    let app = busy_app(&pool, &model).await;
    let text = text(&app).await;
    app.stop().await;
    let checker = std::process::Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut checker) = checker else {
        eprintln!("skipped: there is no promtool (Debian: prometheus)");
        return;
    };
    checker
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = checker.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}
