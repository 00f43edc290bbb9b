//! Logs: JSON lines on standard output, text on a terminal; and spans, where they are exported.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::IsTerminal as _,
    panic::PanicHookInfo,
};

use opentelemetry_sdk::trace::Tracer;
use tracing::{
    Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::MakeExt as _,
    fmt::{FormatFields, format::debug_fn},
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use super::{Error, otlp};
use config::{Config, LogConfig};

/// Postgres' notices, such as "already exists, skipping", are no news, and rmcp repeats requests; `LOG_LEVEL` can ask for both all
/// the same.
const QUIET: &str = "sqlx::postgres::notice=warn,rmcp=error";

/// Our own crates, as their events name them. A level below `info` is meant for them: dependencies write whole texts of users
/// there (html5ever each character of a page).
const OWN: &[&str] = &[
    "actions",
    "admin_pages",
    "analyze",
    "ask",
    "code_checker",
    "config",
    "companion",
    "connection_test",
    "db",
    "diff",
    "domain",
    "health",
    "job_queue",
    "judge",
    "judge_api",
    "llm",
    "local_runtime",
    "mcp",
    "metrics",
    "migrate",
    "openapi",
    "pages",
    "prompts",
    "queue",
    "runtime",
    "session",
    "settings",
    "settings_test",
    "site",
    "submissions_cancel",
    "submissions_check",
    "submissions_clear",
    "submissions_counterexample",
    "submissions_create",
    "submissions_delete",
    "submissions_events",
    "submissions_get",
    "submissions_image",
    "submissions_list",
    "submissions_patch",
    "submissions_prune",
    "submissions_regenerate",
    "submissions_report",
    "submissions_retry",
    "submissions_settle",
    "telemetry",
    "web",
    "webhook",
];

/// The filter of a level: dependencies write no more than `info` unless the level names them.
fn filter(level: &str) -> EnvFilter {
    let mut parts = vec![QUIET.to_owned()];
    for part in level.split(',').map(str::trim) {
        match part.parse::<LevelFilter>() {
            Ok(own) if own > LevelFilter::INFO => {
                parts.push("info".to_owned());
                parts.extend(OWN.iter().map(|name| format!("{name}={own}")));
            }
            _ => parts.push(part.to_owned()),
        }
    }
    // The level was checked when the configuration was read.
    EnvFilter::builder().parse_lossy(parts.join(","))
}

/// Writes a line's fields as text. Other people's words may be in any of them, so that what a terminal would obey is escaped in all.
fn fields() -> impl for<'writer> FormatFields<'writer> + Send + Sync + 'static {
    debug_fn(|writer, field, value| {
        let value = format!("{value:?}");
        let value = domain::printable(&value);
        match field.name() {
            "message" => write!(writer, "{value}"),
            // These fields of the `log` crate repeat what the line already says.
            name if name.starts_with("log.") => Ok(()),
            name => write!(writer, "{name}={value}"),
        }
    })
    .delimited(" ")
}

/// Logs where a panic was. The message is logged only if it is a text of the source: a formatted one may quote a user's program,
/// as that of a slice does.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let message = fixed_message(panic.payload());
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured)
        .then(|| domain::printable(&backtrace.to_string()).into_owned());
    tracing::error!(place, message, backtrace, "a panic");
}

/// The message of a panic, if it is the same whatever the data.
fn fixed_message(payload: &(dyn std::any::Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("left out, as it may quote a text")
}

/// The lines of the log.
fn lines<S>(config: &LogConfig) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = tracing_subscriber::fmt::layer().with_target(false);
    let is_json = config
        .json
        .unwrap_or_else(|| !std::io::stdout().is_terminal());
    if is_json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        lines.boxed()
    } else {
        lines.fmt_fields(fields()).boxed()
    }
}

/// The layer that exports spans. The lines of the log within them, which hold the words of errors, are none of their attributes;
/// the tracer drops them as events.
fn spans<S>(tracer: Tracer) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_error_fields_to_exceptions(false)
        .with_error_records_to_exceptions(false)
        .with_error_events_to_exceptions(false)
        .with_error_events_to_status(false)
}

/// The filter of the log where spans are exported: of these it takes our own whatever the level of the log, and no others. One filter
/// for both, as with one for each layer a dependency that only asks whether it may log makes the next span lose its place.
struct WithSpans(EnvFilter);

/// Whether a span is one that is exported.
fn is_exported(span: &Metadata<'_>) -> bool {
    let name = span.target().split("::").next().unwrap_or_default();
    *span.level() <= Level::INFO && OWN.contains(&name)
}

