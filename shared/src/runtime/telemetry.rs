//! Logs: JSON lines on standard output, text on a terminal.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// Postgres' notices, such as "already exists, skipping", are no news; `LOG_LEVEL` can ask for them all the same.
const QUIET: &str = "sqlx::postgres::notice=warn";

/// Starts logging; later calls in the same process change nothing.
pub fn init(config: &LogConfig) {
    // The level was checked when the configuration was read.
    let filter = EnvFilter::builder().parse_lossy(format!("{QUIET},{}", config.level));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false);
    let started = if config
        .json
        .unwrap_or_else(|| !std::io::stdout().is_terminal())
    {
        subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init()
    } else {
        subscriber.try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
