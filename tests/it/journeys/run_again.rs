//! Retry, cancel, regenerate, and the right to do so.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    eventually,
    model::{Act, Model, analysis},
};

async fn post(app: &App, id: &str, what: &str) -> Response {
    app.request(Method::POST, &format!("{API}/{id}/{what}"))
        .send()
        .await
        .unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_retry_goes_on_at_the_first_stage_that_did_not_complete(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.next(
        "analysis",
        [Act::Fail(401, json!({ "error": { "message": "bad key" } }))],
    );
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "FAILED").await;
    let retried = post(&app, &id, "retry").await;
    assert_eq!(retried.status(), StatusCode::ACCEPTED);
    assert_eq!(retried.json::<Value>().await.unwrap()["run"], 2);
    let done = eventually("completed", async || {
        let now = app.submission(&id).await;
        (now["status"] == "COMPLETED").then_some(now)
    })
    .await;
    assert_eq!((&done["run"], &done["error"]), (&json!(2), &Value::Null));
    assert_eq!(
        (model.calls("problem").len(), model.calls("analysis").len()),
        (1, 2)
    );

    assert_eq!(
        post(&app, &id, "retry").await.status(),
        StatusCode::CONFLICT
    );
    assert_eq!(
        post(&app, &id, "retry?from=middle").await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        post(&app, &id, "retry?from=start").await.status(),
        StatusCode::ACCEPTED
    );
    let done = eventually("completed again", async || {
        let now = app.submission(&id).await;
        (now["status"] == "COMPLETED" && now["run"] == 3).then_some(now)
    })
    .await;
    assert_eq!(done["stages"]["problem"]["calls"], 1);
    assert_eq!(model.calls("problem").len(), 2);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn of_two_retries_at_once_one_starts_a_run(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    assert_eq!(
        post(&app, &id, "retry").await.status(),
        StatusCode::CONFLICT
    );
    assert_eq!(post(&app, &id, "cancel").await.status(), StatusCode::OK);
    let all = futures::future::join_all((0..6).map(|_| post(&app, &id, "retry"))).await;
    let accepted = all
        .iter()
        .filter(|response| response.status() == StatusCode::ACCEPTED)
        .count();
    let refused = all
        .iter()
        .filter(|response| response.status() == StatusCode::CONFLICT)
        .count();
    assert_eq!((accepted, refused), (1, 5));
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 1);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn cancelling_stops_the_model_call_in_whichever_process_it_runs(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let web = App::without_worker(&pool, &model, &prefix, &[]).await;
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    model.hold("analysis", analysis());
    let id = web.submit(&buggy()).await;
    model.called("analysis", 1).await;
    web.laid_out(&id).await;
    let asked = std::time::Instant::now();
    assert_eq!(post(&web, &id, "cancel").await.status(), StatusCode::OK);
    // The event reaches the worker well before its next renewal would.
    model.hung_up(1).await;
    assert!(
        asked.elapsed() < std::time::Duration::from_secs(4),
        "the event did not reach the worker"
    );
    let cancelled = web.submission(&id).await;
    assert_eq!(
        (
            &cancelled["status"],
            &cancelled["stages"]["problem"]["state"]
        ),
        (&json!("CANCELLED"), &json!("COMPLETED"))
    );
    assert_eq!(post(&web, &id, "cancel").await.status(), StatusCode::OK);

    assert_eq!(
        post(&web, &id, "retry").await.status(),
        StatusCode::ACCEPTED
    );
    eventually("completed", async || {
        (web.submission(&id).await["status"] == "COMPLETED").then_some(())
    })
    .await;
    assert_eq!(model.calls("problem").len(), 1);
    assert_eq!(
        post(&web, &id, "cancel").await.status(),
        StatusCode::CONFLICT
    );
    worker.stop().await;
    web.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_waiting_one_that_is_cancelled_leaves_the_queue(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    assert_eq!(post(&app, &id, "cancel").await.status(), StatusCode::OK);
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 0);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn only_the_owner_and_the_admin_may_retry_and_cancel(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let stranger = reqwest::Client::builder().build().unwrap();
    let made = stranger
        .post(format!("{}{API}", app.url))
        .json(&buggy())
        .send()
        .await
        .unwrap();
    let made: Value = made.json().await.unwrap();
    let (id, token) = (
        made["id"].as_str().unwrap(),
        made["owner_token"].as_str().unwrap(),
    );
    let send = async |change: &dyn Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
                      what: &str| {
        let request = stranger.post(format!("{}{API}/{id}/{what}", app.url));
        change(request).send().await.unwrap().status()
    };
    assert_eq!(
        send(&|request| request, "cancel").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        send(&|request| request.bearer_auth("wrong"), "cancel").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        send(&|request| request.header("x-owner-token", token), "cancel").await,
        StatusCode::OK
    );
    assert_eq!(
        send(&|request| request.bearer_auth(token), "retry").await,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        send(&|request| request.bearer_auth(TOKEN), "cancel").await,
        StatusCode::OK
    );
    assert_eq!(
        post(&app, &uuid::Uuid::now_v7().to_string(), "cancel")
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn regenerating_makes_a_new_submission_of_the_same_content(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let mut body = buggy();
    body["images"] = json!([format!("data:image/png;base64,{}", super::submit::PNG)]);
    let id = app.submit(&body).await;
    app.reaches(&id, "COMPLETED").await;
    assert_eq!(
        post(&app, &id, "regenerate").await.status(),
        StatusCode::UNAUTHORIZED
    );
    let request = app
        .request(Method::POST, &format!("{API}/{id}/regenerate"))
        .bearer_auth(TOKEN);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let new = response.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(new, id);
    let done = app.reaches(&new, "COMPLETED").await;
    assert_eq!(
        (&done["code"], done["images"].as_array().unwrap().len()),
        (&body["code"], 1)
    );
    assert_eq!(model.calls("problem").len(), 2);
    app.stop().await;
}
