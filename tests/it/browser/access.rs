//! The password, the budget and what is not released.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::driver::Scenario;
use crate::{
    journeys::access::PASSWORD,
    support::{
        app::{App, TOKEN, buggy, prefix},
        model::Model,
    },
};

/// Runs a scenario that needs to know no more than this.
async fn passes(app: App, name: &str, given: Option<Value>) {
    if let Some(mut scenario) = Scenario::start("access", name, &app.url).await {
        if let Some(given) = given {
            scenario.tell(given).await;
        }
        scenario.says("passed").await;
    }
    app.stop().await;
}

async fn used_up(pool: &PgPool) -> App {
    sqlx::query(
        "INSERT INTO spending (day, prompt_tokens, completion_tokens, cost)
        VALUES ((now() AT TIME ZONE 'UTC')::date, 900, 100, 0.25)",
    )
    .execute(pool)
    .await
    .unwrap();
    let model = Model::start().await;
    let budget = [("DAILY_TOKEN_BUDGET", "1000")];
    App::without_worker(pool, &model, &prefix(), &budget).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_password_is_asked_for_once_with_and_without_script(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("ACCESS_PASSWORD", PASSWORD)];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    passes(app, "password", Some(json!({ "password": PASSWORD }))).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_what_was_typed_outlives_the_entry(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("ACCESS_PASSWORD", PASSWORD)];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    passes(app, "kept", Some(json!({ "password": PASSWORD }))).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_form_says_that_the_budget_is_used_up(pool: PgPool) {
    let app = used_up(&pool).await;
    passes(app, "closed", None).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_panel_shows_the_tokens_of_the_day(pool: PgPool) {
    let app = used_up(&pool).await;
    passes(app, "spending", Some(json!({ "token": TOKEN }))).await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_steps_that_are_not_released_are_locked(pool: PgPool) {
    let model = Model::start().await;
    let policy = [("REVEAL", "hint"), ("REVEAL_AFTER", "2999-12-01T18:00:00Z")];
    let app = App::start_with(&pool, &model, &prefix(), &policy).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.laid_out(&id).await;
    passes(app, "locked", Some(json!({ "id": id }))).await;
}
