//! CodeChecker in the test's own process, on a database and a queue prefix of its own.

use std::time::Duration;

use config::Config;
use job_queue as queue;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use runtime::{Listener, serve_and_consume};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::{http, state::AppState};

use super::{eventually, model::Model, redis_url};

pub(crate) const TOKEN: &str = "t0p-s3cret-of-the-tests";
pub(crate) const API: &str = "/api/v1/submissions";
/// To Postgres, as many as the program has.
const CONNECTIONS: u32 = 10;

/// A running CodeChecker.
pub(crate) struct App {
    pub(crate) url: String,
    pub(crate) state: AppState,
    pub(crate) prefix: String,
    pub(crate) client: reqwest::Client,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

/// Settings of a test, over those that every test has.
pub(crate) fn config(model: &Model, prefix: &str, vars: &[(&str, &str)]) -> Config {
    Config::from_vars(variables(model, prefix, vars)).unwrap()
}

/// The variables of [`config`].
pub(crate) fn variables(
    model: &Model,
    prefix: &str,
    vars: &[(&str, &str)],
) -> std::collections::HashMap<String, String> {
    let all = [
        ("DATABASE_URL", "postgres://unused@localhost/unused"),
        ("REDIS_URL", &redis_url()),
        ("QUEUE_PREFIX", prefix),
        ("OPENAI_BASE_URL", &model.base_url),
        ("OPENAI_API_KEY", "sk-test"),
        ("OPENAI_MODEL", "stand-in"),
        ("REQUEST_TIMEOUT_SECONDS", "60"),
        ("SUBMISSIONS_PER_MINUTE", "0"),
        ("SETTINGS_TOKEN", TOKEN),
        (
            "SECRET_KEYS",
            "a2V5LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5YWJjZGU=",
        ),
        ("SHUTDOWN_GRACE_SECONDS", "0"),
    ];
    // A later one replaces an earlier one, also by being empty.
    all.iter()
        .chain(vars)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A queue prefix that no other test has.
pub(crate) fn prefix() -> String {
    format!("test-{}", uuid::Uuid::new_v4().simple())
}

impl App {
    /// Starts one with a worker.
    pub(crate) async fn start(pool: &PgPool, model: &Model) -> Self {
        Self::start_with(pool, model, &prefix(), &[]).await
    }

    /// Starts one with a worker and these variables.
    pub(crate) async fn start_with(
        pool: &PgPool,
        model: &Model,
        prefix: &str,
        vars: &[(&str, &str)],
    ) -> Self {
        Self::launch(Some(pool), config(model, prefix, vars), prefix, true).await
    }

    /// Starts one that stores and answers, but works on nothing.
    pub(crate) async fn without_worker(
        pool: &PgPool,
        model: &Model,
        prefix: &str,
        vars: &[(&str, &str)],
    ) -> Self {
        Self::launch(Some(pool), config(model, prefix, vars), prefix, false).await
    }

    /// Starts one with a worker on the database of `DATABASE_URL`, through the program's own pool.
    pub(crate) async fn on_its_own_pool(
        model: &Model,
        prefix: &str,
        vars: &[(&str, &str)],
    ) -> Self {
        Self::launch(None, config(model, prefix, vars), prefix, true).await
    }

    async fn launch(
        pool: Option<&PgPool>,
        config: Config,
        prefix: &str,
        with_worker: bool,
    ) -> Self {
        let mut state = AppState::new(config, CONNECTIONS).unwrap();
        if let Some(pool) = pool {
            state = state.with_pool(pool.clone());
        }
        let listener = Listener::bind(0).unwrap();
        let url = format!("http://localhost:{}", listener.address().unwrap().port());
        let app = http::wrap(local_runtime::router(), &state);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        // The pool is the test's: closing it here would take it from the next app of the same test.
        let mut own = state.clone();
        if let Some(pool) = pool {
            let options = (*pool.connect_options()).clone();
            own = own.with_pool(sqlx::pool::PoolOptions::new().connect_lazy_with(options));
        }
        let running = tokio::spawn(async move {
            if with_worker {
                serve_and_consume(
                    listener,
                    app,
                    own,
                    analyze::handler,
                    |_, stop| Box::pin(async move { stop.cancelled().await }),
                    stopped,
                )
                .await
                .unwrap();
            } else {
                runtime::serve(listener, app, Vec::new(), own.stopping.clone(), stopped)
                    .await
                    .unwrap();
            }
        });
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(90))
            .cookie_store(true)
            .build()
            .unwrap();
        Self {
            url,
            state,
            prefix: prefix.to_owned(),
            client,
            stop,
            running: Some(running),
        }
    }

    /// Stops as SIGTERM does, and waits for the end.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.running.take().unwrap().await.unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, body: &Value) -> Response {
        self.request(Method::POST, API)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// Submits, and answers the id.
    pub(crate) async fn submit(&self, body: &Value) -> String {
        let response = self.post(body).await;
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        response.json::<Value>().await.unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn submission(&self, id: &str) -> Value {
        let response = self.get(&format!("{API}/{id}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// Waits until the statement's parts are found, which goes on beside the analysis.
    pub(crate) async fn laid_out(&self, id: &str) -> Value {
        eventually("the statement is laid out", async || {
            let submission = self.submission(id).await;
            (submission["stages"]["problem"]["state"] == "COMPLETED").then_some(submission)
        })
        .await
    }

    /// Waits for a status.
    pub(crate) async fn reaches(&self, id: &str, status: &str) -> Value {
        eventually(&format!("{id} is {status}"), async || {
            let submission = self.submission(id).await;
            let reached = submission["status"] == status;
            let ended = ["COMPLETED", "FAILED", "CANCELLED"]
                .contains(&submission["status"].as_str().unwrap());
            assert!(reached || !ended, "{id} ended otherwise: {submission:#}");
            reached.then_some(submission)
        })
        .await
    }

    /// The queue of this app, through BullMQ itself.
    pub(crate) async fn bullmq(&self) -> bullmq::Queue {
        let connection = bullmq::options::RedisConnectionOptions::new().url(redis_url());
        let options = bullmq::QueueOptions::new()
            .connection(connection)
            .prefix(&self.prefix);
        bullmq::Queue::with_options(queue::NAME, options)
            .await
            .unwrap()
    }
}

/// The program of the stand-in with its statement, as JSON to submit.
pub(crate) fn buggy() -> Value {
    json!({ "text": super::model::STATEMENT, "code": super::model::BUGGY, "verdict": "WA", "failing_input": "1 2\n" })
}
