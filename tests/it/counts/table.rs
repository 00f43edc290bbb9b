//! The counts, one line for each route and for a job. A test that fails prints the lines as they should be.

/// Trips to the services, and size of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// SQL statements, those that begin and end transactions and the pool's own included.
    pub(super) statements: usize,
    /// Round trips to Postgres without a statement.
    pub(super) pings: usize,
    /// Redis commands; a script is one.
    pub(super) commands: usize,
    /// Bytes of the body, as it was sent.
    pub(super) bytes: usize,
}

const fn count(statements: usize, pings: usize, commands: usize, bytes: usize) -> Count {
    Count {
        statements,
        pings,
        commands,
        bytes,
    }
}

/// Of one request. The bytes are the most, as times and excerpts differ a little.
pub(super) const ROUTES: &[(&str, Count)] = &[
    ("create", count(1, 1, 1, 540)),
    ("get", count(1, 1, 0, 3900)),
    ("get, unchanged", count(1, 1, 0, 0)),
    ("get, queued", count(1, 1, 0, 1900)),
    ("list", count(1, 1, 0, 5500)),
    ("events, ended", count(1, 1, 0, 1450)),
    ("patch", count(1, 1, 0, 200)),
    ("report", count(1, 1, 0, 1720)),
    ("home", count(1, 1, 0, 6200)),
    ("example", count(1, 1, 0, 7800)),
    ("result page", count(2, 2, 0, 7250)),
    ("page of a queued submission", count(2, 2, 6, 5000)),
    ("history", count(2, 2, 0, 3800)),
    ("health/ready", count(2, 2, 1, 80)),
    ("metrics", count(1, 1, 15, 28000)),
    ("queue", count(0, 0, 15, 160)),
];

/// Of one whole job, three questions to the model included: at most these. How often its lease is renewed goes by when its news come.
pub(super) const JOB: Count = count(16, 16, 20, 0);
