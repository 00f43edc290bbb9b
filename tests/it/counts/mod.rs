//! Counts that do not depend on the machine: statements, commands and bytes of a request, and of a job. tests/bench/run has the times.

mod table;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use reqwest::{
    Method, StatusCode,
    header::{ACCEPT_ENCODING, AUTHORIZATION, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use table::{Count, JOB, ROUTES};

use crate::support::{
    app::{API, App, TOKEN, prefix},
    database_url, eventually,
    model::{BUGGY, Model, STATEMENT},
    redis_url,
    relay::Relay,
};

/// A request or a job is counted so often, and the least counts: a periodic task may run beside one of them.
const ROUNDS: usize = 5;
/// Sets up a connection, which a request may happen to be the first to need.
const SET_UP: &str = "SET statement_timeout";

/// CodeChecker behind relays.
struct Counted {
    app: App,
    postgres: Relay,
    redis: Relay,
    noted: Vec<String>,
}

impl Counted {
    async fn start(pool: &PgPool, model: &Model) -> Self {
        let options = pool.connect_options();
        let folder = options.get_socket().expect("./tests/run has sockets");
        let postgres = Relay::postgres(&folder.join(format!(".s.PGSQL.{}", options.get_port())));
        let redis = redis_url();
        let redis = Relay::redis(&PathBuf::from(redis.trim_start_matches("unix://")));
        let mut url = reqwest::Url::parse(&database_url(pool)).unwrap();
        let folder = postgres.folder().display();
        url.set_query(Some(&format!("host={folder}&port=5432&sslmode=disable")));
        let redis_url = format!("unix://{}", redis.socket().display());
        let vars = [("DATABASE_URL", url.as_str()), ("REDIS_URL", &redis_url)];
        let app = App::on_its_own_pool(model, &prefix(), &vars).await;
        Self {
            app,
            postgres,
            redis,
            noted: Vec::new(),
        }
    }

    /// Waits until nothing is on its way: a connection goes back, and news go out, after an answer.
    async fn rests(&self) {
        let mut before = None;
        eventually("the services are at rest", async || {
            let pool = &self.app.state.db;
            let now = (self.postgres.len(), self.redis.len());
            let is_idle = usize::try_from(pool.size()) == Ok(pool.num_idle());
            (before.replace(now) == Some(now) && is_idle).then_some(())
        })
        .await;
    }

    /// The counts of an action that answers with so many bytes.
    async fn count(&mut self, action: impl AsyncFnOnce(&App) -> usize) -> Count {
        self.rests().await;
        self.postgres.take();
        self.redis.take();
        let bytes = action(&self.app).await;
        self.rests().await;
        let (statements, pings): (Vec<_>, Vec<_>) = self
            .postgres
            .take()
            .into_iter()
            .filter(|name| !name.starts_with(SET_UP))
            .partition(|name| name != "ping");
        let commands = self.redis.take();
        let count = Count {
            statements: statements.len(),
            pings: pings.len(),
            commands: commands.len(),
            bytes,
        };
        self.noted = [statements, commands].concat();
        count
    }

    /// The least counts of some rounds, each on its own.
    async fn least(&mut self, mut action: impl AsyncFnMut(&App) -> usize) -> (Count, Vec<String>) {
        let mut least: Option<(Count, Vec<String>)> = None;
        for _ in 0..ROUNDS {
            let now = self.count(&mut action).await;
            least = Some(match least {
                Some((count, noted)) => {
                    let is_less = now.statements + now.commands < count.statements + count.commands;
                    let noted = if is_less { self.noted.clone() } else { noted };
                    (smaller(count, now), noted)
                }
                None => (now, self.noted.clone()),
            });
        }
        least.expect("there are rounds")
    }
}

fn smaller(one: Count, other: Count) -> Count {
    Count {
        statements: one.statements.min(other.statements),
        pings: one.pings.min(other.pings),
        commands: one.commands.min(other.commands),
        bytes: one.bytes.max(other.bytes),
    }
}

/// The statement and the program in one text, so that every stage asks the model.
fn submission() -> Value {
    json!({ "text": format!("{STATEMENT}\n\n{BUGGY}"), "verdict": "WA" })
}

/// A request, with the status that it is answered with.
struct Asked {
    method: Method,
    path: String,
    status: StatusCode,
    header: Option<(reqwest::header::HeaderName, String)>,
}

impl Asked {
    fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            status: StatusCode::OK,
            header: None,
        }
    }

    fn page(path: impl Into<String>) -> Self {
        Self {
            header: Some((ACCEPT_ENCODING, "gzip".to_owned())),
            ..Self::get(path)
        }
    }

    fn admin(path: &str) -> Self {
        Self {
            header: Some((AUTHORIZATION, format!("Bearer {TOKEN}"))),
            ..Self::get(path)
        }
    }

