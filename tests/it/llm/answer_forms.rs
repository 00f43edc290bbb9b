//! Answers in other forms than the protocol's, each as one kind, with the calls that it takes.

use llm::Client;
use serde_json::{Value, json};

use super::{
    SUM, ask_with, endpoint, expect, formats, question, sent,
    server::{
        Line, Piece, Server, body, delta, error, events, finish, streamed, text, usage, whole,
    },
};

/// A whole answer with this choice.
fn choice(choice: Value) -> Line {
    body(
        200,
        &json!({ "model": "m-1", "choices": [choice], "usage": { "prompt_tokens": 90, "completion_tokens": 10 } }),
    )
}

fn message(message: Value) -> Line {
    choice(json!({ "index": 0, "finish_reason": "stop", "message": message }))
}

/// A stream of chunks with these choices.
fn chunks(choices: impl IntoIterator<Item = Value>) -> Line {
    let chunks = choices
        .into_iter()
        .map(|choice| json!({ "choices": [choice] }).to_string());
    events(chunks.chain([usage(), "[DONE]".to_owned()]))
}

fn sum() -> Value {
    serde_json::from_str(SUM).unwrap()
}

/// Asks once, and checks that the answer is understood at once and what is said of the endpoint.
async fn understood(line: Line, remark: &str) {
    let (outcome, _server) = expect(&[], [line], "3", 1).await;
    let remarks = outcome.result.unwrap().remarks;
    assert!(
        remark.is_empty() && remarks.is_empty()
            || remarks.iter().any(|said| said.contains(remark)) && !remark.is_empty(),
        "{remark:?}: {remarks:?}"
    );
}

#[tokio::test]
async fn an_answer_in_a_call_of_a_tool() {
    let tool = |arguments: Value| json!({ "index": 0, "type": "function", "function": { "name": "sum", "arguments": arguments } });
    let said = "calling a tool";
    understood(
        message(json!({ "content": null, "tool_calls": [tool(json!(SUM))] })),
        said,
    )
    .await;
    understood(
        message(json!({ "content": "", "tool_calls": [tool(sum())] })),
        said,
    )
    .await;
    understood(
        message(json!({ "function_call": { "name": "sum", "arguments": SUM } })),
        said,
    )
    .await;
    let (a, b) = SUM.split_at(SUM.floor_char_boundary(20));
    let part = |text: &str| json!({ "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": text } }] } });
    let end = json!({ "delta": {}, "finish_reason": "tool_calls" });
    understood(chunks([part(a), part(b), end]), said).await;
    let part = |text: &str| json!({ "delta": { "function_call": { "arguments": text } } });
    understood(
        chunks([
            part(a),
            part(b),
            json!({ "delta": {}, "finish_reason": "function_call" }),
        ]),
        said,
    )
    .await;
}

