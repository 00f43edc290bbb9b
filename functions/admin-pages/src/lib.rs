//! The panel of the admin at `/settings`: the model, the prompts, the data and the queue.

mod chart;
mod data;
mod fields;
mod jobs;
mod login;
mod model_settings;
mod numbers;
mod presets;
mod prompts;
mod queue;
mod spending;
mod stored;

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use site as pages;
use web::state::AppState;

/// The model's settings.
pub const MODEL: &str = "/settings";
/// Logs in.
pub const LOGIN: &str = "/settings/login";
/// Logs out.
pub const LOGOUT: &str = "/settings/logout";
/// The prompts.
pub const PROMPTS: &str = "/settings/prompts";
/// The prompt of a stage.
pub const PROMPT: &str = "/settings/prompts/{stage}";
/// The stored submissions.
pub const DATA: &str = "/settings/data";
/// Deletes what ended long ago.
pub const PRUNE: &str = "/settings/data/prune";
/// Deletes all.
pub const CLEAR: &str = "/settings/data/clear";
/// Deletes one.
pub const DELETE: &str = "/settings/data/delete";
/// Deletes some, once that is confirmed.
pub const SELECTED: &str = "/settings/data/selected";
/// The queue.
pub const QUEUE: &str = "/settings/queue";
/// Workers take no more jobs.
pub const PAUSE: &str = "/settings/queue/pause";
/// Workers take jobs again.
pub const RESUME: &str = "/settings/queue/resume";
/// Runs what failed again, or one of it.
pub const RETRY: &str = "/settings/queue/retry";
/// Stops a submission.
pub const CANCEL: &str = "/settings/queue/cancel";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(
    model_settings::show,
    model_settings::act,
    login::begin,
    login::log_in,
    login::log_out,
    prompts::show,
    prompts::act,
    data::show,
    data::prune,
    data::clear,
    data::delete,
    data::delete_selected,
    queue::show,
    queue::pause,
    queue::resume,
    queue::retry,
    queue::cancel
))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    let routes = Router::new()
        .route(MODEL, get(model_settings::show).post(model_settings::act))
        .route(LOGIN, get(login::begin).post(login::log_in))
        .route(LOGOUT, post(login::log_out))
        .route(PROMPTS, get(prompts::show))
        .route(PROMPT, post(prompts::act))
        .route(DATA, get(data::show))
        .route(PRUNE, post(data::prune))
        .route(CLEAR, post(data::clear))
        .route(DELETE, post(data::delete))
        .route(SELECTED, post(data::delete_selected))
        .route(QUEUE, get(queue::show))
        .route(PAUSE, post(queue::pause))
        .route(RESUME, post(queue::resume))
        .route(RETRY, post(queue::retry))
        .route(CANCEL, post(queue::cancel));
    pages::secure(routes).layer(middleware::map_response(unstored))
}

/// Leaves nothing of the panel behind in the browser when the admin logs out.
async fn unstored(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}
