//! Whether a request comes from one of our own pages.

use axum::http::{HeaderMap, uri::Authority};

/// Whether a request comes from one of our own pages, as far as the browser says. A client that says nothing is no browser,
/// and has no visitor's cookies to misuse.
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
    // Each proxy may add the host of its own request.
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

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

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
