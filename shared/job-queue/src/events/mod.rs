//! Events: news of a submission or another [`Topic`], from whichever process changes it to whichever process shows it.
//!
//! They travel by Redis Pub/Sub on `code-checker:events:<topic>` and say only that there is news: the truth is in Postgres. A
//! process listens on one connection, however many submissions it watches. Without Redis there are no events; anyone who
//! waits for one must look from time to time.

mod hear;
mod tell;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{OnceCell, broadcast, mpsc, watch},
    time::Instant,
};

use config::{RedisConfig, tls};
use domain::{StageName, SubmissionId};

const CHANNEL: &str = "code-checker:events:";
/// Longest wait for Redis to take events.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(2);
/// Events that a slow watcher may be behind; it is told that there is news all the same.
const BACKLOG: usize = 16;
/// Silence after which a watcher looks for itself although events can be heard, as far as anybody knows: a connection may be dead,
/// or Redis hang, without a word.
const SILENCE: Duration = Duration::from_secs(10);

/// News of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SubmissionEvent {
    /// The submission or one of its stages changed, or is gone.
    Changed,
    /// More of a streamed answer has arrived.
    Received {
        /// The stage.
        stage: StageName,
        /// Bytes of the answer so far.
        bytes: u64,
    },
}

/// A thing that can have news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A submission.
    Submission(SubmissionId),
    /// The problems that a browser's extension sent.
    Imports,
    /// All of them at once.
    Everything,
}

/// The name of [`Topic::Imports`] in its channel, where others have an id.
const IMPORTS: &str = "imports";
/// The name of [`Topic::Everything`].
const EVERYTHING: &str = "everything";

impl Topic {
    fn parse(name: &str) -> Option<Self> {
        match name {
            IMPORTS => Some(Self::Imports),
            EVERYTHING => Some(Self::Everything),
            id => id.parse().ok().map(Self::Submission),
        }
    }
}

impl From<SubmissionId> for Topic {
    fn from(id: SubmissionId) -> Self {
        Self::Submission(id)
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Submission(id) => id.fmt(f),
            Self::Imports => f.write_str(IMPORTS),
            Self::Everything => f.write_str(EVERYTHING),
        }
    }
}

/// Tells whose change an event is about, so that they need not look at their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Author(pub u64);

/// An event on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    #[serde(flatten)]
    event: SubmissionEvent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Author>,
}

/// An event as it was heard.
#[derive(Clone, Copy, Debug)]
pub struct News {
    /// The event.
    pub event: SubmissionEvent,
    /// Its author, if they said so.
    pub by: Option<Author>,
    /// A look that began at this moment or later knows of it.
    pub since: Instant,
}

impl News {
    /// A reason to look that nobody has told of.
    const fn look(since: Instant) -> Self {
        Self {
            event: SubmissionEvent::Changed,
            by: None,
            since,
        }
    }
}

type Topics = Arc<Mutex<HashMap<Topic, broadcast::Sender<News>>>>;

/// Sends and receives events; connects when first used.
#[derive(Clone)]
pub struct Events {
    redis: Option<Arc<RedisConfig>>,
    outbox: Arc<OnceLock<mpsc::Sender<(Topic, Message)>>>,
    topics: Topics,
    listening: Arc<OnceCell<watch::Receiver<bool>>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("listening", &self.listening.initialized())
            .finish_non_exhaustive()
    }
}

impl Events {
    /// Events over this Redis; nothing is connected yet.
    #[must_use]
    pub fn new(redis: Option<RedisConfig>) -> Self {
        Self {
            redis: redis.map(Arc::new),
            outbox: Arc::default(),
            topics: Arc::default(),
            listening: Arc::default(),
        }
    }

    /// Tells whoever watches the topic, in the background and in the order of the calls. An event that is lost is made up for
    /// by those who wait.
    pub fn publish(&self, topic: impl Into<Topic>, event: SubmissionEvent) {
        self.send(topic.into(), Message { event, by: None });
    }

