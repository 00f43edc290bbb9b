//! Postgres: the pool, the migrations, and one module per table with all its SQL.
//!
//! Functions take `impl PgExecutor`, so callers choose between pool and transaction. Times are the database's own
//! (`clock_timestamp()`): several processes write the same rows, and leases, the sweeper's age limits and the order of
//! events must not depend on whose clock is ahead.

pub mod contents;
pub mod ended_sessions;
mod grams;
pub mod idempotency_keys;
pub mod images;
pub mod prompts;
pub mod settings;
pub mod spending;
pub mod stages;
pub mod statistics;
pub mod submissions;
pub mod webhooks;

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{
    Connection as _, PgPool, Postgres, Transaction,
    migrate::Migrator,
    postgres::{PgPoolOptions, PgSslMode},
};
pub use sqlx::{PgConnection, types::Json};

use config::{DatabaseConfig, tls};

/// The migrations, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// Longest wait for a connection: a request is better refused than held.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that was used so recently is taken to be there.
const FRESH: Duration = Duration::from_secs(1);

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, or is starting, stopping or overloaded.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// It refuses the user, the password or the name of the database.
    #[error(
        "the database refuses the user, the password or the name of the database: DB_PASSWORD (or DATABASE_URL) must be the \
         one that it was made with, as a database keeps its password; see Troubleshooting in the README"
    )]
    Refused(#[source] sqlx::Error),
    /// The lease on the submission has ended: somebody else may have it.
    #[error("the lease is lost")]
    LeaseLost,
    /// A constraint of this name refused the row.
    #[error("the constraint {0} refused the row")]
    Constraint(String, #[source] sqlx::Error),
    /// A query or a row is not as the code expects.
    #[error("a query failed")]
    Query(#[source] sqlx::Error),
    /// The migrations could not be run.
    #[error("the migrations could not be run")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// When the database last had no room for what was to be stored, by [`uptime`]; 0 means never.
static FULL_AT: AtomicU64 = AtomicU64::new(0);
/// A disk that was full so recently still is, as far as is known.
const FULL_FOR: u64 = 60;

fn uptime() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs() + 1
}

/// The trouble of a database that answers and could not store something a moment ago.
#[must_use]
pub fn full_disk() -> Option<&'static str> {
    let at = FULL_AT.load(Ordering::Relaxed);
    (at > 0 && uptime() < at + FULL_FOR).then_some(NO_SPACE)
}

const NO_SPACE: &str = "has no space left on its disk";

impl Error {
    /// The trouble, as the end of a sentence about PostgreSQL.
    #[must_use]
    pub fn trouble(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refuses the user, the password or the name of the database",
            Self::Unavailable(sqlx::Error::PoolTimedOut) => {
                "does not answer, or all connections to it are in use"
            }
            Self::Unavailable(sqlx::Error::Io(error)) => match error.kind() {
                std::io::ErrorKind::ConnectionRefused => "refuses the connection",
                _ => "does not answer",
            },
            Self::Unavailable(sqlx::Error::Database(error)) => {
                match error.code().unwrap_or_default().as_ref() {
                    "53100" => NO_SPACE,
                    "53300" => "has no connection left",
                    "57P03" => "is starting",
                    "57P01" | "57P02" => "is stopping",
                    "57014" => "took too long",
                    _ => "cannot do it at the moment",
                }
            }
            _ => "does not answer",
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_)
            | E::Tls(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::Protocol(_) => Self::Unavailable(error),
            E::Database(database) => {
                // Classes 08 connection, 53 resources, 57 operator intervention (shutdown, starting up), and 40 rollback
                // by serialization or deadlock: https://www.postgresql.org/docs/15/errcodes-appendix.html
                let code = database.code().unwrap_or_default();
                if code == "53100" {
                    FULL_AT.store(uptime(), Ordering::Relaxed);
                }
                let class = code.get(..2).unwrap_or_default();
                if matches!(class, "08" | "40" | "53" | "57") {
                    return Self::Unavailable(error);
                }
                // Class 28 authorization, 3D000 no such database.
                if class == "28" || code == "3D000" {
                    return Self::Refused(error);
                }
                match database.constraint() {
                    Some(name) => Self::Constraint(name.to_owned(), error),
                    None => Self::Query(error),
                }
            }
            _ => Self::Query(error),
        }
    }
}

