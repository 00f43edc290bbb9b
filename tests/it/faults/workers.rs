//! Workers stop, die and overtake each other.

use std::time::Duration;

use db::{
    stages::{self, Ending},
    submissions::{self, Claim, Lease},
};
use domain::{FailureCode, StageName, SubmissionId, Usage};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Act, Model, analysis},
};

const TTL: Duration = Duration::from_secs(30);

async fn claim(pool: &PgPool, id: SubmissionId) -> Lease {
    match submissions::claim(pool, id, Some(1), 0, TTL).await.unwrap() {
        Claim::Claimed { lease, .. } => lease,
        other => panic!("{other:?}"),
    }
}

async fn lapse(pool: &PgPool) {
    sqlx::query(
        "UPDATE submissions SET lease_expires_at = clock_timestamp() - interval '1 second'",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_worker_that_is_stopped_hands_its_job_to_another_at_once(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let first = App::start_with(&pool, &model, &prefix, &[]).await;
    model.hold("analysis", analysis());
    let id = first.submit(&buggy()).await;
    model.called("analysis", 1).await;
    first.laid_out(&id).await;
    first.stop().await;

    let second = App::start_with(&pool, &model, &prefix, &[]).await;
    let done = second.reaches(&id, "COMPLETED").await;
    assert_eq!(
        (&done["run"], &done["stages"]["analysis"]["calls"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        (model.calls("problem").len(), model.calls("code").len()),
        (1, 0)
    );
    let job = second
        .bullmq()
        .await
        .get_job(&format!("analyze-{id}-1"))
        .await
        .unwrap()
        .unwrap();
    // The attempt that was handed back does not count; the one that completed may be counted by now.
    assert!(job.attempts_made() <= 1);
    second.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_whose_submission_another_worker_holds_comes_again_later(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let Claim::Claimed { .. } = submissions::claim(
        &pool,
        id.parse().unwrap(),
        Some(1),
        0,
        Duration::from_secs(2),
    )
    .await
    .unwrap() else {
        panic!("the claim failed");
    };
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let queue = app.bullmq().await;
    eventually("the job is delayed", async || {
        (queue.get_delayed_count().await.unwrap() == 1).then_some(())
    })
    .await;
    assert!(model.calls("problem").is_empty());
    app.reaches(&id, "COMPLETED").await;
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_lease_that_lapsed_ends_what_its_holder_may_write(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id: SubmissionId = app.submit(&buggy()).await.parse().unwrap();
    let old = claim(&pool, id).await;
    assert!(matches!(
        submissions::claim(&pool, id, Some(1), 0, TTL)
            .await
            .unwrap(),
        Claim::Leased(_)
    ));
    lapse(&pool).await;
    let new = claim(&pool, id).await;

    let result = json!({});
    let usage = Usage::default();
    let ending = || Ending::Completed {
        model: Some("m"),
        result: &result,
    };
    let lost = |outcome: db::Result<()>| {
        assert!(matches!(outcome, Err(db::Error::LeaseLost)), "{outcome:?}")
    };
    lost(submissions::renew(&pool, old, TTL).await);
    lost(
        stages::start(&pool, old, StageName::Code, 1)
            .await
            .map(drop),
    );
    lost(
        stages::count_call(&pool, old, StageName::Code, &usage)
            .await
            .map(drop),
    );
    lost(stages::finish(&pool, old, StageName::Code, &usage, None, ending()).await);
    let titled = json!({ "title": "late" });
    let problem = Ending::Completed {
        model: None,
        result: &titled,
    };
    let spent = Usage {
        prompt_tokens: 7,
        ..Usage::default()
    };
    lost(
        stages::finish(
            &pool,
            old,
            StageName::Problem,
            &usage,
            Some(&spent),
            problem,
        )
        .await,
    );
    // They were used all the same.
    assert_eq!(db::spending::spent(&pool).await.unwrap().today.tokens, 7);
    lost(submissions::complete(&pool, old).await);
    lost(submissions::fail(&pool, old, FailureCode::Internal, "late", None).await);
    lost(submissions::release(&pool, old, submissions::Release::HandedBack).await);

    submissions::renew(&pool, new, TTL).await.unwrap();
    stages::finish(&pool, new, StageName::Code, &usage, None, ending())
        .await
        .unwrap();
    submissions::complete(&pool, new).await.unwrap();
    assert!(matches!(
        submissions::claim(&pool, id, Some(1), 0, TTL)
            .await
            .unwrap(),
        Claim::Obsolete
    ));
    assert_eq!(app.submission(&id.to_string()).await["title"], "");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_worker_that_loses_its_lease_stops_and_drops_its_result(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let gate = model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    // Somebody else takes it, in one statement so that no renewal comes between: the holder notices at its next one.
    let token = uuid::Uuid::new_v4();
    sqlx::query("UPDATE submissions SET lease_token = $1")
        .bind(token)
        .execute(&pool)
        .await
        .unwrap();
    let new = Lease {
        id: id.parse().unwrap(),
        token,
    };
    let queue = app.bullmq().await;
    let job = format!("analyze-{id}-1");
    eventually("the first worker let go", async || {
        (queue.get_job_state(&job).await.unwrap() != bullmq::JobState::Active).then_some(())
    })
    .await;
    gate.add_permits(1);
    assert_eq!(
        app.submission(&id).await["stages"]["analysis"]["result"],
        json!(null)
    );
    submissions::complete(&pool, new).await.unwrap();
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_that_kills_its_workers_ends_as_a_crash_loop(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    for _ in 0..10 {
        claim(&pool, id.parse().unwrap()).await;
        lapse(&pool).await;
    }
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "crash_loop");
    assert!(model.calls("problem").is_empty());
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_stored_result_of_an_older_form_is_made_again(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    sqlx::query(
        "UPDATE stages SET state = 'COMPLETED', result = '{\"old\": 1}' WHERE stage = 'analysis'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    app.reaches(&id, "COMPLETED").await;
    assert_eq!(model.calls("analysis").len(), 1);
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_that_takes_too_long_ends_as_such(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(
        &pool,
        &model,
        &prefix(),
        &[
            ("REQUEST_TIMEOUT_SECONDS", "1"),
            ("LLM_MAX_CONCURRENCY", "1"),
        ],
    )
    .await;
    // Each call answers within its own limit, but all that are needed do not within the job's.
    let slow = Act::Slow(Duration::from_millis(900), "no JSON".to_owned());
    for stage in ["problem", "analysis"] {
        model.usually(stage, slow.clone());
    }
    let id = app.submit(&buggy()).await;
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "deadline");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_worker_does_not_answer_its_own_news_with_renewals(pool: PgPool) {
    for statement in [
        "CREATE TABLE renewals (at timestamptz NOT NULL DEFAULT clock_timestamp())",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN INSERT INTO renewals DEFAULT VALUES; RETURN NULL; END'",
        "CREATE TRIGGER renewed AFTER UPDATE OF lease_expires_at ON submissions FOR EACH ROW
         WHEN (OLD.lease_token = NEW.lease_token AND OLD.version = NEW.version)
         EXECUTE FUNCTION note()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let gate = model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    // Others' news are looked at: this cannot be told from a cancellation.
    let at_first = renewals(&pool).await;
    let parsed: SubmissionId = id.parse().unwrap();
    let changed = job_queue::events::SubmissionEvent::Changed;
    app.state.events.publish(parsed, changed);
    eventually("the lease is renewed", async || {
        (renewals(&pool).await > at_first).then_some(())
    })
    .await;
    gate.add_permits(1);
    app.reaches(&id, "COMPLETED").await;
    // Beside that, one when events began to be heard, and one each five seconds.
    let seconds: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM finished_at - started_at)::float8 FROM submissions",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let most = 2 + (seconds / 5.0) as i64;
    let made = renewals(&pool).await;
    assert!(made <= most, "{made} renewals in {seconds} seconds");
    app.stop().await;
}

async fn renewals(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM renewals")
        .fetch_one(pool)
        .await
        .unwrap()
}
