//! The layers around the routes of every function: request id, access log, panics, and answers for unknown routes.

use std::{
    convert::Infallible,
    net::IpAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Uri, header, request::Parts, uri::Authority,
    },
    middleware::{self, Next},
    response::{IntoResponse as _, Redirect, Response},
};
use telemetry::{
    metrics,
    trace::{self, TraceParent},
};
use tokio_util::sync::CancellationToken;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowHeaders, AllowOrigin, CorsLayer},
};
use tracing::{Instrument as _, Span, field::Empty};
use uuid::Uuid;

use super::{
    access::admit, body::make_room, compression::compress_pages, origin::is_own, pace::RateLimits,
};
use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

const REQUEST_ID: &str = "x-request-id";
/// The route of the function `mcp`.
const MCP: &str = "/mcp";
/// How long a browser may remember what it may send.
const PREFLIGHT: Duration = Duration::from_secs(60 * 60);
/// Headers of answers that scripts of other origins may read.
const EXPOSED: [&str; 8] = [
    "content-disposition",
    "etag",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "x-counterexample-level",
    REQUEST_ID,
];
/// Headers of every answer that has no others: one that a browser opens by itself, such as a report, may do nothing.
const DEFENSIVE: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Most answers depend on who asks, which no cache between knows of.
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
/// A year, as browsers' lists ask for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Id of the request, in its extensions: the client's own if it sent a usable one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The trace that the work of the request continues, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Trace(pub Option<TraceParent>);

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
/// Is cancelled when the client of a request that changes something is gone, in the request's extensions: the handler runs on,
/// and need not wait any longer.
#[derive(Clone, Debug)]
pub struct HungUp(pub CancellationToken);

/// Puts the layers around a function's routes.
pub fn wrap(routes: Router<AppState>, state: &AppState) -> Router {
    let guarded = routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(middleware::from_fn(make_room))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(outlive))
        .layer(middleware::from_fn_with_state(state.clone(), admit))
        .layer(middleware::from_fn_with_state(state.clone(), guard));
    let origins = &state.config.http.cors_allowed_origins;
    let open = if origins.is_empty() {
        guarded
    } else {
        guarded.layer(cors(origins))
    };
    open.layer(middleware::from_fn(compress_pages))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(observe))
        .with_state(state.clone())
}

/// Lets pages of these origins read answers. They are strangers: no cookie counts.
fn cors(origins: &[String]) -> CorsLayer {
    let allowed = if is_any(origins) {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok()))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(PREFLIGHT)
}

fn is_any(origins: &[String]) -> bool {
    origins.iter().any(|origin| origin == "*")
}

/// Whether a request comes from a page that CORS lets in.
fn is_let_in(headers: &HeaderMap, origins: &[String]) -> bool {
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let is_listed = |origin: &str| origins.iter().any(|allowed| allowed == origin);
    origin.is_some_and(|origin| is_any(origins) || is_listed(origin))
}

/// Finishes what changes something also when the client has hung up: half of it would be worse than all or nothing.
async fn outlive(mut request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let hung_up = CancellationToken::new();
    request.extensions_mut().insert(HungUp(hung_up.clone()));
    let _guard = hung_up.drop_guard();
    tokio::spawn(next.run(request).in_current_span())
        .await
        .unwrap_or_else(|error| ApiError::Internal(Box::new(error)).into_response())
}

async fn nothing_here(uri: Uri) -> Response {
    match without_slash(&uri) {
        Some(address) => Redirect::permanent(&address).into_response(),
        None => ApiError::NotFound(
            "There is nothing at this address; /docs lists the routes.".to_owned(),
        )
        .into_response(),
    }
}

/// An address that ends in slashes without them, unless it would lead to another site.
#[must_use]
pub fn without_slash(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let is_ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let query = uri.query().map(|query| format!("?{query}"));
    is_ours.then(|| format!("{path}{}", query.unwrap_or_default()))
}

/// Refuses what a page of another site has a browser send: to a route that changes something, and under a name that only looks
/// like this server's (DNS rebinding).
async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Probes and Prometheus ask by whatever name or address the platform has.
    let is_probe = path.starts_with("/health/") || path.starts_with("/_/") || path == "/metrics";
    if !is_probe && !is_known_host(&request, &state.config.http.allowed_hosts) {
        return ApiError::UnknownHost.into_response();
    }
    // The layer around the pages says it in a page.
    let headers = request.headers();
    if is_api(path)
        && changes(request.method())
        && !is_own(headers)
        && !is_let_in(headers, &state.config.http.cors_allowed_origins)
    {
        return ApiError::ForeignForm.into_response();
    }
    next.run(request).await
}

