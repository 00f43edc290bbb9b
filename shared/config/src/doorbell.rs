//! The doorbell that is rung when there is work: an address, or an SQS queue.

use std::fmt;

use reqwest::Url;
use secrecy::SecretString;

use crate::{
    table::{
        AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_SQS, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
        DOORBELL_URL,
    },
    values::{InvalidValue, Values},
};

/// The doorbell that is rung when there is work.
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
    /// The sender's access key.
    pub access_key_id: String,
    /// The secret of that.
    pub secret_access_key: SecretString,
    /// The token of temporary credentials.
    pub session_token: Option<SecretString>,
}

pub(crate) fn doorbell(values: &Values<'_>) -> Result<Option<DoorbellConfig>, InvalidValue> {
    let Some(url) = values.address(&DOORBELL_URL)? else {
        return Ok(None);
    };
    let host = url.host_str().unwrap_or_default();
    let region = host
        .strip_prefix("sqs.")
        .and_then(|rest| rest.split_once(".amazonaws.com"))
        .map(|(region, _)| region.to_owned());
    let Some(region) = region else {
        return Ok(Some(DoorbellConfig::Http(SecretUrl(url))));
    };
    let key = values.given(&AWS_ACCESS_KEY_ID);
    let (Some(key), Some(secret)) = (key, values.given(&AWS_SECRET_ACCESS_KEY)) else {
        return Err(DOORBELL_URL.refused(
            "is an SQS queue, which needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; a Lambda function has them",
        ));
    };
    let endpoint = values.address(&AWS_ENDPOINT_URL_SQS)?.unwrap_or_else(|| {
        let mut endpoint = url.clone();
        endpoint.set_path("/");
        endpoint
    });
    Ok(Some(DoorbellConfig::Sqs(SqsConfig {
        queue_url: values.text(&DOORBELL_URL).unwrap_or_default().to_owned(),
        endpoint,
        region,
        access_key_id: key.to_owned(),
        secret_access_key: secret.into(),
        session_token: values.given(&AWS_SESSION_TOKEN).map(SecretString::from),
    })))
}
