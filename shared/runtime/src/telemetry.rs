//! Logs: JSON lines on standard output, text on a terminal.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::IsTerminal as _,
    panic::PanicHookInfo,
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter,
    field::MakeExt as _,
    fmt::{FormatFields, format::debug_fn},
};

use config::LogConfig;

/// Postgres' notices, such as "already exists, skipping", are no news, and rmcp repeats requests; `LOG_LEVEL` can ask for both all
/// the same.
const QUIET: &str = "sqlx::postgres::notice=warn,rmcp=error";

/// Our own crates, as their events name them. A level below `info` is meant for them: dependencies write whole texts of users
/// there (html5ever each character of a page).
const OWN: &[&str] = &[
    "actions",
    "admin_pages",
    "analyze",
    "code_checker",
    "config",
    "connection_test",
    "db",
    "diff",
    "domain",
    "health",
    "job_queue",
    "llm",
    "local_runtime",
    "mcp",
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
    "submissions_clear",
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

/// Starts logging; later calls in the same process change nothing.
pub fn init(config: &LogConfig) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.level))
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
        subscriber.fmt_fields(fields()).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
        return;
    }
    std::panic::set_hook(Box::new(log_panic));
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
