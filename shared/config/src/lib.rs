//! The settings of a process, from the environment into typed structs, and the keys that seal and sign. Nothing else in the workspace
//! reads the environment.
//!
//! A bad or missing value is one sentence that names the variable and what it may be, never its value. An empty value
//! counts as not set, as compose files pass it.

pub mod crypto;
mod masks;
mod model;
mod sections;
mod services;
pub mod tls;
mod values;
mod variables;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret, SecretSlice, SecretString};

pub use masks::{
    MASK, has_secret, masked_members, masked_url, secret_members, unmasked_members, unmasked_url,
};
use model::effective;
pub use model::{Effective, ModelConfig, Prices};
pub use sections::{
    EmbeddedConfig, HttpConfig, LambdaConfig, LogConfig, Role, SecretsConfig, WorkerConfig,
};
pub use services::{DatabaseConfig, DoorbellConfig, RedisConfig, SecretUrl, SqsConfig};
use services::{database, doorbell, redis};
pub use values::unquoted;
use values::{
    allowed_hosts, boolean, lambda_log_level, log_level, no_placeholder, number, secret_keys,
    settings_token, trusted_proxies,
};
use variables::{Raw, take_out_secrets};
pub use variables::{SECRETS, SETTABLE, SYSTEM_VARIABLES, VARIABLES};

