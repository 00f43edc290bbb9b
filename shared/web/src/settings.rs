//! Settings that the panel can change: the environment's values, and those saved over them.
//!
//! They are read afresh for each job. What is stored was checked when it was saved; should a newer version or another key
//! make it unusable all the same, the environment's value is used and the panel says so.

mod endpoint;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use secrecy::ExposeSecret as _;
use serde::Serialize;
use sqlx::PgPool;

use crate::state::AppState;
use config::{
    Config, ConfigError, Effective, SETTABLE, crypto::KeyRing, masked_members, masked_url, unquoted,
};
use db::settings;
use domain::{Chain, JsonMode, Protocol};

/// The one setting that is a secret as a whole.
pub const SECRET: &str = "OPENAI_API_KEY";
/// Settings that may hold one.
const BASE_URL: &str = "OPENAI_BASE_URL";
const EXTRA_BODY: &str = "OPENAI_EXTRA_BODY";

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Built in.
    Default,
    /// The environment.
    Environment,
    /// Saved in the panel.
    Saved,
}

/// A setting as the admin sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Name of the variable.
    pub key: &'static str,
    /// The value in use; of a secret the last four characters only, and `***` for one inside a value.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Whether it is a secret.
    pub secret: bool,
    /// What is wrong with the saved value, so that another is used.
    pub problem: Option<String>,
    /// When it was saved.
    pub updated_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// What is saved, opened and checked one by one.
struct Saved {
    values: HashMap<&'static str, String>,
    problems: HashMap<&'static str, String>,
    times: HashMap<&'static str, chrono::DateTime<chrono::Utc>>,
}

async fn saved(pool: &PgPool, keys: &KeyRing, config: &Config) -> db::Result<Saved> {
    let mut saved = Saved {
        values: HashMap::new(),
        problems: HashMap::new(),
        times: HashMap::new(),
    };
    for row in settings::list(pool).await? {
        let Some(key) = SETTABLE.iter().copied().find(|key| *key == row.key) else {
            continue;
        };
        saved.times.insert(key, row.updated_at);
        let value = match (row.value, row.sealed) {
            (Some(value), _) => Some(value),
            (None, Some(sealed)) => keys.open(&context(key), &sealed),
            (None, None) => None,
        };
        let problem = match value {
            None => Some("It was sealed with a key that is gone (another DB_PASSWORD or SECRET_KEYS): save it again.".to_owned()),
            Some(value) => {
                let alone = HashMap::from([(key, value.clone())]);
                let problem = config
                    .with_settings(&alone)
                    .err()
                    .map(|error| error.to_string());
                if problem.is_none() {
                    saved.values.insert(key, value);
                }
                problem
            }
        };
        if let Some(problem) = problem {
            saved.problems.insert(key, problem);
        }
    }
    Ok(saved)
}

/// What a sealed value is bound to: its table, row and column.
fn context(key: &str) -> String {
    format!("settings/{key}/sealed")
}

/// The settings in use.
///
/// # Errors
/// [`db::Error`].
pub async fn effective(state: &AppState) -> db::Result<Effective> {
    let saved = saved(&state.db, &state.keys, &state.config).await?;
    if are_news(&saved.problems) {
        for (key, problem) in &saved.problems {
            tracing::warn!(key, problem, "a saved setting is not used");
        }
    }
    Ok(state.config.with_settings(&saved.values).unwrap_or_else(|error| {
        tracing::warn!(error = %Chain(&error), "the saved settings do not go together and are not used");
        Effective { model: state.config.model.clone(), worker: state.config.worker }
    }))
}

/// Whether these problems are others than those that were last told: the settings are read every two seconds.
fn are_news(problems: &HashMap<&'static str, String>) -> bool {
    static TOLD: Mutex<Option<HashMap<&str, String>>> = Mutex::new(None);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    let are_news = told.get_or_insert_default() != problems;
    if are_news {
        *told = Some(problems.clone());
    }
    are_news
}

