//! A client whose answer was lost sends the request again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    model::{BUGGY, Model},
};

async fn send(app: &App, key: &str, body: &Value) -> reqwest::Response {
    app.request(Method::POST, API)
        .header("idempotency-key", key)
        .json(body)
        .send()
        .await
        .unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_same_key_and_body_make_one_submission(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    // A client without cookies, as integrators are.
    let plain = reqwest::Client::builder().build().unwrap();
    let send = async || {
        let request = plain
            .post(format!("{}{API}", app.url))
            .header("idempotency-key", "k-1")
            .json(&buggy());
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let all = futures::future::join_all([send(), send(), send(), send()]).await;
    for again in &all[1..] {
        assert_eq!(
            (&again["id"], &again["owner_token"]),
            (&all[0]["id"], &all[0]["owner_token"])
        );
    }
    assert!(all[0]["owner_token"].is_string());
    assert_eq!(app.bullmq().await.get_waiting_count().await.unwrap(), 1);
    app.stop().await;
}

/// Each answer to somebody unknown makes another visitor of them, whose next request is the same one all the same.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_client_that_is_given_its_cookie_meanwhile_makes_one_submission(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id =
        async |response: reqwest::Response| response.json::<Value>().await.unwrap()["id"].clone();
    let plain = reqwest::Client::builder().build().unwrap();
    let anybody = async || {
        let request = plain.post(format!("{}{API}", app.url));
        let request = request.header("idempotency-key", "k").json(&buggy());
        request.send().await.unwrap()
    };
    let first = id(send(&app, "k", &buggy()).await).await;
    assert_eq!(id(send(&app, "k", &buggy()).await).await, first);
    // The first answer was lost, and its cookie with it.
    let second = anybody().await;
    let cookie = second.headers()["set-cookie"].clone();
    assert_eq!(id(second).await, first);
    let third = plain.post(format!("{}{API}", app.url));
    let third = third.header("idempotency-key", "k").json(&buggy());
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
    let third = third.header("cookie", cookie).send().await.unwrap();
    assert_eq!(id(third).await, first);
    // With another body the key is taken, before and after.
    let other = json!({ "code": BUGGY });
    assert_eq!(send(&app, "k", &other).await.status(), 422);
    // A stranger who has a cookie of their own has keys of their own.
    let stranger = reqwest::Client::builder().cookie_store(true);
    let stranger = stranger.build().unwrap();
    let request = |key: &str| {
        let request = stranger.post(format!("{}{API}", app.url));
        request.header("idempotency-key", key).json(&buggy()).send()
    };
    request("another").await.unwrap();
    assert_ne!(id(request("k").await.unwrap()).await, first);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_same_key_with_another_body_is_refused(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    assert_eq!(
        send(&app, "k", &buggy()).await.status(),
        StatusCode::ACCEPTED
    );
    let other = send(&app, "k", &json!({ "code": BUGGY })).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        other.json::<Value>().await.unwrap()["type"]
            .as_str()
            .unwrap()
            .ends_with("idempotency-key-reused")
    );
    assert_eq!(
        send(&app, &"k".repeat(256), &buggy()).await.status(),
        StatusCode::BAD_REQUEST
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn keys_of_others_and_of_yesterday_do_not_count(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&buggy()).await;
    let id =
        async |response: reqwest::Response| response.json::<Value>().await.unwrap()["id"].clone();
    let mine = id(send(&app, "k", &buggy()).await).await;
    let admin = app
        .request(Method::POST, API)
        .header("idempotency-key", "k")
        .bearer_auth(TOKEN)
        .json(&buggy());
    assert_ne!(id(admin.send().await.unwrap()).await, mine);
    sqlx::query("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
        .execute(&app.state.db)
        .await
        .unwrap();
    assert_ne!(id(send(&app, "k", &buggy()).await).await, mine);
    app.stop().await;
}
