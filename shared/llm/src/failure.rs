//! Errors as endpoints word them: their shapes, and the reaction that each asks for.

use std::time::Duration;

use chrono::Utc;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{
    error::{Error, Feature},
    phrases::{
        BAD_PICTURE, NAMES, NO_REGION, NO_ROLE, NO_VISION, TOO_LONG, UNKNOWN, is_about_the_limit,
        is_about_the_model, is_over_the_accounts_limit, numbers, word_in,
    },
    redact::Redactor,
    request::RequestParts,
    wait,
};

/// Longest id of a request that is shown.
const REQUEST_ID_CHARS: usize = 100;

/// The headers of an answer.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// How long to wait.
    pub(super) retry_after: Option<Duration>,
    /// When the limit is lifted that an answer with status 429 is about.
    limit_lifted: Option<Duration>,
    /// Whether to try again, whatever the status.
    should_retry: Option<bool>,
    /// The endpoint's id of the request, for its support.
    pub(super) request_id: Option<String>,
}

impl Headers {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let id = ["x-request-id", "apim-request-id", "x-generation-id"]
            .into_iter()
            .find_map(text);
        Self {
            retry_after: wait::in_headers(headers, Utc::now()),
            limit_lifted: wait::in_rate_limits(headers),
            should_retry: match text("x-should-retry") {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
            // Not shortened here: a part of a key would not be known for one.
            request_id: id.filter(|id| !id.is_empty()).map(str::to_owned),
        }
    }
}

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct ErrorReply<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a Headers,
    pub(super) body: &'a str,
    pub(super) sent: &'a RequestParts,
    /// Whether the status is our guess: only the words tell whose fault it is.
    pub(super) is_guess: bool,
}

/// The error inside an answer with status 200, if there is one: some gateways report that of the server behind them so.
pub(super) fn inside(
    json: &Value,
    headers: &Headers,
    sent: &RequestParts,
    redactor: &Redactor,
) -> Option<Error> {
    // In a stream of the Responses API the event itself is the error.
    let is_error = json.get("type").and_then(Value::as_str) == Some("error");
    let places = ["/error", "/choices/0/error", "/response/error"];
    let error = places
        .iter()
        .filter_map(|place| json.pointer(place))
        .find(|error| !error.is_null() && **error != Value::String(String::new()))
        .or_else(|| is_error.then_some(json))?;
    let body = serde_json::json!({ "error": error }).to_string();
    let status = status_of(error);
    let said = ErrorReply {
        status: status.unwrap_or(502),
        headers,
        body: &body,
        sent,
        is_guess: status.is_none(),
    };
    Some(said.error(redactor))
}

/// The status that an error inside a 200 stands for: its code is that of the server behind, or a name.
fn status_of(error: &Value) -> Option<u16> {
    let code = error.get("code").or_else(|| error.get("status"));
    match code {
        Some(Value::Number(code)) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
        Some(Value::String(code)) => match code.as_str() {
            "invalid_api_key" | "unauthorized" | "permission_denied" => Some(401),
            "insufficient_quota" => Some(402),
            "model_not_found" => Some(404),
            "rate_limit_exceeded" => Some(429),
            "context_length_exceeded" | "invalid_request_error" | "content_filter" => Some(400),
            other => other.parse().ok(),
        },
        _ => match error.get("type").and_then(Value::as_str) {
            Some("invalid_request_error") => Some(400),
            Some("authentication_error") => Some(401),
            Some("rate_limit_error") => Some(429),
            _ => None,
        },
    }
    .filter(|status| (300..600).contains(status))
}

