//! Hosts and networks, separated by commas or spaces.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    table::{CORS_ALLOWED_ORIGINS, TRUSTED_PROXIES, Variable},
    values::{InvalidValue, Values},
};

fn entries<'a>(values: &Values<'a>, variable: &Variable) -> impl Iterator<Item = &'a str> {
    let entries = values.text(variable).unwrap_or_default().split([',', ' ']);
    entries.map(str::trim).filter(|entry| !entry.is_empty())
}

pub(crate) fn trusted_proxies(values: &Values<'_>) -> Result<Vec<IpNet>, InvalidValue> {
    entries(values, &TRUSTED_PROXIES)
        .map(|entry| {
            let address = || entry.parse::<IpAddr>().map(IpNet::from);
            entry
                .parse()
                .or_else(|_| address())
                .map_err(|_| TRUSTED_PROXIES.invalid())
        })
        .collect()
}

/// Names of hosts, also as people paste them: with a scheme, a port or a path.
pub(crate) fn hosts(values: &Values<'_>, variable: &Variable) -> Result<Vec<String>, InvalidValue> {
    entries(values, variable)
        .map(|entry| {
            let address = match entry.contains("://") {
                true => entry.to_owned(),
                false => format!("http://{entry}"),
            };
            let url = reqwest::Url::parse(&address).ok();
            let host = url.as_ref().and_then(reqwest::Url::host_str);
            let host = host.filter(|host| !host.contains('*'));
            let host = host.map(|host| host.trim_end_matches('.').to_owned());
            host.ok_or_else(|| variable.invalid())
        })
        .collect()
}

/// Origins as browsers send them; `*` for any.
pub(crate) fn cors_allowed_origins(values: &Values<'_>) -> Result<Vec<String>, InvalidValue> {
    entries(values, &CORS_ALLOWED_ORIGINS)
        .map(|entry| {
            if entry == "*" {
                return Ok(entry.to_owned());
            }
            let url = reqwest::Url::parse(entry).ok();
            let url = url.filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
            });
            let origin = url.map(|url| url.origin().ascii_serialization());
            origin.ok_or_else(|| CORS_ALLOWED_ORIGINS.invalid())
        })
        .collect()
}
