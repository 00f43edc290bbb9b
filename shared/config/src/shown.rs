//! Values as the admin may see them, and back.

use reqwest::Url;
use serde_json::{Map, Value};

use crate::{
    masks::{
        has_secret, masked_members, masked_url, secret_members, unmasked_members, unmasked_url,
    },
    table::{Kind, Variable},
    values::{address, decimal, flag, whole},
};

impl Variable {
    /// A value in its usual spelling: of a secret the last four characters only, and `***` for one inside a value. `None` for
    /// one that cannot be used or says nothing.
    #[must_use]
    pub fn shown(&self, value: &str) -> Option<String> {
        let value = value.trim();
        match self.kind {
            Kind::Secret => Some(last_four(value)),
            Kind::Endpoint | Kind::Address(_) => {
                address(self, value).map(|url| masked_url(&url).into())
            }
            Kind::Whole { .. } => whole(self, value).map(|number| number.to_string()),
            Kind::Decimal { .. } => decimal(self, value).map(|number| number.to_string()),
            Kind::Flag => flag(value).map(|flag| flag.to_string()),
            Kind::Json => members(value)
                .filter(|members| !members.is_empty())
                .map(|members| masked_members(&members).to_string()),
            Kind::Text | Kind::Choice(_) => Some(value.to_owned()),
        }
    }

    /// Whether this value is or holds a secret, and is to be sealed.
    #[must_use]
    pub fn holds_secret(&self, value: &str) -> bool {
        match self.kind {
            Kind::Secret => true,
            Kind::Endpoint | Kind::Address(_) => {
                Url::parse(value).is_ok_and(|url| has_secret(&url))
            }
            Kind::Json => {
                members(value).is_some_and(|members| !secret_members(&members).is_empty())
            }
            _ => false,
        }
    }

    /// The value with the secrets of the one in use in place of masks; `None` when there is none for a mask.
    #[must_use]
    pub fn unmasked(&self, value: &str, in_use: Option<&str>) -> Option<String> {
        match self.kind {
            Kind::Endpoint | Kind::Address(_) => {
                let known = in_use.and_then(|in_use| address(self, in_use.trim()));
                let Ok(url) = Url::parse(value) else {
                    // Anything else is refused elsewhere.
                    return Some(value.to_owned());
                };
                let whole = unmasked_url(&url, known.as_ref())?;
                // As it was typed, where there is nothing to put in.
                Some(if whole == url {
                    value.to_owned()
                } else {
                    whole.into()
                })
            }
            Kind::Json => unmasked_members(value, &in_use.and_then(members).unwrap_or_default()),
            _ => Some(value.to_owned()),
        }
    }
}

fn members(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// A secret as it may be shown: its last four characters, if that leaves enough hidden.
fn last_four(secret: &str) -> String {
    let count = secret.chars().count();
    let shown: String = if count >= 12 {
        secret.chars().skip(count - 4).collect()
    } else {
        String::new()
    };
    format!("…{shown}")
}

#[cfg(test)]
mod tests {
    use crate::table::{
        MODEL_SUPPORTS_VISION, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_EXTRA_BODY,
        OPENAI_TEMPERATURE, REQUEST_TIMEOUT_SECONDS,
    };

    #[test]
    fn a_value_is_shown_in_its_usual_spelling_without_its_secrets() {
        for (variable, value, shown) in [
            (OPENAI_API_KEY, "sk-0123456789", Some("…6789")),
            (OPENAI_API_KEY, "short-one", Some("…")),
            (
                OPENAI_BASE_URL,
                "http://u:hush@h/v1/",
                Some("http://u:***@h/v1"),
            ),
            (
                OPENAI_EXTRA_BODY,
                r#"{ "api_key": "hush" }"#,
                Some(r#"{"api_key":"***"}"#),
            ),
            (OPENAI_EXTRA_BODY, "{}", None),
            (MODEL_SUPPORTS_VISION, "No", Some("false")),
            (OPENAI_TEMPERATURE, "0.20", Some("0.2")),
            (REQUEST_TIMEOUT_SECONDS, "007", Some("7")),
            (REQUEST_TIMEOUT_SECONDS, "0", None),
        ] {
            assert_eq!(variable.shown(value).as_deref(), shown, "{value}");
        }
    }

    #[test]
    fn a_mask_is_never_kept_where_nothing_is_in_use() {
        assert_eq!(
            OPENAI_EXTRA_BODY.unmasked(r#"{"api_key":"***"}"#, None),
            None
        );
        let address = "http://u:***@h/v1";
        let known = Some("http://u:hush@h/v1");
        let back = OPENAI_BASE_URL.unmasked(address, known);
        assert_eq!(back.as_deref(), known);
        for other in [Some("http://other/v1"), None] {
            assert_eq!(OPENAI_BASE_URL.unmasked(address, other), None);
        }
    }
}
