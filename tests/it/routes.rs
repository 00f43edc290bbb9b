//! The routers answer every route in the README's table, and no other.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use sqlx::PgPool;

use crate::support::{
    app::{App, TOKEN, prefix},
    model::Model,
    root,
};

/// Function, method and path of each row.
pub(crate) fn table() -> Vec<(String, Method, String)> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme
        .split("\n## Routes\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap()
        .to_owned();
    table
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let function = cells.next()?.to_owned();
            let (method, path) = cells
                .next()?
                .strip_prefix('`')?
                .strip_suffix('`')?
                .split_once(' ')?;
            Some((function, method.parse().ok()?, path.to_owned()))
        })
        .collect()
}

/// An address of a path.
pub(crate) fn address(path: &str) -> String {
    path.replace("{id}", &uuid::Uuid::now_v7().to_string())
        .replace("{n}", "1")
        .replace("{stage}", "code")
        .replace("{key}", "OPENAI_MODEL")
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_row_is_answered_by_a_route(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let rows = table();
    assert!(rows.len() > 15, "the table was not read: {rows:?}");
    for (function, method, path) in rows {
        let path = address(&path);
        let response = app.request(method.clone(), &path).send().await.unwrap();
        // A stream of events has no end.
        let is_stream = response.headers().get("content-type");
        if is_stream.is_some_and(|kind| kind == "text/event-stream") {
            continue;
        }
        let (status, problem) = (response.status(), response.text().await.unwrap());
        let unknown = status == StatusCode::METHOD_NOT_ALLOWED
            || problem.contains("There is nothing at this address");
        assert!(!unknown, "{function}: {method} {path} is {status}");
    }
    app.stop().await;
}

/// A cache in front gives one visitor's answer to the next, and a browser what it kept after the log-out.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_answer_that_depends_on_who_asks_is_kept_by_a_shared_cache(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&crate::support::app::buggy()).await;
    for (function, method, path) in table() {
        // The events of a submission that is there have no end.
        let real = path.replace("{id}", &id);
        let is_read = method == Method::GET && !path.ends_with("/events");
        let paths = [Some(address(&path)), is_read.then(|| address(&real))];
        for path in paths.into_iter().flatten() {
            for is_admin in [false, true] {
                let mut request = app.request(method.clone(), &path);
                if is_admin {
                    request = request.bearer_auth(TOKEN);
                }
                let response = request.send().await.unwrap();
                let kept = response.headers().get("cache-control");
                let kept = kept.unwrap().to_str().unwrap();
                // The log-out leads to a page of everybody.
                let is_panel = response.url().path().starts_with("/settings");
                // The document is the same for everybody.
                let wanted = kept.contains("no-store")
                    || path == "/api/openapi.json"
                    || (kept == "private, no-cache" && !(is_panel && function == "admin-pages"));
                assert!(wanted, "{method} {path}: {kept}");
            }
        }
    }
    for path in ["/nothing", "/health/live"] {
        assert_eq!(app.get(path).await.headers()["cache-control"], "no-store");
    }
    app.stop().await;
}

/// A gateway in front of the functions knows the rows only: a method without one would never arrive.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_route_answers_a_method_that_is_no_row(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let rows = table();
    let paths: BTreeSet<_> = rows.iter().map(|row| row.2.as_str()).collect();
    for path in paths {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            if rows.iter().any(|row| row.1 == method && row.2 == path) {
                continue;
            }
            let response = app.request(method.clone(), &address(path)).send().await;
            let response = response.unwrap();
            // The address of a form leads to its page; a gateway has the pages' function answer.
            let is_led_on = response.url().path() != address(path);
            let is_form = method == Method::GET && !path.starts_with("/api/");
            assert!(
                response.status() == StatusCode::METHOD_NOT_ALLOWED || is_form && is_led_on,
                "{method} {path}"
            );
        }
    }
    app.stop().await;
}

/// A page of another site can have a browser send forms, and with them whatever the server takes from one.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_route_that_changes_something_is_reached_from_another_site(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (function, method, path) in table() {
        if method == Method::GET {
            continue;
        }
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = app.request(method.clone(), &address(&path));
            let request = request.header(name, value).bearer_auth(TOKEN);
            let form = reqwest::multipart::Form::new().text("text", "spend");
            let response = request.multipart(form).send().await.unwrap();
            let status = response.status();
            let said = response.text().await.unwrap();
            assert_eq!(status, StatusCode::FORBIDDEN, "{function}: {method} {path}");
            assert!(said.contains("another address"), "{function}: {said}");
        }
    }
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(stored, 0);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_name_that_is_not_configured_is_refused_where_one_is(pool: PgPool) {
    let model = Model::start().await;
    let names = [("ALLOWED_HOSTS", "check.example")];
    let app = App::without_worker(&pool, &model, &prefix(), &names).await;
    for (path, host, expected) in [
        ("/", "check.example", StatusCode::OK),
        ("/", "localhost:3000", StatusCode::OK),
        ("/", "127.0.0.1:3000", StatusCode::OK),
        ("/", "evil.example", StatusCode::MISDIRECTED_REQUEST),
        (
            "/api/v1/submissions",
            "evil.example:3000",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        ("/health/live", "evil.example", StatusCode::OK),
    ] {
        let request = app.request(Method::GET, path).header("host", host);
        let given = request.send().await.unwrap().status();
        assert_eq!(given, expected, "{path} of {host}");
    }
    app.stop().await;
}
