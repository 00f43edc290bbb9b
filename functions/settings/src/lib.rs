//! `GET` and `PATCH /api/v1/settings`, `DELETE /api/v1/settings/{key}`: settings that apply without a restart.

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

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list).patch(change))
        .route(KEY_PATH, delete(reset))
}

#[derive(Debug, Serialize)]
struct Response {
    settings: Vec<Setting>,
}

async fn answer(state: &AppState) -> Result<impl IntoResponse + use<>, ApiError> {
    let settings = settings::list(state).await?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(Response { settings }),
    ))
}

async fn list(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    answer(&state).await
}

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

async fn reset(
    State(state): State<AppState>,
    _: Admin,
    Path(key): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    settings::save(&state, &[Change::reset(key)]).await?;
    answer(&state).await
}