    /// As [`Self::publish`], and says whose change it is.
    pub fn publish_by(&self, by: Author, topic: impl Into<Topic>, event: SubmissionEvent) {
        let by = Some(by);
        self.send(topic.into(), Message { event, by });
    }

    fn send(&self, topic: Topic, message: Message) {
        let Some(redis) = &self.redis else {
            return;
        };
        let outbox = self.outbox.get_or_init(|| tell::start(redis.clone()));
        if outbox.try_send((topic, message)).is_err() {
            tracing::debug!("an event was not sent: too many wait");
        }
    }

    /// Begins to watch a topic.
    pub async fn watch(&self, topic: impl Into<Topic>) -> Watcher {
        let topic = topic.into();
        let listening = self
            .listening
            .get_or_init(|| async {
                let (sender, receiver) = watch::channel(false);
                if let Some(redis) = self.redis.clone() {
                    tokio::spawn(hear::listen(redis, self.topics.clone(), sender));
                }
                receiver
            })
            .await
            .clone();
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let watchers = topics.entry(topic);
        let watchers = watchers.or_insert_with(|| broadcast::Sender::new(BACKLOG));
        Watcher {
            events: watchers.subscribe(),
            listening,
            since: Instant::now(),
            _seat: Seat {
                topic,
                topics: self.topics.clone(),
            },
        }
    }

    /// How many topics are watched in this process.
    #[must_use]
    pub fn watched(&self) -> usize {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.len()
    }
}

fn ago(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_sub(time).unwrap_or(now)
}

pub(crate) async fn connect(redis: &RedisConfig) -> redis::RedisResult<ConnectionManager> {
    let config = redis::aio::ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(PUBLISH_TIMEOUT))
        .set_response_timeout(Some(PUBLISH_TIMEOUT));
    ConnectionManager::new_with_config(client(redis)?, config).await
}

fn client(redis: &RedisConfig) -> redis::RedisResult<redis::Client> {
    match tls::system_roots().filter(|_| redis.is_tls()) {
        Some(roots) => redis::Client::build_with_tls(
            redis.expose_url(),
            redis::TlsCertificates {
                client_tls: None,
                root_cert: Some(roots.to_vec()),
            },
        ),
        None => redis::Client::open(redis.expose_url()),
    }
}

/// Ends the watch of a topic when nobody is left. A field after the receiver, which is gone when this is dropped.
#[derive(Debug)]
struct Seat {
    topic: Topic,
    topics: Topics,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let watchers = topics.get(&self.topic);
        if watchers.is_some_and(|watchers| watchers.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

/// Hears the events of one topic.
#[derive(Debug)]
pub struct Watcher {
    events: broadcast::Receiver<News>,
    listening: watch::Receiver<bool>,
    since: Instant,
    _seat: Seat,
}

impl Watcher {
    /// A look that began at this moment or later knows of everything up to here: those who watch the same can share it.
    #[must_use]
    pub const fn since(&self) -> Instant {
        self.since
    }

    /// The next event. `Changed` also after a silence, so that the caller looks for itself: each `poll` while events cannot be heard.
    pub async fn next(&mut self, poll: Duration) -> SubmissionEvent {
        self.news(poll).await.event
    }

    /// As [`Self::next`], with what else is known of it.
    pub async fn news(&mut self, poll: Duration) -> News {
        let news = self.wait(poll).await;
        self.since = news.since;
        news
    }

    async fn wait(&mut self, poll: Duration) -> News {
        let started = Instant::now();
        loop {
            let deaf = !*self.listening.borrow_and_update();
            let silence = if deaf { poll } else { SILENCE.max(poll) };
            let look = started + silence;
            tokio::select! {
                event = self.events.recv() => return match event {
                    Ok(news) => news,
                    // Some were missed, which is news in itself; the sender lives as long as this.
                    Err(_) => News::look(Instant::now()),
                },
                () = tokio::time::sleep_until(look) => return News::look(ago(silence / 2)),
                // Not listening any more, or again: look at which.
                changed = self.listening.changed() => if changed.is_err() {
                    // Without Redis nobody will ever listen.
                    tokio::time::sleep_until(look).await;
                    return News::look(ago(silence / 2));
                },
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
