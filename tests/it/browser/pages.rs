//! Submit, read and the history.

use domain::{StageName, SubmissionId};
use job_queue::events::SubmissionEvent;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::driver::Scenario;
use crate::{
    journeys::submit::PNG,
    support::{
        app::{App, TOKEN, buggy, prefix},
        judge::Judge,
        model::{Act, BUGGY, Model, STATEMENT, analysis, problem},
    },
};

fn given() -> Value {
    json!({ "text": STATEMENT, "code": BUGGY })
}

/// Value of the visitor's cookie.
pub(super) async fn visitor(app: &App, body: &Value) -> (String, String) {
    let response = app.post(body).await;
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    let value = cookie
        .strip_prefix("cc_visitor=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let id = response.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    (id, value.to_owned())
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_submit_watch_and_read(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let problem = model.hold("problem", problem());
    let fix = model.hold("analysis", analysis());
    let Some(mut scenario) = Scenario::start("pages", "submit", &app.url).await else {
        return;
    };
    scenario.tell(given()).await;
    let watching = scenario.says("watching").await;
    let id = watching["watching"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let stage = StageName::Problem;
    app.state.events.publish(
        id.parse::<SubmissionId>().unwrap(),
        SubmissionEvent::Received { stage, bytes: 3277 },
    );
    scenario.says("receiving").await;
    problem.add_permits(1);
    fix.add_permits(1);
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_failure_says_why_and_is_retried(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let Some(mut scenario) = Scenario::start("pages", "failed", &app.url).await else {
        return;
    };
    scenario.tell(given()).await;
    scenario.says("failed").await;
    model.usually("analysis", Act::Say(analysis()));
    scenario.tell(json!({})).await;
    scenario.says("passed").await;
    app.stop().await;
}

async fn looks(pool: &PgPool, theme: &str) {
    let model = Model::start().await;
    let app = App::start(pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    let Some(mut scenario) = Scenario::start("pages", "looks", &app.url).await else {
        return;
    };
    scenario
        .tell(json!({ "path": format!("/submissions/{id}"), "themes": [theme] }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_every_width_and_language(pool: PgPool) {
    looks(&pool, "light").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_every_width_in_the_dark(pool: PgPool) {
    looks(&pool, "dark").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_without_script(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let Some(mut scenario) = Scenario::start("pages", "scriptless", &app.url).await else {
        return;
    };
    scenario.tell(given()).await;
    let said = scenario.says("submitted").await;
    let id = said["submitted"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    app.reaches(&id, "COMPLETED").await;
    scenario.tell(json!({})).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_drafts_keys_and_tabs(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("pages", "typing", &app.url).await else {
        return;
    };
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_copied_files_are_attached(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("pages", "pasted", &app.url).await else {
        return;
    };
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_what_is_refused_keeps_everything(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let Some(mut scenario) = Scenario::start("pages", "refused", &app.url).await else {
        return;
    };
    scenario.tell(given()).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_asks_where_events_do_not_come_through(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    let id = app.submit(&buggy()).await;
    let Some(mut scenario) = Scenario::start("pages", "polling", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "id": id })).await;
    scenario.says("watching").await;
    let worker = App::start_with(&pool, &model, &prefix, &[]).await;
    scenario.says("passed").await;
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_an_admin_has_it_analysed_anew(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    let held = model.hold("analysis", analysis());
    let Some(mut scenario) = Scenario::start("pages", "regenerate", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "id": id, "token": TOKEN })).await;
    scenario.says("running").await;
    held.add_permits(1);
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_no_images_for_a_model_without_vision(pool: PgPool) {
    let model = Model::start().await;
    let blind = [("MODEL_SUPPORTS_VISION", "false")];
    let app = App::without_worker(&pool, &model, &prefix(), &blind).await;
    let Some(mut scenario) = Scenario::start("pages", "blind", &app.url).await else {
        return;
    };
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_every_doubt_is_said_and_all_is_printed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let right = json!({ "reasoning": "", "summary": "It is right as it is.", "fixes": [] });
    model.next("analysis", [Act::Say(right)]);
    let right = app.submit(&given()).await;
    app.reaches(&right, "COMPLETED").await;
    let nothing = json!({ "summary": "It is right as it is.", "fixes": [] });
    model.next("analysis", [Act::Say(nothing.clone()), Act::Say(nothing)]);
    let judged = app.submit(&buggy()).await;
    app.reaches(&judged, "COMPLETED").await;
    let other = json!({ "language": "C++", "code": "int main() { return 5; }\n" });
    model.next("code", [Act::Say(other.clone()), Act::Say(other.clone())]);
    model.next(
        "problem",
        [
            Act::Text("no".to_owned()),
            Act::Text("no".to_owned()),
            Act::Text("no".to_owned()),
        ],
    );
    let text = json!({ "text": format!("{STATEMENT}\n{BUGGY}") });
    let in_text = app.submit(&text).await;
    app.reaches(&in_text, "COMPLETED").await;
    model.usually("code", Act::Say(other));
    let fix = json!({ "old": "return 5;", "new": "return 0;", "explanation": "So." });
    model.usually(
        "analysis",
        Act::Say(json!({ "summary": "It ends with 5.", "fixes": [fix] })),
    );
    let body = json!({ "images": [format!("data:image/png;base64,{PNG}")] });
    let image = app.submit(&body).await;
    app.reaches(&image, "COMPLETED").await;
    let Some(mut scenario) = Scenario::start("pages", "doubts", &app.url).await else {
        return;
    };
    scenario
        .tell(json!({ "right": right, "judged": judged, "in_text": in_text, "image": image }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}

fn samples() -> [[&'static str; 2]; 2] {
    [["5 0\n", "5\n"], ["1 2\n", "3\n"]]
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_program_is_run_on_its_samples(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::without_worker(&pool, &model, &prefix(), &judged).await;
    let Some(mut scenario) = Scenario::start("pages", "samples", &app.url).await else {
        return;
    };
    let given = json!({ "code": BUGGY, "samples": samples() });
    scenario.tell(given).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_tests_are_there_before_the_fix_and_say_what_it_is_worth(pool: PgPool) {
    let (model, judge) = (Model::start().await, Judge::start().await);
    let judged = [("JUDGE_URL", &*judge.url())];
    let app = App::start_with(&pool, &model, &prefix(), &judged).await;
    let samples = samples().map(|[input, output]| json!({ "input": input, "output": output }));
    let reference = BUGGY.replace("a - b", "a + b");
    let body = json!({
        "text": STATEMENT, "code": BUGGY, "language": "C++", "samples": samples, "reference_code": reference
    });
    let fix = json!({ "old": "a - b", "new": "a - b - 1", "explanation": "So." });
    let wrong = json!({ "summary": "It is too small.", "fixes": [fix] });
    for stage in ["analysis", "verification"] {
        model.usually(stage, Act::Say(wrong.clone()));
    }
    let failed = app.submit(&body).await;
    app.reaches(&failed, "COMPLETED").await;
    let fix = model.hold("analysis", analysis());
    let running = app.submit(&body).await;
    let Some(mut scenario) = Scenario::start("pages", "proven", &app.url).await else {
        return;
    };
    let ids = json!({ "running": running, "failed": failed, "status": "verified" });
    scenario.tell(ids).await;
    scenario.says("tests").await;
    fix.add_permits(1);
    scenario.says("passed").await;
    app.stop().await;
}
