//! The test of the settings describes an endpoint in words that a person can act on.

use std::time::Duration;

use config::Config;
use connection_test::Report;
use domain::{FailureCode, JsonMode};
use serde_json::{Value, json};

use super::server::{Line, Piece, Server, body, error, streamed, text, whole};

const RIGHT: &str = r#"{"sum": 42, "colour": "red"}"#;

/// Tests an endpoint with this path, settings and script.
async fn report_at(path: &str, settings: &[(&str, &str)], script: Vec<Line>) -> (Report, Server) {
    let server = Server::start(script).await;
    // No query is made; the pool connects when it is first used.
    let vars = [
        ("DATABASE_URL", "postgres://localhost/none".to_owned()),
        ("OPENAI_BASE_URL", format!("{}{path}", server.origin)),
    ];
    let settings = settings
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let vars = vars
        .into_iter()
        .chain(settings)
        .map(|(name, value)| (name.to_owned(), value));
    let config = Config::from_vars(vars).unwrap();
    (connection_test::run(&config.model).await, server)
}

async fn report(settings: &[(&str, &str)], script: Vec<Line>) -> (Report, Server) {
    report_at("/v1", settings, script).await
}

/// An endpoint that answers the long question with the number that it finds in its first line.
pub(crate) async fn reading_server() -> Server {
    let answer = axum::routing::post(async |body: String| {
        let body: Value = serde_json::from_str(&body).unwrap();
        let text = body["messages"][1]["content"].as_str().unwrap_or_default();
        let number = text.strip_prefix("The number is ").and_then(|rest| {
            let (number, _) = rest.split_once('.')?;
            number.parse::<i64>().ok()
        });
        let content = match number {
            Some(number) => json!({ "number": number }).to_string(),
            None => RIGHT.to_owned(),
        };
        axum::Json(json!({
            "choices": [{ "message": { "content": content }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 9000, "completion_tokens": 5 }
        }))
    });
    // The list tells whether a key was sent along.
    let models = axum::routing::get(async |headers: axum::http::HeaderMap| {
        let told = match headers.contains_key("authorization") {
            true => "with-a-key",
            false => "without-a-key",
        };
        axum::Json(json!({ "data": [{ "id": "small-1" }, { "id": told }] }))
    });
    let app = axum::Router::new()
        .route("/v1/chat/completions", answer)
        .route("/v1/models", models);
    Server::serve(app).await
}

#[tokio::test]
async fn an_endpoint_in_order_passes() {
    let server = reading_server().await;
    let base = format!("{}/v1", server.origin);
    let (report, _unused) = report(&[("OPENAI_BASE_URL", &base)], Vec::new()).await;
    assert!(report.ok && report.message.is_empty(), "{report:?}");
    assert_eq!((report.vision, report.context), (Some(true), Some(true)));
    assert_eq!(report.structured_output, Some(JsonMode::Schema));
    assert!(report.seconds >= 0.0 && report.long_seconds.is_some());
    assert_eq!(report.usage.prompt_tokens, 18_000);
}

#[tokio::test]
async fn the_ways_of_an_endpoint_are_named() {
    let in_tool = json!({
        "choices": [{ "finish_reason": "tool_calls", "message": {
            "content": null, "tool_calls": [{ "function": { "name": "test", "arguments": RIGHT } }]
        } }]
    });
    let script = vec![
        error(400, "Only user and assistant roles are supported"),
        body(200, &in_tool).header("content-type", "text/event-stream"),
    ];
    let (report, _server) = report(&[], script).await;
    for remark in [
        "It knows no role system.",
        "It answers by calling a tool.",
        "It sends answers under a wrong media type.",
        "It does not count tokens, so CodeChecker estimates them.",
    ] {
        assert!(
            report.remarks.contains(&remark),
            "{remark} {:?}",
            report.remarks
        );
    }
}

#[tokio::test]
async fn a_forgotten_part_of_the_address_is_found() {
    let missing = || text(404, "text/plain", "404 page not found");
    let (report, server) = report_at("", &[], vec![missing(), whole(RIGHT)]).await;
    let meant = format!("{}/v1", server.origin);
    assert_eq!(report.suggested_base_url.as_deref(), Some(meant.as_str()));
    assert!(
        report.message.contains(&format!("Did you mean {meant}?")),
        "{}",
        report.message
    );
    // Also where a page answers, and where the key is asked for first.
    let page = text(200, "text/html", "<html>Welcome</html>");
    let (report, server) = report_at("/", &[], vec![page, error(401, "no key")]).await;
    assert_eq!(
        report.suggested_base_url,
        Some(format!("{}/v1", server.origin))
    );
    // Something else may stand where the path should be.
    let elsewhere = (0..4).map(|_| missing()).chain([whole(RIGHT)]).collect();
    let (report, server) = report_at("/elsewhere", &[], elsewhere).await;
    assert_eq!(
        report.suggested_base_url,
        Some(format!("{}/v1", server.origin))
    );
    let nothing = (0..7).map(|_| missing()).collect();
    let (report, server) = report_at("/elsewhere", &[], nothing).await;
    assert_eq!((report.suggested_base_url, server.calls().len()), (None, 7));
}

#[tokio::test]
async fn a_key_is_missing_or_wrong() {
    let (report_without, _server) = report(&[], vec![error(401, "no key")]).await;
    assert!(report_without.message.contains("OPENAI_API_KEY is not set"));
    let key = [("OPENAI_API_KEY", "sk-0123456789abcdef")];
    let echo = error(401, "Incorrect API key provided: sk-0123456789abcdef");
    let (report, _server) = report(&key, vec![echo]).await;
    assert_eq!((report.reachable, report.key), (true, Some(false)));
    assert!(report.message.contains("refuses the key") && !report.message.contains("abcdef"));
}

#[tokio::test]
async fn an_unknown_model_is_answered_with_those_there_are() {
    let models = body(
        200,
        &json!({ "object": "list", "data": [{ "id": "gemma3" }, { "id": "qwen2.5-coder:7b" }] }),
    );
    let script = vec![error(404, "model \"qwen2.5-coder\" not found"), models];
    let (report, server) = report(&[("OPENAI_MODEL", "qwen2.5-coder")], script).await;
    assert_eq!(report.model, Some(false));
    assert_eq!(report.models, ["qwen2.5-coder:7b", "gemma3"]);
    assert!(report.message.ends_with("It has qwen2.5-coder:7b, gemma3."));
    assert_eq!(server.calls()[1].uri.path(), "/v1/models");
}

#[tokio::test]
async fn a_model_may_not_see() {
    let blind = vec![
        error(500, "image input is not supported"),
        whole(r#"{"sum": 42, "colour": ""}"#),
    ];
    let (refused, _server) = report(&[], blind).await;
    assert_eq!(
        (refused.ok, refused.vision, refused.json),
        (false, Some(false), Some(true))
    );
    assert!(refused.message.contains("MODEL_SUPPORTS_VISION"));
    let (pretending, _server) = report(&[], vec![whole(r#"{"sum": 42, "colour": "blue"}"#)]).await;
    assert_eq!((pretending.ok, pretending.vision), (false, Some(false)));
}

#[tokio::test]
async fn a_model_may_not_answer_in_json() {
    let prose = || streamed("It is 42, and red.");
    let (report, _server) = report(&[], vec![prose(), prose(), prose()]).await;
    assert_eq!(
        (report.json, report.code),
        (Some(false), Some(FailureCode::ModelBadAnswer))
    );
    assert!(report.message.contains("structured output"));
}

#[tokio::test]
async fn a_context_may_be_too_small_and_a_model_too_weak() {
    let cut = json!({
        "choices": [{ "message": { "content": "{\"number\": 7}" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 2048, "completion_tokens": 5 }
    });
    let (small, _server) = report(&[], vec![whole(RIGHT), body(200, &cut)]).await;
    assert_eq!(
        (small.ok, small.context, small.code),
        (false, Some(false), Some(FailureCode::ModelContextTooSmall))
    );
    assert!(small.message.contains("OLLAMA_CONTEXT_LENGTH"));
    let refused = error(400, "This model's maximum context length is 2048 tokens.");
    let (told, _server) = report(&[], vec![whole(RIGHT), refused]).await;
    assert_eq!((told.ok, told.context), (false, Some(false)));
    let guessed = json!({ "choices": [{ "message": { "content": "{\"number\": 7}" } }] });
    let (weak, _server) = report(&[], vec![whole(RIGHT), body(200, &guessed)]).await;
    assert_eq!((weak.ok, weak.context), (false, Some(false)));
    let (cannot_add, _server) = report(&[], vec![whole(r#"{"sum": 41, "colour": "red"}"#)]).await;
    assert!(!cannot_add.ok && cannot_add.message.contains("stronger"));
}

#[tokio::test]
async fn a_model_may_be_too_slow() {
    let limit = [("REQUEST_TIMEOUT_SECONDS", "1")];
    let slow = || text(200, "application/json", "").then(Piece::Silence(Duration::from_secs(30)));
    let (never, _server) = report(&limit, vec![slow()]).await;
    assert_eq!(never.code, Some(FailureCode::ModelTooSlow));
    assert!(never.message.contains("REQUEST_TIMEOUT_SECONDS"));
    let (long, _server) = report(&limit, vec![whole(RIGHT), slow()]).await;
    assert_eq!(
        (long.ok, long.code),
        (false, Some(FailureCode::ModelTooSlow))
    );
}

#[tokio::test]
async fn what_was_learned_before_is_found_out_anew() {
    let refused = error(400, "response_format is not supported");
    let script = vec![
        refused.clone(),
        refused,
        whole(RIGHT),
        error(402, "no money"),
    ];
    let (report, _server) = report(&[], script).await;
    assert_eq!(report.structured_output, Some(JsonMode::Text));
    assert_eq!(report.code, Some(FailureCode::ModelNoCredit));
    assert!(
        report
            .message
            .contains("The model answered a tiny question, but not a long one."),
        "{}",
        report.message
    );
}
