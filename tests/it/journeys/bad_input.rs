//! Bad input gets a clear answer and leaves nothing behind.

use reqwest::{Method, Response, StatusCode, multipart};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    journeys::submit::PNG,
    support::{
        app::{API, App, TOKEN, buggy, prefix},
        model::Model,
    },
};

async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert!(response.headers().contains_key("x-request-id"));
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert!(
        problem["type"]
            .as_str()
            .unwrap()
            .starts_with("urn:code-checker:problem:")
    );
    assert!(
        !problem["title"].as_str().unwrap().is_empty()
            && !problem["detail"].as_str().unwrap().is_empty()
    );
    problem
}

async fn nothing_is_left_behind(app: &App) {
    let rows: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM submissions) + (SELECT count(*) FROM images) + (SELECT count(*) FROM stages)
            + (SELECT count(*) FROM idempotency_keys)",
    )
    .fetch_one(&app.state.db)
    .await
    .unwrap();
    assert_eq!(rows, 0);
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 0);
}

async fn app(pool: &PgPool, model: &Model) -> App {
    App::without_worker(pool, model, &prefix(), &[]).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_invalid_field_is_named_with_what_it_may_be(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let url = |media: &str| format!("data:{media};base64,{PNG}");
    for (body, pointer, says) in [
        (json!({}), "", "send at least one of them"),
        (json!({ "text": " \n " }), "", "send at least one of them"),
        (
            json!({ "text": "a\u{0}b" }),
            "/text",
            "NUL character at byte 1",
        ),
        (json!({ "code": "a\u{0}b" }), "/code", "NUL character"),
        (
            json!({ "text": "x", "failing_input": "\u{0}" }),
            "/failing_input",
            "NUL character",
        ),
        (
            json!({ "text": "x".repeat(200 * 1024 + 1) }),
            "/text",
            "at most 204800",
        ),
        (
            json!({ "code": "x".repeat(256 * 1024 + 1) }),
            "/code",
            "at most 262144",
        ),
        (
            json!({ "text": "x", "failing_input": "x".repeat(64 * 1024 + 1) }),
            "/failing_input",
            "at most 65536",
        ),
        (
            json!({ "text": "x", "verdict": "AC" }),
            "/verdict",
            "must be WA, TLE, MLE, RE, CE or PE",
        ),
        (
            json!({ "text": "x", "answer_language": "fr" }),
            "/answer_language",
            "must be en, zh or de",
        ),
        (
            json!({ "text": "x", "language": "l".repeat(41) }),
            "/language",
            "at most 40 characters",
        ),
        (json!({ "text": 5 }), "/text", "invalid type: integer `5`"),
        (
            json!({ "text": "x", "images": [1] }),
            "/images/0",
            "invalid type",
        ),
        (
            json!({ "text": "x", "colour": "red" }),
            "/colour",
            "unknown field",
        ),
        (
            json!({ "images": ["https://h.example/a.png"] }),
            "/images/0",
            "must be a data URL",
        ),
        (
            json!({ "images": ["data:image/svg+xml;base64,PHN2Zy8+"] }),
            "/images/0",
            "is not an image that can be read",
        ),
        (
            json!({ "images": ["data:image/png;base64,"] }),
            "/images/0",
            "is empty",
        ),
        (
            json!({ "images": ["data:image/png;base64,@@@@"] }),
            "/images/0",
            "not valid base64",
        ),
        (
            json!({ "images": vec![url("image/png"); 6] }),
            "/images",
            "has 6 images, it may have at most 5",
        ),
    ] {
        let problem = problem(app.post(&body).await, 422).await;
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{problem}");
        assert!(
            error["detail"].as_str().unwrap().contains(says),
            "{problem}"
        );
    }
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn nothing_may_be_said_as_null_and_json_may_begin_with_a_byte_order_mark(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let body = json!({
        "text": "x", "code": null, "language": null, "verdict": null, "failing_input": null,
        "answer_language": null, "images": null,
    });
    let request = app.request(Method::POST, API);
    let sent = request
        .header("content-type", "application/json")
        .body(format!("\u{feff}{body}"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::ACCEPTED);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_image_over_2_mb_is_refused(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let big = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        vec![0; 2 * 1024 * 1024 + 1],
    );
    let body = json!({ "text": "x", "images": [format!("data:image/png;base64,{big}")] });
    let problem = problem(app.post(&body).await, 422).await;
    assert!(
        problem["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("at most 2097152"),
        "{problem}"
    );
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_cannot_be_read_is_a_400(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    for body in [
        &b"{\"text\": "[..],
        b"",
        b"{\"text\": \"\xff\xfe\"}",
        br#"{"text": "\ud800"}"#,
    ] {
        let request = app
            .request(Method::POST, API)
            .header("content-type", "application/json")
            .body(body.to_vec());
        problem(request.send().await.unwrap(), 400).await;
    }
    let torn = app
        .request(Method::POST, API)
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\ncut off");
    problem(torn.send().await.unwrap(), 400).await;
    let missing = app
        .request(Method::POST, API)
        .header("content-type", "multipart/form-data")
        .body("x");
    problem(missing.send().await.unwrap(), 400).await;
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_form_is_checked_like_json(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let send = async |form: multipart::Form| {
        app.request(Method::POST, API)
            .multipart(form)
            .send()
            .await
            .unwrap()
    };
    for (form, pointer) in [
        (
            multipart::Form::new().part("code", multipart::Part::bytes(vec![0xff, 0xfe])),
            "/code",
        ),
        (
            multipart::Form::new().text("text", "a").text("text", "b"),
            "/text",
        ),
        (multipart::Form::new().text("colour", "red"), "/colour"),
        (
            multipart::Form::new().part(
                "images",
                multipart::Part::bytes(b"GIF89a".to_vec()).file_name("a.gif"),
            ),
            "/images/0",
        ),
    ] {
        assert_eq!(
            problem(send(form).await, 422).await["errors"][0]["pointer"],
            pointer
        );
    }
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_body_of_40_mb_is_a_413_that_the_sender_gets_to_read(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let body = json!({ "text": "x".repeat(40 * 1024 * 1024) });
    let problem = problem(app.post(&body).await, 413).await;
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("16777216 bytes")
    );
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_form_that_is_too_large_is_a_413_with_the_limit_in_words(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let large = "x".repeat(17 * 1024 * 1024);
    let form = || multipart::Form::new().text("text", large.clone());
    let sent = app
        .request(Method::POST, API)
        .multipart(form())
        .send()
        .await;
    let told = problem(sent.unwrap(), 413).await;
    assert!(told["detail"].as_str().unwrap().contains("16777216 bytes"));
    let sent = app.request(Method::POST, "/submissions").multipart(form());
    let page = sent.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.text().await.unwrap().contains("at most 16.0 MB"));
    for path in ["/preferences", "/settings/login"] {
        let request = app.request(Method::POST, path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let page = request.body(format!("theme={large}")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert!(page.text().await.unwrap().contains("at most 512.0 KB"));
    }
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

/// As the HTTP library refuses them, before there is a route.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_is_no_http_is_answered_as_a_problem_too(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let head = "host: localhost\r\ncontent-type: application/json\r\n";
    let post = format!("POST {API} HTTP/1.1\r\n{head}");
    for (request, status) in [
        ("NO HTTP\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/9.1\r\n{head}\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{head}a b: c\r\n\r\n"), 400),
        (format!("{post}content-length: two\r\n\r\n{{}}"), 400),
        (
            format!("{post}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"),
            400,
        ),
        (
            format!("{post}transfer-encoding: chunked\r\n\r\nxx\r\n{{}}\r\n0\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\n{head}{}\r\n", "a: b\r\n".repeat(200)),
            431,
        ),
        (
            format!(
                "GET / HTTP/1.1\r\n{head}cookie: {}\r\n\r\n",
                "a".repeat(600_000)
            ),
            431,
        ),
        (
            format!("GET /{} HTTP/1.1\r\n{head}\r\n", "a".repeat(70_000)),
            414,
        ),
    ] {
        let address = app.url.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // It may be refused while it is still sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let request = &request[..request.len().min(200)];
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            panic!("{request}: {answer}");
        };
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {head}"
        );
        assert!(
            head.contains("content-type: application/problem+json"),
            "{request}: {head}"
        );
        assert!(head.contains("x-request-id: "), "{request}: {head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], status);
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn other_media_types_methods_and_addresses_are_answered_as_problems(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let plain = app
        .request(Method::POST, API)
        .header("content-type", "text/plain")
        .body("hello")
        .send()
        .await
        .unwrap();
    let problem_415 = problem(plain, 415).await;
    assert!(
        problem_415["detail"]
            .as_str()
            .unwrap()
            .contains("application/json")
    );
    let wrong_method = app.request(Method::PUT, API).send().await.unwrap();
    assert!(
        wrong_method.headers()["allow"]
            .to_str()
            .unwrap()
            .contains("POST")
    );
    problem(wrong_method, 405).await;
    problem(app.get("/nowhere").await, 404).await;
    problem(app.get(&format!("{API}/not-a-uuid")).await, 400).await;
    problem(app.get(&format!("{API}/%FF%00")).await, 400).await;
    problem(
        app.get(&format!("{API}/019a3b5e-7c1d-7f00-8000-000000000000"))
            .await,
        404,
    )
    .await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_body_made_to_fill_memory_is_answered_briefly(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let many = json!({ "text": "x", "images": vec![""; 3_000_000] });
    let told = problem(app.post(&many).await, 422).await;
    assert_eq!(
        told["errors"][0]["detail"],
        "has 3000000 images, it may have at most 5"
    );
    for body in [
        json!({ "images": "x".repeat(1_000_000) }),
        json!({ "y".repeat(1_000_000): 1 }),
        json!(["x", null, null, null, null, null, []]),
    ] {
        assert!(problem(app.post(&body).await, 422).await.to_string().len() < 2000);
    }
    nothing_is_left_behind(&app).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn images_are_refused_when_vision_is_off(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(
        &pool,
        &model,
        &prefix(),
        &[("MODEL_SUPPORTS_VISION", "false")],
    )
    .await;
    let body = json!({ "text": "x", "images": [format!("data:image/png;base64,{PNG}")] });
    assert_eq!(
        problem(app.post(&body).await, 422).await["errors"][0]["pointer"],
        "/images"
    );
    assert_eq!(app.post(&buggy()).await.status(), StatusCode::ACCEPTED);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_limits_themselves_are_accepted(pool: PgPool) {
    let model = Model::start().await;
    let app = app(&pool, &model).await;
    let body = json!({
        "text": "t".repeat(200 * 1024), "code": "c".repeat(256 * 1024), "failing_input": "i".repeat(64 * 1024),
        "images": vec![format!("data:image/png;base64,{PNG}"); 5], "verdict": "wa", "answer_language": "DE",
    });
    assert_eq!(app.post(&body).await.status(), StatusCode::ACCEPTED);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn whoever_hurries_is_held_up_and_a_full_queue_takes_no_more(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("SUBMISSIONS_PER_MINUTE", "1"), ("MAX_QUEUED", "2")];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    for expected in [202, 202, 503, 503, 429] {
        let answer = app.post(&json!({ "code": "x" })).await;
        assert_eq!(answer.status().as_u16(), expected);
        if expected != 202 {
            assert!(answer.headers().contains_key("retry-after"));
        }
    }
    let vars = [("SUBMISSIONS_PER_MINUTE", "4"), ("MAX_QUEUED", "12")];
    let crowded = App::without_worker(&pool, &model, &prefix(), &vars).await;
    // Two are there; from the sixth on one address has a part of a visitor's allowance.
    for expected in [202, 202, 202, 202, 202, 429, 429] {
        let answer = crowded.post(&json!({ "code": "x" })).await;
        assert_eq!(answer.status().as_u16(), expected);
    }
    crowded.stop().await;
    // The admin is not held up, and another visitor is not the same.
    let admin = app.request(reqwest::Method::POST, API).bearer_auth(TOKEN);
    let answer = admin.json(&json!({ "code": "x" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    app.stop().await;
}
