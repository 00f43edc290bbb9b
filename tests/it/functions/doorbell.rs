//! The doorbell.

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::any};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{sync::watch, task::JoinHandle};

use super::{environment, lambda::Lambda};
use crate::support::{
    app::{API, App, buggy, prefix},
    model::{Act, Model},
};

/// Something that is rung.
pub(super) struct Bell {
    pub(super) url: String,
    rings: watch::Sender<Vec<(HeaderMap, Bytes)>>,
    server: JoinHandle<()>,
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Bell {
    pub(super) async fn start() -> Self {
        let rings = watch::Sender::default();
        let app = Router::new()
            .fallback(any(
                async |State(rings): State<watch::Sender<Vec<_>>>,
                       headers: HeaderMap,
                       body: Bytes| {
                    rings.send_modify(|all| all.push((headers, body)));
                    axum::Json(json!({ "MessageId": "1" }))
                },
            ))
            .with_state(rings.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ring?key=s3cret", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, rings, server }
    }

    /// Waits for this many rings, and gives the last one.
    pub(super) async fn rung(&self, times: usize) -> (HeaderMap, Bytes) {
        let mut rings = self.rings.subscribe();
        let rung = rings.wait_for(|rings| rings.len() >= times);
        let rings = tokio::time::timeout(std::time::Duration::from_secs(60), rung)
            .await
            .expect("nobody rang")
            .unwrap();
        rings.last().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.rings.borrow().len()
    }
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn whoever_queues_work_rings(pool: PgPool) {
    let model = Model::start().await;
    let bell = Bell::start().await;
    let vars = [("DOORBELL_URL", bell.url.as_str())];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    let id = app.submit(&buggy()).await;
    assert_eq!(bell.count(), 1);
    app.request(reqwest::Method::POST, &format!("{API}/{id}/cancel"))
        .send()
        .await
        .unwrap();
    assert_eq!(bell.count(), 1, "a cancelled one is no work");
    app.request(reqwest::Method::POST, &format!("{API}/{id}/retry"))
        .send()
        .await
        .unwrap();
    assert_eq!(bell.count(), 2);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_ring_that_is_not_heard_loses_nothing(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("DOORBELL_URL", "http://127.0.0.1:1/")];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    let id = app.submit(&buggy()).await;
    assert_eq!(app.submission(&id).await["status"], "QUEUED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_queue_of_sqs_gets_a_signed_message(pool: PgPool) {
    let model = Model::start().await;
    let bell = Bell::start().await;
    let queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/code-checker-doorbell";
    let vars = [
        ("DOORBELL_URL", queue),
        ("AWS_ENDPOINT_URL_SQS", bell.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "the-token"),
    ];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    app.submit(&buggy()).await;
    let (headers, body) = bell.rung(1).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["QueueUrl"], queue);
    assert!(
        body["MessageBody"]
            .as_str()
            .unwrap()
            .contains("there is work")
    );
    assert_eq!(headers["x-amz-target"], "AmazonSQS.SendMessage");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
    assert_eq!(headers["x-amz-security-token"], "the-token");
    let signature = headers["authorization"].to_str().unwrap();
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(signature.contains("/eu-central-1/sqs/aws4_request"));
    assert!(!format!("{headers:?}{body}").contains("wJalr"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_on_an_idle_stack_is_analysed_when_the_bell_rings(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let bell = Bell::start().await;
    let consumer = Lambda::start("analyze", environment(&pool, &model, &prefix, &[])).await;
    let vars = [("DOORBELL_URL", bell.url.as_str())];
    let create = Lambda::start(
        "submissions-create",
        environment(&pool, &model, &prefix, &vars),
    )
    .await;
    let right = json!({ "summary": "It is right as it is.", "fixes": [] });
    model.usually("analysis", Act::Say(right));
    let created = create.invoke(&super::event("json")).await.json();
    assert_eq!(created["statusCode"], 202, "{created}");
    bell.rung(1).await;
    consumer
        .invoke_within(&super::event("sqs"), std::time::Duration::from_secs(900))
        .await
        .unwrap();
    let created: Value = serde_json::from_str(created["body"].as_str().unwrap()).unwrap();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = created["id"].as_str().unwrap();
    assert_eq!(app.submission(id).await["status"], "COMPLETED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn many_that_are_run_again_ring_once(pool: PgPool) {
    let model = Model::start().await;
    let bell = Bell::start().await;
    let vars = [("DOORBELL_URL", bell.url.as_str())];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    for _ in 0..5 {
        app.submit(&buggy()).await;
    }
    sqlx::query("UPDATE submissions SET status = 'FAILED', error_code = 'internal', finished_at = clock_timestamp()")
        .execute(&pool)
        .await
        .unwrap();
    let rung = bell.count();
    assert_eq!(actions::runs::retry_failed(&app.state).await.unwrap(), 5);
    assert_eq!(bell.count(), rung + 1);
    let queued: i64 =
        sqlx::query_scalar("SELECT count(*) FROM submissions WHERE status = 'QUEUED' AND run = 2")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(queued, 5);
    app.stop().await;
}
