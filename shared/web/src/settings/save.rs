//! Changing settings, or trying a change without saving it.

use std::{collections::HashMap, time::Instant};

use super::{API_KEY, BASE_URL, Store, context, endpoint};
use crate::{error::FieldError, state::AppState};
use config::{
    Effective, InvalidValue,
    table::{Variable, live_variable, live_variables},
    unquoted,
};
use db::settings;

/// The longest value in bytes.
const MAX_VALUE: usize = 4096;

/// A new value for a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Name of the setting, as it was sent.
    pub key: String,
    /// The value; `None` goes back to the environment's.
    pub value: Option<String>,
}

impl Change {
    /// A setting that goes back to the environment's value.
    #[must_use]
    pub const fn reset(key: String) -> Self {
        Self { key, value: None }
    }
}

/// A setting that cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Its name, as it was sent.
    pub key: String,
    /// The reason, as the end of a sentence that begins with the name.
    pub reason: String,
}

impl InvalidSetting {
    pub(super) fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            reason: reason.into(),
        }
    }
}

impl From<InvalidValue> for InvalidSetting {
    fn from(error: InvalidValue) -> Self {
        Self::new(error.name, error.expected)
    }
}

impl From<InvalidSetting> for FieldError {
    fn from(setting: InvalidSetting) -> Self {
        Self::new(format!("/{}", setting.key), setting.reason)
    }
}

/// Why settings were not saved; nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// These cannot be saved.
    #[error("some settings cannot be saved")]
    Invalid(Vec<InvalidSetting>),
    /// A secret would go to another server than it was given for: these have to be given again.
    #[error("a secret would go to another server than it was given for")]
    OtherServer(Vec<InvalidSetting>),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// A change of a setting that there is, without quotes around the value, and with the secrets in use in place of masks.
pub(super) struct KnownChange {
    pub(super) variable: &'static Variable,
    pub(super) value: Option<String>,
}

fn known(state: &AppState, store: &Store, change: &Change) -> Result<KnownChange, InvalidSetting> {
    let Some(variable) = live_variable(&change.key) else {
        let names: Vec<_> = live_variables().map(|variable| variable.name).collect();
        let reason = format!("is no setting; there are {}", names.join(", "));
        return Err(InvalidSetting::new(&change.key, reason));
    };
    let Some(value) = &change.value else {
        return Ok(KnownChange {
            variable,
            value: None,
        });
    };
    let value = unquoted(value).unwrap_or(value).trim();
    match variable.unmasked(value, store.expose(state, variable)) {
        Some(value) => Ok(KnownChange {
            variable,
            value: Some(value),
        }),
        None => {
            let reason = "has *** where this server has no secret in use: type it again";
            Err(InvalidSetting::new(&change.key, reason))
        }
    }
}

/// The changes that can be read, and what is wrong with the others.
fn read(
    state: &AppState,
    store: &Store,
    changes: &[Change],
) -> (Vec<KnownChange>, Vec<InvalidSetting>) {
    let mut read = Vec::new();
    let mut wrong = Vec::new();
    for change in changes {
        match known(state, store, change) {
            Ok(change) => read.push(change),
            Err(reason) => wrong.push(reason),
        }
    }
    (read, wrong)
}

/// Why a value cannot be saved, whatever the others are.
fn refusal(state: &AppState, change: &KnownChange) -> Option<InvalidSetting> {
    let KnownChange { variable, value } = change;
    let value = value.as_deref()?;
    let alone = HashMap::from([(variable.name, value.to_owned())]);
    let reason = if value.is_empty() {
        "is empty; send null to go back to the default".to_owned()
    } else if value.len() > MAX_VALUE || value.contains('\0') {
        format!("must be text of at most {MAX_VALUE} bytes without NUL")
    } else if let Err(error) = state.config.with_settings(&alone) {
        error.expected
    } else if variable.holds_secret(value) && !state.keys.is_lasting() {
        "cannot be kept safe: set SECRET_KEYS, or give the database a password".to_owned()
    } else {
        return None;
    };
    Some(InvalidSetting::new(variable.name, reason))
}

/// The settings after these changes.
fn after(state: &AppState, store: &Store, changes: &[KnownChange]) -> Result<Effective, SaveError> {
    let mut values = store.values.clone();
    for KnownChange { variable, value } in changes {
        match value {
            Some(value) => values.insert(variable.name, value.clone()),
            None => values.remove(variable.name),
        };
    }
    let settings = state.config.with_settings(&values);
    settings.map_err(|error| SaveError::Invalid(vec![error.into()]))
}

/// Saves every change, or none.
///
/// # Errors
/// [`SaveError`].
pub async fn save(state: &AppState, changes: &[Change]) -> Result<(), SaveError> {
    let store = Store::read(state).await?;
    let (mut changes, mut wrong) = read(state, &store, changes);
    wrong.extend(changes.iter().filter_map(|change| refusal(state, change)));
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    let known = [&store.in_use.model, &state.config.model];
    let stray = |changes: &[KnownChange]| {
        let after = after(state, &store, changes)?;
        Ok::<_, SaveError>(endpoint::stray(changes, &after.model, known))
    };
    let mut astray = stray(&changes)?;
    let is_reset =
        |change: &KnownChange| change.variable.name == BASE_URL && change.value.is_none();
    if changes.iter().any(is_reset) {
        // Back to the environment's server, and so to what the environment has for it.
        let variables = astray
            .iter()
            .filter_map(|secret| live_variable(&secret.key));
        changes.extend(variables.map(|variable| KnownChange {
            variable,
            value: None,
        }));
        astray = stray(&changes)?;
    }
    if !astray.is_empty() {
        return Err(SaveError::OtherServer(astray));
    }
    Ok(store_all(state, &changes).await?)
}

async fn store_all(state: &AppState, changes: &[KnownChange]) -> db::Result<()> {
    let mut transaction = db::begin(&state.db).await?;
    for KnownChange { variable, value } in changes {
        let key = variable.name;
        match value {
            None => {
                settings::delete(&mut *transaction, key).await?;
            }
            Some(value) if variable.holds_secret(value) => {
                let sealed = state.keys.seal(&context(key), value);
                settings::put(&mut *transaction, key, None, Some(&sealed)).await?;
            }
            Some(value) => settings::put(&mut *transaction, key, Some(value), None).await?,
        }
    }
    let outcome = transaction.commit().await;
    // It may have been committed although no answer came.
    state.settings.forget(Instant::now());
    Ok(outcome?)
}

/// Settings to try.
#[derive(Clone, Debug)]
pub struct UnsavedSettings {
    /// The settings.
    pub settings: Effective,
    /// Names of secrets that are left out, as they were given for another server.
    pub left_out: Vec<String>,
}

/// The endpoint's settings with these changes, unsaved.
///
/// # Errors
/// [`SaveError`].
pub async fn with_unsaved(
    state: &AppState,
    changes: &[Change],
) -> Result<UnsavedSettings, SaveError> {
    let store = Store::read(state).await?;
    let (changes, wrong) = read(state, &store, changes);
    if !wrong.is_empty() {
        return Err(SaveError::Invalid(wrong));
    }
    let mut settings = after(state, &store, &changes)?;
    let known = [&store.in_use.model, &state.config.model];
    let astray = endpoint::stray(&changes, &settings.model, known);
    let left_out: Vec<_> = astray.into_iter().map(|secret| secret.key).collect();
    for name in &left_out {
        match name.as_str() {
            API_KEY => settings.model.api_key = None,
            _ => settings.model.extra_body.clear(),
        }
    }
    Ok(UnsavedSettings { settings, left_out })
}
