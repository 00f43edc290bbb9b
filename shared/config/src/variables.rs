//! The names of the variables, and which of them are secrets or only the system's.

use std::collections::HashMap;

use crate::{ConfigError, invalid};

/// Lists the variables, and reads the fixed ones, which are no settings of the panel, as optional text under their own names.
macro_rules! variables {
    (settable: $($setting:literal),+; holding: $($holding:literal),+; fixed: $($field:ident $name:literal),+ $(,)?) => {
        #[derive(Debug, Default, serde::Deserialize)]
        pub(crate) struct Raw { $(#[serde(default)] pub(crate) $field: Option<String>,)+ }

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

/// Puts each secret of [`HOLDS_SECRETS`] where the variable of its name would be.
pub(crate) fn take_out_secrets(vars: &mut HashMap<String, String>) -> Result<(), ConfigError> {
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
