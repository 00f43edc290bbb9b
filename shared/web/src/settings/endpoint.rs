//! The secrets of the model's endpoint: each goes only to the server it was given for.

use secrecy::ExposeSecret as _;

use super::{
    API_KEY, EXTRA_BODY,
    save::{InvalidSetting, KnownChange},
};
use config::{ModelConfig, secret_members};

/// Secrets that would go to another server than they were given for, each with what to do: they were not given with these changes,
/// and neither what is in use nor the environment sends them there.
pub(super) fn stray(
    changes: &[KnownChange],
    after: &ModelConfig,
    known: [&ModelConfig; 2],
) -> Vec<InvalidSetting> {
    let is_given = |name: &str| {
        let mut changes = changes.iter().filter(|change| change.variable.name == name);
        changes.any(|change| {
            change
                .value
                .as_deref()
                .is_some_and(|value| !value.is_empty())
        })
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
    if key(after).is_some() && !is_given(API_KEY) && !goes_there(&|known| key(known) == key(after))
    {
        stray.push(InvalidSetting::new(
            API_KEY,
            "was given for a server other than OPENAI_BASE_URL: send the key of this one with the address (any word if it \
             needs none)",
        ));
    }
    if !secret_members(&after.extra_body).is_empty()
        && !is_given(EXTRA_BODY)
        && !goes_there(&|known| known.extra_body == after.extra_body)
    {
        stray.push(InvalidSetting::new(
            EXTRA_BODY,
            "holds a secret that was given for a server other than OPENAI_BASE_URL: send the members that this one needs with \
             the address, or null",
        ));
    }
    stray
}