impl<S: Subscriber> Layer<S> for WithSpans {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let of_log = Layer::<S>::register_callsite(&self.0, metadata);
        match metadata.is_span() {
            true if is_exported(metadata) => Interest::always(),
            true => Interest::never(),
            false => of_log,
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        if metadata.is_span() {
            is_exported(metadata)
        } else {
            Layer::<S>::enabled(&self.0, metadata, context)
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let of_log = Layer::<S>::max_level_hint(&self.0)?;
        Some(of_log.max(LevelFilter::INFO))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Layer::<S>::on_new_span(&self.0, attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        Layer::<S>::on_record(&self.0, id, values, context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        Layer::<S>::on_enter(&self.0, id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        Layer::<S>::on_exit(&self.0, id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        Layer::<S>::on_close(&self.0, id, context);
    }
}

/// Starts logging, and exporting spans where a collector is configured; later calls in the same process change nothing.
///
/// # Errors
/// When spans are to be exported and cannot be.
pub fn init(config: &Config) -> Result<(), Error> {
    let filter = filter(&config.log.level);
    let started = match &config.traces {
        Some(traces) => tracing_subscriber::registry()
            .with(spans(otlp::tracer(traces)?))
            .with(lines(&config.log))
            .with(WithSpans(filter))
            .try_init(),
        None => tracing_subscriber::registry()
            .with(lines(&config.log))
            .with(filter)
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
        return Ok(());
    }
    if config.traces.is_some() {
        ::telemetry::trace::set_exported();
    }
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        io::Write,
        sync::{Arc, Mutex, PoisonError},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `act` logs at a level.
    fn logged(level: &str, act: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter(level))
            .with_ansi(false)
            .fmt_fields(fields())
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, act);
        let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&lines).into_owned()
    }

    #[test]
    fn every_crate_of_ours_is_known() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders = ["functions", "shared"].map(|folder| std::fs::read_dir(root.join(folder)));
        let packages = folders
            .into_iter()
            .flat_map(Result::unwrap)
            .map(|package| package.unwrap().file_name());
        let mut crates: BTreeSet<_> = packages
            .map(|name| name.into_string().unwrap().replace('-', "_"))
            .collect();
        crates.extend(["local_runtime", "code_checker"].map(str::to_owned));
        let known: BTreeSet<_> = OWN.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(known, crates);
    }

    #[test]
    fn a_dependency_writes_its_details_only_where_the_level_names_it() {
        for (level, ours, theirs) in [
            ("info", false, false),
            ("debug", true, false),
            ("trace", true, false),
            ("DEBUG", true, false),
            ("5", true, false),
            ("debug,html5ever=debug", true, true),
            ("html5ever=trace,debug", true, true),
            ("info,actions=debug", true, false),
            ("warn,html5ever=debug", false, true),
        ] {
            let lines = logged(level, || {
                tracing::debug!(target: "actions", "of ours");
                tracing::debug!(target: "html5ever::tokenizer", "a user's text");
                tracing::trace!(target: "hyper", "a user's text");
            });
            assert_eq!(lines.contains("of ours"), ours, "{level}: {lines}");
            assert_eq!(lines.contains("a user's text"), theirs, "{level}: {lines}");
        }
        let lines = logged("debug", || tracing::info!(target: "hyper", "started"));
        assert!(lines.contains("started"), "{lines}");
    }

    #[test]
    fn no_field_of_a_line_is_obeyed_by_a_terminal() {
        let words = "a\u{1b}[2J\u{9b}1m\nb";
        let lines = logged("info", || {
            tracing::info!(shown = %words, debugged = ?words, text = words, number = 7, "said {words}");
        });
        let signs = |c: char| c.is_control() && c != '\n';
        assert!(!lines.contains(signs), "{lines:?}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(lines.contains("said a\\u{1b}[2J"), "{lines}");
        assert!(lines.contains("shown=a\\u{1b}[2J\\u{9b}1m\\nb"), "{lines}");
        assert!(lines.contains("number=7"), "{lines}");
    }

    #[test]
    fn a_panic_says_where_it_was_and_not_what_it_quotes() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let lines = logged("info", || {
            let program = "int mäin() { hush(); }".to_owned();
            let _ = std::panic::catch_unwind(|| program[..6].to_owned());
            let _ = std::panic::catch_unwind(|| panic!("a text of the source"));
        });
        std::panic::set_hook(before);
        assert!(!lines.contains("hush"), "{lines}");
        assert!(lines.contains("telemetry.rs:"), "{lines}");
        assert!(lines.contains("a text of the source"), "{lines}");
    }
}
