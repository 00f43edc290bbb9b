//! The address of a client, also behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts, uri::Authority},
};
use ipnet::{IpNet, Ipv6Net};

use crate::state::AppState;

/// Address of the client, for slowing down guesses: the peer's, or the one that a configured proxy in front names. One client
/// has a whole /64 of IPv6.
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

/// Whether the request comes from this very machine: a peer on the loopback, no trace of a proxy, and a name that no other machine
/// would use.
#[must_use]
pub fn is_from_here(peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let is_forwarded = ["forwarded", "via", "x-forwarded-for", "x-real-ip"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Authority>().ok());
    let is_local_name = host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        let address = name.parse::<IpAddr>();
        name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
    });
    let is_loopback = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    is_loopback && !is_forwarded && is_local_name
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

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
    fn only_this_machine_is_here() {
        let is_here = |peer: &str, headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            is_from_here(peer.parse().ok(), &headers.collect())
        };
        for host in ["localhost:3000", "127.0.0.1", "[::1]:3000", "LOCALHOST"] {
            assert!(is_here("127.0.0.1", &[("host", host)]), "{host}");
        }
        assert!(is_here("::ffff:127.0.0.1", &[("host", "localhost")]));
        assert!(!is_here("192.168.0.9", &[("host", "localhost")]));
        assert!(!is_here("", &[("host", "localhost")]));
        assert!(!is_here("127.0.0.1", &[]));
        assert!(!is_here("127.0.0.1", &[("host", "check.example")]));
        let forwarded = [("host", "localhost"), ("x-forwarded-for", "203.0.113.7")];
        assert!(!is_here("127.0.0.1", &forwarded));
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
}
