//! Wrong tokens, counted for each client, so that nobody finds one by trying on.
//!
//! Redis counts for all processes. While it does not answer, each process counts for itself, and slows down in place of refusing:
//! with nobody to share the count, a right token must get in all the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::aio::ConnectionManager;
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout},
};

use crate::{self as queue, events};
use config::RedisConfig;
use domain::Chain;

/// Wrong tokens of one client after which it has to wait.
const FREE: u64 = 5;
/// How long they count, from the first one on.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Longest wait for Redis.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis is left alone after it did not answer: one that hangs counts everything sent to it once it goes on.
const REST: Duration = Duration::from_secs(5);
/// Between two tokens of a client that sent too many wrong ones, while Redis does not count.
const PACE: Duration = Duration::from_secs(1);
/// A client's tokens take turns; it refuses one that would wait longer than this.
const LONGEST_TURN: Duration = Duration::from_secs(3);
/// Clients that a process remembers.
const CLIENTS: usize = 10_000;

/// Too many wrong tokens: seconds to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany(pub u64);

/// Counts wrong tokens; connects when first used.
#[derive(Clone)]
pub struct Guesses {
    redis: Option<Arc<RedisConfig>>,
    connection: Arc<OnceCell<ConnectionManager>>,
    own: Arc<Mutex<Own>>,
}

/// The counts of this process alone.
#[derive(Default)]
struct Own {
    /// Until when Redis is left alone.
    rest: Option<Instant>,
    clients: HashMap<String, Client>,
}

struct Client {
    wrong: u64,
    /// When they no longer count.
    ends: Instant,
    /// When its next token has its turn.
    turn: Instant,
}

impl std::fmt::Debug for Guesses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guesses")
            .field("connected", &self.connection.initialized())
            .finish_non_exhaustive()
    }
}

impl Guesses {
    /// Counts in this Redis; nothing is connected yet.
    #[must_use]
    pub fn new(redis: Option<RedisConfig>) -> Self {
        Self {
            redis: redis.map(Arc::new),
            connection: Arc::default(),
            own: Arc::default(),
        }
    }

    /// Whether a right token of this client may be taken for one: not while it guesses.
    ///
    /// # Errors
    /// [`TooMany`].
    pub async fn right(&self, client: &str) -> Result<(), TooMany> {
        let read = async |connection: &mut ConnectionManager, key: &str| {
            let mut pipe = redis::pipe();
            pipe.atomic().cmd("GET").arg(key).cmd("TTL").arg(key);
            let (count, seconds): (Option<u64>, i64) = pipe.query_async(connection).await?;
            Ok((count.unwrap_or_default() + 1, seconds))
        };
        match self.in_redis(client, read).await {
            Some((count, seconds)) => judge(count, seconds),
            None => self.alone(client, false).await,
        }
    }

    /// Counts a wrong token of this client.
    ///
    /// # Errors
    /// [`TooMany`].
    pub async fn wrong(&self, client: &str) -> Result<(), TooMany> {
        let count = async |connection: &mut ConnectionManager, key: &str| {
            let mut pipe = redis::pipe();
            // In one transaction: a count whose expiry was never set would lock out for ever.
            pipe.atomic();
            let set = pipe.cmd("SET").arg(key).arg(0);
            set.arg("EX").arg(WINDOW.as_secs()).arg("NX").ignore();
            pipe.cmd("INCR").arg(key).cmd("TTL").arg(key);
            pipe.query_async::<(u64, i64)>(connection).await
        };
        let outcome = match self.in_redis(client, count).await {
            Some((count, seconds)) => judge(count, seconds),
            None => self.alone(client, true).await,
        };
        if outcome.is_ok() {
            tracing::warn!(client.address = client, "a wrong token");
        }
        outcome
    }

