//! The settings of a process, from the environment into typed structs, and the keys that seal and sign. Nothing else in the workspace
//! reads the environment.
//!
//! A bad or missing value is one sentence that names the variable and what it may be, never its value. An empty value
//! counts as not set, as compose files pass it.

pub mod crypto;
mod doorbell;
mod environment;
mod lists;
mod log;
mod masks;
mod model;
pub mod presets;
mod secrets;
mod sections;
mod services;
mod shown;
pub mod table;
pub mod tls;
mod traces;
mod values;
mod visitors;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use reqwest::Url;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

pub use doorbell::{DoorbellConfig, SecretUrl, SqsConfig};
use environment::Environment;
pub use masks::{MASK, masked_url, secret_members};
pub use model::{Effective, ModelConfig, Prices};
pub use sections::{
    Companion, EmbeddedConfig, HttpConfig, JudgeConfig, LambdaConfig, LogConfig, Role,
    SecretsConfig, TracesConfig, WebhookConfig, WorkerConfig,
};
pub use services::{DatabaseConfig, RedisConfig};
use table::{
    ALLOWED_HOSTS, AWS_LAMBDA_RUNTIME_API, CODE_CHECKER_DATA_DIR, CODE_CHECKER_ROLE,
    COMPETITIVE_COMPANION, DATABASE_URL, DB_MAX_CONNECTIONS, HOME, JUDGE_URL,
    LAMBDA_RESPONSE_STREAMING, MAX_QUEUED, METRICS_PUBLIC, PATH, PORT, PUBLIC_HISTORY,
    QUEUE_PREFIX, REDIS_URL, SHUTDOWN_GRACE_SECONDS, SUBMISSIONS_PER_MINUTE, Variable,
    WEBHOOK_ALLOWED_HOSTS, WEBHOOK_SECRET, WEBHOOKS, XDG_DATA_HOME,
};
use values::Values;
pub use values::{InvalidValue, unquoted};
pub use visitors::VisitorsConfig;