/// Result of a database function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A pool that connects when it is first used.
#[must_use]
pub fn pool(config: &DatabaseConfig, max_connections: u32) -> PgPool {
    let mut options = config.options.clone();
    // The driver has roots of its own, which know no private authority; those of the address are added to these.
    let verifies = matches!(
        options.get_ssl_mode(),
        PgSslMode::VerifyCa | PgSslMode::VerifyFull
    );
    if let Some(roots) = tls::system_roots().filter(|_| verifies && !config.has_own_roots) {
        options = options.ssl_root_cert_from_pem(roots.to_vec());
    }
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(Duration::from_secs(300))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // Set by a statement, not in the start-up packet, which poolers such as PgBouncer refuse.
                sqlx::query("SET statement_timeout = '15s'")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        // One that was used a moment ago is there; asking it each time would double the messages.
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > FRESH {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            // A connection that has carried an image would keep megabytes.
            connection.shrink_buffers();
            Box::pin(async { Ok(true) })
        })
        .connect_lazy_with(options)
}

/// Begins a transaction.
///
/// # Errors
/// [`Error`].
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_with(pool, "BEGIN").await
}

/// Begins a transaction in which each statement is planned for its values.
///
/// # Errors
/// [`Error`].
async fn begin_planned(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin_with(pool, "BEGIN; SET LOCAL plan_cache_mode = force_custom_plan").await
}

/// The driver forgets a transaction that it gives up beginning half-way: it would still be open on the server, and the connection's
/// next user would work in it. A client that hangs up therefore does not end the task that begins it.
async fn begin_with(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await });
    Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

/// Connections of a pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolUse {
    /// Open ones.
    pub size: u32,
    /// Open ones that nobody uses.
    pub idle: u32,
    /// The most that it opens.
    pub most: u32,
}

/// How many connections a pool has at this moment.
#[must_use]
pub fn pool_use(pool: &PgPool) -> PoolUse {
    PoolUse {
        size: pool.size(),
        idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
        most: pool.options().get_max_connections(),
    }
}

/// Runs the migrations that are missing; several processes may call it at once.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached, [`Error::Migrate`] when a migration fails.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    // A pool of its own connection without the statement timeout: a migration may take long.
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0")
        .execute(&mut *connection)
        .await?;
    let outcome = migrator().run(&mut *connection).await;
    sqlx::query("SET statement_timeout = '15s'")
        .execute(&mut *connection)
        .await?;
    outcome.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) if Error::from_ref_is_transient(&error) => {
            Error::Unavailable(error)
        }
        error => Error::Migrate(error),
    })
}

/// The migrations, for a database that may be ahead: while an upgrade is rolled out, or rolled back, an older process starts
/// beside newer ones. That its queries still work is the migrations' duty (migrations/README.md).
fn migrator() -> Migrator {
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// Whether the database answers and has every migration.
///
/// # Errors
/// [`Error::Unavailable`] when it does not answer.
pub async fn is_migrated(pool: &PgPool) -> Result<bool> {
    let newest = MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    let applied = sqlx::query_scalar!(
        r#"-- db.is_migrated
        SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "there!""#
    )
    .fetch_one(pool)
    .await?;
    if !applied {
        return Ok(false);
    }
    let found: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(pool)
            .await?;
    Ok(found.is_some_and(|found| found >= newest))
}

impl Error {
    fn from_ref_is_transient(error: &sqlx::Error) -> bool {
        matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
        )
    }
}

/// Checks that exactly the one row that a fenced write names was written.
fn held(rows_affected: u64) -> Result<()> {
    if rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::LeaseLost)
    }
}

/// `text` as a LIKE pattern that finds it anywhere, taken literally.
fn contains_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_taken_literally() {
        assert_eq!(contains_pattern(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
