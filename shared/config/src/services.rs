//! Postgres and Redis: an address, or its parts.

use std::{fmt, str::FromStr};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use crate::{
    secrets::no_placeholder,
    table::{
        DATABASE_URL, DB_HOST, DB_NAME, DB_PASSWORD, DB_PORT, DB_USER, QUEUE_PREFIX, REDIS_HOST,
        REDIS_PASSWORD, REDIS_PORT, REDIS_URL,
    },
    values::{InvalidValue, Values},
};

/// Postgres.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// How to connect.
    pub options: PgConnectOptions,
    /// Whether the address names root certificates.
    pub has_own_roots: bool,
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
    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.expose_url().starts_with("rediss:")
    }

    /// The address, password included.
    #[must_use]
    pub fn expose_url(&self) -> &str {
        self.url.expose_secret()
    }
}

pub(crate) fn database(values: &Values<'_>) -> Result<Option<DatabaseConfig>, InvalidValue> {
    let password = values.given(&DB_PASSWORD);
    if let Some(password) = password {
        no_placeholder(&DB_PASSWORD, password)?;
    }
    let (options, password) = if let Some(url) = values.address(&DATABASE_URL)? {
        let text = values.text(&DATABASE_URL).unwrap_or_default();
        let options = PgConnectOptions::from_str(text).map_err(|_| DATABASE_URL.invalid())?;
        match own_password(&url) {
            Some(own) => (options, Some(own)),
            None => with_password(options, password),
        }
    } else if let Some(host) = values.text(&DB_HOST) {
        let options = PgConnectOptions::new_without_pgpass()
            .host(host)
            .port(values.number(&DB_PORT)?)
            .username(values.text(&DB_USER).unwrap_or_default())
            .database(values.text(&DB_NAME).unwrap_or_default());
        with_password(options, password)
    } else {
        return Ok(None);
    };
    let url = values.given(&DATABASE_URL).unwrap_or_default();
    Ok(Some(DatabaseConfig {
        options: options
            .application_name("code-checker")
            // A start-up parameter that PgBouncer refuses; PostgreSQL gives all digits without it.
            .extra_float_digits(None),
        has_own_roots: url.contains("sslrootcert") || url.contains("ssl-root-cert"),
        password: password
            .filter(|password| !password.is_empty())
            .map(SecretString::from),
    }))
}

/// The password inside an address of PostgreSQL.
fn own_password(url: &Url) -> Option<String> {
    let decoded = |password| {
        percent_decode_str(password)
            .decode_utf8_lossy()
            .into_owned()
    };
    url.password().map(decoded).or_else(|| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(name, _)| name == "password");
        found.map(|(_, password)| password.into_owned())
    })
}

fn with_password(
    options: PgConnectOptions,
    password: Option<&str>,
) -> (PgConnectOptions, Option<String>) {
    match password {
        Some(password) => (options.password(password), Some(password.to_owned())),
        None => (options, None),
    }
}

/// A password as it stands in an address. A `%` would be taken for the beginning of an escape.
fn encoded(password: &str) -> String {
    utf8_percent_encode(password, NON_ALPHANUMERIC).to_string()
}

pub(crate) fn redis(values: &Values<'_>) -> Result<Option<RedisConfig>, InvalidValue> {
    let password = values.given(&REDIS_PASSWORD).map(encoded);
    let url = if let Some(url) = values.address(&REDIS_URL)? {
        let has_own = url.password().is_some() || url.query_pairs().any(|(name, _)| name == "pass");
        match password.filter(|_| !has_own) {
            Some(password) => redis_with_password(url, &password)?,
            None => values.text(&REDIS_URL).unwrap_or_default().to_owned(),
        }
    } else if let Some(host) = values.text(&REDIS_HOST) {
        let port: u16 = values.number(&REDIS_PORT)?;
        let url = Url::parse(&format!("redis://{host}:{port}"));
        let mut url = url.map_err(|_| REDIS_HOST.invalid())?;
        url.set_password(password.as_deref())
            .map_err(|()| REDIS_HOST.invalid())?;
        url.into()
    } else {
        return Ok(None);
    };
    let prefix = values.text(&QUEUE_PREFIX).unwrap_or_default();
    if prefix.is_empty()
        || prefix.contains(|c: char| c == ':' || c.is_control() || c.is_whitespace())
    {
        return Err(QUEUE_PREFIX.invalid());
    }
    Ok(Some(RedisConfig {
        url: url.into(),
        prefix: prefix.to_owned(),
    }))
}

fn redis_with_password(mut url: Url, password: &str) -> Result<String, InvalidValue> {
    if matches!(url.scheme(), "unix" | "redis+unix") {
        let query = match url.query() {
            Some(query) => format!("{query}&pass={password}"),
            None => format!("pass={password}"),
        };
        url.set_query(Some(&query));
    } else {
        url.set_password(Some(password))
            .map_err(|()| REDIS_URL.invalid())?;
    }
    Ok(url.into())
}
