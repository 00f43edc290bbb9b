//! The habits of the servers that people use.

use llm::Client;
use serde_json::{Value, json};

use super::{
    SUM, ask_with, endpoint, expect, formats, question, sent,
    server::{Server, body, delta, error, events, finish, streamed, text, usage, whole},
};

#[tokio::test]
async fn openai_reasoning_models_want_the_other_limit_and_no_temperature() {
    let refusals = [
        error(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ),
        error(
            400,
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        ),
    ];
    let settings = [
        ("OPENAI_MAX_OUTPUT_TOKENS", "4000"),
        ("OPENAI_TEMPERATURE", "0.2"),
    ];
    let server = Server::start(refusals.into_iter().chain([streamed(SUM), streamed(SUM)])).await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &settings));
    let first = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(first.summary(), ("3".to_owned(), 3));
    let again = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(again.summary(), ("3".to_owned(), 1), "it is remembered");
    assert_eq!(
        sent(&server, "/max_completion_tokens"),
        [json!(null), json!(4000), json!(4000), json!(4000)]
    );
    assert_eq!(
        sent(&server, "/temperature"),
        [json!(0.2), json!(0.2), json!(null), json!(null)]
    );
}

#[tokio::test]
async fn azure_takes_its_own_header_and_sends_a_chunk_about_its_filter() {
    let server = Server::start([events([
        json!({ "choices": [], "prompt_filter_results": [{ "prompt_index": 0 }] }).to_string(),
        delta(&json!({ "content": SUM })),
        finish("stop"),
        usage(),
        "[DONE]".to_owned(),
    ])])
    .await;
    let base = format!(
        "{}/openai/deployments/d?api-version=2024-10-21",
        server.origin
    );
    let settings = [
        ("OPENAI_BASE_URL", base.as_str()),
        ("OPENAI_API_KEY", "k-1"),
    ];
    let outcome = ask_with(
        &Client::default(),
        &endpoint(&server, &settings),
        &question(),
    )
    .await;
    assert_eq!(outcome.summary(), ("3".to_owned(), 1));
    let call = &server.calls()[0];
    assert_eq!(
        call.uri.to_string(),
        "/openai/deployments/d/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(call.headers["api-key"], "k-1");
    assert!(call.headers.get("authorization").is_none());
}

#[tokio::test]
async fn azure_filters_before_it_answers() {
    let refused = body(
        400,
        &json!({ "error": { "message": "The response was filtered due to the prompt triggering Azure's content management policy.",
            "type": null, "param": "prompt", "code": "content_filter", "status": 400 } }),
    );
    expect(&[], [refused], "model_content_filter", 1).await;
}

#[tokio::test]
async fn ollama_thinks_in_a_field_of_its_own() {
    let (outcome, _server) = expect(
        &[],
        [events([
            delta(&json!({ "role": "assistant", "content": "", "reasoning": "one and two" })),
            delta(&json!({ "content": SUM })),
            finish("stop"),
            usage(),
            "[DONE]".to_owned(),
        ])],
        "3",
        1,
    )
    .await;
    assert!(outcome.received[0] < *outcome.received.last().unwrap());
}

#[tokio::test]
async fn ollama_cuts_the_question_in_silence_and_it_is_said() {
    let cut = json!({
        "choices": [{ "message": { "content": SUM }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 4096, "completion_tokens": 10, "total_tokens": 4106 }
    });
    let server = Server::start([body(200, &cut)]).await;
    let mut long = question();
    long.user = "some words of a long statement ".repeat(1500);
    let outcome = ask_with(&Client::default(), &endpoint(&server, &[]), &long).await;
    assert_eq!(outcome.summary(), ("model_context_too_small".to_owned(), 1));
    assert!(
        outcome.message().contains("read only 4096 tokens"),
        "{}",
        outcome.message()
    );
    assert_eq!(
        outcome.usage.prompt_tokens, 4096,
        "it was paid for all the same"
    );
}

#[tokio::test]
async fn ollama_names_a_model_that_is_not_there() {
    let missing = body(
        404,
        &json!({ "error": { "message": "model \"x\" not found, try pulling it first", "type": "api_error" } }),
    );
    let (outcome, _server) = expect(&[], [missing], "model_not_found", 1).await;
    assert!(outcome.message().contains("Check OPENAI_MODEL"));
}

#[tokio::test]
async fn vllm_may_put_the_answer_where_the_thinking_belongs() {
    for name in ["reasoning", "reasoning_content"] {
        expect(
            &[],
            [events([
                delta(&json!({ "role": "assistant", "content": "" })),
                delta(&json!({ name: SUM })),
                finish("stop"),
                "[DONE]".to_owned(),
            ])],
            "3",
            1,
        )
        .await;
    }
}

#[tokio::test]
async fn vllm_without_a_parser_leaves_the_thinking_in_the_answer() {
    let answer = format!("First {{\"sum\": 4}}?\nNo.\n</think>\n\n{SUM}");
    expect(&[], [streamed(&answer)], "3", 1).await;
}

#[tokio::test]
async fn llama_cpp_is_left_in_peace_while_it_loads_its_model() {
    let loading = body(
        503,
        &json!({ "error": { "code": 503, "message": "Loading model", "type": "unavailable_error" } }),
    );
    let server = Server::start([loading, streamed(SUM)]).await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &[]));
    let first = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(first.summary(), ("model_busy".to_owned(), 1));
    assert!(first.result.unwrap_err().is_away());
    // Nobody else asks meanwhile; the jobs come back later.
    let second = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(second.summary(), ("model_try_later".to_owned(), 0));
    client.forget(&endpoint);
    let third = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(third.summary(), ("3".to_owned(), 1));
}

