//! `GET` and `PATCH /api/v1/settings`, `DELETE /api/v1/settings/{key}`: settings that apply without a restart.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::IntoResponse,
    routing::{delete, get},
};
use serde::Serialize;
use serde_json::{Map, Value};
use web::{
    error::ApiError,
    http::{Admin, SmallJson},
    settings::{self, Change, Setting},
    state::AppState,
};

/// All settings.
pub const PATH: &str = "/api/v1/settings";
/// One setting.
pub const KEY_PATH: &str = "/api/v1/settings/{key}";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(list, change, reset))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list).patch(change))
        .route(KEY_PATH, delete(reset))
}

/// The settings that the panel can change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Settings)]
struct Response {
    /// Each with its value in use.
    settings: Vec<Setting>,
}

/// Values by the names of the settings: text, a number, true, false, or null for the environment's.
#[derive(utoipa::ToSchema)]
#[schema(as = SettingValues)]
#[expect(dead_code, reason = "the schema of the body that `change` reads")]
struct Values(HashMap<String, Value>);

async fn answer(state: &AppState) -> Result<impl IntoResponse + use<>, ApiError> {
    let settings = settings::list(state).await?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(Response { settings }),
    ))
}

/// Answers the settings in use, and where they come from.
#[utoipa::path(
    get, path = PATH, operation_id = "getSettings", tag = "settings",
    responses((status = 200, description = "The settings.", body = Response), (status = 401)),
    security(("admin" = []))
)]
async fn list(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    answer(&state).await
}

/// Saves settings, all or none; null goes back to the environment's.
#[utoipa::path(
    patch, path = PATH, operation_id = "changeSettings", tag = "settings",
    request_body = Values,
    responses((status = 200, description = "The settings as they are now.", body = Response), (status = 401), (status = 413), (status = 415), (status = 422)),
    security(("admin" = []))
)]
async fn change(
    State(state): State<AppState>,
    _: Admin,
    SmallJson(changes): SmallJson<Map<String, Value>>,
) -> Result<impl IntoResponse, ApiError> {
    let mut wanted = Vec::new();
    for (key, value) in changes {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => {
                return Err(ApiError::field(
                    format!("/{key}"),
                    "must be text, a number, true, false or null",
                ));
            }
        };
        wanted.push(Change { key, value });
    }
    settings::save(&state, &wanted).await?;
    answer(&state).await
}

/// Goes back to the environment's value of a setting.
#[utoipa::path(
    delete, path = KEY_PATH, operation_id = "resetSetting", tag = "settings",
    params(("key" = String, Path)),
    responses((status = 200, description = "The settings as they are now.", body = Response), (status = 401), (status = 422)),
    security(("admin" = []))
)]
async fn reset(
    State(state): State<AppState>,
    _: Admin,
    Path(key): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    settings::save(&state, &[Change::reset(key)]).await?;
    answer(&state).await
}
