//! Who is the admin, and who owns a submission.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts, uri::Authority},
};
use chrono::Utc;
use cookie::{Cookie, SameSite, time::Duration};
use ipnet::IpNet;
use secrecy::ExposeSecret as _;

use super::visitor::cookies;
use crate::{
    crypto::{random, same_secret, sha256, sign_with},
    db::submissions,
    domain::SubmissionId,
    error::ApiError,
    state::AppState,
};

const SESSION: &str = "cc_session";
const PURPOSE: &str = "admin session";
/// How long a login lasts.
const SESSION_SECONDS: i64 = 7 * 24 * 60 * 60;

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether `given` is the admin's token. Without a configured token nothing is.
#[must_use]
pub fn is_admin_token(given: &str, state: &AppState) -> bool {
    state
        .config
        .secrets
        .settings_token
        .as_ref()
        .is_some_and(|token| same_secret(given, token.expose_secret()))
}

/// Whether the request is the admin's: by the token, as `Authorization: Bearer …` or `x-admin-token: …`, or by the session
/// cookie.
#[must_use]
pub fn is_admin(headers: &HeaderMap, state: &AppState) -> bool {
    let own = headers
        .get("x-admin-token")
        .and_then(|value| value.to_str().ok());
    bearer(headers)
        .into_iter()
        .chain(own)
        .any(|given| is_admin_token(given, state))
        || has_session(headers, state)
}

fn has_session(headers: &HeaderMap, state: &AppState) -> bool {
    let Some(token) = &state.config.secrets.settings_token else {
        return false;
    };
    cookies(headers, SESSION).any(|value| {
        // <expiry>.<random>.<signature>
        let Some((message, signature)) = value.rsplit_once('.') else {
            return false;
        };
        let expected = sign_with(token.expose_secret(), PURPOSE, message);
        let expiry = message
            .split('.')
            .next()
            .and_then(|expiry| expiry.parse::<i64>().ok());
        same_secret(signature, &expected)
            && expiry.is_some_and(|expiry| Utc::now().timestamp() < expiry)
    })
}

/// Whether a request comes from one of our own pages, as far as the browser says. Who says nothing is no browser, and has no
/// cookies of a visitor's to misuse.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return true;
    };
    let Some(theirs) = origin.split_once("://").and_then(|(_, host)| site(host)) else {
        return false;
    };
    // Each proxy may add what it was asked for.
    let forwarded = text("x-forwarded-host").unwrap_or_default().split(',');
    let mut ours = forwarded.chain(text("host")).filter_map(site);
    ours.any(|ours| ours == theirs)
}

/// Name and port of a server. The ports that browsers leave out are left out, as some proxies write them.
fn site(host: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = host.trim().parse().ok()?;
    let port = authority
        .port_u16()
        .filter(|port| ![80, 443].contains(port));
    Some((authority.host().to_ascii_lowercase(), port))
}

/// A new session's cookie. It is signed with a key made from the token, so that a new token ends every session.
#[must_use]
pub fn session_cookie(headers: &HeaderMap, state: &AppState) -> Option<HeaderValue> {
    let token = state.config.secrets.settings_token.as_ref()?;
    let random: String = random::<8>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let message = format!("{}.{random}", Utc::now().timestamp() + SESSION_SECONDS);
    let value = format!(
        "{message}.{}",
        sign_with(token.expose_secret(), PURPOSE, &message)
    );
    cookie(headers, value, SESSION_SECONDS)
}

/// The cookie that ends a session in the browser.
#[must_use]
pub fn end_session_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    cookie(headers, String::new(), 0)
}

fn cookie(headers: &HeaderMap, value: String, seconds: i64) -> Option<HeaderValue> {
    let secure = headers
        .get("x-forwarded-proto")
        .is_some_and(|value| value == "https");
    let cookie = Cookie::build((SESSION, value))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(seconds))
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

/// Address of the client, for slowing down failed logins: the peer's, or what a proxy in front says that is configured as one.
///
/// A private address is no proof of a proxy: Docker's own makes each client on the same host look like one.
#[derive(Clone, Debug)]
pub struct ClientAddress(pub String);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip());
        let address = client(peer, &parts.headers, &state.config.http.trusted_proxies);
        Ok(Self(address.map_or_else(
            || "unknown".to_owned(),
            |address| address.to_string(),
        )))
    }
}

/// The client, seen from `peer`: the nearest address that is no proxy of ours. Addresses further left in `X-Forwarded-For` are
/// the client's own claims. Without a peer, in a function, the platform is the nearest proxy.
fn client(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(&address));
    let peer = peer.map(|peer| peer.to_canonical());
    let mut nearest = peer;
    if peer.is_some_and(|peer| !is_proxy(peer)) {
        return peer;
    }
    // Each proxy appends to the last header or adds one.
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    let forwarded = forwarded.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    for address in forwarded {
        // Some proxies write "unknown", or a port behind the address: then the proxy itself is the nearest that is known.
        let Ok(address) = address.trim().parse::<IpAddr>() else {
            break;
        };
        let address = address.to_canonical();
        nearest = Some(address);
        if !is_proxy(address) {
            break;
        }
    }
    nearest
}

