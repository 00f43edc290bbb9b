//! `GET /health/live` and `GET /health/ready`: whether the process lives, and whether it can do its work.

use std::time::Duration;

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;
use shared::{Chain, db, state::AppState};

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
}

async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let (database, redis) = tokio::join!(database(&state), redis(&state));
    let (postgres, migrations) = database;
    let is_ready = [postgres, migrations, redis] == ["ok"; 3];
    let body = Readiness {
        status: if is_ready { "ready" } else { "not ready" },
        postgres,
        migrations,
        redis,
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

async fn database(state: &AppState) -> (&'static str, &'static str) {
    match tokio::time::timeout(TIMEOUT, db::is_migrated(&state.db)).await {
        Ok(Ok(true)) => ("ok", "ok"),
        Ok(Ok(false)) => ("ok", "missing"),
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "Postgres does not answer");
            ("unavailable", "unknown")
        }
        Err(_) => ("unavailable", "unknown"),
    }
}

async fn redis(state: &AppState) -> &'static str {
    match state.queue.ping(TIMEOUT).await {
        Ok(()) => "ok",
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "Redis does not answer");
            "unavailable"
        }
    }
}
