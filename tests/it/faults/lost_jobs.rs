//! Redis forgets.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Act, BUGGY, Model, analysis},
};

async fn forget_everything(app: &App) {
    let queue = app.bullmq().await;
    let keys: Vec<String> = queue
        .connection()
        .cmd(redis::cmd("KEYS").arg(format!("{}:*", app.prefix)))
        .await
        .unwrap();
    queue
        .connection()
        .cmd::<i64>(redis::cmd("DEL").arg(keys))
        .await
        .unwrap();
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn queued_work_that_redis_forgot_is_queued_again(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        0,
        "its job is waiting"
    );
    forget_everything(&app).await;
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::from_secs(15))
            .await
            .unwrap(),
        0,
        "it is too young"
    );
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        0,
        "its job is waiting again"
    );
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    app.reaches(&id, "COMPLETED").await;
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn one_that_cannot_be_queued_again_does_not_keep_the_others_from_it(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let first = app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    forget_everything(&app).await;
    // BullMQ cannot read this as a job.
    let key = format!("{}:code-analysis:analyze-{first}-1", app.prefix);
    let queue = app.bullmq().await;
    queue
        .connection()
        .cmd::<()>(redis::cmd("SET").arg(&key).arg("no job"))
        .await
        .unwrap();
    let sweep = async || {
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap()
    };
    assert_eq!(sweep().await, 1, "the other one");
    queue
        .connection()
        .cmd::<()>(redis::cmd("DEL").arg(&key))
        .await
        .unwrap();
    assert_eq!(sweep().await, 1, "the one in the way is gone");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_running_job_that_redis_forgot_ends_all_the_same(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let gate = model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    forget_everything(&app).await;
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        0,
        "its lease holds"
    );
    gate.add_permits(1);
    app.reaches(&id, "COMPLETED").await;
    assert_eq!(model.calls("analysis").len(), 1);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn work_whose_worker_vanished_with_its_job_is_queued_again(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    db::submissions::claim(&pool, id.parse().unwrap(), Some(1), 0, Duration::ZERO)
        .await
        .unwrap();
    forget_everything(&app).await;
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        1
    );
    assert_eq!(app.submission(&id).await["status"], "QUEUED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_finished_job_of_an_unfinished_submission_makes_way(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    // A foreign worker completes the job undone.
    let options = bullmq::WorkerOptions::new()
        .connection(bullmq::options::RedisConnectionOptions::new().url(crate::support::redis_url()))
        .prefix(&prefix);
    let foreign = bullmq::Worker::with_options(
        "code-analysis",
        async |_, _| Ok(serde_json::Value::Null),
        options,
    );
    let foreign = foreign.await.unwrap();
    let queue = app.bullmq().await;
    eventually("the job is completed", async || {
        (queue.get_completed_count().await.unwrap() == 1).then_some(())
    })
    .await;
    foreign.close(7000).await.unwrap();
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        1
    );
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    app.reaches(&id, "COMPLETED").await;
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn only_one_sweeper_works_at_a_time(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    forget_everything(&app).await;
    let mut other = db::begin(&pool).await.unwrap();
    assert!(db::submissions::lock_sweeper(&mut *other).await.unwrap());
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        0
    );
    other.rollback().await.unwrap();
    assert_eq!(
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap(),
        1
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wait_that_a_clock_set_back_made_long_is_ended(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let busy = json!({ "error": { "message": "Loading model" } });
    model.next("analysis", [Act::Fail(503, busy)]);
    let id = app.submit(&json!({ "code": BUGGY })).await;
    let (queue, job) = (app.bullmq().await, format!("analyze-{id}-1"));
    let delayed = eventually("the job is delayed", async || {
        let state = queue.get_job_state(&job).await.unwrap();
        let job = queue.get_job(&job).await.unwrap();
        job.filter(|_| state == bullmq::JobState::Delayed)
    })
    .await;
    // Two hours, as Redis sees it, and the change of the row in the future, as the database sees it.
    delayed.change_delay(2 * 60 * 60 * 1000).await.unwrap();
    ::llm::client().forget(&app.state.config.model);
    let sweep = async || {
        analyze::sweeper::sweep(&app.state, Duration::ZERO)
            .await
            .unwrap()
    };
    assert_eq!(sweep().await, 0, "it waits as it is to");
    sqlx::query("UPDATE submissions SET updated_at = clock_timestamp() + interval '2 hours'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(sweep().await, 1);
    app.reaches(&id, "COMPLETED").await;
    app.stop().await;
}
