//! The level and the form of the logs.

use crate::{
    LogConfig,
    table::{AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL, LOG_FORMAT, LOG_LEVEL},
    values::{InvalidValue, Values},
};

pub(crate) fn log(values: &Values<'_>) -> Result<LogConfig, InvalidValue> {
    let level = match (
        values.given(&LOG_LEVEL),
        values.given(&AWS_LAMBDA_LOG_LEVEL),
    ) {
        (None, Some(level)) => lambda_log_level(level),
        _ => log_level(values.text(&LOG_LEVEL).unwrap_or_default())?,
    };
    let of_lambda = values.text(&AWS_LAMBDA_LOG_FORMAT);
    Ok(LogConfig {
        level,
        json: match values.choice(&LOG_FORMAT)? {
            None => of_lambda.map(|format| format.eq_ignore_ascii_case("json")),
            Some(format) => Some(format == "json"),
        },
    })
}

fn log_level(level: &str) -> Result<String, InvalidValue> {
    // A filter takes a word that is no level for the name of a module, and lets nothing else through.
    let mut alone = level
        .split(',')
        .map(str::trim)
        .filter(|part| !part.contains('='));
    if alone.any(|part| part.parse::<tracing::level_filters::LevelFilter>().is_err()) {
        return Err(LOG_LEVEL.invalid());
    }
    tracing_subscriber::EnvFilter::builder()
        .parse(level)
        .map_err(|_| LOG_LEVEL.invalid())?;
    Ok(level.to_owned())
}

/// The level that is set for a Lambda function, in its own words.
fn lambda_log_level(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "warn" | "error") => level.to_owned(),
        "fatal" => "error".to_owned(),
        _ => "info".to_owned(),
    }
}
