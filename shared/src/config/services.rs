//! Postgres and Redis: an address, or its parts.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::{ConfigError, invalid, number};

/// Postgres.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// How to connect.
    pub options: PgConnectOptions,
    /// The password, from which keys are derived where none are configured.
    pub password: Option<SecretString>,
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("host", &self.options.get_host())
            .finish_non_exhaustive()
    }
}

/// Redis.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `redis://`, `rediss://` or `unix://`.
    pub url: SecretString,
    /// First part of every BullMQ key.
    pub prefix: String,
}

impl RedisConfig {
    /// The address, password included.
    #[must_use]
    pub fn expose_url(&self) -> &str {
        self.url.expose_secret()
    }
}

pub(super) fn database(
    url: Option<&str>,
    host: Option<&str>,
    port: Option<&str>,
    user: Option<&str>,
    password: Option<&str>,
    name: Option<&str>,
) -> Result<Option<DatabaseConfig>, ConfigError> {
    let (options, password) = match (url, host) {
        (None, None) => return Ok(None),
        (Some(url), _) => {
            let wrong = || {
                invalid(
                    "DATABASE_URL",
                    "must be an address such as postgres://user:password@host:5432/database",
                )
            };
            let parsed = reqwest::Url::parse(url.trim()).map_err(|_| wrong())?;
            if !matches!(parsed.scheme(), "postgres" | "postgresql") {
                return Err(wrong());
            }
            let mut options = PgConnectOptions::from_str(url.trim()).map_err(|_| wrong())?;
            let own = parsed.password().map(|password| {
                percent_decode_str(password)
                    .decode_utf8_lossy()
                    .into_owned()
            });
            if let (None, Some(password)) = (&own, password) {
                options = options.password(password);
            }
            (options, own.or_else(|| password.map(str::to_owned)))
        }
        (None, Some(host)) => {
            let mut options = PgConnectOptions::new_without_pgpass()
                .host(host.trim())
                .port(number("DB_PORT", port, 5432, 1, u64::from(u16::MAX))? as u16)
                .username(user.unwrap_or("codechecker").trim())
                .database(name.unwrap_or("codechecker").trim());
            if let Some(password) = password {
                options = options.password(password);
            }
            (options, password.map(str::to_owned))
        }
    };
    Ok(Some(DatabaseConfig {
        options: options.application_name("code-checker"),
        password: password
            .filter(|password| !password.is_empty())
            .map(SecretString::from),
    }))
}

pub(super) fn redis(
    url: Option<&str>,
    host: Option<&str>,
    port: Option<&str>,
    password: Option<&str>,
    prefix: Option<&str>,
) -> Result<Option<RedisConfig>, ConfigError> {
    let url = match (url, host) {
        (None, None) => return Ok(None),
        (Some(url), _) => {
            let wrong = || {
                invalid(
                    "REDIS_URL",
                    "must be an address such as redis://:password@host:6379, rediss://… for TLS, or unix:///path",
                )
            };
            let parsed = reqwest::Url::parse(url.trim()).map_err(|_| wrong())?;
            if !matches!(parsed.scheme(), "redis" | "rediss" | "unix" | "redis+unix") {
                return Err(wrong());
            }
            SecretString::from(url.trim())
        }
        (None, Some(host)) => {
            let port = number("REDIS_PORT", port, 6379, 1, u64::from(u16::MAX))?;
            let mut parsed = reqwest::Url::parse(&format!("redis://{}:{port}", host.trim()))
                .map_err(|_| invalid("REDIS_HOST", "must be the name or address of a host"))?;
            if password.is_some() {
                parsed
                    .set_password(password)
                    .map_err(|()| invalid("REDIS_HOST", "must be the name or address of a host"))?;
            }
            SecretString::from(String::from(parsed))
        }
    };
    let prefix = prefix.unwrap_or("bull").trim();
    if prefix.is_empty()
        || prefix.contains(':')
        || prefix.chars().any(|c| c.is_control() || c.is_whitespace())
    {
        return Err(invalid(
            "QUEUE_PREFIX",
            "must be a word without colons, such as bull",
        ));
    }
    Ok(Some(RedisConfig {
        url,
        prefix: prefix.to_owned(),
    }))
}
