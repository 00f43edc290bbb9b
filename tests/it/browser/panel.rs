//! The panel.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::driver::Scenario;
use crate::llm::reading_server;
use crate::support::{
    app::{App, TOKEN, buggy, prefix},
    model::{Act, Model},
};

/// Runs a scenario that needs to know no more than this.
async fn passes(app: App, name: &str, mut given: Value) {
    given["token"] = json!(TOKEN);
    if let Some(mut scenario) = Scenario::start("panel", name, &app.url).await {
        scenario.tell(given).await;
        scenario.says("passed").await;
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_log_in_and_out_with_and_without_script(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    passes(app, "login", json!({})).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_settings_are_refused_tested_saved_and_reset(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let endpoint = reading_server().await;
    let given =
        json!({ "base_url": format!("{}/v1", endpoint.origin), "misplaced": endpoint.origin });
    passes(app, "settings", given).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_what_was_typed_outlives_the_session(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    passes(app, "expired", json!({})).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_prompts_are_replaced_compared_and_reset(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    passes(app, "prompts", json!({})).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_data_is_counted_and_deleted(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = app.submit(&buggy()).await;
        app.reaches(&id, "COMPLETED").await;
        ids.push(id);
    }
    sqlx::query(
        "UPDATE submissions SET finished_at = now() - interval '40 days' WHERE id = $1::uuid",
    )
    .bind(&ids[0])
    .execute(&pool)
    .await
    .unwrap();
    passes(app, "data", json!({ "id": ids[1] })).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_one_is_deleted_without_script(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    passes(app, "delete_without_script", json!({ "id": id })).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_queue_is_paused_resumed_and_retried(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    let id = worker.submit(&buggy()).await;
    worker.reaches(&id, "FAILED").await;
    worker.stop().await;
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let Some(mut scenario) = Scenario::start("panel", "queue", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "token": TOKEN })).await;
    scenario.says("paused").await;
    app.submit(&buggy()).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_panel_in_every_width_theme_and_language(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let done = app.submit(&buggy()).await;
    app.reaches(&done, "COMPLETED").await;
    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let failed = app.submit(&buggy()).await;
    app.reaches(&failed, "FAILED").await;
    passes(app, "looks", json!({})).await;
}
