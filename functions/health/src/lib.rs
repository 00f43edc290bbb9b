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

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route(LIVE, get(async || "ok"))
        .route(READY, get(ready))
}

#[derive(Debug, Serialize)]
struct Readiness {
    status: &'static str,
    postgres: &'static str,
    migrations: &'static str,
    redis: &'static str,
    /// Troubles in words that name no address and no user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<String>,
}

async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let (database, redis) = tokio::join!(database(&state), redis(&state));
    let (postgres, migrations, database_trouble) = database;
    let (redis, redis_trouble) = redis;
    let is_ready = [postgres, migrations, redis] == ["ok"; 3];
    let body = Readiness {
        status: if is_ready { "ready" } else { "not ready" },
        postgres,
        migrations,
        redis,
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
