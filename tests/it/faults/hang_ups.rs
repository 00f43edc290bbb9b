//! Clients that hang up in the middle of things.

use std::{net::SocketAddr, time::Duration};

use config::DatabaseConfig;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{
    app::{App, TOKEN, buggy},
    eventually,
    model::{BUGGY, Model},
};

/// Rounds in which every route is left at another moment.
const ROUNDS: u64 = 12;

/// Sends a request and hangs up after a while, whatever has been answered.
async fn hang_up(address: SocketAddr, request: String, after: Duration) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may be faster.
    let _ = stream.write_all(request.as_bytes()).await;
    tokio::time::sleep(after).await;
}

fn request(method: &str, path: &str, body: Option<&Value>) -> String {
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn who_hangs_up_leaves_nothing_behind(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let port = app.url.rsplit(':').next().unwrap();
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    let new = json!({ "code": BUGGY, "language": "C++" });
    let settings = json!({ "OPENAI_TEMPERATURE": "0.5" });
    let template = json!({ "template": "Mine." });
    let one = format!("/api/v1/submissions/{id}");
    let routes = [
        request("GET", "/", None),
        request("GET", &format!("/submissions/{id}"), None),
        request("GET", &one, None),
        request("GET", &format!("{one}/events"), None),
        request("GET", &format!("{one}/report"), None),
        request("GET", &format!("{one}/patch"), None),
        request("GET", "/api/v1/submissions", None),
        request("GET", "/settings/data", None),
        request("GET", "/health/ready", None),
        request("POST", "/api/v1/submissions", Some(&new)),
        request("POST", &format!("{one}/retry?from=start"), None),
        request("POST", &format!("{one}/regenerate"), None),
        request("POST", &format!("{one}/cancel"), None),
        request("PATCH", "/api/v1/settings", Some(&settings)),
        request("PUT", "/api/v1/prompts/code", Some(&template)),
        request("DELETE", "/api/v1/prompts/code", None),
    ];
    let mut hanging = tokio::task::JoinSet::new();
    let mut submitted = Vec::new();
    for round in 0..ROUNDS {
        for (number, request) in (0..).zip(&routes) {
            let after = Duration::from_micros(150 * round + 40 * number);
            hanging.spawn(hang_up(address, request.clone(), after));
        }
        // A visitor beside them.
        let answer = app.post(&new).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        submitted.push(
            answer.json::<Value>().await.unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        let page = app.get(&format!("/submissions/{id}")).await;
        assert_eq!(page.status(), StatusCode::OK);
    }
    hanging.join_all().await;
    for id in submitted {
        app.reaches(&id, "COMPLETED").await;
    }
    // Each that was accepted ends, whoever hung up on it.
    eventually("all have ended", async || {
        let open: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM submissions WHERE status IN ('QUEUED', 'PROCESSING')",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        (open == 0).then_some(())
    })
    .await;
    let failed: i64 =
        sqlx::query_scalar("SELECT count(*) FROM submissions WHERE status = 'FAILED'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(failed, 0);
    eventually("no transaction is left open", async || {
        let idle: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        (idle == 0).then_some(())
    })
    .await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_transaction_whose_beginning_was_given_up_is_nobody_elses(pool: PgPool) {
    let config = DatabaseConfig {
        options: (*pool.connect_options()).clone(),
        has_own_roots: false,
        password: None,
    };
    let own = db::pool(&config, 1);
    let backend = async || -> i32 {
        sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&own)
            .await
            .unwrap()
    };
    // A connection that comes back as it should stays.
    let first = backend().await;
    for _ in 0..3 {
        db::begin(&own).await.unwrap().commit().await.unwrap();
        drop(db::begin(&own).await.unwrap());
        assert_eq!(backend().await, first);
    }
    for micros in (0..400).step_by(20) {
        let begun = tokio::time::timeout(Duration::from_micros(micros), db::begin(&own)).await;
        drop(begun);
        // The next one writes for good.
        sqlx::query("INSERT INTO prompts (stage, template) VALUES ('code', 'x') ON CONFLICT (stage) DO UPDATE SET template = 'x'")
            .execute(&own)
            .await
            .unwrap();
        let kept = sqlx::query("DELETE FROM prompts")
            .execute(&pool)
            .await
            .unwrap();
        assert_eq!(kept.rows_affected(), 1, "after {micros} µs");
    }
}
