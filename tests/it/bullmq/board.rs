//! Bull Board, and other tools that show the workers of a queue.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::client::{Client, Kind, Program};
use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Act, Model},
};

// Python's client names workers in its own way and lists no others, be they Node's or ours.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn node_lists_our_worker(pool: PgPool) {
    let prefix = prefix();
    let Some(mut client) = Client::start(Kind::Node, &prefix) else {
        return;
    };
    assert_eq!(client.call("workers", json!({})).await, json!([]));
    let model = Model::start().await;
    let app = App::start_with(&pool, &model, &prefix, &[]).await;
    let workers = eventually("a worker is listed", async || {
        let workers = client.call("workers", json!({})).await;
        (workers != json!([])).then_some(workers)
    })
    .await;
    assert_eq!(workers.as_array().unwrap().len(), 1, "{workers}");
    assert_eq!(workers[0]["name"], "code-analysis");
    assert_eq!(
        workers[0]["rawname"],
        format!("{prefix}:Y29kZS1hbmFseXNpcw==")
    );
    app.stop().await;
    eventually("its connection is gone", async || {
        (client.call("workers", json!({})).await == json!([])).then_some(())
    })
    .await;
}

/// The HTTP API of a board.
struct Board {
    url: String,
    client: reqwest::Client,
    _program: Program,
}

impl Board {
    async fn start(prefix: &str) -> Option<Self> {
        let mut program = Program::start(Kind::Node, "node/board.mjs", prefix)?;
        let url = program.line("Bull Board's address").await["url"].take();
        Some(Self {
            url: url.as_str().unwrap().to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _program: program,
        })
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.client.get(format!("{}/api/{path}", self.url));
        let response = response.send().await.unwrap().error_for_status().unwrap();
        response.json().await.unwrap()
    }

    /// Presses a button.
    async fn put(&self, path: &str) {
        let response = self.client.put(format!("{}/api/{path}", self.url));
        response.send().await.unwrap().error_for_status().unwrap();
    }

    /// The queue as the first page shows it, with its jobs of a state.
    async fn queue(&self, state: &str) -> Value {
        let path = format!("queues?activeQueue=code-analysis&status={state}&page=1&jobsPerPage=10");
        self.get(&path).await["queues"][0].take()
    }
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn bull_board_shows_the_queue_its_jobs_and_workers_and_its_buttons_work(pool: PgPool) {
    let prefix = prefix();
    let Some(board) = Board::start(&prefix).await else {
        return;
    };
    let model = Model::start().await;
    let app = App::start_with(&pool, &model, &prefix, &[]).await;
    let refusal = json!({ "error": { "message": "bad key" } });
    model.next("analysis", [Act::Fail(401, refusal)]);
    let id = app.submit(&buggy()).await;
    let job = format!("analyze-{id}-1");

    let queue = eventually("the job is failed", async || {
        let queue = board.queue("failed").await;
        (queue["counts"]["failed"] == 1).then_some(queue)
    })
    .await;
    assert_eq!(queue["name"], "code-analysis");
    assert_eq!(queue["hasWorkers"], true, "{queue}");
    let shown = &queue["jobs"][0];
    assert_eq!(
        (
            &shown["id"],
            &shown["name"],
            &shown["data"],
            &shown["attempts"]
        ),
        (
            &json!(job),
            &json!("analyze"),
            &json!({ "submissionId": id }),
            &json!(1)
        ),
        "{shown}"
    );
    let reason = shown["failedReason"].as_str().unwrap();
    assert!(reason.contains("bad key"), "{reason}");
    let workers = board.get("queues/code-analysis/workers").await;
    assert_eq!(
        workers["workers"].as_array().map(Vec::len),
        Some(1),
        "{workers}"
    );

    board
        .put(&format!("queues/code-analysis/{job}/retry"))
        .await;
    eventually("the job is completed", async || {
        (board.queue("completed").await["counts"]["completed"] == 1).then_some(())
    })
    .await;
    assert_eq!(app.submission(&id).await["status"], "COMPLETED");
    let detail = board.get(&format!("queues/code-analysis/{job}")).await;
    assert_eq!(detail["status"], "completed", "{detail}");
    assert_eq!(detail["job"]["id"], job, "{detail}");

    board.put("queues/code-analysis/pause").await;
    assert_eq!(board.queue("latest").await["isPaused"], true);
    let waiting = app.submit(&buggy()).await;
    assert_eq!(board.queue("waiting").await["counts"]["waiting"], 1);
    board.put("queues/code-analysis/resume").await;
    app.reaches(&waiting, "COMPLETED").await;
    app.stop().await;
}
