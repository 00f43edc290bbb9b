//! Keys stay where they belong, also when an endpoint repeats them.

use serde_json::json;

use super::{
    expect,
    server::{Line, body, error, streamed, text},
};

const KEY: &str = "0123456789-very-secret";

#[tokio::test]
async fn a_key_that_is_repeated_in_an_error_is_hidden() {
    let settings = [("OPENAI_API_KEY", KEY)];
    for line in [
        error(401, &format!("Incorrect API key provided: {KEY}.")),
        error(400, &format!("Header was: Authorization: Bearer {KEY}")).header("x-request-id", KEY),
        body(200, &json!({ "error": { "code": 400, "message": KEY } })),
    ] {
        let (outcome, _server) = super::play(&settings, [line]).await;
        let error = outcome.result.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_repeated_in_an_answer_is_hidden() {
    let settings = [("OPENAI_API_KEY", KEY)];
    let answer = json!({ "sum": 3, "reasoning": format!("your key is {KEY}") }).to_string();
    let (outcome, _server) = expect(&settings, [streamed(&answer)], "3", 1).await;
    assert_eq!(
        outcome.result.unwrap().value["reasoning"],
        "your key is [key]"
    );
    let named = body(
        200,
        &json!({ "model": KEY, "choices": [{ "message": { "content": "{\"sum\": 3}" } }] }),
    );
    let (outcome, _server) = expect(&settings, [named], "3", 1).await;
    assert_eq!(outcome.result.unwrap().model, "[key]");
    let refusal = body(
        200,
        &json!({ "choices": [{ "message": { "refusal": format!("not with {KEY}") } }] }),
    );
    let (outcome, _server) = expect(&settings, [refusal], "model_declined", 1).await;
    assert!(!outcome.message().contains(KEY));
    let unusable = || streamed(&format!("no JSON but {KEY}"));
    let (outcome, _server) = super::play(&settings, [unusable(), unusable(), unusable()]).await;
    let error = outcome.result.unwrap_err();
    assert_eq!(error.raw_answer(), Some("no JSON but [key]"));
    assert!(!format!("{error:?}").contains(KEY));
}

fn unusable_error(body: &str) -> Line {
    text(400, "application/json", body.to_owned())
}

#[tokio::test]
async fn a_key_that_is_repeated_in_another_spelling_is_hidden() {
    let settings = [("OPENAI_API_KEY", KEY)];
    let escaped: String = KEY
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    let half = KEY.replacen('v', "\\u0076", 1);
    let percent: String = KEY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hidden = |text: &str| {
        for form in [KEY, &escaped, &half, &percent] {
            assert!(!text.contains(form), "{text}");
        }
    };
    for form in [&escaped, &half, &percent] {
        // In the JSON of the answer, in its names, and where it is no JSON.
        let answer = format!(r#"{{"sum": 3, "reasoning": "it is {form}", "{form}": 1}}"#);
        let (outcome, _server) = expect(&settings, [streamed(&answer)], "3", 1).await;
        hidden(&outcome.result.unwrap().value.to_string());
        let unusable = || streamed(&format!("no JSON but {form}"));
        let (outcome, _server) = super::play(&settings, [unusable(), unusable(), unusable()]).await;
        let error = outcome.result.unwrap_err();
        assert_eq!(error.raw_answer(), Some("no JSON but [key]"));
        for line in [
            unusable_error(&format!(r#"{{"error": {{"message": "bad key {form}"}}}}"#)),
            unusable_error(&format!("not JSON: {form}")),
            unusable_error(&format!(
                r#"{{"error": {{"message": "json_validate_failed", "failed_generation": "{form} {{"}}}}"#
            )),
        ] {
            let (outcome, _server) = super::play(&settings, [line]).await;
            hidden(&format!("{:?}", outcome.result.unwrap_err()));
        }
    }
    // A long id of a request is cut after the key was taken out of it.
    let id = format!("{}{KEY}", "x".repeat(90));
    let line = error(400, "bad").header("x-request-id", &id);
    let (outcome, _server) = super::play(&settings, [line]).await;
    assert!(!format!("{:?}", outcome.result.unwrap_err()).contains(&KEY[..8]));
}
