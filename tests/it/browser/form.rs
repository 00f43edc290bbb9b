//! The form.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::driver::Scenario;
use crate::{
    journeys::companion::castle,
    support::{
        app::{API, App, TOKEN, prefix},
        model::Model,
    },
};

async fn passes(pool: &PgPool, scenario: &str) {
    let model = Model::start().await;
    let app = App::without_worker(pool, &model, &prefix(), &[]).await;
    if let Some(mut scenario) = Scenario::start("form", scenario, &app.url).await {
        scenario.says("passed").await;
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_files_go_where_they_belong(pool: PgPool) {
    passes(&pool, "files").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_editor_colours_and_indents(pool: PgPool) {
    passes(&pool, "editor").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_verdicts_drafts_and_mistakes(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("form", "fields", &app.url).await else {
        return;
    };
    let said = scenario.says("submitted").await;
    let id = said["submitted"].as_str().unwrap();
    let stored: Value = app.get(&format!("{API}/{id}")).await.json().await.unwrap();
    assert_eq!(stored["verdict"], "WA");
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_form_without_a_model_says_so(pool: PgPool) {
    let model = Model::start().await;
    let unset = [("OPENAI_BASE_URL", ""), ("OPENAI_API_KEY", "")];
    let app = App::without_worker(&pool, &model, &prefix(), &unset).await;
    let Some(mut scenario) = Scenario::start("form", "unset", &app.url).await else {
        return;
    };
    scenario.says("unset").await;
    let saved = app
        .request(reqwest::Method::PATCH, "/api/v1/settings")
        .bearer_auth(TOKEN)
        .json(&json!({ "OPENAI_API_KEY": "sk-of-the-visitor" }));
    assert!(saved.send().await.unwrap().status().is_success());
    scenario.tell(json!({})).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_an_open_form_fills_in_from_competitive_companion(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("form", "companion", &app.url).await else {
        return;
    };
    let second = json!({ "name": "H. Path", "tests": [] });
    for (step, problem) in [("open", castle()), ("filled", second)] {
        scenario.says(step).await;
        let request = app.request(reqwest::Method::POST, "/").json(&problem);
        assert_eq!(request.send().await.unwrap().status(), 204);
    }
    assert_eq!(scenario.says("seen").await["seen"], true);
    scenario.says("passed").await;
    app.stop().await;
}