/// The words of an error: OpenAI's shape and the others that are seen in the wild.
fn words_of(json: &Value) -> Option<String> {
    let json = json
        .as_array()
        .and_then(|list| list.first())
        .unwrap_or(json);
    let error = ["error", "detail", "message"]
        .iter()
        .filter_map(|name| json.get(name))
        .find(|value| !value.is_null())?;
    match error {
        Value::String(text) => Some(text.clone()),
        // FastAPI lists what is wrong, and echoes what was sent, which says nothing about the error.
        Value::Array(list) if list.iter().any(|item| item.get("msg").is_some()) => {
            let words: Vec<_> = list
                .iter()
                .map(|item| {
                    let place = item.get("loc").and_then(Value::as_array);
                    let place: Vec<_> = place
                        .into_iter()
                        .flatten()
                        .map(|part| {
                            part.as_str()
                                .map_or_else(|| part.to_string(), str::to_owned)
                        })
                        .collect();
                    let what = item.get("msg").and_then(Value::as_str).unwrap_or_default();
                    format!("{}: {what}", place.join("."))
                })
                .collect();
            Some(words.join("; "))
        }
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
            // OpenRouter keeps the words of the server behind it there.
            let behind = object.get("metadata").and_then(|data| data.get("raw"));
            let behind =
                behind.map(|raw| raw.as_str().map_or_else(|| raw.to_string(), str::to_owned));
            let words: Vec<_> = parts.into_iter().chain(behind).collect();
            (!words.is_empty()).then(|| words.join(" / "))
        }
        other => Some(other.to_string()),
    }
}

/// The title of a page that a proxy sends in place of an answer.
fn title_of(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(page[start..end].trim())
}

