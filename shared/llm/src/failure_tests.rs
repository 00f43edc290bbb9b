use super::*;
use crate::tests::endpoint;

fn failed_with(status: u16, body: &str, headers: &Headers, pictures: bool) -> Error {
    let sent = RequestParts {
        features: Feature::ALL.to_vec(),
        pictures,
        limit: Some(200_000),
    };
    let said = ErrorReply {
        status,
        headers,
        body,
        sent: &sent,
        is_guess: false,
    };
    said.error(&Redactor::new(&endpoint(&[])))
}

fn failed(status: u16, body: &str) -> Error {
    failed_with(status, body, &Headers::default(), true)
}

#[test]
fn every_shape_of_error_is_sorted_by_what_to_do() {
    for (status, body, code) in [
        (
            401,
            r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            "model_unauthorized",
        ),
        (401, r#"{"detail":"Invalid API key"}"#, "model_unauthorized"),
        (
            403,
            "<html><head><TITLE>Access denied</TITLE></head></html>",
            "model_unauthorized",
        ),
        (
            403,
            r#"{"error":{"code":403,"message":"Your input was flagged"}}"#,
            "model_content_filter",
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            "model_no_credit",
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance"}}"#,
            "model_no_credit",
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached"}}"#,
            "model_busy",
        ),
        (
            404,
            r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"not_found_error"}}"#,
            "model_not_found",
        ),
        (
            404,
            r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#,
            "model_not_found",
        ),
        (
            400,
            r#"{"error":{"message":"x is not a valid model ID","code":400}}"#,
            "model_not_found",
        ),
        (
            400,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#,
            "model_not_found",
        ),
        (
            404,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
            "model_not_found",
        ),
        (404, r#"{"detail":"Not Found"}"#, "model_address_not_found"),
        (405, "Method Not Allowed", "model_address_not_found"),
        (301, "", "model_not_an_endpoint"),
        (
            400,
            r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
            "model_context_too_small",
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens, however your messages resulted in 9000 tokens","code":"context_length_exceeded"}}"#,
            "model_context_too_small",
        ),
        (
            413,
            "<html><head><title>413 Request Entity Too Large</title></head></html>",
            "model_context_too_small",
        ),
        (
            500,
            r#"{"error":{"code":500,"message":"image input is not supported","type":"server_error"}}"#,
            "model_no_vision",
        ),
        (
            422,
            r#"{"error":{"message":"Failed to deserialize the JSON body: messages[1]: unknown variant `image_url`, expected `text`"}}"#,
            "model_no_vision",
        ),
        (
            400,
            r#"{"error":{"message":"You uploaded an unsupported image. Please make sure your image is valid.","code":"image_parse_error"}}"#,
            "model_refused_request",
        ),
        (
            400,
            r#"{"error":"'response_format.type' must be 'json_schema'"}"#,
            "model_lacks_feature",
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","response_format","type"],"msg":"unexpected value"}]}"#,
            "model_lacks_feature",
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"mood\"","status":"INVALID_ARGUMENT"}}]"#,
            "model_refused_request",
        ),
        (502, "<html><body>Bad Gateway</body></html>", "model_busy"),
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            "model_busy",
        ),
        (529, r#"{"error":{"message":"Overloaded"}}"#, "model_busy"),
        // Gemini says so of a limit of requests a minute as well.
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}"#,
            "model_busy",
        ),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large: 200000. This model supports at most 128000 completion tokens.","param":"max_tokens"}}"#,
            "model_refused_request",
        ),
        (
            400,
            r#"{"error":{"message":"Error from upstream: bad request"}}"#,
            "model_refused_request",
        ),
        (
            400,
            r#"{"error":{"message":"The request was flagged: it asks for the system prompt, which is not allowed."}}"#,
            "model_content_filter",
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","messages"],"msg":"too many","input":"a json_schema and a grammar"}]}"#,
            "model_refused_request",
        ),
    ] {
        assert_eq!(
            failed(status, body).code().as_str(),
            code,
            "{status} {body}"
        );
    }
}

