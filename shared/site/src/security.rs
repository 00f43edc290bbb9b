//! Protects the pages, whoever's text they show: headers, forms from our own pages only, and errors without internals.

use askama::Template;
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{Html, Icon, Page, bytes, local};
use web::{
    error::{ApiError, ErrorCode, Limit},
    http::{RequestId, is_own},
    state::AppState,
};

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; \
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
        .method_not_allowed_fallback(refuse_method)
        .layer(middleware::from_fn(protect))
}

async fn refuse_method(method: Method, uri: Uri) -> Response {
    match page_of_form(&method, &uri) {
        Some(page) => Redirect::to(page).into_response(),
        None => ApiError::MethodNotAllowed.into_response(),
    }
}

/// The page that a form stands on, for anyone who asks for the address that the form is sent to: by a reload, or by the browser's
/// history. It is the address above.
#[must_use]
pub fn page_of_form<'a>(method: &Method, uri: &'a Uri) -> Option<&'a str> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let (page, _) = uri.path().rsplit_once('/').filter(|_| is_read)?;
    Some(if page.is_empty() { "/" } else { local(page) })
}

async fn protect(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let page = Page::of(&parts, false);
    let id = parts.extensions.get::<RequestId>().cloned();
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    let response = if changes && !is_own(&parts.headers) {
        ApiError::ForeignForm.into_response()
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

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    title: String,
    text: String,
    request_id: String,
}

/// An error as a page in the visitor's language; the rest of the problem document is for programs.
fn as_page(response: Response, page: Page, id: Option<RequestId>) -> Response {
    let Some(ErrorCode(code)) = response.extensions().get::<ErrorCode>().copied() else {
        return response;
    };
    let words = page.words;
    let text = |part: &str| {
        let key = format!("error.{code}.{part}");
        let other = format!("error.internal.{part}");
        let text = words.find(&key).unwrap_or(words.get(&other));
        let limit = response.extensions().get::<Limit>();
        limit.map_or_else(
            || text.to_owned(),
            |Limit(limit)| text.replace("{}", &bytes(words, *limit)),
        )
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
