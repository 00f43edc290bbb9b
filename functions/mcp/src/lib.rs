//! `POST /mcp`: the Model Context Protocol over streamable HTTP, for agents: submit a program, wait for its analysis, get the fix
//! as a patch.
//!
//! It keeps no session and answers each message with one JSON document, so that any process can take any message; there is
//! nothing to GET or to DELETE.

mod answers;
mod arguments;
mod message;
mod tools;
mod wait;

use std::sync::Arc;

use axum::{
    Router,
    body::Body as AxumBody,
    extract::{FromRequest as _, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::post,
};
use http_body_util::Full;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use web::{
    error::ApiError,
    http::{Body, has_media_type, parse_json},
    state::AppState,
};

use message::Message;
use tools::{Caller, Tools};

/// The route.
pub const PATH: &str = "/mcp";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// Answers a message of the Model Context Protocol (JSON-RPC 2.0).
#[utoipa::path(
    post, path = PATH, operation_id = "callMcp", tag = "agents",
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses(
        (status = 200, description = "The answer to a request.", body = serde_json::Value),
        (status = 202, description = "A notification was taken."), (status = 413), (status = 415), (status = 422),
    ),
    security((), ("owner" = []))
)]
async fn handle(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    if !has_media_type(request.headers(), "application/json") {
        return Err(ApiError::UnsupportedMediaType("application/json"));
    }
    let (parts, body) = request.into_parts();
    let caller = Caller::new(parts.clone());
    let request = Request::from_parts(parts.clone(), body);
    let Body(bytes) = Body::from_request(request, &state).await?;
    let Message = parse_json(&bytes)?;

    let mut request = Request::new(Full::new(bytes));
    *request.method_mut() = parts.method;
    *request.uri_mut() = parts.uri;
    *request.headers_mut() = parts.headers;
    // There is but one form of answer, so there is no need to insist on both.
    request.headers_mut().insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    request.extensions_mut().insert(caller);
    let limit = state.config.http.body_limit;
    let service = StreamableHttpService::new(
        move || Ok(Tools::new(state.clone())),
        Arc::new(NeverSessionManager::default()),
        // The layers around the routes have looked at Host and Origin.
        StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(limit)
            .disable_allowed_hosts()
            .disable_allowed_origins(),
    );
    let response = service.handle(request).await;
    match response.status() {
        // It is JSON, as far as that goes.
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Err(ApiError::Unreadable(
            "The body is not a message of the Model Context Protocol: a request or a notification of JSON-RPC 2.0."
                .to_owned(),
        )),
        status if status.is_server_error() => {
            Err(ApiError::Internal("a tool ended without an answer".into()))
        }
        _ => Ok(response.map(AxumBody::new)),
    }
}
