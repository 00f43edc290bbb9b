//! Hearing events, on one connection for all who watch in this process.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::StreamExt as _;
use tokio::{sync::watch, time::Instant};

use super::{CHANNEL, Message, News, Topic, Topics, client};
use config::RedisConfig;
use domain::Chain;

/// Pause before listening again after the connection was lost.
const RECONNECT: Duration = Duration::from_secs(1);

/// Passes events on for the life of the process.
pub(super) async fn listen(
    redis: Arc<RedisConfig>,
    topics: Topics,
    listening: watch::Sender<bool>,
) {
    loop {
        if let Err(error) = listen_once(&redis, &topics, &listening).await {
            tracing::debug!(error = %Chain(&error), "events cannot be heard; trying again");
        }
        listening.send_if_modified(|listening| std::mem::replace(listening, false));
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen_once(
    redis: &RedisConfig,
    topics: &Topics,
    listening: &watch::Sender<bool>,
) -> redis::RedisResult<()> {
    let client = client(redis)?;
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.psubscribe(format!("{CHANNEL}*")).await?;
    listening.send_replace(true);
    // Events may have passed while nobody listened, so everyone has to look.
    look_all(topics);
    let mut messages = pubsub.on_message();
    while let Some(message) = messages.next().await {
        let Some(topic) = message
            .get_channel_name()
            .strip_prefix(CHANNEL)
            .and_then(Topic::parse)
        else {
            continue;
        };
        if topic == Topic::Everything {
            look_all(topics);
            continue;
        }
        let topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
        // Most are about what nobody watches here.
        let Some(watchers) = topics.get(&topic) else {
            continue;
        };
        if let Ok(Message { event, by }) = serde_json::from_slice(message.get_payload_bytes()) {
            let since = Instant::now();
            let _ = watchers.send(News { event, by, since });
        }
    }
    Ok(())
}

fn look_all(topics: &Topics) {
    let topics = topics.lock().unwrap_or_else(PoisonError::into_inner);
    for watchers in topics.values() {
        let _ = watchers.send(News::look(Instant::now()));
    }
}