/// The settings as the admin sees them.
///
/// # Errors
/// [`db::Error`].
pub async fn list(state: &AppState) -> db::Result<Vec<Setting>> {
    let mut saved = saved(&state.db, &state.keys, &state.config).await?;
    let in_use = state
        .config
        .with_settings(&saved.values)
        .unwrap_or_else(|_| Effective {
            model: state.config.model.clone(),
            worker: state.config.worker,
        });
    Ok(SETTABLE
        .iter()
        .map(|key| {
            let source = if saved.values.contains_key(key) {
                Source::Saved
            } else if state.config.is_set(key) {
                Source::Environment
            } else {
                Source::Default
            };
            Setting {
                key,
                value: shown(key, &in_use),
                source,
                secret: *key == SECRET,
                problem: saved.problems.remove(key),
                updated_at: saved.times.remove(key),
            }
        })
        .collect())
}

fn shown(key: &str, settings: &Effective) -> Option<String> {
    let model = &settings.model;
    match key {
        SECRET => model
            .api_key
            .as_ref()
            .map(|key| last_four(key.expose_secret())),
        BASE_URL => Some(masked_url(&model.base_url).to_string()),
        "OPENAI_MODEL" => Some(model.model.clone()),
        "MODEL_SUPPORTS_VISION" => Some(model.supports_vision.to_string()),
        "REQUEST_TIMEOUT_SECONDS" => Some(model.timeout.as_secs().to_string()),
        "MAX_CONCURRENT_ANALYSIS_TASKS" => Some(settings.worker.concurrency.to_string()),
        "LLM_MAX_CONCURRENCY" => Some(model.max_concurrency.to_string()),
        "OPENAI_CONTEXT_TOKENS" => model.context_tokens.map(|tokens| tokens.to_string()),
        "OPENAI_MAX_OUTPUT_TOKENS" => model.max_output_tokens.map(|tokens| tokens.to_string()),
        "OPENAI_PROTOCOL" => Some(model.protocol.map_or("auto", Protocol::as_str).to_owned()),
        "OPENAI_JSON_MODE" => Some(model.json_mode.map_or("auto", JsonMode::as_str).to_owned()),
        "OPENAI_STREAM" => Some(
            match model.stream {
                None => "auto",
                Some(true) => "on",
                Some(false) => "off",
            }
            .to_owned(),
        ),
        "OPENAI_TEMPERATURE" => model.temperature.map(|value| value.to_string()),
        "OPENAI_REASONING_EFFORT" => model.reasoning_effort.clone(),
        EXTRA_BODY => {
            (!model.extra_body.is_empty()).then(|| masked_members(&model.extra_body).to_string())
        }
        "PRICE_INPUT_PER_MTOK" => model.prices.input.map(|price| price.to_string()),
        "PRICE_CACHED_PER_MTOK" => model.prices.cached.map(|price| price.to_string()),
        "PRICE_OUTPUT_PER_MTOK" => model.prices.output.map(|price| price.to_string()),
        _ => None,
    }
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

/// Why settings were not saved; nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// These keys cannot be saved, each with the reason.
    #[error("some settings cannot be saved")]
    Invalid(Vec<(String, String)>),
    /// A secret would go to another server than it was given for: these have to be given again.
    #[error("a secret would go to another server than it was given for")]
    OtherServer(Vec<(String, String)>),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// A value, or `None` to go back to the environment's, by the name of the setting.
type Changes = Vec<(&'static str, Option<String>)>;

/// The changes with known names, without quotes around values, and with the secrets in use in place of masks; and what is wrong.
fn read(
    changes: &[(String, Option<String>)],
    in_use: &Effective,
) -> (Changes, Vec<(String, String)>) {
    let mut read = Changes::new();
    let mut wrong = Vec::new();
    for (key, value) in changes {
        let Some(name) = SETTABLE.iter().copied().find(|name| name == key) else {
            let reason = format!("is no setting; there are {}", SETTABLE.join(", "));
            wrong.push((key.clone(), reason));
            continue;
        };
        let value = value
            .as_deref()
            .map(|value| unquoted(value).unwrap_or(value).trim());
        match value.map(|value| endpoint::unmasked(name, value, &in_use.model)) {
            None => read.push((name, None)),
            Some(Some(value)) => read.push((name, Some(value))),
            Some(None) => {
                let reason = "has *** where this server has no secret in use: type it again";
                wrong.push((key.clone(), reason.to_owned()));
            }
        }
    }
    (read, wrong)
}

/// What is used with these values over the environment's.
fn used(state: &AppState, values: &HashMap<&'static str, String>) -> Effective {
    let environment = || Effective {
        model: state.config.model.clone(),
        worker: state.config.worker,
    };
    state
        .config
        .with_settings(values)
        .unwrap_or_else(|_| environment())
}

fn applied(
    saved: &HashMap<&'static str, String>,
    changes: &Changes,
) -> HashMap<&'static str, String> {
    let mut values = saved.clone();
    for (name, value) in changes {
        match value {
            Some(value) => values.insert(name, value.clone()),
            None => values.remove(name),
        };
    }
    values
}

/// Saves every change, or none: a value, or `None` to go back to the environment's.
///
/// # Errors
/// [`SaveError`].
pub async fn save(state: &AppState, changes: &[(String, Option<String>)]) -> Result<(), SaveError> {
    let saved = saved(&state.db, &state.keys, &state.config).await?.values;
    let in_use = used(state, &saved);
    let (mut changes, mut wrong) = read(changes, &in_use);
    for (name, value) in &changes {
        let Some(value) = value else { continue };
        let alone = HashMap::from([(*name, value.clone())]);
        let reason = if value.is_empty() {
            "is empty; send null to go back to the default".to_owned()
        } else if value.len() > 4096 || value.contains('\0') {
            "must be text of at most 4096 bytes without NUL".to_owned()
        } else if let Err(error) = state.config.with_settings(&alone) {
            match error {
                ConfigError::Invalid { expected, .. } => expected,
                other => other.to_string(),
            }
        } else if endpoint::holds_secret(name, value) && !state.keys.is_lasting() {
            "cannot be kept safe: set SECRET_KEYS, or give the database a password".to_owned()
        } else {
            continue;
        };
        wrong.push(((*name).to_owned(), reason));
    }
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    let known = [&in_use.model, &state.config.model];
    let stray = |changes: &Changes| {
        let after = used(state, &applied(&saved, changes));
        endpoint::stray(changes, &after.model, known)
    };
    let mut astray = stray(&changes);
    if changes.contains(&(BASE_URL, None)) {
        // Back to the environment's server, and so to what the environment has for it.
        changes.extend(astray.iter().map(|(name, _)| (*name, None)));
        astray = stray(&changes);
    }
    if !astray.is_empty() {
        let astray = astray.into_iter();
        let astray = astray.map(|(name, reason)| (name.to_owned(), reason.to_owned()));
        return Err(SaveError::OtherServer(astray.collect()));
    }
    let mut transaction = state.db.begin().await.map_err(db::Error::from)?;
    for (key, value) in &changes {
        match value {
            None => {
                settings::delete(&mut *transaction, key).await?;
            }
            Some(value) if endpoint::holds_secret(key, value) => {
                let sealed = state.keys.seal(&context(key), value);
                settings::put(&mut *transaction, key, None, Some(&sealed)).await?;
            }
            Some(value) => settings::put(&mut *transaction, key, Some(value), None).await?,
        }
    }
    transaction.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Settings to try.
#[derive(Clone, Debug)]
pub struct UnsavedSettings {
    /// The settings.
    pub settings: Effective,
    /// Secrets that are left out, as they were given for another server.
    pub left_out: Vec<&'static str>,
}

/// The endpoint's settings with these in their place, unsaved, for trying them: a value, or `None` for the environment's.
///
/// # Errors
/// [`SaveError`].
pub async fn with_unsaved(
    state: &AppState,
    changes: &[(String, Option<String>)],
) -> Result<UnsavedSettings, SaveError> {
    let saved = saved(&state.db, &state.keys, &state.config).await?.values;
    let in_use = used(state, &saved);
    let (changes, wrong) = read(changes, &in_use);
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    let values = applied(&saved, &changes);
    let mut settings = state.config.with_settings(&values).map_err(|error| {
        let (key, reason) = match error {
            ConfigError::Invalid { name, expected } => (name.to_owned(), expected),
            other => (String::new(), other.to_string()),
        };
        SaveError::Invalid(vec![(key, reason)])
    })?;
    let known = [&in_use.model, &state.config.model];
    let astray = endpoint::stray(&changes, &settings.model, known);
    let left_out: Vec<_> = astray.into_iter().map(|(name, _)| name).collect();
    for name in &left_out {
        match *name {
            SECRET => settings.model.api_key = None,
            _ => settings.model.extra_body.clear(),
        }
    }
    Ok(UnsavedSettings { settings, left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_shows_nothing() {
        assert_eq!(last_four("sk-0123456789"), "…6789");
        assert_eq!(last_four("short-one"), "…");
    }
}