/// A variable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value is not what the variable may be.
    #[error("{name} {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// The rest of the sentence that the name begins: the values that are allowed.
        expected: String,
    },
    /// A secret's file cannot be read.
    #[error("{0}_FILE names a file that cannot be read as text ({1})")]
    File(&'static str, std::io::ErrorKind),
    /// A value and a file for the same secret.
    #[error("{0} and {0}_FILE are both set: keep one of them")]
    Both(&'static str),
    /// The environment itself cannot be read.
    #[error("the environment cannot be read")]
    Environment(#[from] envy::Error),
}

fn invalid(name: &'static str, expected: impl Into<String>) -> ConfigError {
    ConfigError::Invalid {
        name,
        expected: expected.into(),
    }
}

/// Everything that the environment says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The model's endpoint.
    pub model: ModelConfig,
    /// Postgres, if one is configured.
    pub database: Option<DatabaseConfig>,
    /// Connections to Postgres of this process at most, if that is set.
    pub db_max_connections: Option<u32>,
    /// Redis, if one is configured.
    pub redis: Option<RedisConfig>,
    /// The HTTP side.
    pub http: HttpConfig,
    /// The queue's consumer.
    pub worker: WorkerConfig,
    /// Keys and tokens.
    pub secrets: SecretsConfig,
    /// The part of the work that this process takes.
    pub role: Role,
    /// Logs.
    pub log: LogConfig,
    /// Where the embedded mode keeps and looks for things.
    pub embedded: EmbeddedConfig,
    /// The doorbell that is rung when there is work, if one is configured.
    pub doorbell: Option<DoorbellConfig>,
    /// AWS Lambda, where this process is a function there.
    pub lambda: Option<LambdaConfig>,
    /// The environment's values of the settings that the panel can change.
    settable: HashMap<&'static str, SecretString>,
}

impl Config {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// Names the first variable that cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        // A variable that is not Unicode cannot be one of ours, and must not stop a start.
        Self::from_vars(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// Reads `vars` as if they were the environment.
    ///
    /// # Errors
    /// Names the first variable that cannot be used.
    pub fn from_vars(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut vars: HashMap<String, String> = vars
            .into_iter()
            .map(|(name, value)| match unquoted(&value) {
                Some(inner) => (name, inner.to_owned()),
                None => (name, value),
            })
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        for name in SECRETS {
            let Some(path) = vars.remove(&format!("{name}_FILE")) else {
                continue;
            };
            if vars.contains_key(*name) {
                return Err(ConfigError::Both(name));
            }
            let text = std::fs::read_to_string(path.trim())
                .map_err(|error| ConfigError::File(name, error.kind()))?;
            let text = unquoted(&text).unwrap_or_else(|| text.trim());
            vars.insert((*name).to_owned(), text.to_owned());
        }
        take_out_secrets(&mut vars)?;
        let settable = SETTABLE
            .iter()
            .filter_map(|name| Some((*name, SecretString::from(vars.get(*name)?.as_str()))))
            .collect();
        let raw: Raw = envy::from_iter(vars)?;
        Self::from_raw(raw, settable)
    }

    fn from_raw(
        raw: Raw,
        settable: HashMap<&'static str, SecretString>,
    ) -> Result<Self, ConfigError> {
        let in_lambda = raw.aws_lambda_runtime_api.is_some();
        let shutdown_grace = Duration::from_secs(number(
            "SHUTDOWN_GRACE_SECONDS",
            raw.shutdown_grace_seconds.as_deref(),
            5,
            0,
            3600,
        )?);
        let Effective { model, worker } = effective(
            |name| settable.get(name).map(ExposeSecret::expose_secret),
            shutdown_grace,
        )?;
        Ok(Self {
            model,
            database: database(
                raw.database_url.as_deref(),
                raw.db_host.as_deref(),
                raw.db_port.as_deref(),
                raw.db_user.as_deref(),
                raw.db_password.as_deref(),
                raw.db_name.as_deref(),
            )?,
            db_max_connections: raw
                .db_max_connections
                .as_deref()
                .map(|text| number("DB_MAX_CONNECTIONS", Some(text), 2, 2, 1000))
                .transpose()?
                .and_then(|number| u32::try_from(number).ok()),
            redis: redis(
                raw.redis_url.as_deref(),
                raw.redis_host.as_deref(),
                raw.redis_port.as_deref(),
                raw.redis_password.as_deref(),
                raw.queue_prefix.as_deref(),
            )?,
            http: HttpConfig {
                port: number("PORT", raw.port.as_deref(), 3000, 0, u64::from(u16::MAX))? as u16,
                public_history: boolean("PUBLIC_HISTORY", raw.public_history.as_deref(), false)?,
                trusted_proxies: trusted_proxies(raw.trusted_proxies.as_deref())?,
                submissions_per_minute: number(
                    "SUBMISSIONS_PER_MINUTE",
                    raw.submissions_per_minute.as_deref(),
                    20,
                    0,
                    1_000_000,
                )? as u32,
                max_queued: number("MAX_QUEUED", raw.max_queued.as_deref(), 1000, 1, 1_000_000)?
                    as i64,
                allowed_hosts: allowed_hosts(raw.allowed_hosts.as_deref())?,
                body_limit: if in_lambda {
                    domain::limits::FUNCTION_BODY_BYTES
                } else {
                    domain::limits::BODY_BYTES
                },
            },
            worker,
            secrets: SecretsConfig {
                settings_token: raw
                    .settings_token
                    .as_deref()
                    .map(settings_token)
                    .transpose()?,
                keys: raw
                    .secret_keys
                    .as_deref()
                    .map(secret_keys)
                    .transpose()?
                    .unwrap_or_default(),
            },
            role: match raw.code_checker_role.as_deref().map(str::trim) {
                None => Role::All,
                Some(role) => Role::parse(role).ok_or_else(|| {
                    invalid("CODE_CHECKER_ROLE", format!("must be {}", Role::choices()))
                })?,
            },
            log: LogConfig {
                level: match (
                    raw.log_level.as_deref(),
                    raw.aws_lambda_log_level.as_deref(),
                ) {
                    (None, Some(level)) => lambda_log_level(level),
                    (level, _) => log_level(level)?,
                },
                json: match raw.log_format.as_deref().map(str::trim) {
                    None => raw
                        .aws_lambda_log_format
                        .map(|format| format.eq_ignore_ascii_case("json")),
                    Some("json") => Some(true),
                    Some("text") => Some(false),
                    Some(_) => return Err(invalid("LOG_FORMAT", "must be json or text")),
                },
            },
            embedded: EmbeddedConfig {
                data_dir: raw.code_checker_data_dir.map(PathBuf::from),
                user_data_dir: raw.xdg_data_home.map(PathBuf::from).or_else(|| {
                    raw.home
                        .map(|home| PathBuf::from(home).join(".local/share"))
                }),
                search_path: raw.path,
            },
            doorbell: doorbell(
                raw.doorbell_url.as_deref(),
                raw.aws_access_key_id,
                raw.aws_secret_access_key,
                raw.aws_session_token,
                raw.aws_endpoint_url_sqs.as_deref(),
            )?,
            lambda: in_lambda
                .then(|| {
                    let streams = raw.lambda_response_streaming.as_deref();
                    let streams = boolean("LAMBDA_RESPONSE_STREAMING", streams, false)?;
                    Ok::<_, ConfigError>(LambdaConfig { streams })
                })
                .transpose()?,
            settable,
        })
    }
}

/// Longest time of a job in a Lambda function, which may run for 15 minutes in all.
const LAMBDA_JOB: Duration = Duration::from_secs(780);

impl Config {
    /// How long a job may take with this time for a call: it makes three calls one after the other.
    #[must_use]
    pub fn job_deadline(&self, call: Duration) -> Duration {
        let whole = call.saturating_mul(3);
        match self.lambda {
            Some(_) => whole.min(LAMBDA_JOB),
            None => whole,
        }
    }

    /// Whether an answer may be sent bit by bit.
    #[must_use]
    pub fn can_stream(&self) -> bool {
        self.lambda.is_none_or(|lambda| lambda.streams)
    }

    /// Whether the environment gives this setting.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.settable.contains_key(name)
    }

    /// The settings with these values in place of the environment's.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn with_settings(
        &self,
        saved: &HashMap<&'static str, String>,
    ) -> Result<Effective, ConfigError> {
        effective(
            |name| {
                let own = || self.settable.get(name).map(ExposeSecret::expose_secret);
                saved.get(name).map(String::as_str).or_else(own)
            },
            self.worker.shutdown_grace,
        )
    }

    /// Uses these services and keys, which the embedded mode has started and made.
    ///
    /// # Errors
    /// When an address cannot be read.
    pub fn use_embedded(
        &mut self,
        database_url: &str,
        redis_url: &str,
        settings_token: SecretString,
        secret_key: SecretSlice<u8>,
    ) -> Result<(), ConfigError> {
        self.database = database(Some(database_url), None, None, None, None, None)?;
        let prefix = self.redis.as_ref().map(|redis| redis.prefix.clone());
        self.redis = redis(Some(redis_url), None, None, None, prefix.as_deref())?;
        self.secrets.settings_token = Some(settings_token);
        if self.secrets.keys.is_empty() {
            self.secrets.keys = vec![secret_key];
        }
        Ok(())
    }
}

/// Arguments of this process, without the program's name.
pub fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os().skip(1)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