/// Why the environment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value is not what the variable may be.
    #[error(transparent)]
    Invalid(#[from] InvalidValue),
    /// A secret's file cannot be read.
    #[error("{0}_FILE names a file that cannot be read as text ({1})")]
    File(&'static str, std::io::ErrorKind),
    /// A value and a file for the same secret.
    #[error("{0} and {0}_FILE are both set: keep one of them")]
    Both(&'static str),
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
    /// Limits for everyone but the admin.
    pub visitors: VisitorsConfig,
    /// Keys and tokens.
    pub secrets: SecretsConfig,
    /// The part of the work that this process takes.
    pub role: Role,
    /// Logs.
    pub log: LogConfig,
    /// Where spans are exported to, if they are.
    pub traces: Option<TracesConfig>,
    /// Where the embedded mode keeps and looks for things.
    pub embedded: EmbeddedConfig,
    /// The doorbell that is rung when there is work, if one is configured.
    pub doorbell: Option<DoorbellConfig>,
    /// The judge, if one is configured.
    pub judge: Option<JudgeConfig>,
    /// Webhooks, if they are on.
    pub webhooks: Option<WebhookConfig>,
    /// AWS Lambda, where this process is a function there.
    pub lambda: Option<LambdaConfig>,
    /// The environment's values of the settings that the panel can change.
    live: HashMap<&'static str, SecretString>,
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
        let environment = Environment::read(vars)?;
        let mut config = Self::from_values(&environment.values())?;
        config.live = environment.into_live();
        Ok(config)
    }

    fn from_values(values: &Values<'_>) -> Result<Self, InvalidValue> {
        let shutdown_grace = Duration::from_secs(values.number(&SHUTDOWN_GRACE_SECONDS)?);
        let Effective {
            model,
            worker,
            visitors,
        } = model::effective(values, shutdown_grace)?;
        let lambda = match values.given(&AWS_LAMBDA_RUNTIME_API) {
            Some(_) => Some(LambdaConfig {
                streams: values.flag(&LAMBDA_RESPONSE_STREAMING)?,
            }),
            None => None,
        };
        let role = values.choice(&CODE_CHECKER_ROLE)?.and_then(Role::parse);
        Ok(Self {
            model,
            database: services::database(values)?,
            db_max_connections: values.number_if_set(&DB_MAX_CONNECTIONS)?,
            redis: services::redis(values)?,
            http: http(values, lambda.is_some())?,
            worker,
            visitors,
            secrets: secrets::secrets(values)?,
            role: role.ok_or_else(|| CODE_CHECKER_ROLE.invalid())?,
            log: log::log(values)?,
            traces: traces::traces(values)?,
            embedded: embedded(values),
            doorbell: doorbell::doorbell(values)?,
            judge: judge(values)?,
            webhooks: webhooks(values)?,
            lambda,
            live: HashMap::new(),
        })
    }
}

fn http(values: &Values<'_>, in_lambda: bool) -> Result<HttpConfig, InvalidValue> {
    let companion = values
        .choice(&COMPETITIVE_COMPANION)?
        .and_then(Companion::parse);
    Ok(HttpConfig {
        port: values.number(&PORT)?,
        public_history: values.flag(&PUBLIC_HISTORY)?,
        trusted_proxies: lists::trusted_proxies(values)?,
        submissions_per_minute: values.number(&SUBMISSIONS_PER_MINUTE)?,
        max_queued: values.number(&MAX_QUEUED)?,
        allowed_hosts: lists::hosts(values, &ALLOWED_HOSTS)?,
        metrics_public: values.flag(&METRICS_PUBLIC)?,
        cors_allowed_origins: lists::cors_allowed_origins(values)?,
        companion: companion.ok_or_else(|| COMPETITIVE_COMPANION.invalid())?,
        body_limit: if in_lambda {
            domain::limits::FUNCTION_BODY_BYTES
        } else {
            domain::limits::BODY_BYTES
        },
    })
}

fn webhooks(values: &Values<'_>) -> Result<Option<WebhookConfig>, InvalidValue> {
    if !values.flag(&WEBHOOKS)? {
        return Ok(None);
    }
    let secret = values
        .given(&WEBHOOK_SECRET)
        .and_then(secrets::webhook_secret);
    Ok(Some(WebhookConfig {
        secret: secret.ok_or_else(|| WEBHOOK_SECRET.invalid())?,
        allowed_hosts: lists::hosts(values, &WEBHOOK_ALLOWED_HOSTS)?,
    }))
}

fn judge(values: &Values<'_>) -> Result<Option<JudgeConfig>, InvalidValue> {
    let Some(text) = values.text(&JUDGE_URL) else {
        return Ok(None);
    };
    if text == "off" {
        return Ok(Some(JudgeConfig::Off));
    }
    if let Some(path) = text.strip_prefix("unix://") {
        return match PathBuf::from(path) {
            path if path.is_absolute() && path.parent().is_some() => {
                Ok(Some(JudgeConfig::Socket(path)))
            }
            _ => Err(JUDGE_URL.invalid()),
        };
    }
    let url = Url::parse(text).map_err(|_| JUDGE_URL.invalid())?;
    let is_http =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
    if is_http {
        Ok(Some(JudgeConfig::Http(url)))
    } else {
        Err(JUDGE_URL.invalid())
    }
}

fn embedded(values: &Values<'_>) -> EmbeddedConfig {
    let path = |variable| values.given(variable).map(PathBuf::from);
    EmbeddedConfig {
        data_dir: path(&CODE_CHECKER_DATA_DIR),
        user_data_dir: path(&XDG_DATA_HOME)
            .or_else(|| path(&HOME).map(|home| home.join(".local/share"))),
        search_path: values.given(&PATH).map(str::to_owned),
        settings_token_file: None,
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
    pub fn is_set(&self, variable: &Variable) -> bool {
        self.live.contains_key(variable.name)
    }

    /// The value of a setting that the panel can change: the environment's or the default. It may be a secret.
    #[must_use]
    pub fn expose_setting(&self, variable: &Variable) -> Option<&str> {
        let own = self.live.get(variable.name);
        own.map(ExposeSecret::expose_secret).or(variable.default)
    }

    /// The settings that the environment gives.
    #[must_use]
    pub fn effective(&self) -> Effective {
        Effective {
            model: self.model.clone(),
            worker: self.worker,
            visitors: self.visitors,
        }
    }

    /// The settings with these values in place of the environment's.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn with_settings(
        &self,
        saved: &HashMap<&'static str, String>,
    ) -> Result<Effective, InvalidValue> {
        let own = self.live.iter();
        let mut values: HashMap<_, _> = own
            .map(|(name, value)| (*name, value.expose_secret()))
            .collect();
        values.extend(saved.iter().map(|(name, value)| (*name, value.as_str())));
        model::effective(&Values::new(values), self.worker.shutdown_grace)
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
        let prefix = self.redis.as_ref().map(|redis| redis.prefix.clone());
        let mut values = HashMap::from([
            (DATABASE_URL.name, database_url),
            (REDIS_URL.name, redis_url),
        ]);
        if let Some(prefix) = &prefix {
            values.insert(QUEUE_PREFIX.name, prefix);
        }
        let values = Values::new(values);
        self.database = services::database(&values)?;
        self.redis = services::redis(&values)?;
        self.secrets.settings_token = Some(settings_token);
        if self.secrets.keys.is_empty() {
            self.secrets.keys = vec![secret_key];
        }
        Ok(())
    }
}

/// Path of this program, for a child process that is this program again.
///
/// # Errors
/// When the system cannot tell.
pub fn current_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// Arguments of this process, without the program's name.
pub fn arguments() -> impl Iterator<Item = std::ffi::OsString> {
    std::env::args_os().skip(1)
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod services_tests;
#[cfg(test)]
#[path = "tests.rs"]
mod tests;
