use serde_json::json;

use super::*;
use crate::tests::endpoint;
use config::Prices;

fn reply(answer: &Value) -> Reply {
    let mut reply = Reply {
        began: true,
        ..Reply::default()
    };
    reply.take(answer).unwrap();
    reply
}

fn content(message: Value) -> Result<String, Error> {
    let answer = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    reply(&answer).content(&Redactor::new(&endpoint(&[])))
}

#[test]
fn an_answer_is_read_wherever_servers_put_it() {
    assert_eq!(content(json!({"content": "{}"})).unwrap(), "{}");
    assert_eq!(
        content(json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "{}"}
        ]}))
        .unwrap(),
        "{}"
    );
    for name in ["reasoning_content", "reasoning"] {
        assert_eq!(
            content(json!({"content": null, name: "{\"a\":1}"})).unwrap(),
            "{\"a\":1}"
        );
    }
    let call = json!({ "function": { "name": "answer", "arguments": "{\"a\":1}" } });
    for message in [
        json!({ "content": null, "tool_calls": [call] }),
        json!({ "content": "I call a tool.", "tool_calls": [call, call] }),
        json!({ "function_call": { "arguments": { "a": 1 } } }),
        json!({ "content": { "a": 1 } }),
        json!({ "content": "", "parsed": { "a": 1 } }),
        json!({ "content": [{ "type": "json", "json": { "a": 1 } }] }),
        json!({ "content": [{ "type": "text", "text": { "value": "{\"a\":1}" } }] }),
    ] {
        assert_eq!(content(message.clone()).unwrap(), "{\"a\":1}", "{message}");
    }
    for (message, code) in [
        (
            json!({"content": "", "reasoning": "hm"}),
            "model_answer_empty",
        ),
        (json!({"content": null, "refusal": "no"}), "model_declined"),
    ] {
        assert_eq!(content(message).unwrap_err().code().as_str(), code);
    }
}

#[test]
fn tokens_are_counted_and_priced_and_estimates_marked() {
    let prices = Prices {
        input: Some(2.0),
        cached: Some(1.0),
        output: Some(10.0),
    };
    let usage = json!({
        "prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 60}
    });
    let said = reply(&json!({ "usage": usage })).usage(7, prices).unwrap();
    assert_eq!(
        (said.cached_tokens, said.reasoning_tokens, said.estimated),
        (400, 60, false)
    );
    assert!((said.cost.unwrap() - 0.0026).abs() < 1e-9);
    let silent = json!({ "choices": [{ "message": { "content": "a".repeat(35) } }] });
    let guessed = reply(&silent).usage(7, Prices::default()).unwrap();
    assert_eq!(
        (
            guessed.prompt_tokens,
            guessed.completion_tokens,
            guessed.estimated
        ),
        (7, 10, true)
    );
    assert_eq!(guessed.cost, None);
    let dear = reply(&json!({ "usage": {"prompt_tokens": 1, "cost": 0.5} }));
    assert_eq!(dear.usage(7, prices).unwrap().cost, Some(0.5));
    assert_eq!(Reply::default().usage(7, prices), None);
}

#[test]
fn every_name_of_an_ending_is_known() {
    for (ending, code) in [
        ("max_tokens", "model_answer_cut"),
        ("MAX_TOKENS", "model_answer_cut"),
        ("model_context_window_exceeded", "model_answer_cut"),
        ("SAFETY", "model_content_filter"),
        ("RECITATION", "model_content_filter"),
        ("sensitive", "model_content_filter"),
        ("error", "model_busy"),
    ] {
        let answer =
            json!({ "choices": [{ "message": { "content": "{}" }, "finish_reason": ending }] });
        let found = reply(&answer).content(&Redactor::new(&endpoint(&[])));
        assert_eq!(found.unwrap_err().code().as_str(), code, "{ending}");
    }
}

#[test]
fn cached_tokens_are_found_wherever_they_stand() {
    for usage in [
        json!({ "prompt_tokens": 9, "prompt_tokens_details": { "cached_tokens": 5 } }),
        json!({ "input_tokens": 9, "input_tokens_details": { "cached_tokens": 5 } }),
        json!({ "prompt_tokens": 9, "prompt_cache_hit_tokens": 5 }),
        json!({ "prompt_tokens": 9, "cached_tokens": 5 }),
        json!({ "input_tokens": 9, "cache_read_input_tokens": 5 }),
    ] {
        let used = reply(&json!({ "usage": usage }))
            .usage(7, Prices::default())
            .unwrap();
        assert_eq!((used.prompt_tokens, used.cached_tokens), (9, 5));
    }
}

#[test]
fn an_answer_of_the_responses_api_is_read_whole_and_in_parts() {
    let response = json!({
        "object": "response", "status": "completed", "model": "m", "output": [
            { "type": "reasoning", "summary": [] },
            { "type": "message", "content": [{ "type": "output_text", "text": "{\"a\":1}" }] }
        ],
        "usage": { "input_tokens": 9, "output_tokens": 3, "output_tokens_details": { "reasoning_tokens": 2 } }
    });
    let redactor = Redactor::new(&endpoint(&[]));
    let mut whole = reply(&response);
    assert_eq!(whole.content(&redactor).unwrap(), "{\"a\":1}");
    assert_eq!(
        whole.usage(7, Prices::default()).unwrap().reasoning_tokens,
        2
    );

    let mut streamed = Reply::default();
    for event in [
        json!({ "type": "response.created", "response": { "model": "m" } }),
        json!({ "type": "response.output_text.delta", "delta": "{\"a\"" }),
        json!({ "type": "response.output_text.delta", "delta": ":1}" }),
        json!({ "type": "response.completed", "response": response }),
    ] {
        assert!(!streamed.is_finished());
        streamed.take(&event).unwrap();
    }
    assert!(streamed.is_finished());
    assert_eq!(streamed.content(&redactor).unwrap(), "{\"a\":1}");

    let cut = json!({ "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" }, "output": [] });
    assert_eq!(
        reply(&cut).content(&redactor).unwrap_err().code().as_str(),
        "model_answer_cut"
    );
    let declined = json!({ "output": [{ "type": "message", "content": [{ "type": "refusal", "refusal": "no" }] }] });
    assert_eq!(
        reply(&declined)
            .content(&redactor)
            .unwrap_err()
            .code()
            .as_str(),
        "model_declined"
    );
}
