//! Signed cookies that prove that somebody gave a secret, and end with it.

use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};
use cookie::{Cookie, SameSite, time::Duration};
use secrecy::{ExposeSecret as _, SecretString};

use super::visitor::cookies;
use crate::{error::ApiError, state::AppState};
use config::crypto::{random, same_secret, sign_with};
use db::ended_sessions;

/// A kind of cookie. Its value is signed with a key made from the secret, so that another secret ends all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) name: &'static str,
    /// Purpose of the signature.
    pub(super) purpose: &'static str,
    /// How long it lasts.
    pub(super) seconds: i64,
    pub(super) same_site: SameSite,
}

impl Ticket {
    /// Those in the request's cookies: their ids, which are what is signed, and when they end. Those that were ended are among them.
    pub(super) fn held(
        self,
        headers: &HeaderMap,
        secret: Option<&SecretString>,
    ) -> Vec<(String, DateTime<Utc>)> {
        let Some(secret) = secret else {
            return Vec::new();
        };
        let read = |value: String| {
            // <expiry>.<random>.<signature>
            let (id, signature) = value.rsplit_once('.')?;
            let expected = sign_with(secret.expose_secret(), self.purpose, id);
            let expiry = id.split('.').next()?.parse().ok()?;
            let ends_at = DateTime::from_timestamp(expiry, 0)?;
            let holds = same_secret(signature, &expected) && Utc::now() < ends_at;
            holds.then(|| (id.to_owned(), ends_at))
        };
        cookies(headers, self.name).filter_map(read).collect()
    }

    /// Whether one of them holds.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn is_held(
        self,
        headers: &HeaderMap,
        secret: Option<&SecretString>,
        state: &AppState,
    ) -> Result<bool, ApiError> {
        for (id, _) in self.held(headers, secret) {
            if !ended_sessions::has(&state.db, &id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends those of a request for good, also for anyone with a copy, and answers the cookie that takes them out of the browser.
    ///
    /// # Errors
    /// Those of the database: they hold on then.
    pub(super) async fn end(
        self,
        headers: &HeaderMap,
        secret: Option<&SecretString>,
        state: &AppState,
    ) -> Result<Option<HeaderValue>, ApiError> {
        for (id, ends_at) in self.held(headers, secret) {
            ended_sessions::put(&state.db, &id, ends_at).await?;
        }
        Ok(self.cookie(headers, String::new(), 0))
    }

    /// A new one.
    pub(super) fn issue(self, headers: &HeaderMap, secret: &SecretString) -> Option<HeaderValue> {
        let random: String = random::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let message = format!("{}.{random}", Utc::now().timestamp() + self.seconds);
        let signature = sign_with(secret.expose_secret(), self.purpose, &message);
        self.cookie(headers, format!("{message}.{signature}"), self.seconds)
    }

    fn cookie(self, headers: &HeaderMap, value: String, seconds: i64) -> Option<HeaderValue> {
        let secure = headers
            .get("x-forwarded-proto")
            .is_some_and(|value| value == "https");
        let cookie = Cookie::build((self.name, value))
            .path("/")
            .http_only(true)
            .secure(secure)
            .same_site(self.same_site)
            .max_age(Duration::seconds(seconds))
            .build();
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}
