//! The state that every handler gets.

use std::{ops::Deref, sync::Arc};

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    crowd::Crowd,
    http::{ImportPace, Pace},
    looks::Looks,
    settings::LastRead,
};
use config::{Config, crypto::KeyRing};
use job_queue::{Queue, doorbell::Doorbell, events::Events, guesses::Guesses, imports::Imports};
use webhook::Webhooks;

/// A pointer to it: each request clones it several times.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Services>);

impl Deref for AppState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

/// Everything that handlers use.
#[derive(Clone, Debug)]
pub struct Services {
    /// The configuration.
    pub config: Arc<Config>,
    /// Postgres; connects when first used.
    pub db: PgPool,
    /// The queue; connects when first used.
    pub queue: Queue,
    /// Wakes the consumer; connects when first used.
    pub doorbell: Doorbell,
    /// News of submissions; connects when first used.
    pub events: Events,
    /// The settings as they were last read.
    pub settings: LastRead,
    /// The last look at each submission that is watched.
    pub looks: Looks,
    /// Problems on their way to a form; connects when first used.
    pub imports: Imports,
    /// Wrong tokens; connects when first used.
    pub guesses: Guesses,
    /// Tells those who gave an address; connects when first used.
    pub webhooks: Webhooks,
    /// The judge; connects when first used.
    pub judge: judge_api::Client,
    /// How fast clients may submit.
    pub pace: Pace,
    /// How many submissions wait.
    pub crowd: Crowd,
    /// How fast they may bring problems from Competitive Companion.
    pub import_pace: ImportPace,
    /// Keys that sign.
    pub keys: Arc<KeyRing>,
    /// Cancelled when the process stops: answers without an end are to end then.
    pub stopping: CancellationToken,
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No database is configured.
    #[error(
        "DATABASE_URL (or DB_HOST) is not set: it must be the address of a PostgreSQL database"
    )]
    NoDatabase,
    /// The client of the judge cannot be made.
    #[error(transparent)]
    Judge(#[from] judge_api::Error),
}

impl AppState {
    /// State over the configured services, with at most `connections` to Postgres unless it is configured how many.
    ///
    /// # Errors
    /// [`Error`].
    pub fn new(config: Config, connections: u32) -> Result<Self, Error> {
        let database = config.database.as_ref().ok_or(Error::NoDatabase)?;
        let keys = KeyRing::new(&config.secrets, Some(database));
        if !keys.is_lasting() {
            tracing::warn!(
                "there is neither SECRET_KEYS nor a database password to derive a key from: visitors lose sight of \
                 their submissions when this process ends"
            );
        }
        Ok(Self(Arc::new(Services {
            db: db::pool(database, config.db_max_connections.unwrap_or(connections)),
            queue: Queue::new(config.redis.clone()),
            doorbell: Doorbell::new(config.doorbell.clone()),
            events: Events::new(config.redis.clone()),
            settings: LastRead::default(),
            looks: Looks::default(),
            imports: Imports::new(config.redis.clone()),
            guesses: Guesses::new(config.redis.clone()),
            judge: judge_api::Client::new(config.judge.as_ref())?,
            pace: Pace::new(config.http.submissions_per_minute),
            crowd: Crowd::default(),
            import_pace: ImportPace::default(),
            webhooks: Webhooks::new(config.webhooks.clone()),
            keys: Arc::new(keys),
            stopping: CancellationToken::new(),
            config: Arc::new(config),
        })))
    }

    /// How many hold this state, handlers that run among them; for tests.
    #[must_use]
    pub fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// The same state over another pool; for tests.
    #[must_use]
    pub fn with_pool(&self, db: PgPool) -> Self {
        Self(Arc::new(Services {
            db,
            ..(*self.0).clone()
        }))
    }
}
