//! `POST /api/v1/settings/test`: one tiny call to the model, with the settings in use or with others to try.

use std::collections::HashMap;

use axum::{Router, body::Bytes, extract::State, response::IntoResponse, routing::post};
use web::{
    error::ApiError,
    http::{Admin, SmallBody, parse_json},
    settings::Change,
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/settings/test";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// Asks the model two small questions, with the settings in use or with others to try.
#[utoipa::path(
    post, path = PATH, operation_id = "testSettings", tag = "settings",
    request_body(content = HashMap<String, Option<String>>, content_type = "application/json", description = "Settings to try in place of those in use, by their names; empty to try those in use."),
    responses((status = 200, description = "The findings; `ok` tells whether the settings can be used.", body = connection_test::Report), (status = 401), (status = 413), (status = 422)),
    security(("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    _: Admin,
    SmallBody(body): SmallBody,
) -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(
        connection_test::try_out(&state, &changes(&body)?).await?,
    ))
}

/// Settings to try in place of those in use; an empty body tries those in use.
fn changes(body: &Bytes) -> Result<Vec<Change>, ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let changes: HashMap<String, Option<String>> = parse_json(body).map_err(|_| {
        ApiError::Unreadable(
            "The body must be empty, or a JSON object of settings whose values are text."
                .to_owned(),
        )
    })?;
    let changes = changes.into_iter();
    Ok(changes.map(|(key, value)| Change { key, value }).collect())
}