#[test]
fn the_part_of_the_request_that_is_lacking_is_named() {
    for (status, message, feature) in [
        (
            400,
            "This response_format type is unavailable now",
            Feature::ResponseFormat,
        ),
        (
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            Feature::LimitName,
        ),
        (
            400,
            "Unsupported value: 'temperature' does not support 0.2 with this model.",
            Feature::Temperature,
        ),
        (
            400,
            "Unrecognized request argument supplied: reasoning_effort",
            Feature::ReasoningEffort,
        ),
        (
            400,
            "Unknown name \"stream_options\": Cannot find field.",
            Feature::StreamOptions,
        ),
        (
            422,
            "unknown field `stream_options`, expected one of `model`, `max_tokens`, `response_format`",
            Feature::StreamOptions,
        ),
        (501, "streaming is not implemented", Feature::Stream),
        (
            500,
            "Jinja Exception: System role not supported",
            Feature::SystemRole,
        ),
        (
            400,
            "Developer instruction is not enabled for models/gemma-3-4b-it",
            Feature::SystemRole,
        ),
        (
            500,
            "Conversation roles must alternate user/assistant/user/assistant/...",
            Feature::SystemRole,
        ),
        (
            422,
            "messages[0].role: unknown variant `system`, expected `user` or `assistant`",
            Feature::SystemRole,
        ),
        (
            400,
            "messages.0.role: Input should be 'user' or 'assistant'",
            Feature::SystemRole,
        ),
        (
            400,
            "Only user, assistant and tool roles are supported",
            Feature::SystemRole,
        ),
        (500, "failed to parse grammar", Feature::ResponseFormat),
        (
            400,
            "Invalid schema for response_format 'analysis': In context=(), 'maxLength' is not permitted.",
            Feature::SchemaBounds,
        ),
        (
            400,
            "Failed to parse grammar: number of repetitions exceeds sane defaults",
            Feature::SchemaBounds,
        ),
        (
            404,
            "This model is only supported in v1/responses and not in v1/chat/completions.",
            Feature::Chat,
        ),
    ] {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        match failed(status, &body) {
            Error::Lacking { feature: found, .. } => assert_eq!(found, feature, "{message}"),
            other => panic!("{message}: {other:?}"),
        }
    }
    let long = format!(
        "{} 'response_format.type' must be 'json_schema'",
        "x ".repeat(400)
    );
    let body = serde_json::json!({ "error": long }).to_string();
    assert_eq!(failed(400, &body).code().as_str(), "model_lacks_feature");
}

#[test]
fn the_words_of_an_error_inside_a_200_tell_whose_fault_it_is() {
    for (error, code) in [
        (
            serde_json::json!("Unexpected endpoint or method. (POST /chat/completions)"),
            "model_address_not_found",
        ),
        (
            serde_json::json!({ "message": "Trying to keep the first 9000 tokens when context length is only 4096." }),
            "model_context_too_small",
        ),
        (
            serde_json::json!({ "message": "stopped", "code": "content_filter" }),
            "model_content_filter",
        ),
        (
            serde_json::json!({ "message": "Provider disconnected" }),
            "model_busy",
        ),
    ] {
        let sent = RequestParts {
            features: Feature::ALL.to_vec(),
            pictures: false,
            limit: None,
        };
        let json = serde_json::json!({ "error": error });
        let redactor = Redactor::new(&endpoint(&[]));
        let error = inside(&json, &Headers::default(), &sent, &redactor).unwrap();
        assert_eq!(error.code().as_str(), code, "{json}");
    }
}

#[test]
fn a_word_alone_does_not_make_an_error_about_pictures() {
    for (status, message, code) in [
        (
            404,
            "The model gpt-4-vision-preview does not exist",
            "model_not_found",
        ),
        (500, "Provisioning, try later", "model_busy"),
    ] {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        assert_eq!(failed(status, &body).code().as_str(), code);
    }
    let body = r#"{"error":{"message":"image input is not supported"}}"#;
    let error = failed_with(500, body, &Headers::default(), false);
    assert_eq!(error.code().as_str(), "model_busy");
}

