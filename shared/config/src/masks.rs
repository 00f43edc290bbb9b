//! Secrets inside the address of the model's endpoint and inside the members of each request: which they are, and how they are
//! shown.

use reqwest::Url;
use serde_json::{Map, Value};

/// Stands for a secret where a setting is shown. Sent back, it means the one that is in use.
pub const MASK: &str = "***";

/// Parts of names whose values are secrets.
const NAMES: &[&str] = &[
    "key",
    "token",
    "secret",
    "passw",
    "auth",
    "credential",
    "bearer",
    "cookie",
    "session",
    "signature",
];
/// A value that is at least this long and looks random may be a secret, whatever its name.
const RANDOM_CHARS: usize = 24;

fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    // Limits such as max_tokens.
    !name.ends_with("tokens") && NAMES.iter().any(|part| name.contains(part))
}

fn looks_random(text: &str) -> bool {
    text.len() >= RANDOM_CHARS
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn is_secret_text(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["bearer ", "basic ", "sk-", "sk_"]
        .iter()
        .any(|begin| lower.starts_with(begin))
        || looks_random(text)
}

/// Calls `act` on each secret inside `value`, with where it stands.
fn each_secret(
    value: &mut Value,
    is_secret: bool,
    place: &str,
    act: &mut impl FnMut(&mut Value, &str),
) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                each_secret(value, is_secret || is_secret_name(name), &place, act);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each_secret(item, is_secret, &format!("{place}/{index}"), act);
            }
        }
        Value::String(text) if (is_secret && !text.is_empty()) || is_secret_text(text) => {
            act(value, place)
        }
        Value::Number(_) if is_secret => act(value, place),
        _ => {}
    }
}

/// The secrets among the members of each request.
#[must_use]
pub fn secret_members(members: &Map<String, Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    each_secret(
        &mut Value::Object(members.clone()),
        false,
        "",
        &mut |secret, _| {
            secrets.push(match secret {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
        },
    );
    secrets
}

/// The members of each request as they may be shown.
#[must_use]
pub(crate) fn masked_members(members: &Map<String, Value>) -> Value {
    let mut shown = Value::Object(members.clone());
    each_secret(&mut shown, false, "", &mut |secret, _| {
        *secret = MASK.into()
    });
    shown
}

/// Puts the secrets in use in place of masks. `None` when there is none for a mask.
#[must_use]
pub(crate) fn unmasked_members(sent: &str, in_use: &Map<String, Value>) -> Option<String> {
    let Ok(mut value) = serde_json::from_str::<Value>(sent) else {
        // Anything else is refused elsewhere.
        return Some(sent.to_owned());
    };
    let in_use = Value::Object(in_use.clone());
    let mut all_known = true;
    let mut has_mask = false;
    each_mask(&mut value, "", &mut |mask, place| {
        has_mask = true;
        match in_use.pointer(place) {
            Some(known) if !known.is_object() && !known.is_array() => *mask = known.clone(),
            _ => all_known = false,
        }
    });
    match (has_mask, all_known) {
        (false, _) => Some(sent.to_owned()),
        (true, true) => Some(value.to_string()),
        (true, false) => None,
    }
}

fn each_mask(value: &mut Value, place: &str, act: &mut impl FnMut(&mut Value, &str)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                let name = name.replace('~', "~0").replace('/', "~1");
                each_mask(value, &format!("{place}/{name}"), act);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each_mask(item, &format!("{place}/{index}"), act);
            }
        }
        Value::String(text) if text == MASK => act(value, place),
        _ => {}
    }
}

/// Whether a part of the query guards nothing.
fn is_open(name: &str, value: &str) -> bool {
    value.is_empty() || name == "api-version"
}

/// Whether an address holds a password or what may be a key.
#[must_use]
pub(crate) fn has_secret(url: &Url) -> bool {
    url.password().is_some()
        || is_secret_text(url.username())
        || url
            .query_pairs()
            .any(|(name, value)| !is_open(&name, &value))
}

/// The address as it may be shown.
#[must_use]
pub fn masked_url(url: &Url) -> Url {
    let mut shown = url.clone();
    if !has_secret(url) {
        return shown;
    }
    // An address with a host takes both.
    if url.password().is_some() {
        let _ = shown.set_password(Some(MASK));
    }
    if is_secret_text(url.username()) {
        let _ = shown.set_username(MASK);
    }
    with_query(&mut shown, url, |name, value| {
        if is_open(name, value) {
            value.to_owned()
        } else {
            MASK.to_owned()
        }
    });
    shown
}

