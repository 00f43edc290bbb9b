//! `GET /api/v1/prompts`; `GET`, `PUT` and `DELETE /api/v1/prompts/{stage}`: the prompts of the stages.

use axum::{
    Router,
    extract::{Path, State},
    response::IntoResponse,
    routing::get,
};
use domain::StageName;
use serde::{Deserialize, Serialize};
use web::{
    error::ApiError,
    http::{Admin, SmallJson},
    prompts::{self, Prompt},
    state::AppState,
};

/// All prompts.
pub const PATH: &str = "/api/v1/prompts";
/// The prompt of a stage.
pub const STAGE_PATH: &str = "/api/v1/prompts/{stage}";

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list))
        .route(STAGE_PATH, get(show).put(replace).delete(reset))
}

#[derive(Debug, Serialize)]
struct List {
    prompts: Vec<Prompt>,
}

async fn list(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(List {
        prompts: prompts::load(&state.db).await?,
    }))
}

async fn show(
    State(state): State<AppState>,
    _: Admin,
    Path(stage): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    answer(&state, parse(&stage)?).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    template: String,
}

async fn replace(
    State(state): State<AppState>,
    _: Admin,
    Path(stage): Path<String>,
    SmallJson(request): SmallJson<Request>,
) -> Result<impl IntoResponse, ApiError> {
    let stage = parse(&stage)?;
    prompts::save(&state.db, stage, &request.template).await?;
    answer(&state, stage).await
}

async fn reset(
    State(state): State<AppState>,
    _: Admin,
    Path(stage): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let stage = parse(&stage)?;
    prompts::reset(&state.db, stage).await?;
    answer(&state, stage).await
}

fn parse(stage: &str) -> Result<StageName, ApiError> {
    StageName::parse(stage).ok_or_else(|| {
        ApiError::NotFound(format!(
            "There is no such stage; there are {}.",
            StageName::choices()
        ))
    })
}

async fn answer(state: &AppState, stage: StageName) -> Result<impl IntoResponse + use<>, ApiError> {
    let prompt = prompts::load(&state.db)
        .await?
        .into_iter()
        .find(|prompt| prompt.stage == stage);
    Ok(axum::Json(prompt))
}
