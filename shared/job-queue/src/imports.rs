//! Problems that a browser's extension sent, until a form takes them: the last ten, for ten minutes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use redis::aio::ConnectionManager;
use tokio::{sync::OnceCell, time::timeout};

use crate::{self as queue, Error, events};
use config::RedisConfig;

/// Problems that are held, of all clients.
const HELD: usize = 10;
/// How long they are held.
const WINDOW: Duration = Duration::from_secs(10 * 60);
/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A place in the order in which problems arrived: the milliseconds, and a number among those of the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// Reads the id of an [`Import`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        let is_number = |part: &str| part.parse::<u64>().is_ok_and(|n| n.to_string() == part);
        (is_number(time) && is_number(number)).then(|| Self(text.to_owned()))
    }
}

/// A problem that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its [`Place`].
    pub id: String,
    /// The problem, as it was given.
    pub problem: String,
}

/// What there is after a place.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// The newest problem for the client.
    pub import: Option<Import>,
    /// From where to look on, if anything arrived for anyone.
    pub place: Option<Place>,
}

/// Holds problems in Redis, for all processes; connects when first used.
#[derive(Clone)]
pub struct Imports {
    redis: Option<RedisConfig>,
    connection: Arc<OnceCell<ConnectionManager>>,
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imports")
            .field("connected", &self.connection.initialized())
            .finish_non_exhaustive()
    }
}

impl Imports {
    /// Problems in this Redis; nothing is connected yet.
    #[must_use]
    pub fn new(redis: Option<RedisConfig>) -> Self {
        Self {
            redis,
            connection: Arc::default(),
        }
    }

    /// Holds a problem for the forms of a client.
    ///
    /// # Errors
    /// [`Error`] where Redis does not take it.
    pub async fn add(&self, client: &str, problem: &str) -> Result<(), Error> {
        self.ask(async |connection, key| {
            let mut pipe = redis::pipe();
            pipe.atomic();
            let add = pipe.cmd("XADD").arg(key).arg("MAXLEN").arg(HELD).arg("*");
            add.arg("client")
                .arg(client)
                .arg("problem")
                .arg(problem)
                .ignore();
            pipe.cmd("EXPIRE").arg(key).arg(WINDOW.as_secs()).ignore();
            pipe.query_async(connection).await
        })
        .await
    }

    /// The newest problem for a client that arrived after a place, in the last ten minutes.
    ///
    /// # Errors
    /// [`Error`] where Redis does not answer.
    pub async fn newest(&self, client: &str, after: Option<&Place>) -> Result<News, Error> {
        let found: Vec<(String, HashMap<String, String>)> = self
            .ask(async |connection, key| {
                let from = after.map_or_else(|| "-".to_owned(), |Place(id)| format!("({id}"));
                let mut range = redis::cmd("XREVRANGE");
                range.arg(key).arg("+").arg(from).arg("COUNT").arg(HELD);
                range.query_async(connection).await
            })
            .await?;
        let place = found.first().map(|(id, _)| Place(id.clone()));
        let oldest = now_millis().saturating_sub(WINDOW.as_millis());
        let import = found.into_iter().find_map(|(id, mut entry)| {
            let time: u128 = id.split('-').next()?.parse().ok()?;
            let is_for_client = entry.get("client").is_some_and(|of| of == client);
            let problem = entry.remove("problem");
            let problem = problem.filter(|_| is_for_client && time >= oldest)?;
            Some(Import { id, problem })
        });
        Ok(News { import, place })
    }

    async fn ask<T>(
        &self,
        ask: impl AsyncFnOnce(&mut ConnectionManager, &str) -> redis::RedisResult<T>,
    ) -> Result<T, Error> {
        let redis = self.redis.as_ref().ok_or(Error::NotConfigured)?;
        let key = format!("{}:{}-imports", redis.prefix, queue::NAME);
        let asked = timeout(TIMEOUT, async {
            let connection = self.connection.get_or_try_init(|| events::connect(redis));
            ask(&mut connection.await?.clone(), &key).await
        });
        Ok(asked.await.map_err(|_| Error::Timeout(TIMEOUT))??)
    }
}

/// Milliseconds since 1970.
fn now_millis() -> u128 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis()
}
