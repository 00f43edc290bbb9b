use super::*;
use crate::{
    Client, Turn,
    tests::{endpoint, question},
};

fn body(settings: &[(&str, &str)], capabilities: &Capabilities) -> Value {
    let endpoint = endpoint(settings);
    let question = question();
    let conversation = Conversation::new(&question);
    let limit = endpoint.max_output_tokens;
    let request = Request::new(&endpoint, &conversation, capabilities, limit);
    Value::Object(request.members)
}

#[test]
fn nothing_is_sent_that_is_not_needed() {
    let body = body(&[], &Capabilities::default());
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "model",
            "messages",
            "response_format",
            "stream",
            "stream_options"
        ]
    );
    assert!(body["messages"][1]["content"].is_string());
}

#[test]
fn the_limit_has_the_name_that_the_endpoint_knows() {
    let limit = ("OPENAI_MAX_OUTPUT_TOKENS", "4000");
    let capabilities = Capabilities::default();
    let mut swapped = capabilities.clone();
    swapped.learn(Feature::LimitName, &capabilities);
    for (base, capabilities, name) in [
        (
            "https://api.openai.com/v1",
            capabilities.clone(),
            "max_completion_tokens",
        ),
        (
            "https://x.openai.azure.com/openai/v1",
            capabilities.clone(),
            "max_completion_tokens",
        ),
        ("http://localhost:11434/v1", capabilities, "max_tokens"),
        (
            "http://localhost:11434/v1",
            swapped.clone(),
            "max_completion_tokens",
        ),
        ("https://api.openai.com/v1", swapped, "max_tokens"),
    ] {
        let body = body(&[limit, ("OPENAI_BASE_URL", base)], &capabilities);
        assert_eq!(body[name], 4000, "{base}");
    }
}

#[test]
fn the_operators_members_win_and_null_takes_ours_out() {
    let body = body(
        &[
            (
                "OPENAI_EXTRA_BODY",
                r#"{"thinking": {"type": "disabled"}, "stream_options": null, "temperature": 0.3}"#,
            ),
            ("OPENAI_TEMPERATURE", "1"),
        ],
        &Capabilities::default(),
    );
    assert_eq!(body["thinking"]["type"], "disabled");
    assert_eq!(body["temperature"], 0.3);
    assert!(body.get("stream_options").is_none());
}

#[test]
fn without_the_system_role_the_task_stands_in_the_users_message() {
    let used = Capabilities::default();
    let mut capabilities = used.clone();
    capabilities.learn(Feature::SystemRole, &used);
    let body = body(&[], &capabilities);
    assert_eq!(body["messages"].as_array().unwrap().len(), 1);
    let content = body["messages"][0]["content"].as_str().unwrap();
    assert!(content.contains("one JSON object") && content.ends_with(&question().user));
}

#[test]
fn examples_are_turns_before_the_question() {
    let endpoint = endpoint(&[]);
    let mut question = question();
    question.examples = vec![Turn {
        user: "3 4".to_owned(),
        assistant: json!({ "sum": 7 }),
    }];
    let mut conversation = Conversation::new(&question);
    conversation.repair("12", "it is too much.");
    let used = Capabilities::default();
    let mut without_system = used.clone();
    without_system.learn(Feature::SystemRole, &used);
    for (capabilities, roles) in [
        (used, "system user assistant user assistant user"),
        (without_system, "user assistant user assistant user"),
    ] {
        let request = Request::new(&endpoint, &conversation, &capabilities, None);
        let messages = request.members["messages"].as_array().unwrap();
        let found: Vec<_> = messages
            .iter()
            .filter_map(|message| message["role"].as_str())
            .collect();
        assert_eq!(found.join(" "), roles);
        assert!(messages[0]["content"].as_str().unwrap().starts_with("Add."));
        assert_eq!(messages[messages.len() - 3]["content"], "1 2");
    }
}

#[test]
fn the_responses_api_is_asked_in_its_own_words() {
    let settings = [
        ("OPENAI_PROTOCOL", "responses"),
        ("OPENAI_REASONING_EFFORT", "low"),
        ("OPENAI_MAX_OUTPUT_TOKENS", "4000"),
    ];
    let body = body(&settings, &Capabilities::default());
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "model",
            "input",
            "store",
            "text",
            "max_output_tokens",
            "reasoning",
            "stream"
        ]
    );
    assert_eq!(body["input"][1]["content"], "1 2");
    assert_eq!(body["text"]["format"]["name"], "sum");
    assert_eq!(body["reasoning"]["effort"], "low");
}

#[test]
fn a_schema_has_bounds_where_they_are_not_refused() {
    let schema: &Value = Box::leak(Box::new(json!({ "type": "string", "maxLength": 5 })));
    let question = Question {
        schema,
        ..question()
    };
    let conversation = Conversation::new(&question);
    let used = Capabilities::default();
    let mut refused = used.clone();
    refused.learn(Feature::SchemaBounds, &used);
    let unbounded = json!({ "type": "string" });
    for (base, capabilities, sent) in [
        ("http://localhost:8080/v1", used.clone(), schema),
        ("http://localhost:8080/v1", refused, &unbounded),
        ("https://api.openai.com/v1", used, &unbounded),
    ] {
        let endpoint = endpoint(&[("OPENAI_BASE_URL", base)]);
        let request = Request::new(&endpoint, &conversation, &capabilities, None);
        assert_eq!(
            request.members["response_format"]["json_schema"]["schema"],
            *sent
        );
    }
}

#[test]
fn the_key_goes_where_the_endpoint_looks_for_it() {
    let client = Client::default();
    let http = client.http().unwrap();
    for (base, name, value) in [
        ("https://api.openai.com/v1", "authorization", "Bearer sk-1"),
        ("https://r.openai.azure.com/openai/v1", "api-key", "sk-1"),
        (
            "http://h/openai/deployments/d?api-version=2024-10-21",
            "api-key",
            "sk-1",
        ),
    ] {
        let endpoint = endpoint(&[("OPENAI_BASE_URL", base), ("OPENAI_API_KEY", "sk-1")]);
        let request = authorize(&endpoint, http.post(url(&endpoint, "/chat/completions")))
            .build()
            .unwrap();
        assert_eq!(request.headers()[name], value);
        assert_eq!(request.headers().len(), 1);
        assert!(request.url().path().ends_with("/chat/completions"));
        assert_eq!(request.url().query(), endpoint.base_url.query());
    }
}