#[test]
fn the_header_decides_whether_to_try_again() {
    let again = |should_retry| Headers {
        should_retry,
        ..Headers::default()
    };
    let body = r#"{"error":{"message":"no"}}"#;
    for (status, header, code) in [
        (400, Some(true), "model_busy"),
        (400, None, "model_refused_request"),
        (503, Some(false), "model_refused_request"),
        (503, None, "model_busy"),
    ] {
        assert_eq!(
            failed_with(status, body, &again(header), false)
                .code()
                .as_str(),
            code
        );
    }
}

#[test]
fn the_endpoints_id_of_the_request_is_shown() {
    let headers = Headers {
        request_id: Some("req_123".to_owned()),
        ..Headers::default()
    };
    let error = failed_with(400, r#"{"error":"no"}"#, &headers, false);
    assert_eq!(
        error.to_string(),
        "The model's endpoint refuses the request (HTTP 400): no. (Request req_123.)"
    );
}

#[test]
fn a_limit_that_is_too_high_is_told_from_a_question_that_is_too_long() {
    for (status, message, allowed) in [
        (
            400,
            "max_tokens is too large: 200000. This model supports at most 16384 completion tokens, whereas you provided 200000.",
            Some(16_384),
        ),
        (
            422,
            "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the context",
            None,
        ),
        (
            400,
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            Some(8192),
        ),
        (
            400,
            "'max_tokens' or 'max_completion_tokens' is too large: 200000. This model's maximum context length is 4096 tokens and your request has 900 input tokens",
            None,
        ),
        (
            400,
            "This model's maximum context length is 8192 tokens, however you requested 9000 (8000 in the messages, 1000 in the completion). Please reduce the length",
            None,
        ),
    ] {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        match failed(status, &body) {
            Error::LimitTooHigh { allowed: found, .. } => assert_eq!(found, allowed, "{message}"),
            other => panic!("{message}: {other:?}"),
        }
    }
    let sent = RequestParts::default();
    let said = ErrorReply {
        status: 400,
        headers: &Headers::default(),
        body: r#"{"error":{"message":"This model's maximum context length is 8192 tokens, however you requested 9000 (9000 in the messages, 0 in the completion)"}}"#,
        sent: &sent,
        is_guess: false,
    };
    assert_eq!(
        said.error(&Redactor::new(&endpoint(&[]))).code().as_str(),
        "model_context_too_small"
    );
}

#[test]
fn what_passes_is_told_from_what_stays() {
    for (status, message, code) in [
        (
            429,
            "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 40522. The input or output tokens must be reduced",
            "model_account_limit",
        ),
        (
            413,
            "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce your message size",
            "model_account_limit",
        ),
        (
            429,
            "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30,000, Used 29,000, Requested 2,000. Please try again in 2s.",
            "model_busy",
        ),
        (
            403,
            "Country, region, or territory not supported",
            "model_region",
        ),
        (
            400,
            "User location is not supported for the API use.",
            "model_region",
        ),
        (
            404,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            "model_not_found",
        ),
    ] {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        assert_eq!(failed(status, &body).code().as_str(), code, "{message}");
    }
    let body = r#"{"error":{"message":"Failed to generate JSON.","code":"json_validate_failed","failed_generation":"{\"a\": 1"}}"#;
    assert_eq!(failed(400, body).raw_answer(), Some("{\"a\": 1"));
}

#[test]
fn a_wait_is_found_wherever_it_is_named() {
    let lifted = Headers {
        limit_lifted: Some(Duration::from_secs(7)),
        ..Headers::default()
    };
    let plain = Headers::default();
    for (headers, status, body, wait) in [
        (
            &plain,
            429,
            r#"{"error":{"message":"Please try again in 10.2s."}}"#,
            Some(10.2),
        ),
        (
            &plain,
            503,
            r#"{"error":"Model m is currently loading","estimated_time":20.0}"#,
            Some(20.0),
        ),
        (
            &lifted,
            429,
            r#"{"error":{"message":"slow down"}}"#,
            Some(7.0),
        ),
        (&lifted, 500, r#"{"error":{"message":"oh no"}}"#, None),
    ] {
        let error = failed_with(status, body, headers, false);
        assert_eq!(
            error.retry_after().map(|wait| wait.as_secs_f64()),
            wait,
            "{body}"
        );
    }
}
