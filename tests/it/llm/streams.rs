//! Answers that stream in, in all the ways in which streams go wrong.

use std::time::Duration;

use serde_json::json;

use super::{
    SUM, expect,
    server::{Line, Piece, delta, error, events, finish, streamed, text},
};

fn half() -> Line {
    events([delta(&json!({ "content": &SUM[..10] }))])
}

#[tokio::test]
async fn a_character_may_be_split_between_chunks() {
    let (outcome, _server) = expect(&[], [streamed(SUM).in_bytes()], "3", 1).await;
    let answer = outcome.result.unwrap();
    assert_eq!(answer.value["reasoning"], "1 + 2 ≠ 4: 题目 😀");
}

#[tokio::test]
async fn progress_is_told_while_it_arrives() {
    let (outcome, _server) = expect(&[], [streamed(SUM)], "3", 1).await;
    assert!(outcome.received.is_sorted());
    assert_eq!(*outcome.received.last().unwrap(), SUM.len() as u64);
}

#[tokio::test]
async fn a_stream_that_is_cut_is_asked_for_again_once() {
    let (outcome, _server) = expect(&[], [half(), streamed(SUM)], "3", 2).await;
    assert!(outcome.usage.estimated, "the first call has no usage");
    assert!(outcome.usage.prompt_tokens > 90);
    expect(&[], [half(), half()], "model_answer_broken", 2).await;
    let broken = half().then(Piece::Break);
    expect(&[], [broken, streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn an_end_without_done_is_an_end() {
    let end = events([delta(&json!({ "content": SUM })), finish("stop")]);
    expect(&[], [end], "3", 1).await;
    // Nor does it matter what becomes of the connection after the end.
    let end = events([delta(&json!({ "content": SUM })), finish("stop")])
        .then(Piece::Silence(Duration::from_millis(200)))
        .then(Piece::Break);
    expect(&[], [end], "3", 1).await;
}

#[tokio::test]
async fn silence_ends_a_call_and_a_comment_breaks_it() {
    let silent = half().then(Piece::Silence(Duration::from_secs(30)));
    let (outcome, _server) = expect(&[], [silent, streamed(SUM)], "3", 2).await;
    assert!(outcome.took < Duration::from_secs(20), "{:?}", outcome.took);
    // Together longer than the longest silence, but never silent for so long.
    let mut alive = half();
    for _ in 0..4 {
        alive = alive
            .then(Piece::Silence(Duration::from_millis(700)))
            .then(Piece::Bytes(": still here\n\n".into()));
    }
    let rest = format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        delta(&json!({ "content": &SUM[10..] })),
        finish("stop")
    );
    let alive = alive.then(Piece::Bytes(rest.into()));
    expect(&[], [alive], "3", 1).await;
    // A model that thinks before its first word says nothing for as long as it takes.
    let all = format!(
        "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
        delta(&json!({ "content": SUM })),
        finish("stop")
    );
    let thinking = text(200, "text/event-stream", "")
        .then(Piece::Silence(Duration::from_secs(3)))
        .then(Piece::Bytes(all.into()));
    expect(&[], [thinking], "3", 1).await;
    // LocalAI has sent an empty reason with every part.
    let empty =
        || json!({ "choices": [{ "delta": { "content": "" }, "finish_reason": "" }] }).to_string();
    let parts = [
        empty(),
        delta(&json!({ "content": &SUM[..10] })),
        empty(),
        delta(&json!({ "content": &SUM[10..] })),
    ];
    let parts = events(
        parts
            .into_iter()
            .chain([finish("stop"), "[DONE]".to_owned()]),
    );
    expect(&[], [parts], "3", 1).await;
}

#[tokio::test]
async fn a_call_has_a_limit_in_all() {
    let mut endless = text(200, "text/event-stream", "");
    for _ in 0..60 {
        endless = endless
            .then(Piece::Bytes(": still here\n\n".into()))
            .then(Piece::Silence(Duration::from_millis(100)));
    }
    let limit = [("REQUEST_TIMEOUT_SECONDS", "1")];
    let (outcome, _server) = expect(&limit, [endless], "model_timeout", 1).await;
    assert!(outcome.result.unwrap_err().is_transient());
    let mute = text(200, "application/json", "").then(Piece::Silence(Duration::from_secs(30)));
    expect(&limit, [mute], "model_timeout", 1).await;
}

#[tokio::test]
async fn an_error_may_come_in_the_middle() {
    let broken = || {
        events([
            delta(&json!({ "content": &SUM[..10] })),
            json!({ "error": { "code": 502, "message": "Provider disconnected" } }).to_string(),
        ])
    };
    expect(&[], [broken(), streamed(SUM)], "3", 2).await;
    expect(&[], [broken(), broken()], "model_busy", 2).await;
    let named = text(
        200,
        "text/event-stream",
        "event: error\ndata: overloaded\n\n",
    );
    expect(&[], [named, streamed(SUM)], "3", 2).await;
    let finally = events([
        json!({ "error": { "message": "The context length is exceeded", "code": "context_length_exceeded" } }).to_string(),
    ]);
    expect(&[], [finally], "model_context_too_small", 1).await;
}

#[tokio::test]
async fn sloppy_framing_is_read() {
    let data = [
        delta(&json!({ "content": SUM })),
        finish("stop"),
        "[DONE]".to_owned(),
    ];
    // No space after the colon, and other line ends.
    let tight: String = data
        .iter()
        .map(|data| format!("data:{data}\r\n\r\n"))
        .collect();
    expect(&[], [text(200, "text/event-stream", tight)], "3", 1).await;
    // No blank line between the events.
    let joined: String = data.iter().map(|data| format!("data: {data}\n")).collect();
    expect(&[], [text(200, "text/event-stream", joined + "\n")], "3", 1).await;
    let garbled = text(
        200,
        "text/event-stream",
        "data: {\"choices\n\ndata: [DONE]\n\n",
    );
    expect(&[], [garbled, streamed(SUM)], "3", 2).await;
    let binary = text(
        200,
        "text/event-stream",
        &b"data: {\"a\": \"\xff\xfe\"}\n\n"[..],
    );
    expect(&[], [binary, streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_the_options_of_streams_streams_without() {
    let refused = error(
        400,
        "Unrecognized request argument supplied: stream_options",
    );
    let (_, server) = expect(&[], [refused, streamed(SUM)], "3", 2).await;
    let body = &server.calls()[1].body;
    assert_eq!(body["stream"], true);
    assert!(body.get("stream_options").is_none());
}
