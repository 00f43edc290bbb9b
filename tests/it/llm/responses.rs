//! The Responses API, in place of Chat Completions.

use llm::Client;
use serde_json::{Value, json};

use super::{
    SUM, ask_with, endpoint, expect, question, sent,
    server::{Server, body, error, text},
};

#[tokio::test]
async fn a_model_that_is_served_by_the_responses_api_only_is_asked_there() {
    let refused = error(
        404,
        "This model is only supported in v1/responses and not in v1/chat/completions.",
    );
    let response = json!({
        "object": "response", "status": "completed", "model": "m-1",
        "output": [{ "type": "reasoning", "summary": [] }, { "type": "message", "content": [{ "type": "output_text", "text": SUM }] }],
        "usage": { "input_tokens": 90, "input_tokens_details": { "cached_tokens": 64 }, "output_tokens": 10 }
    });
    let event = |event: Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    let (a, b) = SUM.split_at(20);
    let stream = [
        event(json!({ "type": "response.created", "response": { "model": "m-1", "status": "in_progress" } })),
        event(json!({ "type": "response.output_text.delta", "delta": a })),
        event(json!({ "type": "response.output_text.delta", "delta": b })),
        event(json!({ "type": "response.completed", "response": response })),
    ]
    .concat();
    let stream = text(200, "text/event-stream", stream);
    let server = Server::start([refused, stream.clone(), body(200, &response)]).await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &[]));
    let first = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(first.summary(), ("3".to_owned(), 2));
    assert_eq!(
        (first.usage.prompt_tokens, first.usage.cached_tokens),
        (90, 64)
    );
    assert!(!first.received.is_empty());
    assert!(
        first
            .result
            .unwrap()
            .remarks
            .contains(&"It serves this model by the Responses API only.")
    );
    assert_eq!(
        ask_with(&client, &endpoint, &question()).await.summary(),
        ("3".to_owned(), 1)
    );
    let paths: Vec<_> = server
        .calls()
        .iter()
        .map(|call| call.uri.path().to_owned())
        .collect();
    assert_eq!(
        paths,
        ["/v1/chat/completions", "/v1/responses", "/v1/responses"]
    );
    assert_eq!(
        server.calls()[1].body["text"]["format"]["type"],
        "json_schema"
    );

    // By the operator's wish at once; its errors and endings are its own.
    let by_wish = [("OPENAI_PROTOCOL", "responses")];
    expect(&by_wish, [stream], "3", 1).await;
    let failed = || {
        text(
            200,
            "text/event-stream",
            event(
                json!({ "type": "response.failed", "response": { "status": "failed", "error": { "code": "server_error", "message": "no" } } }),
            ),
        )
    };
    expect(&by_wish, [failed(), failed(), failed()], "model_busy", 3).await;
    let cut = || {
        body(
            200,
            &json!({ "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" }, "output": [] }),
        )
    };
    expect(&by_wish, [cut(), cut()], "model_answer_cut", 2).await;
    let no_format = error(
        400,
        "Unsupported parameter: 'text.format' json_schema is not supported with this model.",
    );
    let (_, server) = expect(&by_wish, [no_format, body(200, &response)], "3", 2).await;
    assert_eq!(
        sent(&server, "/text/format/type"),
        ["json_schema", "json_object"]
    );
}
