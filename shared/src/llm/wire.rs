//! The provider's JSON: as little as possible is sent, and what comes back is read leniently.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, header::HeaderMap};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Error, Question, Redactor};
use crate::domain::{Usage, limits};

/// How the endpoint is asked for JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// `response_format: json_schema`, strict.
    #[default]
    Schema,
    /// `response_format: json_object`.
    Object,
    /// By the prompt alone.
    Plain,
}

impl Mode {
    pub(super) const fn below(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Plain),
            Self::Plain => None,
        }
    }
}

/// The messages of a question.
pub(super) fn messages(question: &Question) -> Vec<Value> {
    let system = format!(
        "{}\n\nAnswer with one JSON object and nothing else. It must match this JSON schema:\n{}",
        question.system, question.schema
    );
    // A plain string where there are no images: some servers take nothing else.
    let user = if question.pictures.is_empty() {
        json!(question.user)
    } else {
        let mut parts = vec![json!({ "type": "text", "text": question.user })];
        parts.extend(question.pictures.iter().map(|picture| {
            let url = format!(
                "data:{};base64,{}",
                picture.media_type,
                STANDARD.encode(&picture.bytes)
            );
            json!({ "type": "image_url", "image_url": { "url": url } })
        }));
        json!(parts)
    };
    vec![
        json!({ "role": "system", "content": system }),
        json!({ "role": "user", "content": user }),
    ]
}

/// The body of a request. Borrows the messages, which may hold megabytes of pictures.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: &'a [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        model: &'a str,
        messages: &'a [Value],
        question: &Question,
        mode: Mode,
    ) -> Self {
        let response_format = match mode {
            Mode::Schema => Some(json!({
                "type": "json_schema",
                "json_schema": { "name": question.schema_name, "strict": true, "schema": question.schema },
            })),
            Mode::Object => Some(json!({ "type": "json_object" })),
            Mode::Plain => None,
        };
        Self {
            model,
            messages,
            response_format,
        }
    }
}

