//! Who is the admin, and who owns a submission.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, RawPathParams},
    http::{HeaderMap, HeaderValue, header, request::Parts, uri::Authority},
};
use chrono::{DateTime, Utc};
use cookie::{Cookie, SameSite, time::Duration};
use ipnet::{IpNet, Ipv6Net};
use secrecy::ExposeSecret as _;

use super::visitor::cookies;
use crate::{error::ApiError, state::AppState};
use config::crypto::{random, same_secret, sha256, sign_with};
use db::{ended_sessions, submissions};
use domain::{Chain, SubmissionId};
use job_queue::guesses::TooMany;

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

/// The tokens that a request holds, in whatever place.
fn tokens(headers: &HeaderMap) -> Vec<&str> {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let own = [of("x-admin-token"), of("x-owner-token")];
    bearer(headers)
        .into_iter()
        .chain(own.into_iter().flatten())
        .filter(|token| !token.is_empty())
        .collect()
}

/// The rights of a request. They are found out once for a request, so that a wrong token counts once, and counts whatever route it is
/// sent to: each that shows the admin more than others would tell a right one from a wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// The admin's: by the token, as `Authorization: Bearer …` or `x-admin-token: …`, or by the session cookie.
    Admin,
    /// By the owner token of this submission.
    Owner(SubmissionId),
    /// By nothing.
    Nobody,
    /// From a client that sent too many wrong tokens; this many seconds from now it may try again.
    TooMany(u64),
}

impl Access {
    async fn of(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(*known);
        }
        let by_token = Self::by_token(parts, state).await?;
        let access = if by_token != Self::Admin && has_session(&parts.headers, state).await? {
            Self::Admin
        } else {
            by_token
        };
        parts.extensions.insert(access);
        Ok(access)
    }

    async fn by_token(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if tokens(&parts.headers).is_empty() {
            return Ok(Self::Nobody);
        }
        let Ok(ClientAddress(client)) = ClientAddress::from_request_parts(parts, state).await;
        let id = submission(parts).await;
        let tokens = tokens(&parts.headers);
        let right = if tokens.iter().any(|token| is_admin_token(token, state)) {
            Some(Self::Admin)
        } else {
            let is_owners = match id {
                Some(id) => {
                    let owner = submissions::owner(&state.db, id).await?;
                    let hash = owner.and_then(|owner| owner.owner_token_hash);
                    // Both sides are digests, so how long a comparison takes tells nothing of the token.
                    let is_it =
                        |token: &&str| hash.as_deref() == Some(&sha256(token.as_bytes())[..]);
                    tokens.iter().any(is_it)
                }
                None => false,
            };
            id.filter(|_| is_owners).map(Self::Owner)
        };
        let (counted, access) = match right {
            Some(access) => (state.guesses.right(&client).await, access),
            None => (state.guesses.wrong(&client).await, Self::Nobody),
        };
        Ok(match counted {
            Ok(()) => access,
            Err(TooMany(seconds)) => Self::TooMany(seconds),
        })
    }
}

/// The submission in the request's address.
async fn submission(parts: &mut Parts) -> Option<SubmissionId> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, id) = params.iter().find(|(name, _)| *name == "id")?;
    id.parse().ok()
}

/// Whether the request is the admin's, as far as that can be told while the database is away.
pub async fn is_admin(parts: &mut Parts, state: &AppState) -> bool {
    match Access::of(parts, state).await {
        Ok(access) => access == Access::Admin,
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "nobody can be told for the admin");
            false
        }
    }
}

