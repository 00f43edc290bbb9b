//! Reading values as people paste them and programs pass them on.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ipnet::IpNet;
use secrecy::{SecretSlice, SecretString};

use super::{ConfigError, invalid};

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

/// The value between two quotes of one kind. A shell takes them off; `docker run --env-file` and some panels of hosters leave
/// them, and no value of ours begins and ends with one.
pub fn unquoted(value: &str) -> Option<&str> {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// Names of hosts, also as people paste them: with a scheme, a port or a path.
pub(super) fn allowed_hosts(text: Option<&str>) -> Result<Vec<String>, ConfigError> {
    let entries = text.unwrap_or_default().split([',', ' ']).map(str::trim);
    entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let address = match entry.contains("://") {
                true => entry.to_owned(),
                false => format!("http://{entry}"),
            };
            let url = reqwest::Url::parse(&address).ok();
            let host = url.as_ref().and_then(reqwest::Url::host_str);
            let host = host.filter(|host| !host.contains('*'));
            let host = host.map(|host| host.trim_end_matches('.').to_owned());
            host.ok_or_else(|| {
                invalid(
                    "ALLOWED_HOSTS",
                    "must be names of hosts, separated by commas, such as check.example,www.check.example",
                )
            })
        })
        .collect()
}

pub(super) fn number(
    name: &'static str,
    text: Option<&str>,
    default: u64,
    min: u64,
    max: u64,
) -> Result<u64, ConfigError> {
    let Some(text) = text else { return Ok(default) };
    match text.trim().parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(invalid(
            name,
            format!("must be a whole number from {min} to {max}"),
        )),
    }
}

pub(super) fn boolean(
    name: &'static str,
    text: Option<&str>,
    default: bool,
) -> Result<bool, ConfigError> {
    match text.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None => Ok(default),
        Some("true" | "1" | "yes" | "on") => Ok(true),
        Some("false" | "0" | "no" | "off") => Ok(false),
        Some(_) => Err(invalid(name, "must be true or false")),
    }
}

pub(super) fn settings_token(text: &str) -> Result<SecretString, ConfigError> {
    let token = text.trim();
    let lower = token.to_ascii_lowercase();
    let repeated = token.chars().all(|c| token.starts_with(c));
    if token.chars().count() < 16 {
        return Err(invalid(
            "SETTINGS_TOKEN",
            "must have at least 16 characters (try: openssl rand -hex 24)",
        ));
    }
    if repeated
        || PLACEHOLDERS
            .iter()
            .any(|placeholder| lower.contains(placeholder))
    {
        return Err(invalid(
            "SETTINGS_TOKEN",
            "looks like a placeholder: choose a random one (try: openssl rand -hex 24)",
        ));
    }
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(invalid(
            "SETTINGS_TOKEN",
            "must consist of ASCII letters, digits and signs without spaces",
        ));
    }
    Ok(SecretString::from(token))
}

/// Refuses what an example writes in place of a password or a key: it would be no secret, or work nowhere.
pub(super) fn no_placeholder(name: &'static str, text: &str) -> Result<(), ConfigError> {
    let lower = text.trim().to_lowercase();
    let begins = |beginning: &&str| lower.starts_with(*beginning);
    let is_bracketed = lower.starts_with('<') && lower.ends_with('>');
    let is_filling = !lower.is_empty() && lower.chars().all(|c| matches!(c, 'x' | '.' | '…' | '*'));
    let is_word = PLACEHOLDER_WORDS.contains(&lower.as_str());
    if is_word || is_bracketed || is_filling || PLACEHOLDER_BEGINNINGS.iter().any(begins) {
        return Err(invalid(name, "is a placeholder: set the real one"));
    }
    Ok(())
}

pub(super) fn trusted_proxies(text: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
    let entries = text.unwrap_or_default().split([',', ' ']);
    entries
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let address = || entry.parse::<IpAddr>().map(IpNet::from);
            entry.parse().or_else(|_| address()).map_err(|_| {
                invalid(
                    "TRUSTED_PROXIES",
                    "must be addresses or networks, separated by commas, such as 10.0.0.7,172.16.0.0/12",
                )
            })
        })
        .collect()
}

pub(super) fn secret_keys(text: &str) -> Result<Vec<SecretSlice<u8>>, ConfigError> {
    text.split(',')
        .map(|key| match STANDARD.decode(key.trim()) {
            Ok(bytes) if bytes.len() == 32 => Ok(SecretSlice::from(bytes)),
            _ => Err(invalid(
                "SECRET_KEYS",
                "must be keys of 32 bytes in base64, separated by commas (try: openssl rand -base64 32)",
            )),
        })
        .collect()
}

pub(super) fn log_level(text: Option<&str>) -> Result<String, ConfigError> {
    let level = text.unwrap_or("info").trim();
    let wrong = || {
        invalid(
            "LOG_LEVEL",
            "must be error, warn, info, debug or trace, or a filter such as info,sqlx=warn",
        )
    };
    // A filter takes a word that is no level for the name of a module, and lets nothing else through.
    let mut alone = level
        .split(',')
        .map(str::trim)
        .filter(|part| !part.contains('='));
    if alone.any(|part| part.parse::<tracing::level_filters::LevelFilter>().is_err()) {
        return Err(wrong());
    }
    tracing_subscriber::EnvFilter::builder()
        .parse(level)
        .map_err(|_| wrong())?;
    Ok(level.to_owned())
}

/// The level that is set for a Lambda function, in its own words.
pub(super) fn lambda_log_level(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "warn" | "error") => level.to_owned(),
        "fatal" => "error".to_owned(),
        _ => "info".to_owned(),
    }
}
