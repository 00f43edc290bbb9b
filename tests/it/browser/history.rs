//! The history, as a column and as a page.

use serde_json::json;
use sqlx::PgPool;

use super::{driver::Scenario, pages::visitor};
use crate::support::{
    app::{App, buggy, prefix},
    model::{Act, Model},
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_history_is_searched_filtered_and_read_on(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (_, cookie) = visitor(&app, &json!({ "text": "number 0 of many" })).await;
    for number in 1..45 {
        let (language, verdict) = (
            ["C++", "Python"][number % 2],
            ["WA", "TLE", "RE"][number % 3],
        );
        let text = format!("number {number} of many\nand a second line");
        let body = json!({ "text": text, "language": language, "verdict": verdict });
        app.submit(&body).await;
    }
    app.submit(&json!({ "code": "int main() {}", "language": "C++" }))
        .await;
    let Some(mut scenario) = Scenario::start("history", "find", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "visitor": cookie })).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_history_tells_the_outcome_of_each(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let (found, cookie) = visitor(&app, &buggy()).await;
    app.reaches(&found, "COMPLETED").await;
    let nothing = json!({ "summary": "It is right.", "fixes": [] });
    model.next("analysis", [Act::Say(nothing.clone()), Act::Say(nothing)]);
    let right = app.submit(&buggy()).await;
    app.reaches(&right, "COMPLETED").await;
    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let failed = app.submit(&buggy()).await;
    app.reaches(&failed, "FAILED").await;
    let Some(mut scenario) = Scenario::start("history", "outcomes", &app.url).await else {
        return;
    };
    scenario
        .tell(json!({ "visitor": cookie, "found": found, "right": right, "failed": failed }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_history_is_cleared_of_what_one_owns(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[("PUBLIC_HISTORY", "true")]).await;
    let (_, cookie) = visitor(&app, &json!({ "text": "number 0" })).await;
    for number in 1..8 {
        app.submit(&json!({ "text": format!("number {number}") }))
            .await;
    }
    let stranger = reqwest::Client::builder()
        .build()
        .unwrap()
        .post(format!("{}/api/v1/submissions", app.url));
    stranger
        .json(&json!({ "text": "of a stranger" }))
        .send()
        .await
        .unwrap();
    let Some(mut scenario) = Scenario::start("history", "delete", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "visitor": cookie })).await;
    scenario.says("passed").await;
    app.stop().await;
}
