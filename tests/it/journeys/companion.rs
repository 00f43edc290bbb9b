//! Problems come in from Competitive Companion.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    model::Model,
};

const EVENTS: &str = "/api/v1/companion/events";
const EXTENSION: &str = "chrome-extension://cjnmckjndlpiamhfimnnjmnckgghkjbl";

/// A problem as the extension sends it.
pub(crate) fn castle() -> Value {
    json!({
        "name": "G. Castle Defense",
        "group": "Codeforces - Educational Round 40",
        "url": "https://codeforces.com/problemset/problem/954/G",
        "interactive": false,
        "memoryLimit": 256,
        "timeLimit": 1500,
        "tests": [{ "input": "5 0 6\n5 4 3 4 9\n", "output": "5\n" }, { "input": "4 2 0\n1 2 3 4\n", "output": "6\n" }],
        "testType": "single",
        "input": { "type": "stdin" },
        "output": { "type": "stdout" },
        "languages": { "java": { "mainClass": "Main", "taskClass": "GCastleDefense" } },
        "batch": { "id": "123e67c8-03c6-44a4-a3f9-5918533f9fb2", "size": 1 },
    })
}

fn post(app: &App, body: &Value) -> RequestBuilder {
    let request = app.request(Method::POST, "/");
    request.header(header::ORIGIN, EXTENSION).json(body)
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// The next problem of a stream, with its id.
async fn next(response: Response) -> (String, Value) {
    assert_eq!(response.status(), StatusCode::OK);
    let mut text = String::new();
    let mut chunks = response.bytes_stream();
    let event = async {
        while !text.contains("\n\n") || !text.contains("data:") {
            text.push_str(std::str::from_utf8(&chunks.next().await.unwrap().unwrap()).unwrap());
        }
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        (field("id:"), serde_json::from_str(&field("data:")).unwrap())
    };
    tokio::time::timeout(Duration::from_secs(60), event)
        .await
        .unwrap()
}

async fn status(request: RequestBuilder) -> (StatusCode, Value) {
    let response = sent(request).await;
    let status = response.status();
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    assert!(
        !response
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    (status, response.json().await.unwrap())
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_problem_reaches_the_forms_that_are_open_and_the_next_one(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    // Another process on the same Redis, which the form is open on.
    let other = App::without_worker(&pool, &model, &app.prefix, &[]).await;
    let form = other.get("/").await.text().await.unwrap();
    assert!(form.contains(EVENTS), "{form}");
    let open = other.get(EVENTS).await;

    let answer = sent(post(&app, &castle())).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let allowed = &answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN];
    assert_eq!(allowed, EXTENSION);
    let (id, problem) = next(open).await;
    let samples = castle()["tests"].clone();
    assert_eq!(
        problem,
        json!({
            "name": "G. Castle Defense", "group": "Codeforces - Educational Round 40",
            "url": "https://codeforces.com/problemset/problem/954/G",
            "time_limit_ms": 1500, "memory_limit_mb": 256, "samples": samples,
        })
    );
    // One that is opened later has the newest, unless it has seen it.
    assert_eq!(next(app.get(EVENTS).await).await.0, id);
    let seen = app.get(&format!("{EVENTS}?after={id}")).await;
    let again = app
        .request(Method::GET, EVENTS)
        .header("last-event-id", &id);
    let again = sent(again).await;
    let second = json!({ "name": "  H.\n Path\tCounting ", "url": "javascript:alert(1)", "timeLimit": 0.0, "memoryLimit": 62.5 });
    assert_eq!(sent(post(&app, &second)).await.status(), 204);
    for stream in [seen, again] {
        let (_, problem) = next(stream).await;
        assert_eq!(
            problem,
            json!({ "name": "H. Path Counting", "group": "", "url": "", "time_limit_ms": null, "memory_limit_mb": 62, "samples": [] })
        );
    }
    other.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_preflight_is_answered_for_the_extension_and_for_nobody_else(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let ask = |origin: &str, network: &str| {
        let request = app.request(Method::OPTIONS, "/");
        let request = request.header(header::ORIGIN, origin.to_owned());
        let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        let request = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type");
        request.header(format!("access-control-request-{network}"), "true")
    };
    for origin in [
        EXTENSION,
        "moz-extension://5f3c",
        "safari-web-extension://5f3c",
    ] {
        for network in ["private-network", "local-network"] {
            let answer = sent(ask(origin, network)).await;
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
            let headers = answer.headers();
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "POST");
            assert_eq!(
                headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
                "content-type"
            );
            let allowed: Vec<_> = headers
                .keys()
                .map(reqwest::header::HeaderName::as_str)
                .filter(|name| name.ends_with("-network"))
                .collect();
            assert_eq!(allowed, [format!("access-control-allow-{network}")]);
        }
    }
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let (refused, problem) = status(ask(origin, "private-network")).await;
        assert_eq!(refused, StatusCode::FORBIDDEN, "{origin}: {problem}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pages_of_other_sites_and_other_machines_are_refused(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (name, value, expected) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("host", "evil.example:3000", 404),
        ("host", "10.0.0.7:3000", 404),
        ("x-forwarded-for", "127.0.0.1", 404),
        ("forwarded", "for=10.0.0.7", 404),
    ] {
        let request = app.request(Method::POST, "/").json(&castle());
        let (refused, problem) = status(request.header(name, value)).await;
        // Two origins are none.
        let expected = StatusCode::from_u16(expected).unwrap();
        assert_eq!(refused, expected, "{name}: {value}: {problem}");
    }
    // A page may send a text without being asked for it.
    let text = app.request(Method::POST, "/");
    let text = text.header(header::CONTENT_TYPE, "text/plain");
    let (refused, _) = status(text.body(castle().to_string())).await;
    assert_eq!(refused, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let listen = app.request(Method::GET, EVENTS);
    let (refused, _) = status(listen.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(refused, StatusCode::FORBIDDEN);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_no_problem_is_refused_and_what_is_too_much_is_left_out(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let with = |field: &str, value: Value| {
        let mut body = castle();
        body[field] = value;
        post(&app, &body)
    };
    let large = "1".repeat(64 * 1024 + 1);
    for (field, value, pointer) in [
        ("name", json!(" \n"), "/name"),
        ("name", json!(7), "/name"),
        ("timeLimit", json!("1 s"), "/timeLimit"),
        ("tests", json!({ "input": "1" }), "/tests"),
        ("tests", json!([{ "output": "1" }]), "/tests/0"),
        (
            "tests",
            json!([{ "input": "1", "output": large }]),
            "/tests/0/output",
        ),
        (
            "tests",
            json!([{ "input": "\0", "output": "" }]),
            "/tests/0/input",
        ),
    ] {
        let (refused, problem) = status(with(field, value)).await;
        assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let (refused, _) = status(with("group", json!("x".repeat(600 * 1024)))).await;
    assert_eq!(refused, StatusCode::PAYLOAD_TOO_LARGE);
    let nonsense = app.request(Method::POST, "/");
    let nonsense = nonsense.header(header::CONTENT_TYPE, "application/json");
    let (refused, _) = status(nonsense.body("{")).await;
    assert_eq!(refused, StatusCode::BAD_REQUEST);

    let mut body = castle();
    body["name"] = json!("n".repeat(3000));
    body["timeLimit"] = json!(1e300);
    body["memoryLimit"] = json!(1);
    body["tests"] = (0..30)
        .map(|n| json!({ "input": n.to_string(), "output": "" }))
        .collect();
    assert_eq!(sent(post(&app, &body)).await.status(), 204);
    let (_, problem) = next(app.get(EVENTS).await).await;
    assert_eq!(problem["name"].as_str().unwrap().len(), 2048);
    assert_eq!(problem["samples"].as_array().unwrap().len(), 20);
    assert_eq!(problem["time_limit_ms"], 30_000);
    assert_eq!(problem["memory_limit_mb"], 16);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_setting_says_whose_problems_are_taken(pool: PgPool) {
    let model = Model::start().await;
    let off = [("COMPETITIVE_COMPANION", "off")];
    let off = App::without_worker(&pool, &model, &prefix(), &off).await;
    assert_eq!(status(post(&off, &castle())).await.0, StatusCode::NOT_FOUND);
    let listen = off.request(Method::GET, EVENTS);
    assert_eq!(status(listen).await.0, StatusCode::NOT_FOUND);
    let form = off.get("/").await.text().await.unwrap();
    assert!(!form.contains(EVENTS));
    off.stop().await;

    let vars = [
        ("COMPETITIVE_COMPANION", "on"),
        ("TRUSTED_PROXIES", "127.0.0.0/8,::1"),
    ];
    let on = App::without_worker(&pool, &model, &prefix(), &vars).await;
    let of = |request: RequestBuilder, client: &str| request.header("x-forwarded-for", client);
    let mine = sent(of(on.request(Method::GET, EVENTS), "203.0.113.7")).await;
    let mut theirs = castle();
    theirs["name"] = json!("Theirs");
    let sent_theirs = sent(of(post(&on, &theirs), "203.0.113.8")).await;
    assert_eq!(sent_theirs.status(), StatusCode::NO_CONTENT);
    let sent_mine = sent(of(post(&on, &castle()), "203.0.113.7")).await;
    assert_eq!(sent_mine.status(), StatusCode::NO_CONTENT);
    assert_eq!(next(mine).await.1["name"], "G. Castle Defense");
    on.stop().await;
}
