//! Events: news of a submission or another [`Topic`], from whichever process changes it to whichever process shows it.
//!
//! They travel by Redis Pub/Sub on `code-checker:events:<topic>` and say only that there is news: the truth is in Postgres. A
//! process listens on one connection, however many submissions it watches. Without Redis there are no events; anyone who
//! waits for one must look from time to time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::StreamExt as _;
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{OnceCell, broadcast, mpsc, watch},
    time::{Instant, timeout},
};

use config::{RedisConfig, tls};
use domain::{Chain, StageName, SubmissionId};

const CHANNEL: &str = "code-checker:events:";
/// Longest wait for Redis to take an event.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(2);
/// Pause before listening again after the connection was lost.
const RECONNECT: Duration = Duration::from_secs(1);
/// Events that a slow watcher may be behind; it is told that there is news all the same.
const BACKLOG: usize = 16;
/// Events that wait to be sent.
const OUTBOX: usize = 1024;
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
}

/// The name of [`Topic::Imports`] in its channel, where others have an id.
const IMPORTS: &str = "imports";

impl Topic {
    fn parse(name: &str) -> Option<Self> {
        if name == IMPORTS {
            return Some(Self::Imports);
        }
        name.parse().ok().map(Self::Submission)
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
        }
    }
}

type Watchers = Arc<Mutex<HashMap<Topic, broadcast::Sender<SubmissionEvent>>>>;

/// Sends and receives events; connects when first used.
#[derive(Clone)]
pub struct Events {
    redis: Option<RedisConfig>,
    outbox: Arc<OnceLock<mpsc::Sender<(Topic, SubmissionEvent)>>>,
    watchers: Watchers,
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
            redis,
            outbox: Arc::default(),
            watchers: Arc::default(),
            listening: Arc::default(),
        }
    }

    /// Tells whoever watches the topic, in the background and in the order of the calls. An event that is lost is made up for
    /// by those who wait.
    pub fn publish(&self, topic: impl Into<Topic>, event: SubmissionEvent) {
        let Some(redis) = &self.redis else {
            return;
        };
        let outbox = self.outbox.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(OUTBOX);
            tokio::spawn(send(redis.clone(), receiver));
            sender
        });
        if outbox.try_send((topic.into(), event)).is_err() {
            tracing::debug!("an event was not sent: too many wait");
        }
    }

    /// Begins to watch a topic.
    pub async fn watch(&self, topic: impl Into<Topic>) -> Watcher {
        let listening = self
            .listening
            .get_or_init(|| async {
                let (sender, receiver) = watch::channel(false);
                if let Some(redis) = self.redis.clone() {
                    tokio::spawn(listen(redis, self.watchers.clone(), sender));
                }
                receiver
            })
            .await
            .clone();
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        // Watchers come and go; those that are gone are swept out here.
        watchers.retain(|_, sender| sender.receiver_count() > 0);
        let events = watchers
            .entry(topic.into())
            .or_insert_with(|| broadcast::Sender::new(BACKLOG))
            .subscribe();
        Watcher { events, listening }
    }
}

/// Sends events for the life of the process.
async fn send(redis: RedisConfig, mut outbox: mpsc::Receiver<(Topic, SubmissionEvent)>) {
    let mut publisher = None;
    while let Some((topic, event)) = outbox.recv().await {
        let sent = timeout(PUBLISH_TIMEOUT, async {
            let connection = match &mut publisher {
                Some(connection) => connection,
                none => none.insert(connect(&redis).await?),
            };
            let text = serde_json::to_string(&event).unwrap_or_default();
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(format!("{CHANNEL}{topic}")).arg(text);
            publish.query_async::<()>(connection).await
        });
        match sent.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = %Chain(&error), "an event was not sent"),
            Err(_) => {
                tracing::debug!("events were not sent in time");
                // Those who wait for the rest look soon themselves, and would be told late of what is long past.
                while outbox.try_recv().is_ok() {}
            }
        }
    }
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

/// Passes events on for the life of the process.
async fn listen(redis: RedisConfig, watchers: Watchers, listening: watch::Sender<bool>) {
    loop {
        if let Err(error) = listen_once(&redis, &watchers, &listening).await {
            tracing::debug!(error = %Chain(&error), "events cannot be heard; trying again");
        }
        listening.send_if_modified(|listening| std::mem::replace(listening, false));
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen_once(
    redis: &RedisConfig,
    watchers: &Watchers,
    listening: &watch::Sender<bool>,
) -> redis::RedisResult<()> {
    let client = client(redis)?;
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.psubscribe(format!("{CHANNEL}*")).await?;
    listening.send_replace(true);
    // Events may have passed while nobody listened, so everyone has to look.
    for sender in watchers
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .values()
    {
        let _ = sender.send(SubmissionEvent::Changed);
    }
    let mut messages = pubsub.on_message();
    while let Some(message) = messages.next().await {
        let topic = message
            .get_channel_name()
            .strip_prefix(CHANNEL)
            .and_then(Topic::parse);
        let event = serde_json::from_slice(message.get_payload_bytes()).ok();
        let (Some(topic), Some(event)) = (topic, event) else {
            continue;
        };
        if let Some(sender) = watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&topic)
        {
            let _ = sender.send(event);
        }
    }
    Ok(())
}

/// Hears the events of one topic.
#[derive(Debug)]
pub struct Watcher {
    events: broadcast::Receiver<SubmissionEvent>,
    listening: watch::Receiver<bool>,
}

impl Watcher {
    /// The next event. `Changed` also after a silence, so that the caller looks for itself: each `poll` while events cannot be heard.
    pub async fn next(&mut self, poll: Duration) -> SubmissionEvent {
        let started = Instant::now();
        loop {
            let deaf = !*self.listening.borrow_and_update();
            let look = started + if deaf { poll } else { SILENCE.max(poll) };
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(event) => return event,
                    // Some were missed, which is news in itself; the sender lives as long as the process.
                    Err(_) => return SubmissionEvent::Changed,
                },
                () = tokio::time::sleep_until(look) => return SubmissionEvent::Changed,
                // Not listening any more, or again: look at which.
                changed = self.listening.changed() => if changed.is_err() {
                    // Without Redis nobody will ever listen.
                    tokio::time::sleep_until(look).await;
                    return SubmissionEvent::Changed;
                },
            }
        }
    }
}
