//! The secrets of the model's endpoint: which settings hold one, and that each goes to the server that it was given for.

use reqwest::Url;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::{BASE_URL, Changes, EXTRA_BODY, SECRET};
use config::{ModelConfig, has_secret, secret_members, unmasked_members, unmasked_url};

/// Whether this value of a setting is to be sealed.
pub(super) fn holds_secret(name: &str, value: &str) -> bool {
    match name {
        SECRET => true,
        BASE_URL => Url::parse(value).is_ok_and(|url| has_secret(&url)),
        EXTRA_BODY => serde_json::from_str::<Map<String, Value>>(value)
            .is_ok_and(|members| !secret_members(&members).is_empty()),
        _ => false,
    }
}

/// The value with the secrets in use in place of masks; `None` when there is none for a mask.
pub(super) fn unmasked(name: &str, value: &str, in_use: &ModelConfig) -> Option<String> {
    match name {
        BASE_URL => match Url::parse(value) {
            Ok(url) => {
                let whole = unmasked_url(&url, &in_use.base_url)?;
                // As it was typed, where there is nothing to put in.
                Some(if whole == url {
                    value.to_owned()
                } else {
                    whole.into()
                })
            }
            Err(_) => Some(value.to_owned()),
        },
        EXTRA_BODY => unmasked_members(value, &in_use.extra_body),
        _ => Some(value.to_owned()),
    }
}

/// Secrets that would go to another server than they were given for, each with what to do: they were not given with these changes,
/// and neither what is in use nor the environment sends them there.
pub(super) fn stray(
    changes: &Changes,
    after: &ModelConfig,
    known: [&ModelConfig; 2],
) -> Vec<(&'static str, &'static str)> {
    let is_given = |name: &str| {
        let mut values = changes.iter().filter(|(key, _)| *key == name);
        values.any(|(_, value)| value.as_deref().is_some_and(|value| !value.is_empty()))
    };
    let goes_there = |is_same: &dyn Fn(&ModelConfig) -> bool| {
        known
            .iter()
            .any(|known| known.base_url.origin() == after.base_url.origin() && is_same(known))
    };
    let mut stray = Vec::new();
    let key = |model: &ModelConfig| {
        model
            .api_key
            .as_ref()
            .map(|key| key.expose_secret().to_owned())
    };
    if key(after).is_some() && !is_given(SECRET) && !goes_there(&|known| key(known) == key(after)) {
        stray.push((
            SECRET,
            "was given for another server than OPENAI_BASE_URL: send the key of this one with the address (any word where it \
             needs none)",
        ));
    }
    if !secret_members(&after.extra_body).is_empty()
        && !is_given(EXTRA_BODY)
        && !goes_there(&|known| known.extra_body == after.extra_body)
    {
        stray.push((
            EXTRA_BODY,
            "holds a secret that was given for another server than OPENAI_BASE_URL: send what this one needs with the address, \
             or null",
        ));
    }
    stray
}
