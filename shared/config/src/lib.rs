//! The settings of a process, from the environment into typed structs, and the keys that seal and sign. Nothing else in the workspace
//! reads the environment.
//!
//! A bad or missing value is one sentence that names the variable and what it may be, never its value. An empty value
//! counts as not set, as compose files pass it.

pub mod crypto;
mod masks;
mod model;
mod services;
pub mod tls;
mod values;

use std::{collections::HashMap, net::IpAddr, path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

pub use masks::{
    MASK, has_secret, masked_members, masked_url, secret_members, unmasked_members, unmasked_url,
};
use model::effective;
pub use model::{Effective, ModelConfig, Prices};
pub use services::{DatabaseConfig, DoorbellConfig, RedisConfig, SecretUrl, SqsConfig};
use services::{database, doorbell, redis};
use values::allowed_hosts;
pub use values::unquoted;

use domain::text_enum;

/// Lists the variables, and reads the fixed ones, which are no settings of the panel, as optional text under their own names.
macro_rules! variables {
    (settable: $($setting:literal),+; holding: $($holding:literal),+; fixed: $($field:ident $name:literal),+ $(,)?) => {
        #[derive(Debug, Default, serde::Deserialize)]
        struct Raw { $(#[serde(default)] $field: Option<String>,)+ }

        /// Variables that the panel can change, and the names of its settings.
        pub const SETTABLE: &[&str] = &[$($setting),+];

        /// Every variable that is read, without the `_FILE` forms of the secrets.
        pub const VARIABLES: &[&str] = &[$($setting,)+ $($holding,)+ $($name),+];
    };
}

variables! {
    settable:
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "MODEL_SUPPORTS_VISION",
    "REQUEST_TIMEOUT_SECONDS",
    "MAX_CONCURRENT_ANALYSIS_TASKS",
    "LLM_MAX_CONCURRENCY",
    "OPENAI_CONTEXT_TOKENS",
    "OPENAI_MAX_OUTPUT_TOKENS",
    "OPENAI_JSON_MODE",
    "OPENAI_PROTOCOL",
    "OPENAI_STREAM",
    "OPENAI_TEMPERATURE",
    "OPENAI_REASONING_EFFORT",
    "OPENAI_EXTRA_BODY",
    "PRICE_INPUT_PER_MTOK",
    "PRICE_CACHED_PER_MTOK",
    "PRICE_OUTPUT_PER_MTOK";
    holding:
    "SECRETS_JSON";
    fixed:
    settings_token "SETTINGS_TOKEN",
    secret_keys "SECRET_KEYS",
    public_history "PUBLIC_HISTORY",
    database_url "DATABASE_URL",
    db_host "DB_HOST",
    db_port "DB_PORT",
    db_user "DB_USER",
    db_password "DB_PASSWORD",
    db_name "DB_NAME",
    db_max_connections "DB_MAX_CONNECTIONS",
    redis_url "REDIS_URL",
    redis_host "REDIS_HOST",
    redis_port "REDIS_PORT",
    redis_password "REDIS_PASSWORD",
    queue_prefix "QUEUE_PREFIX",
    doorbell_url "DOORBELL_URL",
    code_checker_data_dir "CODE_CHECKER_DATA_DIR",
    code_checker_role "CODE_CHECKER_ROLE",
    trusted_proxies "TRUSTED_PROXIES",
    submissions_per_minute "SUBMISSIONS_PER_MINUTE",
    max_queued "MAX_QUEUED",
    allowed_hosts "ALLOWED_HOSTS",
    port "PORT",
    log_level "LOG_LEVEL",
    log_format "LOG_FORMAT",
    shutdown_grace_seconds "SHUTDOWN_GRACE_SECONDS",
    aws_lambda_runtime_api "AWS_LAMBDA_RUNTIME_API",
    aws_lambda_log_level "AWS_LAMBDA_LOG_LEVEL",
    aws_lambda_log_format "AWS_LAMBDA_LOG_FORMAT",
    aws_access_key_id "AWS_ACCESS_KEY_ID",
    aws_secret_access_key "AWS_SECRET_ACCESS_KEY",
    aws_session_token "AWS_SESSION_TOKEN",
    aws_endpoint_url_sqs "AWS_ENDPOINT_URL_SQS",
    lambda_response_streaming "LAMBDA_RESPONSE_STREAMING",
    xdg_data_home "XDG_DATA_HOME",
    home "HOME",
    path "PATH",
}

/// Variables that the system sets and nobody configures.
pub const SYSTEM_VARIABLES: &[&str] = &[
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_SQS",
    "LAMBDA_RESPONSE_STREAMING",
    "XDG_DATA_HOME",
    "HOME",
    "PATH",
];

/// Variables that can also be given as `NAME_FILE`, the path of a file that holds the value.
pub const SECRETS: &[&str] = &[
    "OPENAI_API_KEY",
    "SETTINGS_TOKEN",
    "SECRET_KEYS",
    "DATABASE_URL",
    "DB_PASSWORD",
    "REDIS_URL",
    "REDIS_PASSWORD",
    HOLDS_SECRETS,
];

/// The variable that holds other secrets, as a secret store keeps them together.
const HOLDS_SECRETS: &str = "SECRETS_JSON";

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

/// A variable that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The value is not what the variable may be.
    #[error("{name} {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it must be, as the end of the sentence.
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
    /// What this process does.
    pub role: Role,
    /// Logs.
    pub log: LogConfig,
    /// Where the embedded mode keeps and looks for things.
    pub embedded: EmbeddedConfig,
    /// What is rung when there is work, if anything is.
    pub doorbell: Option<DoorbellConfig>,
    /// AWS Lambda, where this process is a function there.
    pub lambda: Option<LambdaConfig>,
    /// The environment's values of the settings that the panel can change.
    settable: HashMap<&'static str, SecretString>,
}

/// AWS Lambda.
#[derive(Clone, Copy, Debug)]
pub struct LambdaConfig {
    /// Whether answers are streamed, as a Function URL can and an API Gateway cannot.
    pub streams: bool,
}

text_enum! {
    /// What a process does where one serves all functions.
    Role {
        /// Serves and runs jobs.
        All = "all",
        /// Serves.
        Web = "web",
        /// Runs jobs.
        Worker = "worker",
    }
}

/// The HTTP side.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Port to listen on, all interfaces; 0 takes a free one.
    pub port: u16,
    /// Whether everyone sees everyone's history.
    pub public_history: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Submissions and retries that one visitor may send a minute; 0 for any number.
    pub submissions_per_minute: u32,
    /// Submissions that may wait.
    pub max_queued: i64,
    /// Names under which this server is asked, beside addresses and localhost; any if there are none.
    pub allowed_hosts: Vec<String>,
    /// Largest request body in bytes.
    pub body_limit: usize,
}

/// The queue's consumer.
#[derive(Clone, Copy, Debug)]
pub struct WorkerConfig {
    /// Jobs at once in this process.
    pub concurrency: usize,
    /// How long running jobs may go on after SIGTERM before they are handed back.
    pub shutdown_grace: Duration,
}

/// Keys and tokens.
#[derive(Clone, Debug)]
pub struct SecretsConfig {
    /// The admin's token; without one nobody is admin.
    pub settings_token: Option<SecretString>,
    /// Keys of 32 bytes: the first seals and signs, all open and verify. May be empty.
    pub keys: Vec<SecretSlice<u8>>,
}

/// Logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A filter such as `info` or `info,sqlx=warn`.
    pub level: String,
    /// JSON or text; `None` means JSON unless the output is a terminal.
    pub json: Option<bool>,
}

