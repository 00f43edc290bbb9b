//! What protects the pages, whoever's text they show: headers, forms from our own pages only, and errors without internals.

use askama::Template;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tower_http::compression::CompressionLayer;

use super::{Html, Icon, Page};
use crate::{
    error::{ApiError, ErrorCode},
    http::RequestId,
    state::AppState,
};

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not "no-referrer", with which browsers send forms without an origin.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Puts the layers of pages around their routes.
pub fn secure(routes: Router<AppState>) -> Router<AppState> {
    routes
        .layer(middleware::from_fn(protect))
        .layer(CompressionLayer::new())
}

async fn protect(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let page = Page::of(&parts, false);
    let id = parts.extensions.get::<RequestId>().cloned();
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let response = if changes && !is_own(&parts.headers) {
        ApiError::Unreadable("The form was sent by another site.".to_owned()).into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    guarded(as_page(response, page, id))
}

/// An error as a page, for routes that [`secure`] is not around.
#[must_use]
pub fn error_page(error: ApiError, page: Page, id: Option<RequestId>) -> Response {
    guarded(as_page(error.into_response(), page, id))
}

fn guarded(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether a form comes from one of our own pages, as far as the browser says. Who says nothing is no browser, and has no
/// cookies of a visitor's to misuse.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    let ours = [text("x-forwarded-host"), text("host")];
    host.is_some() && ours.contains(&host)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    title: String,
    text: String,
    request_id: String,
}

/// An error as a page in the visitor's language; what the problem document says beyond that is for programs.
fn as_page(response: Response, page: Page, id: Option<RequestId>) -> Response {
    let Some(ErrorCode(code)) = response.extensions().get::<ErrorCode>().copied() else {
        return response;
    };
    let words = page.words;
    let text = |part: &str| {
        let key = format!("error.{code}.{part}");
        let other = format!("error.internal.{part}");
        words.find(&key).unwrap_or(words.get(&other)).to_owned()
    };
    let status = response.status();
    let mut html = Html(ErrorPage {
        status: status.as_u16(),
        title: text("title"),
        text: text("text"),
        request_id: id.map(|RequestId(id)| id).unwrap_or_default(),
        page,
    })
    .into_response();
    *html.status_mut() = status;
    for name in [header::RETRY_AFTER, header::ALLOW] {
        html.headers_mut()
            .extend(response.headers().get(&name).map(|v| (name, v.clone())));
    }
    html.extensions_mut().insert(ErrorCode(code));
    html
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(is_own(&headers(sent)), own, "{sent:?}");
        }
    }
}
