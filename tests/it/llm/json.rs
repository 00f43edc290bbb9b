//! Answers that are JSON, nearly JSON, and no JSON.

use domain::JsonMode;
use llm::Error;
use serde_json::json;

use super::{
    SUM, expect, formats, sent,
    server::{body, delta, events, finish, streamed, whole},
};

#[tokio::test]
async fn an_answer_that_is_not_usable_is_shown_to_the_model_once() {
    let (outcome, server) = expect(
        &[],
        [streamed("{\"sum\": \"three\"}"), streamed(SUM)],
        "3",
        2,
    )
    .await;
    let messages = &server.calls()[1].body["messages"];
    assert_eq!(
        messages[2],
        json!({ "role": "assistant", "content": "{\"sum\": \"three\"}" })
    );
    assert!(
        messages[3]["content"]
            .as_str()
            .unwrap()
            .contains("it has no member sum.")
    );
    assert_eq!(outcome.usage.prompt_tokens, 180, "both calls count");
    let wrong = || streamed("{\"sum\": \"three\"}");
    let (outcome, _server) = expect(&[], [wrong(), wrong()], "model_bad_answer", 2).await;
    assert_eq!(
        outcome.result.unwrap_err().raw_answer(),
        Some("{\"sum\": \"three\"}")
    );
}

#[tokio::test]
async fn two_answers_in_a_row_without_json_step_down() {
    let prose = || streamed("The sum is three.");
    let (outcome, server) = expect(&[], [prose(), prose(), streamed(SUM)], "3", 3).await;
    assert_eq!(
        formats(&server),
        ["json_schema", "json_schema", "json_object"]
    );
    assert_eq!(outcome.result.unwrap().mode, JsonMode::Object);
    assert_eq!(
        server.calls()[2].body["messages"].as_array().unwrap().len(),
        2,
        "it is asked anew"
    );
    let (outcome, _server) = expect(&[], [prose(), prose(), prose()], "model_bad_answer", 3).await;
    assert!(
        matches!(outcome.result, Err(Error::BadAnswer { raw, .. }) if raw == "The sum is three.")
    );
}

#[tokio::test]
async fn the_mode_can_be_forced() {
    for (mode, format) in [
        ("json_schema", json!("json_schema")),
        ("json_object", json!("json_object")),
        ("text", json!(null)),
    ] {
        let (_, server) = expect(&[("OPENAI_JSON_MODE", mode)], [streamed(SUM)], "3", 1).await;
        assert_eq!(formats(&server), [format]);
    }
    let prose = || streamed("The sum is three.");
    let forced = [("OPENAI_JSON_MODE", "json_schema")];
    expect(&forced, [prose(), prose()], "model_bad_answer", 2).await;
}

#[tokio::test]
async fn what_is_around_the_json_does_not_matter() {
    for answer in [
        format!("\u{feff}{SUM}"),
        format!("<think>maybe {{\"sum\": 4}}</think>{SUM}"),
        format!("```json\n{SUM}\n```"),
        format!("Here you are: {SUM} Anything else?"),
        SUM.replace("\"sum\": 3}", "\"sum\": 3,}"),
    ] {
        expect(&[], [streamed(&answer)], "3", 1).await;
    }
}

#[tokio::test]
async fn a_cut_answer_is_never_a_result() {
    let cut = || {
        events([
            delta(&json!({ "content": SUM })),
            finish("length"),
            json!({ "choices": [], "usage": { "prompt_tokens": 90, "completion_tokens": 500,
                "completion_tokens_details": { "reasoning_tokens": 480 } } })
            .to_string(),
            "[DONE]".to_owned(),
        ])
    };
    // The limit that we set ourselves may be what cut it.
    let (outcome, server) = expect(&[], [cut(), cut()], "model_answer_cut", 2).await;
    assert!(
        outcome
            .message()
            .contains("after 500 tokens, 480 of which were hidden reasoning"),
        "{}",
        outcome.message()
    );
    let limits = sent(&server, "/max_tokens");
    assert!(
        limits[0].as_u64() > Some(8000) && limits[1].is_null(),
        "{limits:?}"
    );
    // With a limit of the operator's it may have twice as much, once.
    let limit = [("OPENAI_MAX_OUTPUT_TOKENS", "500")];
    let (_, server) = expect(&limit, [cut(), streamed(SUM)], "3", 2).await;
    assert_eq!(sent(&server, "/max_tokens"), [json!(500), json!(1000)]);
    expect(&limit, [cut(), cut()], "model_answer_cut", 2).await;
}

#[tokio::test]
async fn a_refusal_and_a_filter_are_final() {
    let refusal = events([
        delta(&json!({ "refusal": "I cannot " })),
        delta(&json!({ "refusal": "do that." })),
        finish("stop"),
        "[DONE]".to_owned(),
    ]);
    let (outcome, _server) = expect(&[], [refusal], "model_declined", 1).await;
    assert!(outcome.message().ends_with("I cannot do that."));
    let filtered = events([finish("content_filter"), "[DONE]".to_owned()]);
    expect(&[], [filtered], "model_content_filter", 1).await;
}

#[tokio::test]
async fn tokens_that_the_endpoint_does_not_count_are_estimated_and_priced() {
    let prices = [
        ("PRICE_INPUT_PER_MTOK", "2"),
        ("PRICE_OUTPUT_PER_MTOK", "10"),
    ];
    let (outcome, _server) = expect(&prices, [whole(SUM)], "3", 1).await;
    assert!(!outcome.usage.estimated);
    assert!((outcome.usage.cost.unwrap() - 0.00028).abs() < 1e-9);
    let silent = body(
        200,
        &json!({ "choices": [{ "message": { "content": SUM } }] }),
    );
    let (outcome, _server) = expect(&prices, [silent], "3", 1).await;
    assert!(outcome.usage.estimated && outcome.usage.completion_tokens > 0);
    assert!(outcome.usage.prompt_tokens > 50 && outcome.usage.cost.unwrap() > 0.0);
}

#[tokio::test]
async fn the_operators_own_members_are_sent() {
    let extra = [
        (
            "OPENAI_EXTRA_BODY",
            r#"{"provider": {"require_parameters": true}, "response_format": null}"#,
        ),
        ("OPENAI_REASONING_EFFORT", "low"),
    ];
    let (_, server) = expect(&extra, [streamed(SUM)], "3", 1).await;
    assert_eq!(sent(&server, "/provider/require_parameters"), [json!(true)]);
    assert_eq!(sent(&server, "/reasoning_effort"), [json!("low")]);
    assert_eq!(formats(&server), [json!(null)]);
}

#[tokio::test]
async fn what_cannot_fit_is_not_sent() {
    let (outcome, _server) = expect(
        &[("OPENAI_CONTEXT_TOKENS", "1024")],
        [streamed(SUM)],
        "3",
        1,
    )
    .await;
    assert!(outcome.result.is_ok());
    let server = super::Server::start([]).await;
    let mut long = super::question();
    long.user = "words ".repeat(2000);
    let endpoint = super::endpoint(&server, &[("OPENAI_CONTEXT_TOKENS", "1024")]);
    let outcome = super::ask_with(&super::Client::default(), &endpoint, &long).await;
    assert_eq!(outcome.summary(), ("model_context_too_small".to_owned(), 0));
}
