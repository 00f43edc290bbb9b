//! How long an endpoint asks to wait, wherever it says so.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// Words that a wait follows in an error's message.
const BEFORE: &[&str] = &[
    "try again in ",
    "try again after ",
    "retry in ",
    "retry after ",
    "please wait ",
    "available in ",
    "reset in ",
    "resets in ",
    "reset after ",
];

/// Members of an error's body that are a wait: seconds, or a text with a unit.
const MEMBERS: &[&str] = &[
    "retryDelay",
    "retry_after",
    "retryAfter",
    "retry_after_seconds",
    "estimated_time",
];

/// Objects and lists that are looked into for such a member.
const MAX_DEPTH: usize = 6;

/// The wait that the headers name: `retry-after-ms`, or `retry-after` in seconds or as a date.
pub(super) fn in_headers(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let positive = |value: f64| Duration::try_from_secs_f64(value).ok();
    if let Some(duration) = text("retry-after-ms")
        .and_then(|ms| ms.parse::<f64>().ok())
        .and_then(|ms| positive(ms / 1e3))
    {
        return Some(duration);
    }
    let value = text("retry-after")?;
    duration(value).or_else(|| {
        let date = DateTime::parse_from_rfc2822(value).ok()?;
        (date.with_timezone(&Utc) - now).to_std().ok()
    })
}

/// When the limit that was reached is lifted: `x-ratelimit-reset-requests` or `-tokens`, that of which nothing remains. Both
/// are sent with every answer, so they count only for one that was refused for a limit.
pub(super) fn in_rate_limits(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: String| headers.get(name)?.to_str().ok().map(str::trim);
    let reset = |kind: &str| duration(text(format!("x-ratelimit-reset-{kind}"))?);
    let is_used_up = |kind: &&str| text(format!("x-ratelimit-remaining-{kind}")) == Some("0");
    let used_up = ["requests", "tokens"].iter().find(|kind| is_used_up(kind));
    match used_up {
        Some(kind) => reset(kind),
        // Which of the two it is does not show: the later one is enough for both.
        None => reset("requests").max(reset("tokens")),
    }
}

/// The wait that the body of an error names, in a member or in words.
pub(super) fn in_body(json: Option<&Value>, words: &str) -> Option<Duration> {
    json.and_then(|json| in_members(json, MAX_DEPTH))
        .or_else(|| in_words(words))
}

fn in_members(json: &Value, depth: usize) -> Option<Duration> {
    let depth = depth.checked_sub(1)?;
    match json {
        Value::Object(members) => MEMBERS
            .iter()
            .filter_map(|name| members.get(*name))
            .find_map(|value| match value {
                Value::Number(seconds) => Duration::try_from_secs_f64(seconds.as_f64()?).ok(),
                Value::String(text) => duration(text),
                _ => None,
            })
            .or_else(|| members.values().find_map(|value| in_members(value, depth))),
        Value::Array(items) => items.iter().find_map(|item| in_members(item, depth)),
        _ => None,
    }
}

fn in_words(words: &str) -> Option<Duration> {
    let lower = words.to_ascii_lowercase();
    BEFORE.iter().find_map(|before| {
        let at = lower.find(before)? + before.len();
        duration(lower[at..].trim_start_matches(|c: char| !c.is_ascii_digit() && c != '\n'))
    })
}

/// A length of time that a text begins with: `20`, `10.2s`, `6m0s`, `1h2m`, `450ms`, `20 seconds`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim_start();
    let mut seconds = 0.0;
    let mut found = false;
    loop {
        let digits = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        let number = rest[..digits].trim_end_matches('.').parse::<f64>();
        let Ok(number) = number else { break };
        let behind = &rest[digits..];
        let after = behind.trim_start_matches([' ', '\u{a0}']);
        let letters = after.len()
            - after
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        let unit = match &after[..letters] {
            "ms" | "millisecond" | "milliseconds" => Some(0.001),
            "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
            "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
            "h" | "hour" | "hours" => Some(3600.0),
            "d" | "day" | "days" => Some(86400.0),
            _ => None,
        };
        let Some(unit) = unit else {
            // A number without a unit is seconds, unless it is more than a number: a date, an address.
            if !found && (behind.is_empty() || behind.starts_with([' ', ',', '.'])) {
                seconds = number;
                found = true;
            }
            break;
        };
        seconds += number * unit;
        found = true;
        rest = &after[letters..];
    }
    found.then(|| Duration::try_from_secs_f64(seconds).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.insert(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn a_wait_in_the_headers() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        for (name, value, wanted) in [
            ("retry-after", "2", Some(2.0)),
            ("retry-after", "0.5", Some(0.5)),
            ("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT", Some(30.0)),
            ("retry-after", "Wed, 31 Dec 2025 00:00:30 GMT", None),
            ("retry-after-ms", "1500", Some(1.5)),
            ("retry-after", "-5", None),
            ("retry-after", "soon", None),
            ("retry-after", "1e300", None),
        ] {
            let found = in_headers(&headers(&[(name, value)]), now);
            assert_eq!(
                found.map(|wait| wait.as_secs_f64()),
                wanted,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn the_limit_that_was_reached_says_when_it_is_lifted() {
        let both = [
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        assert_eq!(
            in_rate_limits(&headers(&both)),
            Some(Duration::from_secs(360))
        );
        let requests = [both[0], both[1], ("x-ratelimit-remaining-requests", "0")];
        assert_eq!(
            in_rate_limits(&headers(&requests)),
            Some(Duration::from_secs(1))
        );
        assert_eq!(in_rate_limits(&headers(&[])), None);
    }

    #[test]
    fn a_wait_in_the_body() {
        for (body, seconds) in [
            (
                json!({"error": {"message": "Rate limit reached. Please try again in 10.2s. See the docs."}}),
                Some(10.2),
            ),
            (
                json!({"error": {"message": "Please try again in 6m0s."}}),
                Some(360.0),
            ),
            (
                json!({"error": {"message": "try again in 450ms"}}),
                Some(0.45),
            ),
            (
                json!({"error": {"message": "Please retry after 20 seconds."}}),
                Some(20.0),
            ),
            (
                json!({"error": {"message": "Please retry in 57.3s."}}),
                Some(57.3),
            ),
            (
                json!([{"error": {"code": 429, "details": [{"@type": "t"}, {"retryDelay": "17s"}]}}]),
                Some(17.0),
            ),
            (
                json!({"error": "Model is loading", "estimated_time": 20.5}),
                Some(20.5),
            ),
            (json!({"error": {"message": "try again in a moment"}}), None),
            (
                json!({"error": {"message": "try again in 2026-01-01T00:00:00Z"}}),
                None,
            ),
            (json!({"error": {"message": "busy"}}), None),
        ] {
            let words = body
                .pointer("/error/message")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let found = in_body(Some(&body), words);
            assert_eq!(
                found.map(|wait| (wait.as_secs_f64() * 1e3).round() / 1e3),
                seconds,
                "{body}"
            );
        }
    }
}