/// Puts the secrets in use in place of masks. `None` when there is none for a mask: another host learns nothing.
#[must_use]
pub(crate) fn unmasked_url(sent: &Url, in_use: Option<&Url>) -> Option<Url> {
    let is_mask = |text: &str| text == MASK;
    let mut url = sent.clone();
    let masked = [
        sent.password().is_some_and(is_mask),
        is_mask(sent.username()),
    ];
    let in_query = sent.query_pairs().any(|(_, value)| is_mask(&value));
    if masked == [false; 2] && !in_query {
        return Some(url);
    }
    let in_use = in_use?;
    if sent.origin() != in_use.origin() {
        return None;
    }
    if is_mask(sent.username()) {
        url.set_username(Some(in_use.username()).filter(|name| is_secret_text(name))?)
            .ok()?;
    }
    if sent.password().is_some_and(is_mask) {
        url.set_password(Some(in_use.password()?)).ok()?;
    }
    if in_query {
        let mut all_known = true;
        with_query(&mut url, sent, |name, value| {
            if !is_mask(value) {
                return value.to_owned();
            }
            let known = in_use.query_pairs().find(|(known, _)| known == name);
            all_known &= known.is_some();
            known
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        });
        if !all_known {
            return None;
        }
    }
    Some(url)
}

fn with_query(to: &mut Url, from: &Url, mut value_of: impl FnMut(&str, &str) -> String) {
    if from.query().is_none() {
        return;
    }
    let pairs: Vec<_> = from
        .query_pairs()
        .map(|(name, value)| (name.to_string(), value_of(&name, &value)))
        .collect();
    to.query_pairs_mut().clear().extend_pairs(pairs);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_shown_without_its_secrets_and_gets_them_back() {
        for (address, shown) in [
            ("https://h/v1", "https://h/v1"),
            (
                "https://h/v1?api-version=2024",
                "https://h/v1?api-version=2024",
            ),
            ("https://me:hush@h/v1", "https://me:***@h/v1"),
            ("https://sk-0123456789@h/v1", "https://***@h/v1"),
            (
                "https://h/v1?key=hush&api-version=1",
                "https://h/v1?key=***&api-version=1",
            ),
        ] {
            let in_use = url(address);
            let masked = masked_url(&in_use);
            assert_eq!(masked.as_str(), shown);
            assert_eq!(has_secret(&in_use), address != shown);
            assert_eq!(unmasked_url(&masked, Some(&in_use)), Some(in_use));
        }
        let in_use = url("https://me:hush@h/v1");
        let path = unmasked_url(&url("https://me:***@h/v2"), Some(&in_use));
        assert_eq!(path, Some(url("https://me:hush@h/v2")));
        for other in [
            "https://me:***@other/v1",
            "http://me:***@h/v1",
            "https://h/v1?key=***",
            "https://***@h/v1",
        ] {
            assert_eq!(unmasked_url(&url(other), Some(&in_use)), None, "{other}");
        }
    }

    #[test]
    fn members_are_shown_without_their_secrets_and_get_them_back() {
        let members = json!({
            "thinking": { "type": "disabled" },
            "max_tokens": 5,
            "proxy": { "api_key": "hush", "pin": 4 },
            "headers": [{ "name": "x", "value": "Bearer hush" }, "plain"],
            "secrets": ["a", { "b": 7 }],
            "trace": "0123456789abcdef0123456789abcdef",
        });
        let shown = json!({
            "thinking": { "type": "disabled" },
            "max_tokens": 5,
            "proxy": { "api_key": "***", "pin": 4 },
            "headers": [{ "name": "x", "value": "***" }, "plain"],
            "secrets": ["***", { "b": "***" }],
            "trace": "***",
        });
        let members = members.as_object().unwrap();
        assert_eq!(masked_members(members), shown);
        assert_eq!(secret_members(members).len(), 5);
        let back = unmasked_members(&shown.to_string(), members).unwrap();
        let back: Value = serde_json::from_str(&back).unwrap();
        assert_eq!(back.as_object(), Some(members));
        assert_eq!(unmasked_members(r#"{"other": "***"}"#, members), None);
        assert_eq!(
            unmasked_members("no JSON ***", members).as_deref(),
            Some("no JSON ***")
        );
    }
}
