//! Workers of several languages on one queue.

use std::{collections::HashSet, sync::Arc, time::Duration};

use config::RedisConfig;
use futures::FutureExt as _;
use job_queue::{Consumer, Delivery, Outcome};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use super::client::{Client, Kind};
use crate::support::{app::prefix, redis_url};

/// Jobs that are shared.
const JOBS: usize = 20;

/// A worker of theirs and one of ours take jobs from one queue; none is lost and none runs twice.
async fn share_a_queue(kind: Kind) {
    let prefix = prefix();
    let Some(mut client) = Client::start(kind, &prefix) else {
        return;
    };
    let mut jobs = HashSet::new();
    for n in 0..JOBS {
        let arguments = json!({ "name": "test", "data": { "n": n }, "opts": {} });
        let job = client.call("add", arguments).await;
        jobs.insert(job.as_str().unwrap().to_owned());
    }
    let (taken, mut ours) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let redis = RedisConfig {
        url: redis_url().into(),
        prefix,
    };
    let held = gate.clone();
    let handler = move |delivery: Delivery| {
        let (taken, held) = (taken.clone(), held.clone());
        async move {
            taken.send(delivery.job_id).unwrap();
            drop(held.acquire().await.unwrap());
            Outcome::Done
        }
        .boxed()
    };
    let consumer = Consumer::start(redis, 1, Arc::new(handler));
    client.call("work", json!({})).await;
    // Each holds its first job until the other has one too.
    client.first_job_with("processing").await;
    let our_first = ours.recv().await.unwrap();
    gate.add_permits(1);
    client.call("release", json!({})).await;
    for job in &jobs {
        client.event("completed", job).await;
    }
    // Nobody takes a job that is completed, so all were told by now.
    let mut runs = client.jobs_with("processing");
    runs.push(our_first);
    while let Ok(job) = ours.try_recv() {
        runs.push(job);
    }
    assert_eq!(runs.len(), JOBS, "{runs:?}");
    assert_eq!(runs.into_iter().collect::<HashSet<_>>(), jobs);
    let counts = client.call("counts", json!({})).await;
    assert_eq!(counts["completed"], JOBS, "{counts}");
    consumer.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_node_worker_and_ours_share_a_queue() {
    share_a_queue(Kind::Node).await;
}

#[tokio::test]
async fn a_python_worker_and_ours_share_a_queue() {
    share_a_queue(Kind::Python).await;
}