#[tokio::test]
async fn a_media_type_that_lies() {
    let said = "wrong media type";
    let as_type = |line: Line, media_type: &str| line.header("content-type", media_type);
    understood(as_type(streamed(SUM), "text/plain"), said).await;
    understood(as_type(streamed(SUM), "application/json"), said).await;
    understood(
        as_type(streamed(SUM), "application/octet-stream").in_bytes(),
        said,
    )
    .await;
    understood(as_type(whole(SUM), "text/event-stream"), said).await;
    understood(
        as_type(streamed(SUM), "Text/Event-Stream; charset=UTF-8"),
        "",
    )
    .await;
    let chunk = |choice: Value| format!("{}\n", json!({ "choices": [choice] }));
    let lines = [
        chunk(json!({ "delta": { "content": SUM } })),
        chunk(json!({ "delta": {}, "finish_reason": "stop" })),
        format!("{}\n", usage()),
    ];
    for media_type in ["application/x-ndjson", "text/event-stream"] {
        understood(text(200, media_type, lines.concat()), said).await;
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_the_answer() {
    let said = "byte order mark";
    let events = format!(
        "\u{feff}data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        delta(&json!({ "content": SUM })),
        usage()
    );
    understood(text(200, "text/event-stream", events.clone()), said).await;
    understood(text(200, "text/event-stream", events).in_bytes(), said).await;
    let whole =
        json!({ "choices": [{ "message": { "content": SUM } }], "usage": { "prompt_tokens": 9 } });
    understood(
        text(200, "application/json", format!("\u{feff}{whole}")),
        said,
    )
    .await;
}

#[tokio::test]
async fn messages_in_a_stream_and_content_that_is_no_text() {
    let whole = json!({ "delta": null, "message": { "role": "assistant", "content": SUM }, "finish_reason": "stop" });
    understood(chunks([whole]), "whole messages").await;
    let said = "as an object or a list";
    understood(message(json!({ "content": sum() })), said).await;
    understood(message(json!({ "content": null, "parsed": sum() })), said).await;
    understood(
        message(json!({ "content": [{ "type": "text", "text": SUM }] })),
        said,
    )
    .await;
    understood(
        message(json!({ "content": [{ "type": "output_json", "json": sum() }] })),
        said,
    )
    .await;
    understood(
        choice(json!({ "index": 0, "text": SUM, "finish_reason": "stop" })),
        "",
    )
    .await;
}

#[tokio::test]
async fn marks_of_channels_thinking_and_objects_around_the_answer() {
    let draft = r#"{"reasoning": "no", "sum": "four"}"#;
    for (written, said) in [
        (
            format!(
                "<|channel|>analysis<|message|>{draft}?<|end|><|start|>assistant<|channel|>final<|message|>{SUM}"
            ),
            "thinking",
        ),
        (format!("<|channel|>final {SUM}"), "other text"),
        (
            format!("analysisMaybe {draft}.assistantfinal{SUM}"),
            "thinking",
        ),
        (format!("<think>{draft}</think>{SUM}"), "thinking"),
        (format!("First {draft}. No, it is {SUM}"), "other text"),
        (format!("It is {SUM}. Not {draft}"), "other text"),
        (json!({ "answer": sum() }).to_string(), "wraps"),
        (json!({ "result": SUM }).to_string(), "wraps"),
        (json!([sum()]).to_string(), "wraps"),
        (json!(SUM).to_string(), "wraps"),
        (format!("```json\n{SUM}\n```"), "other text"),
        (SUM.replace('}', ",}"), "small mistakes"),
    ] {
        understood(whole(&written), said).await;
    }
    understood(
        message(json!({ "content": null, "reasoning_content": SUM })),
        "where the reasoning belongs",
    )
    .await;
}

#[tokio::test]
async fn a_complete_answer_without_a_mark_of_its_end() {
    let events = events([delta(&json!({ "content": SUM }))]);
    let (outcome, _server) = expect(&[], [events.clone()], "3", 1).await;
    assert!(
        outcome
            .result
            .unwrap()
            .remarks
            .iter()
            .any(|said| said.contains("without a mark"))
    );
    let pause = Piece::Silence(std::time::Duration::from_millis(200));
    expect(&[], [events.then(pause).then(Piece::Break)], "3", 1).await;
    // Half of one is none.
    let half = || super::server::events([delta(&json!({ "content": &SUM[..15] }))]);
    expect(&[], [half(), half()], "model_answer_broken", 2).await;
}

#[tokio::test]
async fn an_error_inside_the_choice_is_told_in_the_gateways_words() {
    let failed = || {
        choice(
            json!({ "error": { "code": 502, "message": "Provider m is on fire" }, "finish_reason": "error", "message": { "content": "" } }),
        )
    };
    let (outcome, _server) = expect(&[], [failed(), failed(), failed()], "model_busy", 3).await;
    assert!(
        outcome.message().contains("Provider m is on fire"),
        "{}",
        outcome.message()
    );
    expect(&[], [failed(), whole(SUM)], "3", 2).await;
    let ended = || {
        chunks([
            json!({ "delta": { "content": "{" } }),
            json!({ "delta": {}, "finish_reason": "error" }),
        ])
    };
    expect(&[], [ended(), streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn an_answer_without_a_choice_is_a_passing_fault() {
    let none = || body(200, &json!({ "model": "m", "choices": [] }));
    expect(&[], [none(), whole(SUM)], "3", 2).await;
    expect(&[], [none(), none()], "model_answer_empty", 2).await;
    let empty = || text(200, "application/json", "");
    expect(&[], [empty(), whole(SUM)], "3", 2).await;
}

#[tokio::test]
async fn endings_have_many_names() {
    for (ending, code, calls) in [
        ("max_tokens", "model_answer_cut", 2),
        ("MAX_TOKENS", "model_answer_cut", 2),
        ("model_context_window_exceeded", "model_answer_cut", 2),
        ("SAFETY", "model_content_filter", 1),
        ("RECITATION", "model_content_filter", 1),
        ("sensitive", "model_content_filter", 1),
    ] {
        let ended = || choice(json!({ "finish_reason": ending, "message": { "content": SUM } }));
        expect(&[], (0..calls).map(|_| ended()), code, calls).await;
    }
    for ending in ["end_turn", "STOP", "eos", "stop_sequence"] {
        understood(
            choice(json!({ "finish_reason": ending, "message": { "content": SUM } })),
            "",
        )
        .await;
    }
}

#[tokio::test]
async fn the_role_system_is_refused_in_many_words() {
    for (status, refusal) in [
        (
            500,
            "Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...",
        ),
        (400, "System role not supported"),
        (
            400,
            "Only user, assistant and tool roles are supported, got system.",
        ),
        (
            422,
            "messages[0].role: unknown variant `system`, expected `user` or `assistant`",
        ),
        (
            400,
            "messages.0.role: Input should be 'user' or 'assistant'",
        ),
        (
            400,
            "Developer instruction is not enabled for models/gemma-3-4b-it",
        ),
    ] {
        let (outcome, server) = expect(&[], [error(status, refusal), streamed(SUM)], "3", 2).await;
        assert_eq!(
            server.calls()[1].body["messages"].as_array().unwrap().len(),
            1,
            "{refusal}"
        );
        assert!(
            outcome
                .result
                .unwrap()
                .remarks
                .contains(&"It knows no role system.")
        );
    }
}

#[tokio::test]
async fn a_schema_or_a_grammar_is_refused_and_a_weaker_way_taken() {
    for (status, refusal) in [
        (400, "Failed to parse grammar"),
        (
            500,
            "failed to initialize samplers: failed to parse grammar",
        ),
        (400, "Invalid schema for response_format 'sum'"),
        (500, "xgrammar: unsupported schema feature"),
    ] {
        let (_, server) = expect(&[], [error(status, refusal), streamed(SUM)], "3", 2).await;
        assert_eq!(
            formats(&server),
            ["json_schema", "json_object"],
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_takes_its_answer_back_gave_a_bad_answer() {
    let refused = || {
        body(
            400,
            &json!({ "error": { "message": "Failed to validate JSON.", "code": "json_validate_failed",
            "failed_generation": "{\"sum\": \"three\"}" } }),
        )
    };
    let (_, server) = expect(&[], [refused(), whole(SUM)], "3", 2).await;
    let messages = &server.calls()[1].body["messages"];
    assert_eq!(messages[2]["content"], "{\"sum\": \"three\"}");
    // It may be right all the same.
    let right = body(
        400,
        &json!({ "error": { "message": "x", "code": "json_validate_failed", "failed_generation": SUM } }),
    );
    expect(&[], [right], "3", 1).await;
    expect(&[], [refused(), refused()], "model_bad_answer", 2).await;
}

#[tokio::test]
async fn a_limit_that_is_too_high_is_lowered_or_dropped() {
    let named = error(
        400,
        "max_tokens is too large: 8194. This model supports at most 4096 completion tokens.",
    );
    let server = Server::start([named, whole(SUM), whole(SUM)]).await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &[]));
    assert_eq!(
        ask_with(&client, &endpoint, &question()).await.summary(),
        ("3".to_owned(), 2)
    );
    // It is remembered.
    assert_eq!(
        ask_with(&client, &endpoint, &question()).await.summary(),
        ("3".to_owned(), 1)
    );
    let limits = sent(&server, "/max_tokens");
    assert_eq!(limits[1..], [json!(4096), json!(4096)]);

    let unnamed = error(
        400,
        "'max_tokens' is too large: 8194. This model's maximum context length is 4096 tokens and your request has 900 input tokens",
    );
    let (_, server) = expect(&[], [unnamed, whole(SUM)], "3", 2).await;
    assert_eq!(sent(&server, "/max_tokens")[1], Value::Null);
}

#[tokio::test]
async fn limits_of_an_account_models_and_regions_are_told_apart() {
    let minute = error(
        429,
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40522.",
    );
    let (outcome, _server) = expect(&[], [minute], "model_account_limit", 1).await;
    assert!(outcome.message().contains("not too long for the model"));
    let models = body(200, &json!({ "data": [{ "id": "m-2" }, { "id": "m-3" }] }));
    let (outcome, _server) = expect(
        &[],
        [error(404, "The model `m` does not exist"), models],
        "model_not_found",
        1,
    )
    .await;
    assert!(
        outcome.message().ends_with("It has m-2, m-3."),
        "{}",
        outcome.message()
    );
    let region = error(403, "unsupported_country_region_territory: not supported");
    expect(&[], [region], "model_region", 1).await;
}

#[tokio::test]
async fn waits_are_kept_wherever_they_are_named() {
    for line in [
        error(429, "Rate limit reached. Please try again in 1.05s."),
        body(
            429,
            &json!([{ "error": { "message": "quota", "details": [{ "retryDelay": "1.05s" }] } }]),
        ),
        body(
            503,
            &json!({ "error": "Model m is currently loading", "estimated_time": 1.05 }),
        ),
        error(429, "slow down").header("x-ratelimit-reset-requests", "1050ms"),
    ] {
        let (outcome, _server) = expect(&[], [line, whole(SUM)], "3", 2).await;
        assert!(outcome.took.as_secs_f64() >= 1.0, "{:?}", outcome.took);
    }
}

#[tokio::test]
async fn a_model_that_repeats_itself_is_stopped_and_asked_a_smaller_question() {
    let looping = || {
        let parts = (0..400).map(|_| delta(&json!({ "content": "wait, I check that again. " })));
        events(parts).then(Piece::Silence(std::time::Duration::from_secs(60)))
    };
    let (outcome, _server) = expect(&[], [looping()], "model_repeats", 1).await;
    assert!(outcome.message().contains("a stronger model is needed"));
    let server = Server::start([looping(), streamed(SUM)]).await;
    let short = llm::Question {
        brief: Some("Add.".to_owned()),
        ..question()
    };
    let outcome = ask_with(&Client::default(), &endpoint(&server, &[]), &short).await;
    assert_eq!(outcome.summary(), ("3".to_owned(), 2));
    let tasks = sent(&server, "/messages/0/content");
    assert!(
        tasks[0].as_str().unwrap().starts_with("Add the")
            && tasks[1].as_str().unwrap().starts_with("Add.")
    );
}

#[tokio::test]
async fn silence_after_the_thinking_is_no_broken_stream() {
    let thinking = || delta(&json!({ "reasoning_content": "hm" }));
    let silence = Piece::Silence(std::time::Duration::from_millis(2500));
    let rest = format!(
        "data: {}\n\ndata: {}\n\ndata: {}\n\n",
        delta(&json!({ "content": SUM })),
        finish("stop"),
        usage()
    );
    let line = events([thinking()])
        .then(silence.clone())
        .then(Piece::Bytes(rest.into()));
    expect(&[], [line], "3", 1).await;
    let said = || {
        events([delta(&json!({ "content": "{" }))])
            .then(silence.clone())
            .then(silence.clone())
    };
    expect(&[], [said(), said()], "model_answer_broken", 2).await;
}

#[tokio::test]
async fn an_answer_that_was_still_being_written_is_not_said_to_be_none() {
    let slow = events([delta(&json!({ "content": "{" }))]);
    let slow = (0..8).fold(slow, |line, _| {
        let more = format!("data: {}\n\n", delta(&json!({ "content": " " })));
        line.then(Piece::Silence(std::time::Duration::from_millis(300)))
            .then(Piece::Bytes(more.into()))
    });
    let limit = [("REQUEST_TIMEOUT_SECONDS", "1")];
    let (outcome, _server) = expect(&limit, [slow], "model_timeout", 1).await;
    assert!(
        outcome.message().starts_with("The model had written "),
        "{}",
        outcome.message()
    );
    let silent =
        text(200, "text/event-stream", "").then(Piece::Silence(std::time::Duration::from_secs(3)));
    let (outcome, _server) = expect(&limit, [silent], "model_timeout", 1).await;
    assert!(
        outcome
            .message()
            .contains("did not answer within 1 seconds"),
        "{}",
        outcome.message()
    );
}

#[tokio::test]
async fn one_odd_answer_changes_nothing_for_others() {
    let server = Server::start([
        whole("no JSON"),
        whole("none"),
        whole(SUM),
        whole(SUM),
        whole("no JSON"),
        whole("none"),
        whole(SUM),
        whole(SUM),
    ])
    .await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &[]));
    let ask = async |data: &str| {
        let question = llm::Question {
            user: data.to_owned(),
            ..question()
        };
        ask_with(&client, &endpoint, &question).await.summary()
    };
    assert_eq!(ask("1 2").await, ("3".to_owned(), 3));
    assert_eq!(ask("2 1").await, ("3".to_owned(), 1));
    assert_eq!(formats(&server)[2..], ["json_object", "json_schema"]);
    // Another one proves it.
    assert_eq!(ask("0 3").await, ("3".to_owned(), 3));
    assert_eq!(ask("3 0").await, ("3".to_owned(), 1));
    assert_eq!(formats(&server)[7], "json_object");
}
