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

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(list, show, replace, reset))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(PATH, get(list))
        .route(STAGE_PATH, get(show).put(replace).delete(reset))
}

/// The prompts of the stages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Prompts)]
struct List {
    /// In the order of the stages.
    prompts: Vec<Prompt>,
}

/// Answers the prompts of the stages.
#[utoipa::path(
    get, path = PATH, operation_id = "getPrompts", tag = "prompts",
    responses((status = 200, description = "The prompts.", body = List), (status = 401)),
    security(("admin" = []))
)]
async fn list(State(state): State<AppState>, _: Admin) -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(List {
        prompts: prompts::load(&state.db).await?,
    }))
}

/// Answers the prompts of a stage: the built-in one and the one in its place.
#[utoipa::path(
    get, path = STAGE_PATH, operation_id = "getPrompt", tag = "prompts",
    params(("stage" = StageName, Path)),
    responses((status = 200, description = "The prompts of the stage.", body = Prompt), (status = 401), (status = 404)),
    security(("admin" = []))
)]
async fn show(
    State(state): State<AppState>,
    _: Admin,
    Path(stage): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    answer(&state, parse(&stage)?).await
}

/// A prompt to use in place of the built-in one.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NewPrompt)]
#[serde(deny_unknown_fields)]
struct Request {
    /// Its text, which is not blank.
    template: String,
}

/// Replaces the prompt of a stage.
#[utoipa::path(
    put, path = STAGE_PATH, operation_id = "replacePrompt", tag = "prompts",
    params(("stage" = StageName, Path)),
    request_body = Request,
    responses((status = 200, description = "The prompts of the stage.", body = Prompt), (status = 401), (status = 404), (status = 413), (status = 415), (status = 422)),
    security(("admin" = []))
)]
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

/// Goes back to the built-in prompt of a stage.
#[utoipa::path(
    delete, path = STAGE_PATH, operation_id = "resetPrompt", tag = "prompts",
    params(("stage" = StageName, Path)),
    responses((status = 200, description = "The prompts of the stage.", body = Prompt), (status = 401), (status = 404)),
    security(("admin" = []))
)]
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
