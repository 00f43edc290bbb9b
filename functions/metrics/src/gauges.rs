//! The gauges, read at the moment of asking.

use chrono::Utc;
use db::{PoolUse, submissions::Unfinished};
use job_queue::Overview;
use telemetry::metrics::Gauge;

const fn gauge(name: &'static str, help: &'static str, value: f64) -> Gauge {
    Gauge {
        name,
        help,
        label: None,
        value,
    }
}

/// The parts of one number.
fn parts<const N: usize>(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    values: [(&'static str, f64); N],
) -> impl Iterator<Item = Gauge> {
    values.into_iter().map(move |(part, value)| Gauge {
        name,
        help,
        label: Some((label, part)),
        value,
    })
}

fn from(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

/// Every gauge; those of a service that did not answer are left out.
pub(crate) fn gauges(
    pool: PoolUse,
    database: Option<Unfinished>,
    queue: Option<Overview>,
) -> Vec<Gauge> {
    let mut all = vec![Gauge {
        name: "code_checker_build_info",
        help: "The version that runs.",
        label: Some(("version", env!("CARGO_PKG_VERSION"))),
        value: 1.0,
    }];
    all.extend(parts(
        "code_checker_up",
        "Whether a service answers.",
        "service",
        [
            ("postgres", from(database.is_some())),
            ("redis", from(queue.is_some())),
        ],
    ));
    all.extend(parts(
        "code_checker_db_pool_connections",
        "Connections of this process to PostgreSQL.",
        "state",
        [
            ("idle", f64::from(pool.idle)),
            ("used", f64::from(pool.size.saturating_sub(pool.idle))),
        ],
    ));
    all.push(gauge(
        "code_checker_db_pool_max_connections",
        "Connections to PostgreSQL that this process may open.",
        f64::from(pool.most),
    ));
    all.extend(database.into_iter().flat_map(of_database));
    all.extend(queue.into_iter().flat_map(of_queue));
    all
}

fn of_database(unfinished: Unfinished) -> Vec<Gauge> {
    let mut all: Vec<_> = parts(
        "code_checker_submissions",
        "Submissions that have not ended.",
        "status",
        [
            ("queued", unfinished.queued as f64),
            ("processing", unfinished.processing as f64),
        ],
    )
    .collect();
    all.push(gauge(
        "code_checker_submissions_oldest_queued_age_seconds",
        "Time since the submission that waits longest was queued; 0 if none waits.",
        unfinished.oldest_queued_seconds.max(0.0),
    ));
    all
}

fn of_queue(queue: Overview) -> Vec<Gauge> {
    let mut all: Vec<_> = parts(
        "code_checker_queue_jobs",
        "Jobs in the queue.",
        "state",
        [
            ("waiting", queue.waiting as f64),
            ("prioritized", queue.prioritized as f64),
            ("active", queue.active as f64),
            ("delayed", queue.delayed as f64),
        ],
    )
    .collect();
    all.push(gauge(
        "code_checker_queue_oldest_waiting_age_seconds",
        "Time since the job that is next was added; 0 if none waits.",
        queue.oldest_waiting_since.map_or(0.0, |since| {
            let age = Utc::now().signed_duration_since(since);
            age.to_std().unwrap_or_default().as_secs_f64()
        }),
    ));
    all.push(gauge(
        "code_checker_queue_paused",
        "Whether workers take no jobs.",
        from(queue.paused),
    ));
    all.push(gauge(
        "code_checker_queue_workers",
        "Processes that take jobs.",
        queue.workers as f64,
    ));
    all
}
