//! `GET /health/live` and `GET /health/ready`: whether the process lives, and whether it can do its work.

use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use domain::Chain;
use serde::Serialize;
use web::state::AppState;

/// Whether the process lives; asks nobody else.
pub const LIVE: &str = "/health/live";
/// Whether Postgres, its migrations and Redis are there.
pub const READY: &str = "/health/ready";

/// Longest wait for either service.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(live, ready))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(LIVE, get(live))
        .route(READY, get(ready))
}

/// Whether a process can do its work, and why not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    /// `ok` or `unavailable`.
    postgres: &'static str,
    /// `ok`, `missing` or `unknown`.
    migrations: &'static str,
    /// `ok` or `unavailable`.
    redis: &'static str,
    /// Titles of the languages that the judge can run; `away` if it does not answer, which keeps nothing from being ready; null where
    /// none is configured.
    judge: Option<Judge>,
    /// Troubles in words that name no address and no user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<String>,
}

/// The judge's answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Judge {
    /// The languages that it can run.
    Languages(Vec<String>),
    /// It does not answer.
    Away(Away),
}

/// No answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Away {
    /// It does not answer.
    Away,
}

/// Tells that the process is alive.
#[utoipa::path(
    get, path = LIVE, operation_id = "isLive", tag = "health",
    responses((status = 200, description = "`ok`.", content_type = "text/plain", body = String))
)]
async fn live() -> &'static str {
    "ok"
}

/// Tells whether PostgreSQL, its migrations and Redis are there.
#[utoipa::path(
    get, path = READY, operation_id = "isReady", tag = "health",
    responses((status = 200, description = "All are there.", body = Readiness), (status = 503, description = "Something is missing.", body = Readiness))
)]
async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let (database, redis, judge) = tokio::join!(database(&state), redis(&state), judge(&state));
    let (postgres, migrations, database_trouble) = database;
    let (redis, redis_trouble) = redis;
    let is_ready = [postgres, migrations, redis] == ["ok"; 3];
    let body = Readiness {
        status: if is_ready { "ready" } else { "not ready" },
        postgres,
        migrations,
        redis,
        judge,
        troubles: database_trouble.into_iter().chain(redis_trouble).collect(),
    };
    (
        if is_ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Json(body),
    )
}

async fn database(state: &AppState) -> (&'static str, &'static str, Option<String>) {
    let unavailable = |trouble: &str| {
        (
            "unavailable",
            "unknown",
            Some(format!("PostgreSQL {trouble}.")),
        )
    };
    match tokio::time::timeout(TIMEOUT, db::is_migrated(&state.db)).await {
        Ok(Ok(true)) => match db::full_disk() {
            Some(trouble) => ("unavailable", "ok", Some(format!("PostgreSQL {trouble}."))),
            None => ("ok", "ok", None),
        },
        Ok(Ok(false)) => {
            let trouble = "The migrations have not been run.".to_owned();
            ("ok", "missing", Some(trouble))
        }
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "Postgres does not answer");
            unavailable(error.trouble())
        }
        Err(_) => unavailable("does not answer"),
    }
}

async fn redis(state: &AppState) -> (&'static str, Option<String>) {
    match state.queue.ping(TIMEOUT).await {
        Ok(()) => ("ok", None),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "Redis does not answer");
            ("unavailable", Some(format!("Redis {}.", error.trouble())))
        }
    }
}

async fn judge(state: &AppState) -> Option<Judge> {
    if !state.judge.is_configured() {
        return None;
    }
    let asked = tokio::time::timeout(TIMEOUT, state.judge.languages()).await;
    match asked {
        Ok(Ok(known)) => {
            let titles = known.languages.into_iter().map(|language| language.title);
            return Some(Judge::Languages(titles.collect()));
        }
        Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "the judge does not answer"),
        Err(_) => tracing::warn!("the judge does not answer in time"),
    }
    Some(Judge::Away(Away::Away))
}