/// Sends a request and reads the whole answer.
pub(super) async fn exchange(
    request: RequestBuilder,
    has_pictures: bool,
    redactor: &Redactor<'_>,
) -> Result<Reply, Error> {
    let unreachable = |error: reqwest::Error| {
        // The address may hold a key in its query.
        Error::Unreachable(redactor.clean(&crate::Chain(&error.without_url()).to_string()))
    };
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers(), Utc::now());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > limits::ANSWER_BYTES {
            return Err(Error::NotAnEndpoint(
                "its answer is larger than 4 MB.".to_owned(),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&body);
    let json = serde_json::from_str::<Value>(&text).ok();
    if !(200..300).contains(&status) {
        let said = Said {
            status,
            json: json.as_ref(),
            text: &text,
            retry_after,
            has_pictures,
        };
        return Err(failure(&said, redactor));
    }
    let Some(json) = json else {
        return Err(Error::NotAnEndpoint(format!(
            "it answers HTTP {status} with {}. Does OPENAI_BASE_URL end in /v1?",
            if text.trim_start().starts_with('<') {
                "a page"
            } else {
                "something that is not JSON"
            }
        )));
    };
    // Some gateways report the error of the server behind them inside a 200.
    if let Some(error) = json.get("error").filter(|error| !error.is_null()) {
        let said = Said {
            status: status_of(error),
            json: Some(&json),
            text: &text,
            retry_after,
            has_pictures,
        };
        return Err(failure(&said, redactor));
    }
    if json.pointer("/choices/0/message").is_none() {
        return Err(Error::NotAnEndpoint(
            "its answer has no choices[0].message.".to_owned(),
        ));
    }
    Ok(Reply(json))
}

/// What an endpoint says of an error: OpenAI's shape and the others that are seen in the wild.
fn message_of(json: &Value) -> Option<String> {
    let json = json
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(json);
    let error = json
        .get("error")
        .or_else(|| json.get("detail"))
        .or_else(|| json.get("message"))?;
    match error {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => {
            let part = |name: &str| match object.get(name) {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            let parts: Vec<_> = [part("message"), part("type"), part("code"), part("param")]
                .into_iter()
                .flatten()
                .collect();
            (!parts.is_empty()).then(|| parts.join(" / "))
        }
        other => Some(other.to_string()),
    }
}

/// The status that an error inside a 200 stands for: its code is that of the server behind, or a name.
fn status_of(error: &Value) -> u16 {
    match error.get("code") {
        Some(Value::Number(code)) => code
            .as_u64()
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or(502),
        Some(Value::String(code)) => match code.as_str() {
            "invalid_api_key" | "unauthorized" | "permission_denied" => 401,
            "insufficient_quota" => 402,
            "model_not_found" => 404,
            "rate_limit_exceeded" => 429,
            other => other.parse().unwrap_or(502),
        },
        _ => 502,
    }
}

/// An answer that is an error.
struct Said<'a> {
    status: u16,
    json: Option<&'a Value>,
    text: &'a str,
    retry_after: Option<Duration>,
    has_pictures: bool,
}

fn failure(said: &Said<'_>, redactor: &Redactor<'_>) -> Error {
    let Said {
        status,
        json,
        text,
        retry_after,
        has_pictures,
    } = *said;
    let full = json.and_then(message_of).unwrap_or_else(|| text.to_owned());
    let message = match redactor.clean(&full) {
        message if message.is_empty() => "it gives no reason.".to_owned(),
        message => message,
    };
    let lower = full.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    if says(&[
        "context_length_exceeded",
        "exceed_context_size",
        "maximum context",
        "context length",
        "context window",
        "prompt is too long",
    ]) {
        return Error::TooLong(message);
    }
    if says(&[
        "image input",
        "does not support image",
        "support images",
        "image_url is not supported",
    ]) && has_pictures
        && matches!(status, 400 | 404 | 415 | 422 | 500)
    {
        return Error::NoVision(message);
    }
    if matches!(status, 400 | 404 | 422 | 501)
        && says(&[
            "response_format",
            "json_schema",
            "json_object",
            "structured output",
            "grammar",
        ])
    {
        return Error::NoResponseFormat { status, message };
    }
    match status {
        401 | 403 => Error::Unauthorized { status, message },
        402 => Error::NoCredit(message),
        429 if says(&[
            "insufficient_quota",
            "exceeded your current quota",
            "billing",
        ]) =>
        {
            Error::NoCredit(message)
        }
        404 => Error::NotFound(message),
        400 if says(&["content_filter", "content management policy"]) => Error::Filtered,
        408 | 409 | 425 | 429 | 500..=599 => Error::Busy {
            status,
            message,
            retry_after,
        },
        _ => Error::Refused { status, message },
    }
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let positive = |value: f64| Duration::try_from_secs_f64(value).ok();
    if let Some(duration) = text("retry-after-ms")
        .and_then(|ms| ms.parse::<f64>().ok())
        .and_then(|ms| positive(ms / 1e3))
    {
        return Some(duration);
    }
    let value = text("retry-after")?;
    value.parse::<f64>().ok().and_then(positive).or_else(|| {
        let date = DateTime::parse_from_rfc2822(value).ok()?;
        (date.with_timezone(&Utc) - now).to_std().ok()
    })
}

/// A 200 with a message.
#[derive(Debug)]
pub(super) struct Reply(Value);

impl Reply {
    fn message(&self, name: &str) -> Option<&Value> {
        self.0
            .pointer("/choices/0/message")?
            .get(name)
            .filter(|value| !value.is_null())
    }

    /// The model's name as the endpoint gives it, or else as we asked for it.
    pub(super) fn model(&self, asked: &str) -> String {
        let named = self
            .0
            .get("model")
            .and_then(Value::as_str)
            .filter(|name| !name.trim().is_empty());
        limits::cut(named.unwrap_or(asked), 200).replace('\0', "")
    }

    /// What the model said, or why that is no answer.
    pub(super) fn content(&self) -> Result<String, Error> {
        if let Some(refusal) = self
            .message("refusal")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
        {
            return Err(Error::Declined(Redactor::new(None).clean(refusal)));
        }
        match self
            .0
            .pointer("/choices/0/finish_reason")
            .and_then(Value::as_str)
        {
            Some("content_filter") => return Err(Error::Filtered),
            Some("insufficient_system_resource") => {
                let message = "it ran out of resources.".to_owned();
                return Err(Error::Busy {
                    status: 200,
                    message,
                    retry_after: None,
                });
            }
            // A cut answer is never mended into a result.
            Some("length") => return Err(Error::Cut),
            _ => {}
        }
        let content = match self.message("content") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect(),
            _ => String::new(),
        };
        if !content.trim().is_empty() {
            return Ok(content);
        }
        // Some servers put the answer where the thinking belongs; the check that follows tells the two apart.
        ["reasoning_content", "reasoning"]
            .iter()
            .filter_map(|name| self.message(name)?.as_str())
            .find(|text| super::json_object(text).is_ok())
            .map(str::to_owned)
            .ok_or(Error::Empty)
    }

    /// The tokens, or an estimate of them where the endpoint does not say.
    pub(super) fn usage(&self, messages: &[Value]) -> Usage {
        let number = |pointer: &str| self.0.pointer(pointer).and_then(Value::as_u64);
        match (
            number("/usage/prompt_tokens"),
            number("/usage/completion_tokens"),
        ) {
            (Some(prompt_tokens), completion) => Usage {
                prompt_tokens,
                completion_tokens: completion.unwrap_or_default(),
                cached_tokens: number("/usage/prompt_tokens_details/cached_tokens")
                    .unwrap_or_default(),
                reasoning_tokens: number("/usage/completion_tokens_details/reasoning_tokens")
                    .unwrap_or_default(),
                estimated: false,
                cost: self.0.pointer("/usage/cost").and_then(Value::as_f64),
            },
            (None, _) => Usage {
                prompt_tokens: messages
                    .iter()
                    .map(|message| estimate(text_of(message)))
                    .sum(),
                completion_tokens: self
                    .content()
                    .map(|content| estimate(&content))
                    .unwrap_or_default(),
                estimated: true,
                ..Usage::default()
            },
        }
    }
}

