//! Processes that share the work: some serve, others run the analyses.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{
    app::{API, variables},
    eventually,
    model::Model,
    process::Process,
};

#[sqlx::test(migrations = false)]
async fn what_a_web_process_takes_a_worker_does(pool: PgPool) {
    let model = Model::start().await;
    let prefix = crate::support::app::prefix();
    let database = crate::support::database_url(&pool);
    let start = async |role: &str| {
        let vars = variables(
            &model,
            &prefix,
            &[("DATABASE_URL", &database), ("CODE_CHECKER_ROLE", role)],
        );
        Process::start_with(vars).await
    };
    // Both find the database empty, and make its tables.
    let (web, worker) = tokio::join!(start("web"), start("worker"));
    let id = web.submit().await;

    let get = async |process: &Process, path: &str| {
        let url = format!("{}{path}", process.url);
        let response = process.client.request(Method::GET, url).send().await;
        response.unwrap()
    };
    let path = format!("{API}/{id}");
    assert_eq!(get(&worker, &path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&worker, "/health/ready").await.status(), StatusCode::OK);
    web.completed(&id).await;

    // Without its worker the other only takes.
    assert!(
        worker
            .signal(nix::sys::signal::Signal::SIGTERM)
            .await
            .success()
    );
    let id = web.submit().await;
    eventually("nobody works on the queue", async || {
        let queue = web.client.get(format!("{}/api/v1/queue", web.url));
        let queue = queue.bearer_auth(crate::support::app::TOKEN).send().await;
        let queue: Value = queue.unwrap().json().await.unwrap();
        (queue["workers"] == 0 && queue["waiting"] == 1).then_some(())
    })
    .await;
    let submission: Value = get(&web, &format!("{API}/{id}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(submission["status"], "QUEUED");
    assert!(
        web.signal(nix::sys::signal::Signal::SIGTERM)
            .await
            .success()
    );
}
