//! Waiting for the end of the analysis: by the server's events, or by asking again and again where they do not come through.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::{Trouble, client::Client, progress::Line, submission::Created};

/// Pause between two questions.
const POLL: Duration = Duration::from_secs(2);
/// How long a server may be away in the middle.
const PATIENCE: Duration = Duration::from_secs(60);
/// The server gives a sign of life more often than this.
const SILENCE: Duration = Duration::from_secs(45);
/// Events that are read from one connection, in bytes.
const STREAM_BYTES: usize = 16 * 1024 * 1024;

/// The submission when its analysis has ended.
pub(crate) async fn watch(client: &Client, created: &Created) -> Result<Value, Trouble> {
    let mut line = Line::new();
    let mut away: Option<Instant> = None;
    loop {
        follow(client, created, &mut line).await;
        match client.submission(&created.links.this).await {
            Ok(found) => {
                away = None;
                if is_over(&found) {
                    return Ok(found);
                }
                line.take(&found);
            }
            Err(Trouble::Away(why)) => {
                let since = *away.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(Trouble::Away(why));
                }
                line.say("the server does not answer, trying again");
            }
            Err(refused) => return Err(refused),
        }
        sleep(POLL).await;
    }
}

/// Reads events until the end, or for as long as they come.
async fn follow(client: &Client, created: &Created, line: &mut Line) {
    let path = format!("{}/events", created.links.this);
    let asked = client
        .request(Method::GET, &path)
        .header(reqwest::header::ACCEPT, "text/event-stream")
        .send();
    let Ok(Ok(response)) = timeout(SILENCE, asked).await else {
        return;
    };
    if response.status() != StatusCode::OK {
        return;
    }
    let mut read = 0;
    let bytes = response.bytes_stream().take_while(move |part| {
        read += part.as_ref().map_or(0, |part| part.len());
        std::future::ready(read < STREAM_BYTES)
    });
    let mut events = Box::pin(bytes.eventsource());
    let mut clock = interval(Duration::from_secs(1));
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(Ok(event)) = event else {
                    return;
                };
                heard = Instant::now();
                if event.event == "deleted" {
                    return;
                }
                if matches!(event.event.as_str(), "snapshot" | "change") {
                    let progress: Value = serde_json::from_str(&event.data).unwrap_or_default();
                    if is_over(&progress) {
                        return;
                    }
                    line.take(&progress);
                }
            }
            _ = clock.tick() => line.show(),
        }
        // Comments, which are signs of life too, are not told of: asking once tells whether the server is there.
        if heard.elapsed() > SILENCE {
            return;
        }
    }
}

fn is_over(progress: &Value) -> bool {
    let status = progress["status"].as_str().and_then(domain::Status::parse);
    status.is_some_and(domain::Status::is_finished)
}