impl ErrorReply<'_> {
    /// The error that it is, which says what to do about it.
    pub(super) fn error(&self, redactor: &Redactor) -> Error {
        let words = self.words();
        let message = self.message(&words, redactor);
        let json = serde_json::from_str::<Value>(self.body).ok();
        self.by_words(&words.to_lowercase(), &message, json.as_ref(), redactor)
            .unwrap_or_else(|| self.by_status(&words, message, json.as_ref()))
    }

    /// The error that its words tell, if they tell one.
    fn by_words(
        &self,
        lower: &str,
        message: &str,
        json: Option<&Value>,
        redactor: &Redactor,
    ) -> Option<Error> {
        let Self { status, .. } = *self;
        let message = message.to_owned();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        let is_request_error = self.is_guess || matches!(status, 400 | 404 | 415 | 422 | 500 | 501);
        if says(&["json_validate_failed"]) {
            let raw = json.and_then(|json| json.pointer("/error/failed_generation"));
            let raw = raw.and_then(Value::as_str).unwrap_or_default();
            let raw = redactor.clean_answer(raw);
            return Some(Error::Garbled { message, raw });
        }
        if matches!(status, 400 | 413 | 429) && is_over_the_accounts_limit(lower) {
            return Some(Error::AccountLimit(message));
        }
        if says(NO_REGION) {
            return Some(Error::Region(message));
        }
        if let Some(limit) = self
            .sent
            .limit
            .filter(|_| is_request_error && is_about_the_limit(lower))
        {
            let allowed = numbers(lower)
                .filter(|number| (16..limit).contains(number))
                .max();
            // The numbers of a context are no limit for answers.
            let allowed = allowed.filter(|_| !says(&["context", "in the completion"]));
            return Some(Error::LimitTooHigh {
                status,
                message,
                allowed,
            });
        }
        if (is_request_error || status == 413) && says(TOO_LONG) {
            return Some(Error::TooLong(message));
        }
        if self.sent.pictures && is_request_error && says(NO_VISION) && !says(BAD_PICTURE) {
            return Some(Error::NoVision(message));
        }
        let is_refusal = self.is_guess || matches!(status, 400 | 404 | 422);
        if is_refusal && is_about_the_model(lower) {
            return Some(Error::UnknownModel {
                message,
                models: Vec::new(),
            });
        }
        // LM Studio answers a wrong path with status 200.
        if self.is_guess && says(&["unexpected endpoint"]) {
            return Some(Error::NotFound(message));
        }
        if (self.is_guess || matches!(status, 400 | 403))
            && says(&[
                "content_filter",
                "content management policy",
                "moderation",
                "flagged",
            ])
        {
            return Some(Error::Filtered(message));
        }
        if let Some(feature) = self.lacks(lower) {
            return Some(Error::Lacking {
                feature,
                status,
                message,
            });
        }
        None
    }

    /// The error that its status tells.
    fn by_status(&self, words: &str, message: String, json: Option<&Value>) -> Error {
        let Self {
            status, headers, ..
        } = *self;
        let insufficient_quota = words.to_lowercase().contains("insufficient_quota");
        match status {
            401 | 403 => Error::Unauthorized { status, message },
            402 => Error::NoCredit(message),
            // Of other words for it Gemini uses the same for a limit of requests a minute.
            429 if insufficient_quota => Error::NoCredit(message),
            404 | 405 => Error::NotFound(message),
            413 => Error::TooLong(message),
            300..=399 => Error::NotAnEndpoint(format!(
                "it redirects to another address (HTTP {status}). OPENAI_BASE_URL must be the final one, often with https."
            )),
            _ => {
                let passing = matches!(status, 408 | 409 | 425 | 429 | 500..=599);
                if headers.should_retry.unwrap_or(passing) {
                    let limit_lifted = headers.limit_lifted.filter(|_| status == 429);
                    let named = wait::in_body(json, words);
                    Error::Busy {
                        status,
                        message,
                        retry_after: headers.retry_after.or(named).or(limit_lifted),
                    }
                } else {
                    Error::Refused { status, message }
                }
            }
        }
    }

    /// Everything that the endpoint says.
    fn words(&self) -> String {
        let json = serde_json::from_str::<Value>(self.body).ok();
        if let Some(words) = json.as_ref().and_then(words_of) {
            return words;
        }
        match title_of(self.body) {
            Some(title) if !title.is_empty() => format!("a page with the title \"{title}\""),
            _ if self.body.trim_start().starts_with('<') => "a page without a title".to_owned(),
            _ => self.body.to_owned(),
        }
    }

    /// The part of it that people are shown.
    fn message(&self, words: &str, redactor: &Redactor) -> String {
        let mut message = redactor.clean(words);
        if message.is_empty() {
            message = "it gives no reason".to_owned();
        }
        if !message.ends_with(['.', '!', '?']) {
            message.push('.');
        }
        if let Some(id) = &self.headers.request_id {
            let id: String = redactor.clean(id).chars().take(REQUEST_ID_CHARS).collect();
            message.push_str(&format!(" (Request {id}.)"));
        }
        message
    }

    /// The part of the request that the endpoint does not know, if that is its error: the one that it names as the
    /// parameter, or else first. A list of those it knows may follow.
    fn lacks(&self, lower: &str) -> Option<Feature> {
        let json = serde_json::from_str::<Value>(self.body).ok();
        let param = json.as_ref().and_then(|json| json.pointer("/error/param"));
        let param = param.and_then(Value::as_str).map(str::to_lowercase);
        let may_lack = |feature: Feature| {
            let is_refusal = match feature {
                // Templates of local models raise an error of the server's.
                Feature::SystemRole => matches!(self.status, 400 | 404 | 422 | 500 | 501),
                // So do their grammars.
                Feature::ResponseFormat | Feature::SchemaBounds => {
                    matches!(self.status, 400 | 404 | 422 | 500 | 501)
                }
                _ => matches!(self.status, 400 | 404 | 422 | 501),
            };
            let is_meant = match feature {
                // A limit that is too high is no limit that is unknown.
                Feature::LimitName => UNKNOWN.iter().any(|phrase| lower.contains(phrase)),
                // Filters speak of such messages as well.
                Feature::SystemRole => NO_ROLE.iter().any(|phrase| lower.contains(phrase)),
                _ => true,
            };
            (self.is_guess || is_refusal) && is_meant
        };
        let place = |feature: Feature, text: &str| {
            NAMES
                .iter()
                .filter(|(name, _)| *name == feature)
                .flat_map(|(_, words)| *words)
                .filter_map(|word| word_in(text, word))
                .min()
        };
        let first = |text: &str| {
            self.sent
                .features
                .iter()
                .copied()
                .filter(|feature| may_lack(*feature))
                .filter_map(|feature| Some((place(feature, text)?, feature)))
                .min_by_key(|(place, _)| *place)
                .map(|(_, feature)| feature)
        };
        // The bounds of a schema are named as a part of it.
        let bounds = Feature::SchemaBounds;
        if self.sent.features.contains(&bounds)
            && may_lack(bounds)
            && place(bounds, lower).is_some()
        {
            return Some(bounds);
        }
        param
            .and_then(|param| first(&param))
            .or_else(|| first(lower))
    }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
