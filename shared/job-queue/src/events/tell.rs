//! Sending events, in the order in which they happened.

use std::sync::Arc;

use redis::Pipeline;
use tokio::{sync::mpsc, time::timeout};

use super::{CHANNEL, Message, PUBLISH_TIMEOUT, SubmissionEvent, Topic, connect};
use config::RedisConfig;
use domain::Chain;

/// Events that wait to be sent.
const OUTBOX: usize = 4096;
/// Events that are sent at once at most.
const BATCH: usize = 256;

/// Begins to send; ends with the sender.
pub(super) fn start(redis: Arc<RedisConfig>) -> mpsc::Sender<(Topic, Message)> {
    let (sender, outbox) = mpsc::channel(OUTBOX);
    tokio::spawn(send(redis, outbox));
    sender
}

async fn send(redis: Arc<RedisConfig>, mut outbox: mpsc::Receiver<(Topic, Message)>) {
    let mut publisher = None;
    let mut waiting = Vec::new();
    // Those that came while the last ones were on their way go together.
    while outbox.recv_many(&mut waiting, BATCH).await > 0 {
        let pipeline = pipeline(&mut waiting);
        let sent = timeout(PUBLISH_TIMEOUT, async {
            let connection = match &mut publisher {
                Some(connection) => connection,
                none => none.insert(connect(&redis).await?),
            };
            pipeline.query_async::<()>(connection).await
        });
        match sent.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = %Chain(&error), "events were not sent"),
            Err(_) => {
                tracing::debug!("events were not sent in time");
                // Those who wait for the rest look soon themselves, and would be told late of what is long past.
                while outbox.try_recv().is_ok() {}
            }
        }
    }
}

/// Empties `waiting` into one message.
fn pipeline(waiting: &mut Vec<(Topic, Message)>) -> Pipeline {
    let mut pipeline = redis::pipe();
    for (topic, message) in merged(std::mem::take(waiting)) {
        let text = serde_json::to_string(&message).unwrap_or_default();
        pipeline.publish(format!("{CHANNEL}{topic}"), text).ignore();
    }
    pipeline
}

/// Leaves out a change that is followed by another one of the same: whoever hears the later looks at both.
fn merged(mut events: Vec<(Topic, Message)>) -> Vec<(Topic, Message)> {
    let mut kept = Vec::with_capacity(events.len());
    while let Some(event) = events.pop() {
        let is_known = event.1.event == SubmissionEvent::Changed && kept.contains(&event);
        if !is_known {
            kept.push(event);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use domain::{StageName, SubmissionId};

    use super::*;
    use crate::events::Author;

    fn event(event: SubmissionEvent, by: Option<u64>) -> Message {
        Message {
            event,
            by: by.map(Author),
        }
    }

    #[test]
    fn changes_that_wait_together_are_told_as_one() {
        let [one, other] = [(); 2].map(|()| Topic::Submission(SubmissionId::generate()));
        let received = event(
            SubmissionEvent::Received {
                stage: StageName::Code,
                bytes: 7,
            },
            None,
        );
        let changed = event(SubmissionEvent::Changed, None);
        let own = event(SubmissionEvent::Changed, Some(3));
        let mut waiting = vec![
            (one, changed),
            (one, own),
            (one, received),
            (other, changed),
            (one, received),
            (one, own),
            (one, changed),
        ];
        assert_eq!(
            merged(waiting.clone()),
            [
                (one, received),
                (other, changed),
                (one, received),
                (one, own),
                (one, changed),
            ]
        );
        assert_eq!(pipeline(&mut waiting).len(), 5);
        assert!(waiting.is_empty());
    }
}