/// Whether programs ask at this address: they get problem documents, never pages.
pub(super) fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path == MCP
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a request is for one of these names, for an address, or for this machine. Without names every one is known.
fn is_known_host(request: &Request, allowed: &[String]) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let authority = match request.uri().authority() {
        Some(authority) => Some(authority.clone()),
        None => match request.headers().get(header::HOST) {
            // A client without one has no page that could have been led here.
            None => return true,
            Some(host) => Authority::try_from(host.as_bytes()).ok(),
        },
    };
    let Some(authority) = authority else {
        return false;
    };
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || allowed.contains(&host)
}

/// Where it was has been logged; the message may quote a user's text.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Internal("a handler panicked".into()).into_response()
}

/// The span of the client's that the request continues. Of two headers neither can be believed.
fn parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all(trace::HEADER).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| TraceParent::parse(value))?
}

async fn observe(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let limits = RateLimits::default();
    request.extensions_mut().insert(limits.clone());
    let proto = request.headers().get("x-forwarded-proto");
    let is_encrypted = proto.is_some_and(|proto| proto == "https");
    // A browser sends cookies also with what another port or subdomain of this host has it send: they prove nothing there.
    if changes(&method) && !is_own(request.headers()) {
        request.headers_mut().remove(header::COOKIE);
    }

    let started = Instant::now();
    let route = route.as_deref().unwrap_or("-");
    let span = tracing::info_span!(
        "request", request.id = %id, trace.id = Empty, otel.name = Empty, otel.kind = Empty
    );
    let context = trace::begin_request(&span, method.as_str(), route, parent(request.headers()));
    request.extensions_mut().insert(Trace(context));
    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();

    account(&span, &method, route, &response, started.elapsed());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    for (name, value) in DEFENSIVE {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    limits.write(headers);
    weaken_compressed(headers);
    response
}

/// Writes the line of a request into the log, and counts it.
fn account(span: &Span, method: &Method, route: &str, response: &Response, elapsed: Duration) {
    let status = response.status().as_u16();
    let code = response.extensions().get::<ErrorCode>().map(|code| code.0);
    metrics::request(method.as_str(), route, status, elapsed);
    trace::note(span, "http.response.status_code", i64::from(status));
    if status >= 500 {
        trace::fail(span, code.unwrap_or("internal"));
    }
    let duration_ms = (elapsed.as_secs_f64() * 10_000.0).round() / 10.0;
    let is_probe = route.starts_with("/health/") || route.starts_with("/_/");
    if is_probe || (route == "/metrics" && status < 400) {
        tracing::debug!(http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
    } else {
        tracing::info!(
            http.method = %method, http.route = route, http.status = status, duration_ms, error.code = code, "answered"
        );
    }
}

/// An entity tag that was made of the whole answer is not that of its compressed bytes.
fn weaken_compressed(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let strong = headers
        .get(header::ETAG)
        .and_then(|tag| tag.to_str().ok())
        .filter(|tag| tag.starts_with('"'));
    if let Some(weak) = strong.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_name_that_is_not_ours_is_told_apart_where_names_are_configured() {
        let names = ["check.example".to_owned()];
        for (host, is_known) in [
            ("check.example", true),
            ("CHECK.example.:3000", true),
            ("localhost:3000", true),
            ("me.localhost", true),
            ("127.0.0.1:3000", true),
            ("192.168.0.7", true),
            ("[::1]:3000", true),
            ("evil.example", false),
            ("check.example.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            let request = Request::builder().uri("/").header(header::HOST, host);
            let request = request.body(Body::empty()).unwrap();
            assert_eq!(is_known_host(&request, &names), is_known, "{host}");
            assert!(is_known_host(&request, &[]));
        }
    }

    #[test]
    fn a_slash_at_the_end_is_taken_off_and_leads_nowhere_else() {
        for (address, expected) in [
            ("/history/", Some("/history")),
            ("/history//?q=a/&q=b", Some("/history?q=a/&q=b")),
            ("/history", None),
            ("/", None),
            ("//", None),
            ("//evil.example/", None),
        ] {
            let uri = address.parse().unwrap();
            assert_eq!(without_slash(&uri).as_deref(), expected, "{address}");
        }
    }
}
