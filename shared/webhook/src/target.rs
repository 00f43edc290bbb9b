//! The address of a receiver, checked when it is given.

use std::time::Duration;

use config::WebhookConfig;
use domain::limits;
use reqwest::Url;
use tokio::{net::lookup_host, time::timeout};

use crate::address::is_public;

/// Longest wait for a name to be resolved.
const LOOKUP: Duration = Duration::from_secs(3);

/// Why an address cannot be a receiver's, as the end of a sentence about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Webhooks are off.
    #[error("cannot be used: webhooks are off on this server (WEBHOOKS=true turns them on)")]
    Off,
    /// No address.
    #[error(
        "must be an http or https address of at most {} bytes, without a user, a password or a fragment",
        limits::CALLBACK_URL_BYTES
    )]
    Address,
    /// Not one of the hosts that are allowed.
    #[error("leads to a host that is not allowed here (WEBHOOK_ALLOWED_HOSTS)")]
    Host,
    /// Nobody knows the name.
    #[error("has a host whose name cannot be resolved")]
    Name,
    /// Somewhere inside a network.
    #[error("leads to an address that is not public")]
    Private,
}

/// The address, if it may be called.
///
/// # Errors
/// [`Refused`].
pub async fn check(config: Option<&WebhookConfig>, text: &str) -> Result<Url, Refused> {
    let config = config.ok_or(Refused::Off)?;
    let url = (text.len() <= limits::CALLBACK_URL_BYTES)
        .then(|| Url::parse(text).ok())
        .flatten()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .filter(|url| url.fragment().is_none())
        .ok_or(Refused::Address)?;
    let host = url.host_str().unwrap_or_default();
    if !config.allowed_hosts.is_empty() {
        let is_allowed = config.allowed_hosts.iter().any(|allowed| allowed == host);
        return is_allowed.then_some(url).ok_or(Refused::Host);
    }
    // Brackets are around an address of IPv6 in a URL, and nowhere else.
    let bare = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let found = timeout(LOOKUP, lookup_host((bare, 0))).await;
    let mut found = found.ok().and_then(Result::ok).ok_or(Refused::Name)?;
    if found.any(|address| is_public(address.ip())) {
        Ok(url)
    } else {
        Err(Refused::Private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhooks(allowed: &str) -> Option<WebhookConfig> {
        let variables = [
            ("WEBHOOKS", "true"),
            (
                "WEBHOOK_SECRET",
                "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            ("WEBHOOK_ALLOWED_HOSTS", allowed),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        config::Config::from_vars(variables).unwrap().webhooks
    }

    #[tokio::test]
    async fn nothing_inside_a_network_is_called() {
        let config = webhooks("");
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:3000/",
            "http://[::ffff:10.0.0.1]/",
            "http://localhost:6379/",
            "https://169.254.169.254/latest/meta-data",
            "http://10.0.0.1/",
        ] {
            assert_eq!(
                check(config.as_ref(), url).await,
                Err(Refused::Private),
                "{url}"
            );
        }
        for url in [
            "",
            "check.example/hook",
            "ftp://8.8.8.8/",
            "http://user:pw@8.8.8.8/",
            "https://8.8.8.8/#part",
            "file:///etc/passwd",
            &format!("https://8.8.8.8/{}", "a".repeat(2048)),
        ] {
            assert_eq!(
                check(config.as_ref(), url).await,
                Err(Refused::Address),
                "{url}"
            );
        }
        assert!(
            check(config.as_ref(), "https://8.8.8.8:8443/hook?a=b")
                .await
                .is_ok()
        );
        assert_eq!(check(None, "https://8.8.8.8/").await, Err(Refused::Off));
    }

    #[tokio::test]
    async fn the_hosts_that_are_allowed_are_the_only_ones() {
        let config = webhooks("hooks.internal, 127.0.0.1");
        for url in [
            "http://hooks.internal:8080/x",
            "https://HOOKS.internal/",
            "http://127.0.0.1:9/",
        ] {
            assert!(check(config.as_ref(), url).await.is_ok(), "{url}");
        }
        let other = check(config.as_ref(), "https://8.8.8.8/").await;
        assert_eq!(other, Err(Refused::Host));
    }
}