/// The sessions in the request's cookies: their ids, which are what is signed, and when they end. Those that were logged out are
/// among them.
fn sessions(headers: &HeaderMap, state: &AppState) -> Vec<(String, DateTime<Utc>)> {
    let Some(token) = &state.config.secrets.settings_token else {
        return Vec::new();
    };
    let read = |value: String| {
        // <expiry>.<random>.<signature>
        let (id, signature) = value.rsplit_once('.')?;
        let expected = sign_with(token.expose_secret(), PURPOSE, id);
        let expiry = id.split('.').next()?.parse().ok()?;
        let ends_at = DateTime::from_timestamp(expiry, 0)?;
        let holds = same_secret(signature, &expected) && Utc::now() < ends_at;
        holds.then(|| (id.to_owned(), ends_at))
    };
    cookies(headers, SESSION).filter_map(read).collect()
}

async fn has_session(headers: &HeaderMap, state: &AppState) -> Result<bool, ApiError> {
    for (id, _) in sessions(headers, state) {
        if !ended_sessions::has(&state.db, &id).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends the sessions of a request for good, also for whoever has a copy of the cookie, and answers the cookie that takes them out
/// of the browser.
///
/// # Errors
/// Those of the database: the sessions go on then.
pub async fn end_session(
    headers: &HeaderMap,
    state: &AppState,
) -> Result<Option<HeaderValue>, ApiError> {
    for (id, ends_at) in sessions(headers, state) {
        ended_sessions::put(&state.db, &id, ends_at).await?;
    }
    Ok(cookie(headers, String::new(), 0))
}

/// Whether a request comes from one of our own pages, as far as the browser says. Who says nothing is no browser, and has no
/// cookies of a visitor's to misuse.
pub fn is_own(headers: &HeaderMap) -> bool {
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
    let random: String = random::<16>()
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

/// Address of the client, for slowing down who guesses: the peer's, or what a proxy in front says that is configured as one. One
/// client has a whole /64 of IPv6.
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
        Ok(Self(address.map_or_else(|| "unknown".to_owned(), network)))
    }
}

/// The network of one client: an address of IPv4, or 64 bits of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Net::new(address, 64).map_or_else(
            |_| address.to_string(),
            |network| network.trunc().to_string(),
        ),
        address @ IpAddr::V4(_) => address.to_string(),
    }
}

/// An address as proxies write it: some add a port.
fn written(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
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
        // Some proxies write "unknown": then the proxy itself is the nearest that is known.
        let Some(address) = written(address) else {
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
        match Access::of(parts, state).await? {
            Access::Admin => Ok(Self),
            Access::TooMany(seconds) => Err(ApiError::TooManyAttempts(seconds)),
            Access::Owner(_) | Access::Nobody => Err(ApiError::Unauthorized),
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
        let access = Access::of(parts, state).await?;
        if access == Access::Admin || access == Access::Owner(id) {
            return Ok(Self(id));
        }
        let owner = submissions::owner(&state.db, id)
            .await?
            .ok_or_else(ApiError::no_submission)?;
        let visitor = super::visitor::read(&parts.headers, &state.keys);
        if visitor.is_some_and(|visitor| owner.visitor_id == Some(visitor.0)) {
            return Ok(Self(id));
        }
        Err(match access {
            Access::TooMany(seconds) => ApiError::TooManyAttempts(seconds),
            _ => ApiError::NotOwner,
        })
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
            // With a port.
            ("172.18.0.4", &["198.51.100.1:4711"], "198.51.100.1"),
            ("172.18.0.4", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("172.18.0.4", &["[2001:db8::1]"], "2001:db8::1"),
            // Addresses of IPv4 as a socket of both families sees them.
            ("172.18.0.4", &["::ffff:198.51.100.1"], "198.51.100.1"),
            // Several lines are one list.
            (
                "172.18.0.4",
                &["6.6.6.6, 7.7.7.7", "198.51.100.1", "10.0.0.9"],
                "198.51.100.1",
            ),
            // All are ours: the one that is furthest away.
            ("172.18.0.4", &["172.18.0.1"], "172.18.0.1"),
            // In a function.
            ("", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(from(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn the_addresses_of_one_network_are_one_client() {
        for (address, client) in [
            ("198.51.100.1", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), client);
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
