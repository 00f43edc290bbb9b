//! `GET /metrics`: the counters of this process, and the state of the queue and the database, for Prometheus.

mod gauges;

use std::time::Duration;

use axum::{
    Router,
    extract::{FromRequestParts, State},
    http::{header, request::Parts},
    response::IntoResponse,
    routing::get,
};
use domain::Chain;
use telemetry::metrics::{MEDIA_TYPE, render};
use web::{error::ApiError, http::Admin, state::AppState};

/// The route.
pub const PATH: &str = "/metrics";

/// Longest wait for either service. Prometheus gives up after ten seconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(show))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(show))
}

/// Proof that the request may read the counters: the admin's, or anybody's where they are public.
struct Reader;

impl FromRequestParts<AppState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if !state.config.http.metrics_public {
            Admin::from_request_parts(parts, state).await?;
        }
        Ok(Self)
    }
}

/// The counters of this process, and the state of the queue and the database, as Prometheus reads them.
///
/// With `METRICS_PUBLIC=true` no token is needed.
#[utoipa::path(
    get, path = PATH, operation_id = "getMetrics", tag = "health",
    responses((status = 200, description = "Text in the format 0.0.4.", content_type = "text/plain", body = String), (status = 401)),
    security((), ("admin" = []))
)]
async fn show(State(state): State<AppState>, _: Reader) -> Result<impl IntoResponse, ApiError> {
    let (database, queue) = tokio::join!(
        tokio::time::timeout(TIMEOUT, db::submissions::unfinished(&state.db)),
        state.queue.overview(TIMEOUT),
    );
    let database = match database {
        Ok(Ok(unfinished)) => Some(unfinished),
        Ok(Err(error)) => {
            tracing::debug!(error = %Chain(&error), "Postgres does not answer");
            None
        }
        Err(_) => None,
    };
    let queue = match queue {
        Ok(overview) => Some(overview),
        Err(error) => {
            tracing::debug!(error = %Chain(&error), "Redis does not answer");
            None
        }
    };
    let gauges = gauges::gauges(db::pool_use(&state.db), database, queue);
    let text = render(&gauges).map_err(|error| ApiError::Internal(Box::new(error)))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text))
}