#[tokio::test]
async fn llama_cpp_sometimes_trips_over_its_own_parser() {
    let tripped = body(
        500,
        &json!({ "error": { "code": 500, "message": "The model produced output that does not match the expected peg-native format",
            "type": "server_error" } }),
    );
    expect(&[], [tripped, streamed(SUM)], "3", 2).await;
}

#[tokio::test]
async fn llama_cpp_says_that_the_question_is_too_long() {
    let long = body(
        400,
        &json!({ "error": { "code": 400, "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096 } }),
    );
    expect(&[], [long], "model_context_too_small", 1).await;
}

#[tokio::test]
async fn llama_cpp_python_knows_no_schemas() {
    let refused = body(
        422,
        &json!({ "detail": [{ "type": "literal_error", "loc": ["body", "response_format", "type"],
            "msg": "Input should be 'text' or 'json_object'" }] }),
    );
    let (_, server) = expect(&[], [refused, streamed(SUM)], "3", 2).await;
    assert_eq!(formats(&server), ["json_schema", "json_object"]);
}

#[tokio::test]
async fn lm_studio_knows_schemas_only() {
    let refused = || {
        body(
            400,
            &json!({ "error": "'response_format.type' must be 'json_schema'" }),
        )
    };
    let (_, server) = expect(&[], [streamed(SUM)], "3", 1).await;
    assert_eq!(formats(&server), ["json_schema"]);
    // Forced to the other format there is no way out but the operator's.
    expect(
        &[("OPENAI_JSON_MODE", "json_object")],
        [refused()],
        "model_refused_request",
        1,
    )
    .await;
}

#[tokio::test]
async fn deepseek_knows_no_schemas_and_keeps_the_connection_alive() {
    let refused = body(
        400,
        &json!({ "error": { "message": "This response_format type is unavailable now", "type": "invalid_request_error",
            "param": null, "code": "invalid_request_error" } }),
    );
    let alive = text(
        200,
        "text/event-stream; charset=utf-8",
        format!(
            ": keep-alive\n\n\n\n: keep-alive\n\ndata: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
            delta(&json!({ "content": SUM })),
            finish("stop")
        ),
    );
    let (_, server) = expect(&[], [refused, alive], "3", 2).await;
    assert_eq!(formats(&server), ["json_schema", "json_object"]);
    let prompt = server.calls()[1].body["messages"][0]["content"].to_string();
    assert!(prompt.contains("JSON"), "its JSON mode wants the word");
}

#[tokio::test]
async fn deepseek_may_answer_nothing_in_its_json_mode() {
    let nothing = || streamed("");
    expect(&[], [nothing(), streamed(SUM)], "3", 2).await;
    expect(&[], [nothing(), nothing()], "model_answer_empty", 2).await;
}

#[tokio::test]
async fn deepseek_may_run_out_of_resources_or_of_money() {
    let tired = events([finish("insufficient_system_resource"), "[DONE]".to_owned()]);
    expect(&[], [tired, streamed(SUM)], "3", 2).await;
    expect(
        &[],
        [error(402, "Insufficient Balance")],
        "model_no_credit",
        1,
    )
    .await;
}

#[tokio::test]
async fn deepseek_counts_what_it_had_cached_under_another_name() {
    let mut answer: Value = json!({
        "choices": [{ "message": { "content": SUM, "reasoning_content": "hm" }, "finish_reason": "stop" }],
    });
    answer["usage"] = json!({
        "prompt_tokens": 90, "completion_tokens": 30, "total_tokens": 120, "prompt_cache_hit_tokens": 64,
        "completion_tokens_details": { "reasoning_tokens": 20 }
    });
    let (outcome, _server) = expect(&[], [body(200, &answer)], "3", 1).await;
    assert_eq!(
        (outcome.usage.cached_tokens, outcome.usage.reasoning_tokens),
        (64, 20)
    );
}

#[tokio::test]
async fn openrouter_sends_comments_errors_inside_a_200_and_the_cost() {
    let busy = body(
        200,
        &json!({ "error": { "code": 502, "message": "Provider returned error",
            "metadata": { "raw": "upstream overloaded", "provider_name": "P" } } }),
    );
    let answer = text(
        200,
        "text/event-stream",
        format!(
            ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {}\n\ndata: {}\n\ndata: {}\n\ndata: [DONE]\n\n",
            delta(&json!({ "content": SUM, "reasoning": null })),
            finish("stop"),
            json!({ "choices": [], "usage": { "prompt_tokens": 90, "completion_tokens": 10, "cost": 0.00042 } }),
        ),
    );
    let (outcome, _server) = expect(&[], [busy, answer], "3", 2).await;
    assert_eq!(outcome.usage.cost, Some(0.00042));
}

#[tokio::test]
async fn openrouter_refuses_for_good_inside_a_200_too() {
    let refused = body(
        200,
        &json!({ "error": { "code": 402, "message": "Insufficient credits" } }),
    );
    expect(&[], [refused], "model_no_credit", 1).await;
}

#[tokio::test]
async fn gemini_wraps_errors_in_a_list_and_knows_few_members() {
    let refused = body(
        400,
        &json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT",
            "message": "Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field." } }]),
    );
    let picky = body(
        400,
        &json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT",
            "message": "Unknown name \"additionalProperties\" at 'generation_config.response_schema': Cannot find field." } }]),
    );
    let (_, server) = expect(&[], [refused, picky, streamed(SUM)], "3", 3).await;
    assert_eq!(
        formats(&server),
        ["json_schema", "json_schema", "json_object"]
    );
    assert_eq!(sent(&server, "/stream_options")[1], json!(null));
}

