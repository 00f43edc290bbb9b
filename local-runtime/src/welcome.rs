//! The last lines of a start: where the page is, how to get into the panel, and whether a model is missing.

use std::time::{Duration, Instant};

use config::Role;
use domain::Chain;
use tokio::time::timeout;
use web::{settings, state::AppState};

/// How long the judge may take to find out what it can run.
const JUDGE_STARTUP_TIMEOUT: Duration = Duration::from_secs(60);
/// How long its answer is waited for before the last lines, which should come last.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells of a process that serves on `port`.
pub(crate) async fn say(state: AppState, port: u16) {
    if !state.judge.is_configured() {
        return point_the_way(&state, port).await;
    }
    let mut languages = std::pin::pin!(say_what_can_be_run(&state.judge));
    let is_told = timeout(PATIENCE, &mut languages).await.is_ok();
    point_the_way(&state, port).await;
    if !is_told {
        languages.await;
    }
}

async fn point_the_way(state: &AppState, port: u16) {
    let is_set_up = match settings::effective(state).await {
        Ok(settings) => settings.model.is_set_up(),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the settings cannot be read");
            true
        }
    };
    if state.config.role == Role::Worker {
        if !is_set_up {
            tracing::warn!("no model is set up: set OPENAI_API_KEY, or save a model in the panel");
        }
        tracing::info!("a worker, with its health and its counters on port {port}");
        return;
    }
    let page = format!("http://localhost:{port}");
    let token_file = state.config.embedded.settings_token_file.as_deref();
    if !is_set_up {
        let way_in = match token_file {
            Some(file) => format!("the token is in {}", file.display()),
            None if state.config.secrets.settings_token.is_some() => {
                "log in with SETTINGS_TOKEN".to_owned()
            }
            None => "set SETTINGS_TOKEN first".to_owned(),
        };
        tracing::warn!("no model is set up: open {page}/settings ({way_in})");
    }
    tracing::info!("CodeChecker is on {page}");
    if let Some(file) = token_file {
        tracing::info!("the admin's token is in {}", file.display());
    }
}

/// Says which languages can be run, as soon as the judge knows.
async fn say_what_can_be_run(judge: &judge_api::Client) {
    let started = Instant::now();
    loop {
        match judge.languages().await {
            Ok(found) => {
                let titles: Vec<_> = found
                    .languages
                    .into_iter()
                    .map(|language| language.title)
                    .collect();
                tracing::info!("programs can be run in {}", titles.join(", "));
                return;
            }
            Err(error) if started.elapsed() > JUDGE_STARTUP_TIMEOUT => {
                tracing::warn!(error = %Chain(&error), "programs cannot be run for now");
                return;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}
