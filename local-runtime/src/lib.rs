//! All functions in one process: one router, the consumer, and, where no services are configured, a Postgres and a Redis of
//! its own.

pub mod embedded;
pub mod openapi;

use axum::Router;
use web::state::AppState;

/// The router of every function, merged; nothing more.
pub fn router() -> Router<AppState> {
    Router::new()
        .merge(admin_pages::router())
        .merge(companion::router())
        .merge(health::router())
        .merge(mcp::router())
        .merge(metrics::router())
        .merge(::openapi::router())
        .merge(pages::router())
        .merge(prompts::router())
        .merge(queue::router())
        .merge(session::router())
        .merge(settings::router())
        .merge(settings_test::router())
        .merge(submissions_cancel::router())
        .merge(submissions_check::router())
        .merge(submissions_clear::router())
        .merge(submissions_counterexample::router())
        .merge(submissions_create::router())
        .merge(submissions_delete::router())
        .merge(submissions_events::router())
        .merge(submissions_get::router())
        .merge(submissions_image::router())
        .merge(submissions_list::router())
        .merge(submissions_prune::router())
        .merge(submissions_regenerate::router())
        .merge(submissions_retry::router())
        .merge(submissions_settle::router())
        .merge(submissions_patch::router())
        .merge(submissions_report::router())
}
