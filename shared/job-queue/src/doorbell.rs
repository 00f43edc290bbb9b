//! The doorbell: wakes the queue's consumer where it is a function that does not run all the time.
//!
//! A ring that fails never fails what rang: the consumer's schedule finds the work.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use reqwest::{Client, RequestBuilder, header::CONTENT_TYPE};
use secrecy::ExposeSecret as _;
use tokio::sync::OnceCell;

use config::{DoorbellConfig, SqsConfig};
use domain::Chain;

/// Longest wait for it to be heard. A function that runs the jobs before it answers goes on all the same.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Nobody needs to read it.
const BODY: &str = r#"{"source":"code-checker","reason":"there is work"}"#;

/// Rings; connects when first used.
#[derive(Clone, Debug)]
pub struct Doorbell {
    config: Option<Arc<DoorbellConfig>>,
    http: Arc<OnceCell<Client>>,
}

/// Why a ring was not heard.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the ring cannot be signed")]
    Sign(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the ring was not heard")]
    Http(#[source] reqwest::Error),
    #[error("the ring was answered with status {0}")]
    Status(u16),
}

impl From<reqwest::Error> for Error {
    /// The address may hold a secret, so it is left out.
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl Doorbell {
    /// A doorbell, or nothing to ring.
    #[must_use]
    pub fn new(config: Option<DoorbellConfig>) -> Self {
        Self {
            config: config.map(Arc::new),
            http: Arc::default(),
        }
    }

    /// Rings, and waits until that was heard: a function is frozen when it has answered.
    pub async fn ring(&self) {
        let Some(config) = &self.config else {
            return;
        };
        match self.try_ring(config).await {
            Ok(()) => tracing::debug!("the doorbell was rung"),
            // One that runs the jobs before it answers.
            Err(Error::Http(error)) if error.is_timeout() && !error.is_connect() => {
                tracing::debug!("the doorbell was rung and did not answer yet");
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the doorbell was not heard; the schedule finds the work");
            }
        }
    }

    async fn try_ring(&self, config: &DoorbellConfig) -> Result<(), Error> {
        let http = self
            .http
            .get_or_try_init(|| async { Client::builder().timeout(TIMEOUT).build() })
            .await?;
        let request = match config {
            DoorbellConfig::Http(url) => http
                .post(url.0.clone())
                .header(CONTENT_TYPE, "application/json")
                .body(BODY),
            DoorbellConfig::Sqs(sqs) => {
                message(http, sqs, SystemTime::now()).map_err(Error::Sign)?
            }
        };
        let status = request.send().await?.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(Error::Status(status.as_u16()))
        }
    }
}

/// `SendMessage` in SQS' JSON protocol, signed:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>
fn message(
    http: &Client,
    sqs: &SqsConfig,
    now: SystemTime,
) -> Result<RequestBuilder, Box<dyn std::error::Error + Send + Sync>> {
    let body = serde_json::json!({ "QueueUrl": sqs.queue_url, "MessageBody": BODY }).to_string();
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "AmazonSQS.SendMessage"),
    ];
    let token = sqs.session_token.as_ref();
    let credentials = Credentials::new(
        &sqs.access_key_id,
        sqs.secret_access_key.expose_secret(),
        token.map(|token| token.expose_secret().to_owned()),
        None,
        "environment",
    );
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&sqs.region)
        .name("sqs")
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signable = SignableRequest::new(
        "POST",
        sqs.endpoint.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    )?;
    let (signature, _) = sign(signable, &parameters)?.into_parts();
    let mut request = http.post(sqs.endpoint.clone()).body(body.clone());
    for (name, value) in headers.into_iter().chain(signature.headers()) {
        request = request.header(name, value);
    }
    Ok(request)
}
