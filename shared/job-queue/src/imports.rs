//! Problems that a browser's extension sent, until a form takes them: each client's last one, for ten minutes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use redis::aio::ConnectionManager;
use tokio::{sync::OnceCell, time::timeout};

use crate::{self as queue, Error, events};
use config::{RedisConfig, crypto::sha256};

/// Problems of one client that are held.
const HELD: usize = 1;
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

/// Holds problems in Redis, for all processes; connects when first used.
#[derive(Clone)]
pub struct Imports {
    redis: Option<Arc<RedisConfig>>,
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
            redis: redis.map(Arc::new),
            connection: Arc::default(),
        }
    }

    /// Holds a problem for the forms of a client.
    ///
    /// # Errors
    /// [`Error`] where Redis does not take it.
    pub async fn add(&self, client: &str, problem: &str) -> Result<(), Error> {
        self.ask(client, async |connection, key| {
            let mut pipe = redis::pipe();
            pipe.atomic();
            let add = pipe.cmd("XADD").arg(key).arg("MAXLEN").arg(HELD).arg("*");
            add.arg("problem").arg(problem).ignore();
            pipe.cmd("EXPIRE").arg(key).arg(WINDOW.as_secs()).ignore();
            pipe.query_async(connection).await
        })
        .await
    }

    /// The newest problem for a client that arrived after a place, in the last ten minutes.
    ///
    /// # Errors
    /// [`Error`] where Redis does not answer.
    pub async fn newest(
        &self,
        client: &str,
        after: Option<&Place>,
    ) -> Result<Option<Import>, Error> {
        let found: Vec<(String, HashMap<String, String>)> = self
            .ask(client, async |connection, key| {
                let from = after.map_or_else(|| "-".to_owned(), |Place(id)| format!("({id}"));
                let mut range = redis::cmd("XREVRANGE");
                range.arg(key).arg("+").arg(from).arg("COUNT").arg(HELD);
                range.query_async(connection).await
            })
            .await?;
        Ok(found.into_iter().find_map(|(id, mut entry)| {
            let problem = entry.remove("problem")?;
            Some(Import { id, problem })
        }))
    }

    async fn ask<T>(
        &self,
        client: &str,
        ask: impl AsyncFnOnce(&mut ConnectionManager, &str) -> redis::RedisResult<T>,
    ) -> Result<T, Error> {
        let redis = self.redis.as_ref().ok_or(Error::NotConfigured)?;
        // A key for each client, so that none pushes out another's problem or reads it. An address may hold what a key may not.
        let client: String = sha256(client.as_bytes())[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let key = format!("{}:{}-imports:{client}", redis.prefix, queue::NAME);
        let asked = timeout(TIMEOUT, async {
            let connection = self.connection.get_or_try_init(|| events::connect(redis));
            ask(&mut connection.await?.clone(), &key).await
        });
        Ok(asked.await.map_err(|_| Error::Timeout(TIMEOUT))??)
    }
}
