//! Settings that the panel can change: the environment's values, and those saved over them.
//!
//! Each job reads them afresh; a request may use settings up to a second old. Saving checks a value; should a newer version or
//! another key make it unusable all the same, the environment's value counts and the panel says so.

mod endpoint;
mod last_read;
mod save;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::state::AppState;
use config::{
    Effective,
    table::{Kind, Variable, live_variable, live_variables},
};
use db::settings;

pub use last_read::LastRead;
pub use save::{Change, InvalidSetting, SaveError, UnsavedSettings, save, with_unsaved};

/// The key of the endpoint.
pub const API_KEY: &str = "OPENAI_API_KEY";
/// Its address.
pub const BASE_URL: &str = "OPENAI_BASE_URL";
/// Members of each request, that may hold a secret.
const EXTRA_BODY: &str = "OPENAI_EXTRA_BODY";

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SettingSource)]
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
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Setting {
    /// Name of the variable.
    pub key: &'static str,
    /// The value in use; of a secret the last four characters only, and `***` for one inside a value.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// Whether it is a secret.
    pub secret: bool,
    /// Why the saved value cannot be used, so that another is.
    pub problem: Option<String>,
    /// When it was saved.
    pub updated_at: Option<DateTime<Utc>>,
}

/// The stored settings, opened and checked one by one, by their names.
struct Store {
    /// Those that can be used.
    values: HashMap<&'static str, String>,
    problems: HashMap<&'static str, String>,
    times: HashMap<&'static str, DateTime<Utc>>,
    /// The settings with these values over the environment's.
    in_use: Effective,
}

impl Store {
    async fn read(state: &AppState) -> db::Result<Self> {
        let mut store = Self {
            values: HashMap::new(),
            problems: HashMap::new(),
            times: HashMap::new(),
            in_use: state.config.effective(),
        };
        for row in settings::list(&state.db).await? {
            let Some(variable) = live_variable(&row.key) else {
                continue;
            };
            let key = variable.name;
            store.times.insert(key, row.updated_at);
            let value = match (row.value, row.sealed) {
                (Some(value), _) => Some(value),
                (None, Some(sealed)) => state.keys.open(&context(key), &sealed),
                (None, None) => None,
            };
            let Some(value) = value else {
                let problem = "It was sealed with a key that is gone (another DB_PASSWORD or SECRET_KEYS): save it again.";
                store.problems.insert(key, problem.to_owned());
                continue;
            };
            store.values.insert(key, value);
            match state.config.with_settings(&store.values) {
                Ok(in_use) => store.in_use = in_use,
                Err(error) => {
                    store.values.remove(key);
                    store.problems.insert(key, error.to_string());
                }
            }
        }
        Ok(store)
    }

    /// The value in use, which may be a secret.
    fn expose<'a>(&'a self, state: &'a AppState, variable: &Variable) -> Option<&'a str> {
        let saved = self.values.get(variable.name).map(String::as_str);
        saved.or_else(|| state.config.expose_setting(variable))
    }
}

/// The table, row and column that a sealed value is bound to.
fn context(key: &str) -> String {
    format!("settings/{key}/sealed")
}

/// The settings in use, without those that another process has saved in the last second.
///
/// # Errors
/// [`db::Error`].
pub async fn effective(state: &AppState) -> db::Result<Arc<Effective>> {
    match state.settings.known(Instant::now()) {
        Some(known) => Ok(known),
        None => afresh(state).await,
    }
}

/// The settings in use, as they are stored now.
///
/// # Errors
/// [`db::Error`].
pub async fn afresh(state: &AppState) -> db::Result<Arc<Effective>> {
    let asked = Instant::now();
    let store = Store::read(state).await?;
    if are_news(&store.problems) {
        for (key, problem) in &store.problems {
            tracing::warn!(key, problem, "a saved setting is not used");
        }
    }
    let settings = Arc::new(store.in_use);
    state.settings.keep(asked, settings.clone());
    Ok(settings)
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
    let store = Store::read(state).await?;
    let setting = |variable: &'static Variable| {
        let key = variable.name;
        let source = if store.values.contains_key(key) {
            Source::Saved
        } else if state.config.is_set(variable) {
            Source::Environment
        } else {
            Source::Default
        };
        let value = store.expose(state, variable);
        Setting {
            key,
            value: value.and_then(|value| variable.shown(value)),
            source,
            secret: variable.kind == Kind::Secret,
            problem: store.problems.get(key).cloned(),
            updated_at: store.times.get(key).copied(),
        }
    };
    Ok(live_variables().map(setting).collect())
}