fn text_of(message: &Value) -> &str {
    let content = &message["content"];
    content
        .as_str()
        .or_else(|| content.pointer("/0/text")?.as_str())
        .unwrap_or_default()
}

/// Tokens of a text, roughly: 3.5 bytes each, a CJK character alone.
fn estimate(text: &str) -> u64 {
    let wide = text
        .chars()
        .filter(|c| ('\u{2e80}'..='\u{9fff}').contains(c))
        .count();
    let bytes = text.len() - 3 * wide;
    (wide + bytes * 2 / 7) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, body: &str) -> Error {
        let json = serde_json::from_str(body).ok();
        let said = Said {
            status,
            json: json.as_ref(),
            text: body,
            retry_after: None,
            has_pictures: true,
        };
        failure(&said, &Redactor::new(None))
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
                r#"{"error":{"message":"model not found","type":"not_found_error"}}"#,
                "model_not_found",
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
                "model_context_too_small",
            ),
            (
                500,
                r#"{"error":{"code":500,"message":"image input is not supported","type":"server_error"}}"#,
                "model_no_vision",
            ),
            (
                400,
                r#"{"error":"'response_format.type' must be 'json_schema'"}"#,
                "model_no_response_format",
            ),
            (
                400,
                r#"[{"error":{"code":400,"message":"Unknown name","status":"INVALID_ARGUMENT"}}]"#,
                "model_refused_request",
            ),
            (502, "<html><body>Bad Gateway</body></html>", "model_busy"),
            (
                503,
                r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
                "model_busy",
            ),
        ] {
            assert_eq!(failed(status, body).code(), code, "{status} {body}");
        }
        let long = format!(
            "{} 'response_format.type' must be 'json_schema'",
            "x ".repeat(400)
        );
        for body in [
            json!({ "error": long }),
            json!({ "error": { "message": "This response_format type is unavailable now" } }),
        ] {
            assert_eq!(
                failed(400, &body.to_string()).code(),
                "model_no_response_format"
            );
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
            assert_eq!(
                failed(
                    status,
                    &json!({ "error": { "message": message } }).to_string()
                )
                .code(),
                code
            );
        }
        let body = r#"{"error":{"message":"image input is not supported"}}"#;
        let json = serde_json::from_str(body).ok();
        let said = Said {
            status: 500,
            json: json.as_ref(),
            text: body,
            retry_after: None,
            has_pictures: false,
        };
        assert_eq!(failure(&said, &Redactor::new(None)).code(), "model_busy");
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let now = DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z")
            .unwrap()
            .with_timezone(&Utc);
        let read = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(
            read("retry-after-ms", "1500"),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            read("retry-after", "2.5"),
            Some(Duration::from_millis(2500))
        );
        assert_eq!(
            read("retry-after", "Thu, 01 Jan 2026 00:00:07 GMT"),
            Some(Duration::from_secs(7))
        );
        assert_eq!(read("retry-after", "-1"), None);
        assert_eq!(read("retry-after", "soon"), None);
    }

    #[test]
    fn an_answer_is_read_wherever_servers_put_it() {
        let reply = |message: Value| {
            Reply(json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }))
        };
        assert_eq!(reply(json!({"content": "{}"})).content().unwrap(), "{}");
        assert_eq!(
            reply(json!({"content": [{"type": "text", "text": "{}"}]}))
                .content()
                .unwrap(),
            "{}"
        );
        assert_eq!(
            reply(json!({"content": null, "reasoning_content": "{\"a\":1}"}))
                .content()
                .unwrap(),
            "{\"a\":1}"
        );
        assert_eq!(
            reply(json!({"content": "", "reasoning": "hm"}))
                .content()
                .unwrap_err()
                .code(),
            "model_answer_empty"
        );
        assert_eq!(
            reply(json!({"content": null, "refusal": "no"}))
                .content()
                .unwrap_err()
                .code(),
            "model_declined"
        );
        let cut = Reply(
            json!({ "choices": [{ "message": {"content": "{"}, "finish_reason": "length" }] }),
        );
        assert_eq!(cut.content().unwrap_err().code(), "model_answer_cut");
    }

    #[test]
    fn missing_usage_is_estimated_and_marked() {
        let reply = Reply(json!({ "choices": [{ "message": { "content": "{}" } }] }));
        let usage = reply.usage(&[json!({ "role": "user", "content": "a".repeat(35) })]);
        assert!(usage.estimated);
        assert_eq!(usage.prompt_tokens, 10);
    }
}