    /// Asks Redis; `None` when it does not answer.
    async fn in_redis(
        &self,
        client: &str,
        ask: impl AsyncFnOnce(&mut ConnectionManager, &str) -> redis::RedisResult<(u64, i64)>,
    ) -> Option<(u64, i64)> {
        let redis = self.redis.as_ref()?;
        let rests = self.lock().rest.is_some_and(|rest| Instant::now() < rest);
        if rests {
            return None;
        }
        // Deployments that share a Redis differ in the prefix, and count for themselves.
        let key = format!("{}:{}-guesses:{client}", redis.prefix, queue::NAME);
        let asked = timeout(TIMEOUT, async {
            let connection = self.connection.get_or_try_init(|| events::connect(redis));
            ask(&mut connection.await?.clone(), &key).await
        });
        let error = match asked.await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => Chain(&error).to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(
            error,
            "Redis does not count wrong tokens; this process does"
        );
        self.lock().rest = Some(Instant::now() + REST);
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the client's turn.
    async fn alone(&self, client: &str, is_wrong: bool) -> Result<(), TooMany> {
        let wait = self.lock().turn(client, is_wrong, Instant::now())?;
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

fn judge(count: u64, seconds: i64) -> Result<(), TooMany> {
    match u64::try_from(seconds) {
        Ok(seconds) if count > FREE => Err(TooMany(seconds.max(1))),
        // Without an expiry it is not of our making, and would hold for ever.
        _ => Ok(()),
    }
}

impl Own {
    /// How long a token of this client has to wait.
    fn turn(&mut self, client: &str, is_wrong: bool, now: Instant) -> Result<Duration, TooMany> {
        if self.clients.len() >= CLIENTS {
            self.clients.retain(|_, client| now < client.ends);
        }
        if self.clients.len() >= CLIENTS {
            let first = self.clients.iter().min_by_key(|(_, client)| client.ends);
            if let Some(first) = first.map(|(name, _)| name.clone()) {
                self.clients.remove(&first);
            }
        }
        let fresh = || Client {
            wrong: 0,
            ends: now + WINDOW,
            turn: now,
        };
        let known = match self.clients.get_mut(client) {
            Some(known) => known,
            None if is_wrong => self.clients.entry(client.to_owned()).or_insert_with(fresh),
            None => return Ok(Duration::ZERO),
        };
        if known.ends <= now {
            *known = fresh();
        }
        let mut wait = Duration::ZERO;
        if known.wrong >= FREE {
            let turn = known.turn.max(now);
            wait = turn - now;
            if wait > LONGEST_TURN {
                return Err(TooMany(wait.as_secs() + 1));
            }
            known.turn = turn + PACE;
        }
        known.wrong += u64::from(is_wrong);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn without_redis_a_client_that_guesses_is_slowed_down_and_a_right_token_gets_in() {
        let guesses = Guesses::new(None);
        let started = Instant::now();
        for _ in 0..FREE {
            assert_eq!(guesses.wrong("a").await, Ok(()));
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
        for _ in 0..10 {
            assert_eq!(guesses.wrong("a").await, Ok(()));
        }
        assert!(started.elapsed() >= PACE * 9);
        assert_eq!(guesses.right("a").await, Ok(()));
        assert!(started.elapsed() <= PACE * 11);
        let before = Instant::now();
        assert_eq!(guesses.right("b").await, Ok(()));
        assert_eq!(before.elapsed(), Duration::ZERO);
        tokio::time::advance(WINDOW).await;
        let before = Instant::now();
        assert_eq!(guesses.wrong("a").await, Ok(()));
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn many_guesses_at_once_are_refused() {
        let guesses = Guesses::new(None);
        let all = futures::future::join_all((0..100).map(|_| guesses.wrong("a"))).await;
        let looked_at = all.iter().filter(|outcome| outcome.is_ok()).count();
        assert!(looked_at < 10, "{looked_at}");
    }

    #[tokio::test]
    async fn a_process_remembers_so_many_clients_and_no_more() {
        let mut own = Own::default();
        let now = Instant::now();
        for client in 0..CLIENTS + 100 {
            own.turn(&client.to_string(), true, now).unwrap();
        }
        assert_eq!(own.clients.len(), CLIENTS);
    }
}