    async fn send(&self, app: &App) -> usize {
        let mut request = app.request(self.method.clone(), &self.path);
        if self.method == Method::POST {
            request = request.json(&submission());
        }
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), self.status, "{}", self.path);
        answer.bytes().await.unwrap().len()
    }
}

async fn routes(app: &App) -> BTreeMap<&'static str, Asked> {
    let id = app.submit(&submission()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["problem"]["state"], "COMPLETED", "{done:#}");
    app.state.queue.set_paused(true, PATIENCE).await.unwrap();
    let queued = app.submit(&submission()).await;
    let tag = app.get(&format!("{API}/{id}")).await.headers()["etag"]
        .to_str()
        .unwrap()
        .to_owned();
    BTreeMap::from([
        (
            "create",
            Asked {
                method: Method::POST,
                status: StatusCode::ACCEPTED,
                ..Asked::get(API)
            },
        ),
        ("get", Asked::get(format!("{API}/{id}"))),
        (
            "get, unchanged",
            Asked {
                status: StatusCode::NOT_MODIFIED,
                header: Some((IF_NONE_MATCH, tag)),
                ..Asked::get(format!("{API}/{id}"))
            },
        ),
        ("get, queued", Asked::get(format!("{API}/{queued}"))),
        ("list", Asked::get(API)),
        ("events, ended", Asked::get(format!("{API}/{id}/events"))),
        ("patch", Asked::get(format!("{API}/{id}/patch"))),
        ("report", Asked::get(format!("{API}/{id}/report"))),
        ("home", Asked::page("/")),
        ("example", Asked::page("/example")),
        (
            "result page",
            Asked::page(format!("/submissions/{id}?step=4")),
        ),
        (
            "page of a queued submission",
            Asked::page(format!("/submissions/{queued}")),
        ),
        ("history", Asked::page("/history")),
        ("health/ready", Asked::get("/health/ready")),
        ("metrics", Asked::admin("/metrics")),
        ("queue", Asked::admin("/api/v1/queue")),
    ])
}

/// For Redis.
const PATIENCE: Duration = Duration::from_secs(10);

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_request_takes_the_statements_commands_and_bytes_of_the_table(pool: PgPool) {
    let model = Model::start().await;
    let mut counted = Counted::start(&pool, &model).await;
    let routes = routes(&counted.app).await;
    assert!(routes.len() == ROUTES.len(), "each route has its line");
    let mut wrong = Vec::new();
    for (name, most) in ROUTES {
        let asked = &routes[name];
        // Statements are prepared, and pages kept, at first.
        asked.send(&counted.app).await;
        let (found, noted) = counted.least(async |app| asked.send(app).await).await;
        let is_as_told = (found.statements, found.pings, found.commands)
            == (most.statements, most.pings, most.commands);
        if !is_as_told || found.bytes > most.bytes {
            wrong.push(line(name, found, &noted));
        }
    }
    assert!(
        wrong.is_empty(),
        "counts/table.rs should have:\n{}",
        wrong.join("\n")
    );
    counted.app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_takes_at_most_the_statements_and_commands_of_the_table(pool: PgPool) {
    let model = Model::start().await;
    let mut counted = Counted::start(&pool, &model).await;
    let job = async |app: &App, id: &str| {
        app.state.queue.set_paused(false, PATIENCE).await.unwrap();
        finished(&pool, id).await;
        0
    };
    let mut least = None;
    for _ in 0..=ROUNDS {
        counted
            .app
            .state
            .queue
            .set_paused(true, PATIENCE)
            .await
            .unwrap();
        let id = counted.app.submit(&submission()).await;
        let found = counted.count(async |app| job(app, &id).await).await;
        least = Some(smaller(least.unwrap_or(found), found));
    }
    let least = least.expect("there are rounds");
    assert!(
        least.statements <= JOB.statements
            && least.pings <= JOB.pings
            && least.commands <= JOB.commands,
        "counts/table.rs should have:\n{}",
        line("JOB", least, &counted.noted)
    );
    counted.app.stop().await;
}

/// Waits for the end beside the relays.
async fn finished(pool: &PgPool, id: &str) {
    let id: uuid::Uuid = id.parse().unwrap();
    eventually("the submission has ended", async || {
        let query = "SELECT status FROM submissions WHERE id = $1 AND finished_at IS NOT NULL";
        let status: Option<String> = sqlx::query_scalar(query)
            .bind(id)
            .fetch_optional(pool)
            .await
            .unwrap();
        assert!(
            status.as_deref().is_none_or(|status| status == "COMPLETED"),
            "{status:?}"
        );
        status
    })
    .await;
}

/// A line for the table, and what was counted.
fn line(name: &str, found: Count, noted: &[String]) -> String {
    let Count {
        statements,
        pings,
        commands,
        bytes,
    } = found;
    format!(
        "    (\"{name}\", count({statements}, {pings}, {commands}, {bytes})),\n        {}",
        noted.join("\n        ")
    )
}
