//! The smallest failing input, from the form to the page.

use serde_json::json;
use sqlx::PgPool;

use super::driver::Scenario;
use crate::{
    journeys::verification::{
        answer,
        hunt::{RIGHT, SOLVE_TOO, body, helpers, second, statement},
    },
    support::{
        app::{App, prefix},
        judge::Judge,
        model::{Act, Model},
    },
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_program_that_passes_its_samples_is_shown_where_it_is_wrong(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    model.usually("problem", Act::Say(statement()));
    model.next("hunt", [Act::Say(helpers()), second(SOLVE_TOO)]);
    let analysis = model.hold("analysis", answer(&[RIGHT]));
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::start_with(&pool, &model, &prefix(), &judged).await;
    let Some(mut scenario) = Scenario::start("hunt", "submitted", &app.url).await else {
        return;
    };
    scenario.tell(body()).await;
    scenario.says("evidence").await;
    analysis.add_permits(1);
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_form_hunts_with_a_brute_force(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let Some(mut scenario) = Scenario::start("hunt", "checked", &app.url).await else {
        return;
    };
    let mut given = body();
    given["reference_code"] = json!("n = int(input())\nprint(max(map(int, input().split())))\n");
    scenario.tell(given).await;
    scenario.says("passed").await;
    assert!(model.calls("hunt").is_empty());
    app.stop().await;
}