#[tokio::test]
async fn gemma_has_no_system_role() {
    let refused = body(
        400,
        &json!([{ "error": { "code": 400, "message": "Developer instruction is not enabled for models/gemma-3-4b-it" } }]),
    );
    let (_, server) = expect(&[], [refused, streamed(SUM)], "3", 2).await;
    let messages = &server.calls()[1].body["messages"];
    assert_eq!(messages.as_array().unwrap().len(), 1);
    let content = messages[0]["content"].as_str().unwrap();
    assert!(content.contains("Add the two numbers.") && content.ends_with("1 2"));
}

#[tokio::test]
async fn a_proxy_that_knows_no_streams_is_asked_without() {
    let refused = error(400, "streaming is not supported by this gateway");
    let (_, server) = expect(&[], [refused, whole(SUM)], "3", 2).await;
    assert_eq!(sent(&server, "/stream"), [json!(true), json!(null)]);
    // One that ignores the wish, and one that streams unasked.
    expect(&[], [whole(SUM)], "3", 1).await;
    expect(&[("OPENAI_STREAM", "off")], [streamed(SUM)], "3", 1).await;
}

#[tokio::test]
async fn an_endpoint_that_lacks_much_is_learned_step_by_step() {
    let script = [
        error(400, "stream_options is not supported"),
        error(400, "response_format json_schema is not supported"),
        error(400, "response_format json_object is not supported"),
        whole(SUM),
        whole(SUM),
    ];
    let server = Server::start(script).await;
    let (client, endpoint) = (Client::default(), endpoint(&server, &[]));
    let first = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(first.summary(), ("3".to_owned(), 4));
    // All of it is remembered.
    let second = ask_with(&client, &endpoint, &question()).await;
    assert_eq!(second.summary(), ("3".to_owned(), 1));
    assert_eq!(formats(&server)[4], json!(null));
    assert_eq!(sent(&server, "/stream_options")[4], json!(null));
}
