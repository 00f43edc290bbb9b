//! The secrets of the model's endpoint: where they go, and where they are seen.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, TOKEN, prefix},
    model::{Act, Model},
};

const SETTINGS: &str = "/api/v1/settings";
const TEST: &str = "/api/v1/settings/test";

async fn send(app: &App, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = app.request(method, path).bearer_auth(TOKEN).json(body);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

async fn list(app: &App) -> Value {
    let request = app.request(Method::GET, SETTINGS).bearer_auth(TOKEN);
    request.send().await.unwrap().json().await.unwrap()
}

fn value<'a>(answer: &'a Value, key: &str) -> &'a Value {
    let settings = answer["settings"].as_array().unwrap();
    &settings
        .iter()
        .find(|setting| setting["key"] == key)
        .unwrap()["value"]
}

async fn saved(app: &App, changes: Value) {
    let (status, answer) = send(app, Method::PATCH, SETTINGS, &changes).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn refused(app: &App, changes: Value) -> Vec<String> {
    let (status, problem) = send(app, Method::PATCH, SETTINGS, &changes).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{changes}");
    let errors = problem["errors"].as_array().unwrap();
    let pointer = |error: &Value| error["pointer"].as_str().unwrap().to_owned();
    errors.iter().map(pointer).collect()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_key_is_tried_at_no_other_server_than_its_own(pool: PgPool) {
    let (model, other) = (Model::start().await, Model::start().await);
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    other.usually("code", Act::Say(json!({ "sum": 42, "colour": "Red" })));
    let there = json!({ "OPENAI_BASE_URL": other.base_url });
    let (status, report) = send(&app, Method::POST, TEST, &there).await;
    assert_eq!(status, StatusCode::OK);
    let message = report["message"].as_str().unwrap();
    assert!(
        message.starts_with("This test left out OPENAI_API_KEY"),
        "{message}"
    );
    let calls = other.calls("code");
    assert!(!calls.is_empty());
    assert!(calls.iter().all(|call| call.authorization.is_none()));

    let with_key = json!({ "OPENAI_BASE_URL": other.base_url, "OPENAI_API_KEY": "sk-other" });
    send(&app, Method::POST, TEST, &with_key).await;
    let last = other.calls("code").pop().unwrap();
    assert_eq!(last.authorization.as_deref(), Some("Bearer sk-other"));

    // Another path of the same server gets the key, and so does the server without changes.
    model.usually("code", Act::Say(json!({ "sum": 42, "colour": "Red" })));
    send(&app, Method::POST, TEST, &json!({ "OPENAI_MODEL": "m2" })).await;
    let last = model.calls("code").pop().unwrap();
    assert_eq!(last.authorization.as_deref(), Some("Bearer sk-test"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_key_is_saved_for_no_other_server_than_its_own(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let before = value(&list(&app).await, "OPENAI_BASE_URL").clone();
    let (a, b) = ("http://a.example/v1", "http://b.example/v1");
    // The environment's key.
    assert_eq!(
        refused(&app, json!({ "OPENAI_BASE_URL": a })).await,
        ["/OPENAI_API_KEY"]
    );
    let null = json!({ "OPENAI_BASE_URL": a, "OPENAI_API_KEY": null });
    assert_eq!(refused(&app, null).await, ["/OPENAI_API_KEY"]);
    assert_eq!(value(&list(&app).await, "OPENAI_BASE_URL"), &before);
    // A saved one.
    saved(
        &app,
        json!({ "OPENAI_BASE_URL": a, "OPENAI_API_KEY": "sk-a-0123456789" }),
    )
    .await;
    saved(
        &app,
        json!({ "OPENAI_BASE_URL": "http://a.example/other/v1" }),
    )
    .await;
    for other in [b, "https://a.example/v1", "http://a.example:81/v1"] {
        assert_eq!(
            refused(&app, json!({ "OPENAI_BASE_URL": other })).await,
            ["/OPENAI_API_KEY"]
        );
    }
    // The environment's key does not go to the saved address either.
    assert_eq!(
        refused(&app, json!({ "OPENAI_API_KEY": null })).await,
        ["/OPENAI_API_KEY"]
    );
    // The panel's form.
    let form = [("OPENAI_BASE_URL", b), ("was.OPENAI_BASE_URL", a)];
    let login = [("token", TOKEN)];
    app.request(Method::POST, "/settings/login")
        .form(&login)
        .send()
        .await
        .unwrap();
    let page = app
        .request(Method::POST, "/settings")
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("only to the server it was given for")
    );
    // Back to the environment's address, and so to its key.
    let path = format!("{SETTINGS}/OPENAI_BASE_URL");
    let (status, answer) = send(&app, Method::DELETE, &path, &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(value(&answer, "OPENAI_BASE_URL"), &before);
    let key = answer["settings"].as_array().unwrap();
    let key = key
        .iter()
        .find(|setting| setting["key"] == "OPENAI_API_KEY")
        .unwrap();
    assert_eq!(key["source"], "environment");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn secrets_in_the_address_and_the_members_are_sealed_and_masked(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    saved(
        &app,
        json!({
            "OPENAI_BASE_URL": "http://me:hush-1@a.example/v1?token=hush-2",
            "OPENAI_API_KEY": "\"sk-a-0123456789\"",
            "OPENAI_EXTRA_BODY": r#"{"proxy": {"api_key": "hush-3"}, "thinking": {"type": "disabled"}}"#,
        }),
    )
    .await;
    let listed = list(&app).await;
    assert!(!listed.to_string().contains("hush"), "{listed}");
    let address = "http://me:***@a.example/v1?token=***";
    assert_eq!(value(&listed, "OPENAI_BASE_URL"), address);
    let members = value(&listed, "OPENAI_EXTRA_BODY")
        .as_str()
        .unwrap()
        .to_owned();
    assert!(members.contains("disabled"));
    app.request(Method::POST, "/settings/login")
        .form(&[("token", TOKEN)])
        .send()
        .await
        .unwrap();
    let page = app.get("/settings").await.text().await.unwrap();
    assert!(page.contains("a.example") && !page.contains("hush"));
    let stored: Vec<(String, Option<String>, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT key, value, sealed FROM settings")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(stored.len(), 3);
    for (key, value, sealed) in stored {
        assert!(value.is_none(), "{key}");
        assert!(!String::from_utf8_lossy(&sealed.unwrap()).contains("hush"));
    }
    let in_use = async || {
        web::settings::effective(&app.state)
            .await
            .unwrap()
            .model
            .clone()
    };
    let before = in_use().await;
    assert_eq!(
        before.base_url.as_str(),
        "http://me:hush-1@a.example/v1?token=hush-2"
    );

    // A value sent back as it is shown keeps its secrets.
    let edited = members.replace("disabled", "enabled");
    let path = address.replace("/v1", "/v2");
    saved(
        &app,
        json!({ "OPENAI_BASE_URL": path, "OPENAI_EXTRA_BODY": edited }),
    )
    .await;
    let after = in_use().await;
    assert_eq!(
        after.base_url.as_str(),
        "http://me:hush-1@a.example/v2?token=hush-2"
    );
    assert_eq!(after.extra_body["proxy"]["api_key"], "hush-3");
    assert_eq!(after.extra_body["thinking"]["type"], "enabled");

    // No other server gets them.
    let elsewhere =
        json!({ "OPENAI_BASE_URL": "http://me:***@b.example/v1", "OPENAI_API_KEY": "sk-b" });
    assert_eq!(refused(&app, elsewhere).await, ["/OPENAI_BASE_URL"]);
    let elsewhere = json!({ "OPENAI_BASE_URL": "http://b.example/v1", "OPENAI_API_KEY": "sk-b" });
    assert_eq!(
        refused(&app, elsewhere.clone()).await,
        ["/OPENAI_EXTRA_BODY"]
    );
    let mut elsewhere = elsewhere;
    elsewhere["OPENAI_EXTRA_BODY"] = Value::Null;
    saved(&app, elsewhere).await;
    app.stop().await;
}
