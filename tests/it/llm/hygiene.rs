//! Keys stay where they belong, also when an endpoint repeats them.

use serde_json::json;

use super::{
    expect,
    server::{body, error, streamed},
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
