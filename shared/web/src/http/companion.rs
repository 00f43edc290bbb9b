//! The clients whose problems from Competitive Companion are taken.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{header, request::Parts, uri::Authority},
};

use super::address::ClientAddress;
use crate::{error::ApiError, state::AppState};
use config::Companion;

/// Headers by which a proxy names the client.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// A client that may bring problems from Competitive Companion and take its own; refused where `COMPETITIVE_COMPANION` says so.
#[derive(Clone, Debug)]
pub struct CompanionClient(pub String);

impl FromRequestParts<AppState> for CompanionClient {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match state.config.http.companion {
            Companion::On => {
                let Ok(ClientAddress(client)) =
                    ClientAddress::from_request_parts(parts, state).await;
                Ok(Self(client))
            }
            // The extension's `localhost` may be another of this machine's addresses than the page's.
            Companion::Auto if is_here(parts) => Ok(Self("here".to_owned())),
            Companion::Auto | Companion::Off => Err(ApiError::NotFound(
                "This server takes no problems from Competitive Companion for you; COMPETITIVE_COMPANION says for whom."
                    .to_owned(),
            )),
        }
    }
}

/// Whether the client is on this machine, with no proxy between.
fn is_here(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let is_local = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let is_direct = !FORWARDED
        .iter()
        .any(|name| parts.headers.contains_key(*name));
    is_local && is_direct && is_asked_as_local(parts)
}

/// Whether the request is for `localhost` or a loopback address: a page may be led here under another name (DNS rebinding).
fn is_asked_as_local(parts: &Parts) -> bool {
    let host = || {
        let host = parts.headers.get(header::HOST)?;
        Authority::try_from(host.as_bytes()).ok()
    };
    let Some(authority) = parts.uri.authority().cloned().or_else(host) else {
        return false;
    };
    let host = authority.host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let peer: SocketAddr = peer.parse().unwrap();
        parts.extensions.insert(ConnectInfo(peer));
        parts
    }

    #[test]
    fn a_client_is_here_without_a_proxy_and_under_a_local_name() {
        let host = ("host", "localhost:3000");
        for (peer, headers, here) in [
            ("127.0.0.1:5000", &[host][..], true),
            ("[::1]:5000", &[host], true),
            ("[::ffff:127.0.0.1]:5000", &[("host", "LOCALHOST")], true),
            ("127.0.0.1:5000", &[("host", "127.0.0.1:3000")], true),
            ("127.0.0.1:5000", &[("host", "[::1]:3000")], true),
            ("10.0.0.7:5000", &[host], false),
            ("127.0.0.1:5000", &[("host", "evil.example:3000")], false),
            (
                "127.0.0.1:5000",
                &[("host", "localhost.evil.example")],
                false,
            ),
            ("127.0.0.1:5000", &[("host", "10.0.0.7:3000")], false),
            ("127.0.0.1:5000", &[], false),
            (
                "127.0.0.1:5000",
                &[host, ("x-forwarded-for", "127.0.0.1")],
                false,
            ),
            (
                "127.0.0.1:5000",
                &[host, ("forwarded", "for=127.0.0.1")],
                false,
            ),
        ] {
            assert_eq!(is_here(&parts(peer, headers)), here, "{peer} {headers:?}");
        }
    }
}
