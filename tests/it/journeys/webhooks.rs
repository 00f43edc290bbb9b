//! The address that a sender gives is told when the submission ends.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use analyze::sweeper;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use config::crypto::hmac_sha256;
use secrecy::SecretSlice;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{
    app::{API, App, buggy, prefix},
    eventually,
    model::Model,
};

const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

type Heard = Vec<(HeaderMap, Bytes)>;
type Script = (watch::Sender<Heard>, Arc<Mutex<VecDeque<u16>>>);

/// A receiver that answers with these statuses, and then with 204.
struct Receiver {
    url: String,
    heard: watch::Sender<Heard>,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    async fn start(answers: &[u16]) -> Self {
        let heard = watch::Sender::<Heard>::default();
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let take =
            async |State((heard, answers)): State<Script>, headers: HeaderMap, body: Bytes| {
                heard.send_modify(|all| all.push((headers, body)));
                let status = answers.lock().unwrap().pop_front().unwrap_or(204);
                let location = [("location", "/elsewhere")];
                (StatusCode::from_u16(status).unwrap(), location).into_response()
            };
        let app = Router::new()
            .fallback(any(take))
            .with_state((heard.clone(), answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, heard, server }
    }

    /// Waits for this many calls, and gives the last one.
    async fn hears(&self, times: usize) -> (HeaderMap, Value) {
        let mut heard = self.heard.subscribe();
        let all = heard.wait_for(|heard| heard.len() >= times);
        let all = tokio::time::timeout(Duration::from_secs(60), all).await;
        let (headers, body) = all.expect("nobody called").unwrap().last().unwrap().clone();
        assert_eq!(headers["webhook-signature"], signature(&headers, &body));
        (headers, serde_json::from_slice(&body).unwrap())
    }
}

fn signature(headers: &HeaderMap, body: &Bytes) -> String {
    let of = |name: &str| headers[name].to_str().unwrap();
    let mut signed = format!("{}.{}.", of("webhook-id"), of("webhook-timestamp")).into_bytes();
    signed.extend_from_slice(body);
    let secret = SecretSlice::from(STANDARD.decode(SECRET).unwrap());
    format!("v1,{}", STANDARD.encode(hmac_sha256(&secret, &signed)))
}

fn on(allowed: &str) -> [(&'static str, String); 3] {
    [
        ("WEBHOOKS", "true".to_owned()),
        ("WEBHOOK_SECRET", format!("whsec_{SECRET}")),
        ("WEBHOOK_ALLOWED_HOSTS", allowed.to_owned()),
    ]
}

fn told(url: &str) -> Value {
    let mut body = buggy();
    body["callback_url"] = json!(url);
    body
}

async fn start(pool: &PgPool, model: &Model, with_worker: bool) -> App {
    let vars = on("127.0.0.1");
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    if with_worker {
        App::start_with(pool, model, &prefix(), &vars).await
    } else {
        App::without_worker(pool, model, &prefix(), &vars).await
    }
}

async fn callback(app: &App, id: &str, state: &str) -> Value {
    eventually(&format!("the callback of {id} is {state}"), async || {
        let callback = app.submission(id).await["callback"].clone();
        (callback["state"] == state).then_some(callback)
    })
    .await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_end_of_each_run_is_told_and_signed(pool: PgPool) {
    let model = Model::start().await;
    let receiver = Receiver::start(&[]).await;
    let app = start(&pool, &model, true).await;
    let id = app.submit(&told(&receiver.url)).await;
    let (headers, event) = receiver.hears(1).await;
    assert_eq!(headers["webhook-id"], format!("{id}-1"));
    assert_eq!(event["type"], "submission.completed");
    assert_eq!(
        (
            &event["data"]["id"],
            &event["data"]["status"],
            &event["data"]["run"]
        ),
        (&json!(id), &json!("COMPLETED"), &json!(1))
    );
    assert_eq!(event["data"]["error_code"], Value::Null);
    let callback_now = callback(&app, &id, "DELIVERED").await;
    assert_eq!(
        callback_now,
        json!({"state": "DELIVERED", "attempts": 1, "detail": null})
    );
    // The address may hold a secret of its sender's.
    let shown = app.get(&format!("{API}/{id}")).await.text().await.unwrap();
    assert!(!shown.contains("/hook"));

    let retried = app.request(
        reqwest::Method::POST,
        &format!("{API}/{id}/retry?from=start"),
    );
    assert_eq!(retried.send().await.unwrap().status(), 202);
    let (headers, event) = receiver.hears(2).await;
    assert_eq!(headers["webhook-id"], format!("{id}-2"));
    assert_eq!(event["data"]["run"], 2);

    let silent = app.submit(&buggy()).await;
    assert_eq!(
        app.reaches(&silent, "COMPLETED").await["callback"],
        Value::Null
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_receiver_that_fails_is_asked_again_and_one_that_is_gone_is_not(pool: PgPool) {
    let model = Model::start().await;
    let (failing, gone) = (
        Receiver::start(&[302, 503]).await,
        Receiver::start(&[410]).await,
    );
    let app = start(&pool, &model, true).await;
    let id = app.submit(&told(&failing.url)).await;
    failing.hears(1).await;
    let redirected = eventually("the redirect is told", async || {
        let callback = app.submission(&id).await["callback"].clone();
        let detail = callback["detail"].as_str().unwrap_or_default();
        detail.contains("redirects").then_some(callback)
    })
    .await;
    assert_eq!(
        (&redirected["state"], &redirected["attempts"]),
        (&json!("PENDING"), &json!(1))
    );
    let (first, _) = failing.hears(2).await;
    let (last, _) = failing.hears(3).await;
    assert_eq!(first["webhook-id"], last["webhook-id"]);
    assert_eq!(callback(&app, &id, "DELIVERED").await["attempts"], 3);

    let id = app.submit(&told(&gone.url)).await;
    let failed = callback(&app, &id, "FAILED").await;
    assert_eq!(failed["attempts"], 1);
    assert!(failed["detail"].as_str().unwrap().contains("410"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_cancelled_one_is_told_also_when_its_job_was_lost(pool: PgPool) {
    let model = Model::start().await;
    let receiver = Receiver::start(&[]).await;
    let app = start(&pool, &model, false).await;
    let id = app.submit(&told(&receiver.url)).await;
    let cancelled = app.request(reqwest::Method::POST, &format!("{API}/{id}/cancel"));
    assert_eq!(cancelled.send().await.unwrap().status(), 200);
    app.bullmq().await.obliterate(true, 1000).await.unwrap();
    assert_eq!(app.submission(&id).await["callback"]["state"], "PENDING");
    sweeper::sweep(&app.state, Duration::ZERO).await.unwrap();
    let vars = on("127.0.0.1");
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let worker = App::start_with(&pool, &model, &app.prefix, &vars).await;
    let (_, event) = receiver.hears(1).await;
    assert_eq!(event["type"], "submission.cancelled");
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_address_inside_the_network_is_taken(pool: PgPool) {
    let model = Model::start().await;
    let receiver = Receiver::start(&[]).await;
    let off = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let vars = on("");
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let open = App::without_worker(&pool, &model, &prefix(), &vars).await;
    for (app, url, why) in [
        (&off, receiver.url.as_str(), "webhooks are off"),
        (&open, receiver.url.as_str(), "not public"),
        (&open, "http://localhost:6379/", "not public"),
        (
            &open,
            "http://[::ffff:169.254.169.254]/latest",
            "not public",
        ),
        (&open, "file:///etc/passwd", "http or https"),
        (&open, "https://a:b@198.41.0.4/", "without a user"),
    ] {
        let response = app.post(&told(url)).await;
        assert_eq!(response.status(), 422, "{url}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/callback_url", "{url}");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{url}: {detail}");
    }
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    assert!(receiver.heard.borrow().is_empty());
    off.stop().await;
    open.stop().await;
}
