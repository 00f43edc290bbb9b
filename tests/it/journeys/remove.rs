//! Delete, prune and clear.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    eventually,
    model::{Model, analysis},
};

async fn admin(app: &App, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut request = app.request(method, path).bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn deleting_stops_the_work_and_leaves_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    let path = format!("{API}/{id}");
    let stranger = reqwest::Client::builder()
        .build()
        .unwrap()
        .delete(format!("{}{path}", app.url));
    assert_eq!(
        stranger.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        admin(&app, Method::DELETE, &path, None).await.0,
        StatusCode::NO_CONTENT
    );
    model.hung_up(1).await;
    assert_eq!(app.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        admin(&app, Method::DELETE, &path, None).await.0,
        StatusCode::NOT_FOUND
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM stages")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let queue = app.bullmq().await;
    eventually("no job is active", async || {
        (queue.get_active_count().await.unwrap() == 0).then_some(())
    })
    .await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pruning_takes_what_ended_long_ago_and_nothing_else(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (waiting, old, recent) = (
        app.submit(&buggy()).await,
        app.submit(&buggy()).await,
        app.submit(&buggy()).await,
    );
    sqlx::query("UPDATE submissions SET status = 'CANCELLED', finished_at = clock_timestamp() - interval '3 hours' WHERE id::text = $1")
        .bind(&old)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE submissions SET status = 'CANCELLED', finished_at = clock_timestamp() WHERE id::text = $1")
        .bind(&recent)
        .execute(&pool)
        .await
        .unwrap();
    let path = format!("{API}/prune");
    for (body, pointer) in [
        (json!({ "amount": 0, "unit": "days" }), "/amount"),
        (
            json!({ "amount": 99999999999_i64, "unit": "minutes" }),
            "/amount",
        ),
        (json!({ "amount": 1, "unit": "years" }), "/unit"),
        (json!({ "amount": 1 }), ""),
    ] {
        let (status, problem) = admin(&app, Method::POST, &path, Some(body)).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer))
        );
    }
    let (status, answer) = admin(
        &app,
        Method::POST,
        &path,
        Some(json!({ "amount": 2, "unit": "hours" })),
    )
    .await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "deleted": 1 })));
    assert_eq!(
        app.get(&format!("{API}/{old}")).await.status(),
        StatusCode::NOT_FOUND
    );
    app.submission(&waiting).await;
    app.submission(&recent).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn clearing_must_be_confirmed_and_takes_everything(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    assert_eq!(
        admin(&app, Method::DELETE, API, None).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let (status, answer) = admin(&app, Method::DELETE, &format!("{API}?confirm=all"), None).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "deleted": 2 })));
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 0);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_owner_deletes_their_own_and_nobody_elses(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.hold("analysis", analysis());
    let mine = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    let others = reqwest::Client::builder()
        .cookie_store(true)
        .build()
        .unwrap();
    let theirs = others
        .post(format!("{}{API}", app.url))
        .json(&buggy())
        .send()
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();
    let theirs = theirs["id"].as_str().unwrap();
    for (method, path) in [
        (Method::DELETE, format!("{API}/{theirs}")),
        (Method::GET, format!("/submissions/{theirs}/delete")),
        (Method::POST, format!("/submissions/{theirs}/delete")),
    ] {
        let answer = app.request(method.clone(), &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
    }
    // One of somebody else's among them, and none is deleted.
    let form = [("id", &*mine), ("id", theirs), ("confirm", "yes")];
    let answer = app.request(Method::POST, "/history/delete").form(&form);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    app.submission(theirs).await;

    let deleted = app.request(Method::DELETE, &format!("{API}/{mine}"));
    assert_eq!(
        deleted.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    model.hung_up(1).await;
    let gone = app.get(&format!("{API}/{mine}")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    app.submission(theirs).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pages_ask_before_they_delete(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mut made = Vec::new();
    for number in 0..4 {
        made.push(
            app.submit(&json!({ "text": format!("number {number}") }))
                .await,
        );
    }
    let (one, some) = made.split_last().unwrap();
    let path = format!("/submissions/{one}/delete");
    let question = app.get(&path).await.text().await.unwrap();
    assert!(question.contains("Delete this submission?"));
    app.submission(one).await;
    let done = app.request(Method::POST, &path).send().await.unwrap();
    assert_eq!(done.url().path(), "/history");
    assert!(done.text().await.unwrap().contains("Submission deleted."));

    let ids: Vec<_> = some.iter().map(|id| ("id", &**id)).collect();
    let send = async |form: &[(&str, &str)]| {
        let request = app.request(Method::POST, "/history/delete").form(form);
        request.send().await.unwrap()
    };
    let question = send(&ids).await.text().await.unwrap();
    assert!(question.contains("Delete these 3 submissions?"));
    app.submission(&some[0]).await;
    // One that is gone by now is no obstacle, and one that is named twice is one.
    let confirmed = [&ids[..], &ids[..1], &[("id", &**one), ("confirm", "yes")]].concat();
    let done = send(&confirmed).await.text().await.unwrap();
    assert!(done.contains("3 submissions deleted."), "{done}");
    let left = app.get(API).await.json::<Value>().await.unwrap();
    assert_eq!(left["items"], json!([]));
    let wrong = send(&[("id", "1")]).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let many: Vec<_> = (0..101).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let many: Vec<_> = many.iter().map(|id| ("id", &**id)).collect();
    assert_eq!(send(&many).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn clearing_takes_the_jobs_of_submissions_and_leaves_everything_else(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let settings = json!({ "OPENAI_MODEL": "kept" });
    let (status, _) = admin(&app, Method::PATCH, "/api/v1/settings", Some(settings)).await;
    assert_eq!(status, StatusCode::OK);
    model.hold("analysis", analysis());
    let running = app.submit(&buggy()).await;
    let worker = App::start_with(
        &pool,
        &model,
        &prefix,
        &[("MAX_CONCURRENT_ANALYSIS_TASKS", "1")],
    )
    .await;
    model.called("analysis", 1).await;
    let watched = app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    let other = domain::SubmissionId::generate();
    let limit = std::time::Duration::from_secs(5);
    app.state.queue.add_webhook(other, 1, limit).await.unwrap();
    let events = app.get(&format!("{API}/{watched}/events")).await;
    let spent: i64 = count(&pool, "daily_submissions").await;
    let path = format!("{API}?confirm=all");
    let (status, answer) = admin(&app, Method::DELETE, &path, None).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "deleted": 3 })));
    model.hung_up(1).await;
    // The stream ends, and says why.
    let events = events.text().await.unwrap();
    assert!(
        events.contains("event:deleted") || events.contains("event: deleted"),
        "{events}"
    );
    for table in [
        "submissions",
        "stages",
        "images",
        "idempotency_keys",
        "webhooks",
    ] {
        assert_eq!(count(&pool, table).await, 0, "{table}");
    }
    assert_eq!(count(&pool, "settings").await, 1);
    assert_eq!(count(&pool, "daily_submissions").await, spent);
    assert_eq!(
        app.get(&format!("{API}/{running}")).await.status(),
        StatusCode::NOT_FOUND
    );
    let queue = app.bullmq().await;
    eventually(
        "the job of the webhook is the only one that is left",
        async || {
            let counts = queue.get_job_counts().await.unwrap();
            let job = queue.get_job(&format!("webhook-{other}-1")).await.unwrap();
            (counts.waiting == 0 && counts.active == 0 && job.is_some()).then_some(())
        },
    )
    .await;
    // Later submissions are worked on.
    let next = app.submit(&buggy()).await;
    app.reaches(&next, "COMPLETED").await;
    worker.stop().await;
    app.stop().await;
}

async fn count(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn clearing_does_not_wait_for_a_long_query_such_as_that_of_a_backup(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    app.submit(&buggy()).await;
    let mut backup = db::begin(&pool).await.unwrap();
    let count = "SELECT count(*) FROM submissions";
    let kept: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut *backup)
        .await
        .unwrap();
    let (status, answer) = admin(&app, Method::DELETE, &format!("{API}?confirm=all"), None).await;
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({ "deleted": kept }))
    );
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 0);
    backup.commit().await.unwrap();
    app.stop().await;
}