/// Proof that the request is the admin's; without it the answer is 401.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if is_admin(&parts.headers, state) {
            Ok(Self)
        } else {
            Err(ApiError::Unauthorized)
        }
    }
}

/// Proof that the request may act on the submission in its address: its owner's, by visitor cookie or owner token (as
/// `Authorization: Bearer …` or `x-owner-token: …`), or the admin's.
#[derive(Clone, Copy, Debug)]
pub struct Owned(pub SubmissionId);

impl FromRequestParts<AppState> for Owned {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let super::PathId(id) = super::PathId::from_request_parts(parts, state).await?;
        if is_admin(&parts.headers, state) {
            return Ok(Self(id));
        }
        let owner = submissions::owner(&state.db, id)
            .await?
            .ok_or_else(ApiError::no_submission)?;
        let visitor = super::visitor::read(&parts.headers, &state.keys);
        let is_visitor = visitor.is_some_and(|visitor| owner.visitor_id == Some(visitor.0));
        let own = parts
            .headers
            .get("x-owner-token")
            .and_then(|value| value.to_str().ok());
        // Both sides are digests, so how long a comparison takes tells nothing of the token.
        let has_token = bearer(&parts.headers)
            .into_iter()
            .chain(own)
            .any(|given| owner.owner_token_hash.as_deref() == Some(&sha256(given.as_bytes())[..]));
        if is_visitor || has_token {
            Ok(Self(id))
        } else {
            Err(ApiError::NotOwner)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_client_cannot_choose_its_address() {
        let proxies: Vec<IpNet> = vec![
            "172.18.0.0/16".parse().unwrap(),
            "10.0.0.9/32".parse().unwrap(),
            "fd00::/8".parse().unwrap(),
        ];
        let from = |peer: &str, forwarded: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_static(value));
            }
            let peer = Some(peer).filter(|peer| !peer.is_empty());
            client(peer.map(|peer| peer.parse().unwrap()), &headers, &proxies)
                .unwrap()
                .to_string()
        };
        for (peer, forwarded, expected) in [
            // A peer that is no proxy of ours, be it the gateway of Docker or this host.
            ("203.0.113.7", &["198.51.100.1"][..], "203.0.113.7"),
            ("172.17.0.1", &["198.51.100.1"], "172.17.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "127.0.0.1"),
            ("192.168.0.1", &["198.51.100.1"], "192.168.0.1"),
            ("::1", &["198.51.100.1"], "::1"),
            // A proxy of ours, also as seen on a socket of both families.
            ("172.18.0.4", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:172.18.0.4", &["198.51.100.1"], "198.51.100.1"),
            ("fd12::4", &["2001:db8::1"], "2001:db8::1"),
            ("172.18.0.4", &[], "172.18.0.4"),
            // The client's own claims stand before the address that a proxy saw.
            ("172.18.0.4", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("172.18.0.4", &["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
            (
                "172.18.0.4",
                &["6.6.6.6, 198.51.100.1, 10.0.0.9"],
                "198.51.100.1",
            ),
            ("172.18.0.4", &["nonsense"], "172.18.0.4"),
            ("172.18.0.4", &["198.51.100.1, unknown"], "172.18.0.4"),
            // All are ours: the one that is furthest away.
            ("172.18.0.4", &["172.18.0.1"], "172.18.0.1"),
            // In a function.
            ("", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(from(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_told_apart() {
        let host = ("host", "check.example:3000");
        for (sent, own) in [
            (&[host][..], true),
            (&[host, ("origin", "http://check.example:3000")], true),
            (&[host, ("origin", "https://check.example")], false),
            (&[host, ("origin", "null")], false),
            (&[host, ("origin", "http://check.example:3001")], false),
            (&[host, ("origin", "http://")], false),
            (&[("origin", "http://check.example")], false),
            (&[host, ("origin", "https://evil.example")], false),
            (&[host, ("sec-fetch-site", "same-origin")], true),
            (&[host, ("sec-fetch-site", "cross-site")], false),
            (&[host, ("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("host", "inner:3000"),
                    ("x-forwarded-host", "check.example"),
                    ("origin", "https://check.example"),
                ],
                true,
            ),
            (
                &[
                    ("host", "inner:3000"),
                    ("x-forwarded-host", "check.example:443, inner"),
                    ("x-forwarded-proto", "https"),
                    ("origin", "https://check.example"),
                ],
                true,
            ),
            (
                &[
                    ("host", "Check.example:80"),
                    ("origin", "http://check.example"),
                ],
                true,
            ),
            (
                &[
                    ("host", "check.example:443"),
                    ("x-forwarded-proto", "https"),
                    ("origin", "https://check.example"),
                ],
                true,
            ),
            (&[("host", "[::1]:80"), ("origin", "http://[::1]")], true),
            (
                &[
                    ("host", "check.example:80"),
                    ("origin", "http://evil.example"),
                ],
                false,
            ),
        ] {
            assert_eq!(is_own(&headers(sent)), own, "{sent:?}");
        }
    }
}
