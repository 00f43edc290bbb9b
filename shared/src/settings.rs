//! Settings that the panel can change: the environment's values, and those saved over them.
//!
//! They are read afresh for each job. What is stored was checked when it was saved; should a newer version or another key
//! make it unusable all the same, the environment's value is used and the panel says so.

use std::collections::HashMap;

use secrecy::ExposeSecret as _;
use serde::Serialize;
use sqlx::PgPool;

use crate::{
    Chain,
    config::{Config, ConfigError, Effective, SETTABLE},
    crypto::KeyRing,
    db::{self, settings},
    domain::{JsonMode, Protocol},
    state::AppState,
};

/// The one setting that is a secret.
pub const SECRET: &str = "OPENAI_API_KEY";

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
    /// The value in use; of a secret the last four characters only.
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
    for (key, problem) in &saved.problems {
        tracing::warn!(key, problem, "a saved setting is not used");
    }
    Ok(state.config.with_settings(&saved.values).unwrap_or_else(|error| {
        tracing::warn!(error = %Chain(&error), "the saved settings do not go together and are not used");
        Effective { model: state.config.model.clone(), worker: state.config.worker }
    }))
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
        "OPENAI_BASE_URL" => Some(model.base_url.to_string()),
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
        "OPENAI_EXTRA_BODY" => (!model.extra_body.is_empty())
            .then(|| serde_json::Value::Object(model.extra_body.clone()).to_string()),
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
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Saves every change, or none: a value, or `None` to go back to the environment's.
///
/// # Errors
/// [`SaveError`].
pub async fn save(state: &AppState, changes: &[(String, Option<String>)]) -> Result<(), SaveError> {
    let mut wrong = Vec::new();
    let mut values = HashMap::new();
    for (key, value) in changes {
        let Some(name) = SETTABLE.iter().copied().find(|name| name == key) else {
            wrong.push((
                key.clone(),
                format!("is no setting; there are {}", SETTABLE.join(", ")),
            ));
            continue;
        };
        let Some(value) = value else { continue };
        let alone = HashMap::from([(name, value.clone())]);
        if value.trim().is_empty() {
            wrong.push((
                key.clone(),
                "is empty; send null to go back to the default".to_owned(),
            ));
        } else if value.len() > 4096 || value.contains('\0') {
            wrong.push((
                key.clone(),
                "must be text of at most 4096 bytes without NUL".to_owned(),
            ));
        } else if let Err(error) = state.config.with_settings(&alone) {
            let reason = match error {
                ConfigError::Invalid { expected, .. } => expected,
                other => other.to_string(),
            };
            wrong.push((key.clone(), reason));
        } else if name == SECRET && !state.keys.is_lasting() {
            let reason =
                "cannot be kept safe: set SECRET_KEYS, or give the database a password".to_owned();
            wrong.push((key.clone(), reason));
        } else {
            values.insert(name, value.trim().to_owned());
        }
    }
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    let mut transaction = state.db.begin().await.map_err(db::Error::from)?;
    for (key, value) in changes {
        match (value, values.get(key.as_str())) {
            (None, _) => {
                settings::delete(&mut *transaction, key).await?;
            }
            (Some(_), Some(value)) if key == SECRET => {
                let sealed = state.keys.seal(&context(key), value);
                settings::put(&mut *transaction, key, None, Some(&sealed)).await?;
            }
            (Some(_), value) => {
                settings::put(&mut *transaction, key, value.map(String::as_str), None).await?
            }
        }
    }
    transaction.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The endpoint's settings with these in their place, unsaved, for trying them: a value, or `None` for the environment's.
///
/// # Errors
/// [`SaveError`].
pub async fn tried(
    state: &AppState,
    changes: &[(String, Option<String>)],
) -> Result<Effective, SaveError> {
    let mut values = saved(&state.db, &state.keys, &state.config).await?.values;
    let mut wrong = Vec::new();
    for (key, value) in changes {
        match SETTABLE.iter().copied().find(|name| name == key) {
            Some(name) => {
                match value {
                    Some(value) => values.insert(name, value.clone()),
                    None => values.remove(name),
                };
            }
            None => wrong.push((
                key.clone(),
                format!("is no setting; there are {}", SETTABLE.join(", ")),
            )),
        }
    }
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    state.config.with_settings(&values).map_err(|error| {
        let (key, reason) = match error {
            ConfigError::Invalid { name, expected } => (name.to_owned(), expected),
            other => (String::new(), other.to_string()),
        };
        SaveError::Invalid(vec![(key, reason)])
    })
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
