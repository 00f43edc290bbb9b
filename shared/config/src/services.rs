//! Postgres and Redis: an address, or its parts.

use std::{fmt, str::FromStr};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::{ConfigError, invalid, no_placeholder, number};

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

/// What is rung when there is work.
#[derive(Clone, Debug)]
pub enum DoorbellConfig {
    /// An address that gets a POST.
    Http(SecretUrl),
    /// An SQS queue that gets a message.
    Sqs(SqsConfig),
}

/// An address that may hold a secret.
#[derive(Clone)]
pub struct SecretUrl(pub Url);

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretUrl")
            .field(&self.0.host_str())
            .finish()
    }
}

/// An SQS queue.
#[derive(Clone, Debug)]
pub struct SqsConfig {
    /// Address of the queue.
    pub queue_url: String,
    /// Where the service is called.
    pub endpoint: Url,
    /// AWS region of the queue.
    pub region: String,
    /// Who sends.
    pub access_key_id: String,
    /// The secret of that.
    pub secret_access_key: SecretString,
    /// The token of temporary credentials.
    pub session_token: Option<SecretString>,
}

pub(super) fn doorbell(
    url: Option<&str>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    endpoint: Option<&str>,
) -> Result<Option<DoorbellConfig>, ConfigError> {
    let Some(url) = url.map(str::trim) else {
        return Ok(None);
    };
    let wrong = |what: &str| invalid("DOORBELL_URL", what);
    let parsed = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            wrong("must be an http or https address that gets a POST, or the URL of an SQS queue")
        })?;
    let host = parsed.host_str().unwrap_or_default();
    let region = host
        .strip_prefix("sqs.")
        .and_then(|rest| rest.split_once(".amazonaws.com"))
        .map(|(region, _)| region.to_owned());
    let Some(region) = region else {
        return Ok(Some(DoorbellConfig::Http(SecretUrl(parsed))));
    };
    let (Some(access_key_id), Some(secret)) = (access_key_id, secret_access_key) else {
        return Err(wrong(
            "is an SQS queue, which needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; a Lambda function has them",
        ));
    };
    let endpoint = match endpoint {
        Some(endpoint) => Url::parse(endpoint.trim())
            .map_err(|_| invalid("AWS_ENDPOINT_URL_SQS", "must be an http or https address"))?,
        None => {
            let mut endpoint = parsed.clone();
            endpoint.set_path("/");
            endpoint
        }
    };
    Ok(Some(DoorbellConfig::Sqs(SqsConfig {
        queue_url: url.to_owned(),
        endpoint,
        region,
        access_key_id,
        secret_access_key: secret.into(),
        session_token: session_token.map(SecretString::from),
    })))
}

pub(super) fn database(
    url: Option<&str>,
    host: Option<&str>,
    port: Option<&str>,
    user: Option<&str>,
    password: Option<&str>,
    name: Option<&str>,
) -> Result<Option<DatabaseConfig>, ConfigError> {
    if let Some(password) = password {
        no_placeholder("DB_PASSWORD", password)?;
    }
    let has_own_roots =
        url.is_some_and(|url| url.contains("sslrootcert") || url.contains("ssl-root-cert"));
    let (options, password) = match (url, host) {
        (None, None) => return Ok(None),
        (Some(url), _) => {
            let wrong = || {
                invalid(
                    "DATABASE_URL",
                    "must be an address such as postgres://user:password@host:5432/database",
                )
            };
            let parsed = Url::parse(url.trim()).map_err(|_| wrong())?;
            if !matches!(parsed.scheme(), "postgres" | "postgresql") {
                return Err(wrong());
            }
            let mut options = PgConnectOptions::from_str(url.trim()).map_err(|_| wrong())?;
            let own = parsed.password().map(|password| {
                percent_decode_str(password)
                    .decode_utf8_lossy()
                    .into_owned()
            });
            let own = own.or_else(|| {
                let mut pairs = parsed.query_pairs();
                let found = pairs.find(|(name, _)| name == "password");
                found.map(|(_, password)| password.into_owned())
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
        options: options
            .application_name("code-checker")
            // A start-up parameter that PgBouncer refuses; PostgreSQL gives all digits without it.
            .extra_float_digits(None),
        has_own_roots,
        password: password
            .filter(|password| !password.is_empty())
            .map(SecretString::from),
    }))
}

/// A password as it stands in an address. A `%` would be taken for the beginning of an escape.
fn encoded(password: &str) -> String {
    utf8_percent_encode(password, NON_ALPHANUMERIC).to_string()
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
            let mut parsed = Url::parse(url.trim()).map_err(|_| wrong())?;
            let is_socket = match parsed.scheme() {
                "redis" | "rediss" => false,
                "unix" | "redis+unix" => true,
                _ => return Err(wrong()),
            };
            let has_own =
                parsed.password().is_some() || parsed.query_pairs().any(|(name, _)| name == "pass");
            match password.filter(|_| !has_own) {
                None => SecretString::from(url.trim()),
                Some(password) => {
                    let password = encoded(password);
                    if is_socket {
                        let query = match parsed.query() {
                            Some(query) => format!("{query}&pass={password}"),
                            None => format!("pass={password}"),
                        };
                        parsed.set_query(Some(&query));
                    } else {
                        parsed.set_password(Some(&password)).map_err(|()| wrong())?;
                    }
                    SecretString::from(String::from(parsed))
                }
            }
        }
        (None, Some(host)) => {
            let port = number("REDIS_PORT", port, 6379, 1, u64::from(u16::MAX))?;
            let mut parsed = Url::parse(&format!("redis://{}:{port}", host.trim()))
                .map_err(|_| invalid("REDIS_HOST", "must be the name or address of a host"))?;
            if let Some(password) = password {
                parsed
                    .set_password(Some(&encoded(password)))
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
