//! The place in the queue.

use std::time::Duration;

use domain::SubmissionId;
use futures::{StreamExt as _, stream};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    model::Model,
};

const LIMIT: Duration = Duration::from_secs(30);
/// More than Redis looks at from both ends.
const JOBS: usize = 900;

/// Fills the queue with the jobs of submissions, in the order of the answer.
async fn filled(queue: &job_queue::Queue) -> Vec<SubmissionId> {
    let ids: Vec<_> = (0..JOBS).map(|_| SubmissionId::generate()).collect();
    // Sent in this order over one connection.
    stream::iter(&ids)
        .map(|id| queue.add(*id, 1, LIMIT))
        .buffered(50)
        .for_each(|added| async { added.unwrap() })
        .await;
    ids
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_place_is_known_near_both_ends_and_between_them(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let queue = &app.state.queue;
    let ids = filled(queue).await;
    let place = async |index: usize| queue.place(ids[index], 1, LIMIT).await.unwrap();
    for index in [0, 1, 127, 128, 450, 771, 772, 899] {
        assert_eq!(place(index).await, Some(index + 1));
    }
    let unknown = SubmissionId::generate();
    assert_eq!(queue.place(unknown, 1, LIMIT).await.unwrap(), None);
    assert_eq!(queue.place(ids[3], 2, LIMIT).await.unwrap(), None);

    queue.set_paused(true, LIMIT).await.unwrap();
    for index in [0, 450, 899] {
        assert_eq!(place(index).await, Some(index + 1));
    }
    queue.set_paused(false, LIMIT).await.unwrap();

    // Those near the next one move up at once.
    let first: Vec<_> = ids[..10].iter().map(|id| (*id, 1)).collect();
    queue.remove_all(&first, LIMIT).await.unwrap();
    assert_eq!(place(0).await, None);
    assert_eq!(place(10).await, Some(1));
    assert_eq!(place(899).await, Some(890));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn removing_many_jobs_keeps_those_of_others(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let queue = &app.state.queue;
    let ids = filled(queue).await;
    let bullmq = app.bullmq().await;
    let locked = bullmq::Worker::with_options(
        job_queue::NAME,
        |_: bullmq::Job, _| async { std::future::pending().await },
        bullmq::WorkerOptions::new()
            .connection(
                bullmq::options::RedisConnectionOptions::new().url(crate::support::redis_url()),
            )
            .prefix(&app.prefix)
            .concurrency(1),
    )
    .await
    .unwrap();
    crate::support::eventually("a worker has the first job", async || {
        (bullmq.get_active_count().await.unwrap() == 1).then_some(())
    })
    .await;
    // Some of them are not there.
    let lost = (0..3).map(|_| SubmissionId::generate());
    let runs: Vec<_> = ids[..800]
        .iter()
        .copied()
        .chain(lost)
        .map(|id| (id, 1))
        .rev()
        .collect();
    queue.remove_all(&runs, LIMIT).await.unwrap();
    let counts = bullmq.get_job_counts().await.unwrap();
    assert_eq!((counts.waiting, counts.active), (100, 1));
    let job = |index: usize| format!("analyze-{}-1", ids[index]);
    assert!(bullmq.get_job(&job(0)).await.unwrap().is_some());
    assert!(bullmq.get_job(&job(1)).await.unwrap().is_none());
    assert!(bullmq.get_job(&job(850)).await.unwrap().is_some());
    drop(locked);
    app.stop().await;
}
