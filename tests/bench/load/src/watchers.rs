//! Watchers of submissions: streams of server-sent events.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, header::HOST};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{Result, input_ends, print, target::Target};

/// Streams that are opened at once.
const OPENING: usize = 64;
/// Between two lines about events.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The server, http://HOST:PORT
    #[arg(long)]
    server: Target,
    /// Watchers at once
    #[arg(long)]
    watchers: usize,
    /// A file with the ids of the submissions, one on each line, which are given to the watchers in turn
    #[arg(long)]
    ids: PathBuf,
}

#[derive(Default)]
struct Counts {
    open: AtomicU64,
    events: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
    /// Milliseconds since 1970 at the last event.
    last: AtomicU64,
}

/// Watches until standard input ends, and prints the counts whenever they have changed.
pub(crate) async fn run(arguments: Arguments) -> Result {
    let ids = fs::read_to_string(&arguments.ids)?;
    let ids: Vec<&str> = ids.lines().collect();
    if ids.is_empty() {
        return Err("there are no ids".into());
    }
    let counts = Arc::new(Counts::default());
    let opening = Arc::new(Semaphore::new(OPENING));
    for id in ids.iter().cycle().take(arguments.watchers) {
        let path = format!("/api/v1/submissions/{id}/events");
        let (server, counts, opening) = (
            arguments.server.clone(),
            Arc::clone(&counts),
            Arc::clone(&opening),
        );
        tokio::spawn(async move {
            let outcome = watch(&server, path, &counts, &opening).await;
            let count = match outcome {
                Ok(()) => &counts.ended,
                Err(_) => &counts.failed,
            };
            count.fetch_add(1, Relaxed);
        });
    }
    tokio::select! {
        () = input_ends() => Ok(()),
        outcome = tell(&counts) => outcome,
    }
}

async fn watch(server: &Target, path: String, counts: &Counts, opening: &Semaphore) -> Result {
    let place = opening.acquire().await?;
    let mut sender = server.connect().await?;
    let mut request = Request::new(Full::<Bytes>::default());
    *request.uri_mut() = path.parse()?;
    request
        .headers_mut()
        .insert(HOST, server.authority.parse()?);
    let mut body = sender.send_request(request).await?.into_body();
    let mut place = Some(place);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        // A sign of life is a comment; an event has data.
        let events = data
            .windows(6)
            .filter(|window| *window == b"\ndata:")
            .count();
        if events == 0 {
            continue;
        }
        if place.take().is_some() {
            counts.open.fetch_add(1, Relaxed);
        }
        counts.events.fetch_add(events as u64, Relaxed);
        counts.last.store(now(), Relaxed);
    }
    Ok(())
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn tell(counts: &Counts) -> Result {
    let mut told = None;
    loop {
        let line = json!({
            "open": counts.open.load(Relaxed), "events": counts.events.load(Relaxed), "ended": counts.ended.load(Relaxed),
            "failed": counts.failed.load(Relaxed), "last": counts.last.load(Relaxed),
        });
        if told.as_ref() != Some(&line) {
            print(&line)?;
            told = Some(line);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