/// Where the embedded mode keeps and looks for things.
#[derive(Clone, Debug)]
pub struct EmbeddedConfig {
    /// Data folder, if it is set.
    pub data_dir: Option<PathBuf>,
    /// The user's data directory, for a data folder that is not set.
    pub user_data_dir: Option<PathBuf>,
    /// Where programs are looked for.
    pub search_path: Option<String>,
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

/// Puts each secret of [`HOLDS_SECRETS`] where the variable of its name would be.
fn take_out_secrets(vars: &mut HashMap<String, String>) -> Result<(), ConfigError> {
    let Some(text) = vars.remove(HOLDS_SECRETS) else {
        return Ok(());
    };
    let names = || SECRETS.iter().filter(|name| **name != HOLDS_SECRETS);
    let wrong = || {
        let names: Vec<_> = names().copied().collect();
        let expected = format!("must be a JSON object of texts named {}", names.join(", "));
        invalid(HOLDS_SECRETS, expected)
    };
    let held: HashMap<String, String> = serde_json::from_str(&text).map_err(|_| wrong())?;
    for (name, value) in held {
        if !names().any(|known| *known == name) {
            return Err(wrong());
        }
        if value.trim().is_empty() {
            continue;
        }
        if vars.contains_key(&name) {
            let expected = format!("holds {name}, which is also set by itself: keep one of them");
            return Err(invalid(HOLDS_SECRETS, expected));
        }
        vars.insert(name, value);
    }
    Ok(())
}

fn number(
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

fn boolean(name: &'static str, text: Option<&str>, default: bool) -> Result<bool, ConfigError> {
    match text.map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None => Ok(default),
        Some("true" | "1" | "yes" | "on") => Ok(true),
        Some("false" | "0" | "no" | "off") => Ok(false),
        Some(_) => Err(invalid(name, "must be true or false")),
    }
}

fn settings_token(text: &str) -> Result<SecretString, ConfigError> {
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
fn no_placeholder(name: &'static str, text: &str) -> Result<(), ConfigError> {
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

fn trusted_proxies(text: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
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

fn secret_keys(text: &str) -> Result<Vec<SecretSlice<u8>>, ConfigError> {
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

fn log_level(text: Option<&str>) -> Result<String, ConfigError> {
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
fn lambda_log_level(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "warn" | "error") => level.to_owned(),
        "fatal" => "error".to_owned(),
        _ => "info".to_owned(),
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
#[path = "tests.rs"]
mod tests;
