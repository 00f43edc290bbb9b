//! Keys and tokens, and the placeholders that are none.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{SecretSlice, SecretString};

use crate::{
    SecretsConfig,
    table::{ACCESS_PASSWORD, SECRET_KEYS, SETTINGS_TOKEN, Variable},
    values::{InvalidValue, Values},
};

/// Parts that no random token has.
const PLACEHOLDERS: &[&str] = &[
    "change",
    "your-",
    "your_",
    "yourtoken",
    "placeholder",
    "example",
    "<",
    "password",
    "settings_token",
    "xxxx",
];

/// Placeholders that examples have for a password or a key, whole or only their beginning.
const PLACEHOLDER_WORDS: &[&str] = &[
    "password",
    "passwd",
    "placeholder",
    "secret",
    "example",
    "todo",
    "db_password",
    "openai_api_key",
];
const PLACEHOLDER_BEGINNINGS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "change this",
    "replaceme",
    "replace-me",
    "replace_me",
    "your-",
    "your_",
    "your ",
    "${",
    "sk-...",
    "sk-…",
    "sk-your",
    "sk-xxx",
];

/// The key in a webhook's secret as Standard Webhooks writes it.
pub(crate) fn webhook_secret(text: &str) -> Option<SecretSlice<u8>> {
    let bytes = STANDARD.decode(text.trim().strip_prefix("whsec_")?).ok()?;
    (24..=64)
        .contains(&bytes.len())
        .then(|| SecretSlice::from(bytes))
}

pub(crate) fn secrets(values: &Values<'_>) -> Result<SecretsConfig, InvalidValue> {
    let token = values.given(&SETTINGS_TOKEN).map(settings_token);
    let keys = values.given(&SECRET_KEYS).map(secret_keys);
    let password = values
        .given(&ACCESS_PASSWORD)
        .map(|text| access_password(text, values.given(&SETTINGS_TOKEN)));
    Ok(SecretsConfig {
        settings_token: token.transpose()?,
        access_password: password.transpose()?,
        keys: keys.transpose()?.unwrap_or_default(),
    })
}

fn settings_token(text: &str) -> Result<SecretString, InvalidValue> {
    let token = text.trim();
    let lower = token.to_ascii_lowercase();
    let repeated = token.chars().all(|c| token.starts_with(c));
    if token.chars().count() < 16 {
        return Err(
            SETTINGS_TOKEN.refused("must have at least 16 characters (try: openssl rand -hex 24)")
        );
    }
    if repeated
        || PLACEHOLDERS
            .iter()
            .any(|placeholder| lower.contains(placeholder))
    {
        return Err(SETTINGS_TOKEN
            .refused("looks like a placeholder: choose a random one (try: openssl rand -hex 24)"));
    }
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(SETTINGS_TOKEN.invalid());
    }
    Ok(SecretString::from(token))
}

/// The password of the server, which people type.
fn access_password(text: &str, token: Option<&str>) -> Result<SecretString, InvalidValue> {
    let password = text.trim();
    no_placeholder(&ACCESS_PASSWORD, password)?;
    let is_usable = password.len() >= 8 && password.chars().all(|c| c.is_ascii_graphic());
    if !is_usable {
        return Err(ACCESS_PASSWORD.invalid());
    }
    if token.is_some_and(|token| token.trim() == password) {
        return Err(ACCESS_PASSWORD
            .refused("must not be SETTINGS_TOKEN: everyone who has it would be the admin"));
    }
    Ok(SecretString::from(password))
}

/// Refuses what an example writes in place of a password or a key: it would be no secret, or work nowhere.
pub(crate) fn no_placeholder(variable: &Variable, text: &str) -> Result<(), InvalidValue> {
    let lower = text.trim().to_lowercase();
    let begins = |beginning: &&str| lower.starts_with(*beginning);
    let is_bracketed = lower.starts_with('<') && lower.ends_with('>');
    let is_filling = !lower.is_empty() && lower.chars().all(|c| matches!(c, 'x' | '.' | '…' | '*'));
    let is_word = PLACEHOLDER_WORDS.contains(&lower.as_str());
    if is_word || is_bracketed || is_filling || PLACEHOLDER_BEGINNINGS.iter().any(begins) {
        return Err(variable.refused("is a placeholder: set the real one"));
    }
    Ok(())
}

fn secret_keys(text: &str) -> Result<Vec<SecretSlice<u8>>, InvalidValue> {
    text.split(',')
        .map(|key| match STANDARD.decode(key.trim()) {
            Ok(bytes) if bytes.len() == 32 => Ok(SecretSlice::from(bytes)),
            _ => Err(SECRET_KEYS.invalid()),
        })
        .collect()
}
