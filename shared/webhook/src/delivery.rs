//! One attempt to tell a receiver.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use serde::Serialize;

use crate::{
    address::PublicOnly,
    target::{Refused, check},
};
use config::{WebhookConfig, crypto::hmac_sha256};
use domain::{Chain, Status, SubmissionId};

/// Longest time of an attempt.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The body of a call.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// `submission.completed`, `submission.failed` or `submission.cancelled`.
    pub r#type: String,
    /// When it ended.
    pub timestamp: DateTime<Utc>,
    /// The submission, in short.
    pub data: Data,
}

/// The submission of an event.
#[derive(Clone, Debug, Serialize)]
pub struct Data {
    /// Its id.
    pub id: SubmissionId,
    /// How it ended.
    pub status: Status,
    /// The run that ended.
    pub run: i32,
    /// The version that it had then.
    pub version: i64,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
}

impl Event {
    /// The end of a run.
    #[must_use]
    pub fn ended(data: Data, at: DateTime<Utc>) -> Self {
        Self {
            r#type: format!("submission.{}", data.status.as_str().to_lowercase()),
            timestamp: at,
            data,
        }
    }

    /// The same for every attempt, so that a receiver can tell that it heard it before.
    fn id(&self) -> String {
        format!("{}-{}", self.data.id, self.data.run)
    }
}

/// Why a receiver did not take it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address may not be called, any more or at all.
    #[error("The address {0}.")]
    Refused(#[from] Refused),
    /// It answered with another status than 2xx.
    #[error("The receiver answered with status {0}.")]
    Status(u16),
    /// It wants no more of them (410).
    #[error("The receiver answered with status 410: it wants no more of them.")]
    Gone,
    /// It sends to another address.
    #[error("The receiver redirects (status {0}), which is not followed: give the final address.")]
    Redirect(u16),
    /// It did not answer.
    #[error("The receiver did not answer: {0}")]
    Http(String),
}

impl Error {
    /// Whether another attempt makes sense.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Gone | Self::Refused(Refused::Off | Refused::Host | Refused::Address)
        )
    }
}

/// Tells receivers; connects when first used.
#[derive(Clone, Debug)]
pub struct Webhooks {
    config: Option<Arc<WebhookConfig>>,
    http: Arc<OnceLock<Client>>,
}

impl Webhooks {
    /// With this configuration, or none that are told.
    #[must_use]
    pub fn new(config: Option<WebhookConfig>) -> Self {
        Self {
            config: config.map(Arc::new),
            http: Arc::default(),
        }
    }

    fn http(&self, config: &WebhookConfig) -> Result<&Client, reqwest::Error> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let mut builder = Client::builder()
            .user_agent(concat!("CodeChecker/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            // A proxy would resolve the name, and reach what this process must not.
            .no_proxy()
            .pool_max_idle_per_host(0);
        if config.allowed_hosts.is_empty() {
            builder = builder.dns_resolver(PublicOnly);
        }
        let http = builder.build()?;
        Ok(self.http.get_or_init(|| http))
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn deliver(&self, url: &str, event: &Event) -> Result<(), Error> {
        let url = check(self.config.as_deref(), url).await?;
        let config = self.config.as_ref().ok_or(Refused::Off)?;
        let unanswered =
            |error: reqwest::Error| Error::Http(Chain(&error.without_url()).to_string());
        let (id, now) = (event.id(), Utc::now().timestamp());
        let body = serde_json::to_string(event).unwrap_or_default();
        let signature = sign(config, &id, now, &body);
        let request = self
            .http(config)
            .map_err(unanswered)?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signature)
            .body(body);
        let status = request.send().await.map_err(unanswered)?.status();
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Error::Gone),
            _ if status.is_redirection() => Err(Error::Redirect(status.as_u16())),
            _ => Err(Error::Status(status.as_u16())),
        }
    }
}

fn sign(config: &WebhookConfig, id: &str, at: i64, body: &str) -> String {
    let signed = format!("{id}.{at}.{body}");
    let signature = hmac_sha256(&config.secret, signed.as_bytes());
    format!("v1,{}", STANDARD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretSlice;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let config = WebhookConfig {
            secret: SecretSlice::from(secret),
            allowed_hosts: Vec::new(),
        };
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&config, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
