//! Wrong tokens: each counts wherever it is sent, and nobody is locked out for ever.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    model::Model,
};

const SETTINGS: &str = "/api/v1/settings";
/// The test's own address is a proxy, so that each test can have many clients.
const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8,::1");

type Way<'a> = (&'a str, &'a dyn Fn(&str) -> RequestBuilder);

fn client_without_cookies() -> reqwest::Client {
    reqwest::Client::builder().build().unwrap()
}

/// A request of a client with an empty cookie jar.
fn from(app: &App, method: Method, path: &str, client: &str) -> RequestBuilder {
    client_without_cookies()
        .request(method, format!("{}{path}", app.url))
        .header("x-forwarded-for", client)
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

async fn admin(app: &App, client: &str) -> StatusCode {
    status(from(app, Method::GET, SETTINGS, client).bearer_auth(TOKEN)).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wrong_token_counts_wherever_it_is_sent(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[PROXY]).await;
    let id = app.submit(&buggy()).await;
    let cancel = format!("{API}/{id}/cancel");
    let page = format!("/submissions/{id}");
    let ways: [Way<'_>; 9] = [
        ("a bearer", &|client| {
            from(&app, Method::GET, SETTINGS, client).bearer_auth("wrong")
        }),
        ("x-admin-token", &|client| {
            from(&app, Method::POST, "/api/v1/queue/pause", client).header("x-admin-token", "wrong")
        }),
        ("the panel", &|client| {
            from(&app, Method::GET, "/settings/queue", client).bearer_auth("wrong")
        }),
        ("the list", &|client| {
            from(&app, Method::GET, API, client).bearer_auth("wrong")
        }),
        ("a page", &|client| {
            from(&app, Method::GET, "/", client).header("x-admin-token", "wrong")
        }),
        ("a submission's page", &|client| {
            from(&app, Method::GET, &page, client).bearer_auth("wrong")
        }),
        ("an owner token", &|client| {
            from(&app, Method::POST, &cancel, client).header("x-owner-token", "wrong")
        }),
        ("a login", &|client| {
            from(&app, Method::POST, "/api/v1/session", client).json(&json!({ "token": "wrong" }))
        }),
        ("a login of the panel", &|client| {
            from(&app, Method::POST, "/settings/login", client).form(&[("token", "wrong")])
        }),
    ];
    for (number, (way, request)) in ways.iter().enumerate() {
        let client = format!("198.51.100.{number}");
        for _ in 0..5 {
            let given = status(request(&client)).await;
            assert_ne!(given, StatusCode::TOO_MANY_REQUESTS, "{way}");
        }
        assert_eq!(
            admin(&app, &client).await,
            StatusCode::TOO_MANY_REQUESTS,
            "{way}"
        );
        // Requests without a token need not wait.
        assert_eq!(
            status(from(&app, Method::GET, API, &client)).await,
            StatusCode::OK
        );
    }
    assert_eq!(admin(&app, "203.0.113.1").await, StatusCode::OK);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn while_a_client_waits_a_right_token_shows_it_nothing_more(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[PROXY]).await;
    app.submit(&buggy()).await;
    let client = "198.51.100.1";
    let listed = async || {
        let request = from(&app, Method::GET, API, client).bearer_auth(TOKEN);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["items"].as_array().unwrap().len()
    };
    assert_eq!(listed().await, 1);
    for _ in 0..5 {
        status(from(&app, Method::GET, API, client).bearer_auth("wrong")).await;
    }
    assert_eq!(listed().await, 0);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_client_is_an_address_or_a_network_and_its_own_claims_are_not_believed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[PROXY]).await;
    let wrong = |claims: &[String]| {
        let mut request = client_without_cookies().get(format!("{}{SETTINGS}", app.url));
        for line in claims {
            request = request.header("x-forwarded-for", line);
        }
        request.bearer_auth("wrong")
    };
    for number in 0..5 {
        let client = format!("2001:db8:1:2:{number}::1");
        status(wrong(&[client])).await;
        // A proxy that adds a line of its own, and the client's line before it.
        status(wrong(&[
            format!("6.6.6.{number}"),
            "203.0.113.9".to_owned(),
        ]))
        .await;
        let mapped = ["203.0.113.8", "::ffff:203.0.113.8"][number % 2];
        status(wrong(&[mapped.to_owned()])).await;
    }
    for (client, expected) in [
        ("2001:db8:1:2::9", StatusCode::TOO_MANY_REQUESTS),
        ("2001:db8:1:3::9", StatusCode::OK),
        ("203.0.113.9", StatusCode::TOO_MANY_REQUESTS),
        ("203.0.113.8", StatusCode::TOO_MANY_REQUESTS),
        ("6.6.6.1", StatusCode::OK),
    ] {
        assert_eq!(admin(&app, client).await, expected, "{client}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_right_owner_token_is_no_guess(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[PROXY]).await;
    let created: Value = app.post(&buggy()).await.json().await.unwrap();
    let (id, token) = (&created["id"], created["owner_token"].as_str().unwrap());
    let id = id.as_str().unwrap();
    for path in [format!("{API}/{id}/cancel"), format!("{API}/{id}/retry")] {
        for _ in 0..6 {
            let request = from(&app, Method::POST, &path, "198.51.100.1").bearer_auth(token);
            let given = status(request).await;
            assert!(
                given != StatusCode::TOO_MANY_REQUESTS && given != StatusCode::FORBIDDEN,
                "{given}"
            );
        }
    }
    assert_eq!(admin(&app, "198.51.100.1").await, StatusCode::OK);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn of_many_guesses_at_once_few_are_looked_at_and_the_count_ends(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[PROXY]).await;
    let client = "198.51.100.1";
    // The first one connects.
    admin(&app, client).await;
    let guess = || status(from(&app, Method::GET, SETTINGS, client).bearer_auth("wrong"));
    let all = futures::future::join_all((0..30).map(|_| guess())).await;
    let looked_at = |given: &&StatusCode| **given == StatusCode::UNAUTHORIZED;
    assert_eq!(all.iter().filter(looked_at).count(), 5);
    let queue = app.bullmq().await;
    let key = format!("{prefix}:code-analysis-guesses:{client}");
    let mut ttl = redis::cmd("TTL");
    let seconds: i64 = queue.connection().cmd(ttl.arg(key)).await.unwrap();
    assert!((800..=900).contains(&seconds), "{seconds}");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn while_redis_hangs_the_right_token_gets_in(pool: PgPool) {
    // Takes connections, and says nothing.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", hanging.local_addr().unwrap());
    let model = Model::start().await;
    let settings = [PROXY, ("REDIS_URL", url.as_str())];
    let app = App::without_worker(&pool, &model, &prefix(), &settings).await;
    let client = "198.51.100.1";
    for _ in 0..8 {
        let started = Instant::now();
        let request = from(&app, Method::POST, "/api/v1/session", client);
        let given = status(request.json(&json!({ "token": "wrong" }))).await;
        assert_eq!(given, StatusCode::UNAUTHORIZED);
        assert!(started.elapsed() < Duration::from_secs(4));
    }
    let started = Instant::now();
    assert_eq!(admin(&app, client).await, StatusCode::OK);
    assert!(started.elapsed() < Duration::from_secs(4));
    app.stop().await;
}
