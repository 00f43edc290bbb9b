//! Redis holds the keys and values that BullMQ's other clients expect.

use std::collections::HashMap;

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy, prefix},
    model::Model,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_has_the_documented_name_id_data_and_options(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    let queue = app.bullmq().await;
    let key = format!("{}:code-analysis", app.prefix);
    let connection = queue.connection();
    let waiting: Vec<String> = connection
        .cmd(
            redis::cmd("LRANGE")
                .arg(format!("{key}:wait"))
                .arg(0)
                .arg(-1),
        )
        .await
        .unwrap();
    assert_eq!(waiting, [format!("analyze-{id}-1")]);
    let hash: HashMap<String, String> = connection
        .cmd(redis::cmd("HGETALL").arg(format!("{key}:analyze-{id}-1")))
        .await
        .unwrap();
    assert_eq!(hash["name"], "analyze");
    let parse = |field: &str| serde_json::from_str::<Value>(&hash[field]).unwrap();
    assert_eq!(parse("data"), json!({ "submissionId": id }));
    let options = parse("opts");
    assert_eq!(options["attempts"], 3);
    assert_eq!(
        options["backoff"],
        json!({ "type": "exponential", "delay": 2000 })
    );
    assert_eq!(
        options["removeOnComplete"],
        json!({ "age": 86_400, "count": 100 })
    );
    assert_eq!(
        options["removeOnFail"],
        json!({ "age": 604_800, "count": 200 })
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn data_of_any_other_shape_fails_the_job_and_nothing_else(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let queue = app.bullmq().await;
    for (number, data) in [
        json!(null),
        json!([1]),
        json!({ "submissionId": 7 }),
        json!({}),
    ]
    .into_iter()
    .enumerate()
    {
        let job = format!("odd-{number}");
        queue
            .add("analyze", data)
            .job_id(&job)
            .attempts(3)
            .await
            .unwrap();
        crate::support::eventually("the job is failed", async || {
            (queue.get_job_state(&job).await.unwrap() == bullmq::JobState::Failed).then_some(())
        })
        .await;
    }
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_that_somebody_retries_in_the_queue_opens_its_failed_submission_again(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let refusal = json!({ "error": { "message": "bad key" } });
    model.next("analysis", [crate::support::model::Act::Fail(401, refusal)]);
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "FAILED").await;
    let queue = app.bullmq().await;
    let job = format!("analyze-{id}-1");
    let mut failed = crate::support::eventually("the job is failed", async || {
        let state = queue.get_job_state(&job).await.unwrap();
        if state == bullmq::JobState::Failed {
            queue.get_job(&job).await.unwrap()
        } else {
            None
        }
    })
    .await;
    failed.retry("failed", None).await.unwrap();
    crate::support::eventually("the submission is completed", async || {
        (app.submission(&id).await["status"] == "COMPLETED").then_some(())
    })
    .await;
    assert_eq!(model.calls("problem").len(), 1);
    app.stop().await;
}
