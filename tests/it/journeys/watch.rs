//! Watching a submission by server-sent events.

use std::sync::Arc;

use futures::StreamExt as _;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::support::{
    app::{API, App, buggy, prefix},
    model::{Act, Model, analysis},
};

/// An event: its name, id and data.
#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// Reads events until `enough` says so, or the stream ends.
async fn read(response: Response, mut enough: impl FnMut(&Event) -> bool) -> Vec<Event> {
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/event-stream")
    );
    let mut text = String::new();
    let mut events = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n") {
            let field = |name: &str| {
                let line = block
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                line.map(|value| value.trim_start().to_owned())
            };
            if let Some(data) = field("data") {
                let data = serde_json::from_str(&data).unwrap();
                let name = field("event").unwrap_or_default();
                events.push(Event {
                    name,
                    id: field("id").unwrap_or_default(),
                    data,
                });
            }
            text = rest.to_owned();
            if events.last().is_some_and(&mut enough) {
                return events;
            }
        }
    }
    events
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_watcher_gets_a_snapshot_and_every_change_until_the_end(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let path = format!("{API}/{id}/events");
    let watchers = futures::future::join_all((0..3).map(|_| app.get(&path))).await;
    let gate = model.hold("analysis", analysis());
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    // The stage goes on only when every watcher has seen it run: changes that follow each other fast may be told as one.
    let seen = Arc::new(Semaphore::new(0));
    let readers = watchers.into_iter().map(|response| {
        let (seen, mut first) = (seen.clone(), true);
        read(response, move |event| {
            if event.data["stages"]["analysis"]["state"] == "RUNNING" && std::mem::take(&mut first)
            {
                seen.add_permits(1);
            }
            false
        })
    });
    let readers: Vec<_> = readers.collect();
    let release = async {
        let _all = seen.acquire_many(3).await.unwrap();
        gate.add_permits(1);
    };
    let (all, ()) = tokio::join!(futures::future::join_all(readers), release);
    for events in all {
        assert_eq!(events[0].name, "snapshot");
        assert_eq!(events[0].data["status"], "QUEUED");
        let versions: Vec<i64> = events
            .iter()
            .map(|event| event.id.parse().unwrap())
            .collect();
        assert!(versions.is_sorted() && versions.len() > 2, "{versions:?}");
        let last = events.last().unwrap();
        assert_eq!(
            (last.name.as_str(), &last.data["status"]),
            ("change", &"COMPLETED".into())
        );
        assert!(
            events
                .iter()
                .any(|event| event.data["stages"]["analysis"]["state"] == "RUNNING")
        );
        assert!(
            last.data.get("text").is_none()
                && last.data["stages"]["analysis"].get("result").is_none()
        );
    }
    let last = app.submission(&id).await["version"].to_string();
    let again = app
        .request(reqwest::Method::GET, &path)
        .header("last-event-id", &last)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NO_CONTENT);
    let late = read(app.get(&path).await, |_| false).await;
    assert_eq!(
        (late.len(), late[0].name.as_str(), &late[0].id),
        (1, "snapshot", &last)
    );
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_redis_a_watcher_still_sees_every_state(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(
        &pool,
        &model,
        &prefix(),
        &[("REDIS_URL", "redis://127.0.0.1:1")],
    )
    .await;
    let id = app.submit(&buggy()).await;
    let response = app.get(&format!("{API}/{id}/events")).await;
    let cancel = async {
        let path = format!("{API}/{id}/cancel");
        app.request(reqwest::Method::POST, &path)
            .send()
            .await
            .unwrap();
    };
    let (events, ()) = tokio::join!(read(response, |_| false), cancel);
    assert_eq!(events.last().unwrap().data["status"], "CANCELLED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_watcher_is_told_of_a_deletion_and_let_go_at_a_stop(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (gone, stays) = (app.submit(&buggy()).await, app.submit(&buggy()).await);
    let response = app.get(&format!("{API}/{gone}/events")).await;
    let delete = app
        .request(reqwest::Method::DELETE, &format!("{API}/{gone}"))
        .bearer_auth(crate::support::app::TOKEN);
    let (events, _) = tokio::join!(read(response, |_| false), delete.send());
    assert_eq!(events.last().unwrap().name, "deleted");
    let response = app.get(&format!("{API}/{stays}/events")).await;
    let (events, ()) = tokio::join!(read(response, |_| false), app.stop());
    assert_eq!(events.len(), 1);
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn nobody_watches_what_is_not_there(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    assert_eq!(
        app.get(&format!("{API}/{}/events", uuid::Uuid::now_v7()))
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_watcher_is_told_how_much_of_an_answer_has_arrived(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let watcher = app.get(&format!("{API}/{id}/events")).await;
    let gate = Arc::new(Semaphore::new(0));
    model.next("analysis", [Act::Stream(gate.clone(), analysis())]);
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let events = read(watcher, |event| {
        // The answer goes on only when it was told that half of it is there.
        let arrived = event.name == "received" && event.data["stage"] == "analysis";
        if arrived {
            gate.add_permits(1);
        }
        false
    })
    .await;
    let told = events
        .iter()
        .find(|event| event.name == "received" && event.data["stage"] == "analysis")
        .unwrap();
    let all = analysis().to_string().len() as u64;
    assert_eq!(told.data["bytes"], all / 2);
    assert_eq!(events.last().unwrap().data["status"], "COMPLETED");
    worker.stop().await;
    app.stop().await;
}
