//! The page of a submission.

use domain::SubmissionId;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{driver::Scenario, pages::visitor};
use crate::support::{
    app::{App, TOKEN, buggy, prefix},
    hunt,
    model::{Act, Model},
};

/// A program with two faults far apart, and the one without them.
fn program() -> (String, String) {
    let middle: String = (0..25)
        .map(|n| format!("int f{n}() {{ return {n}; }}\n"))
        .collect();
    let of = |first: &str, last: &str| {
        format!(
            "#include <iostream>\nint first = {first};\n{middle}int last = {last};\nint main() {{\n    return last;\n}}\n"
        )
    };
    (of("1", "3"), of("2;\nint more = 0", "4"))
}

/// A submission of it, analysed: the model names the later fault first.
async fn analysed(app: &App, model: &Model) -> Value {
    let (code, fixed) = program();
    let fix = |old: &str, new: &str, hint: &str| {
        json!({
            "old": old, "new": new, "line": 0, "category": "wrong value", "severity": "major", "hint": hint,
            "explanation": "It is one too small."
        })
    };
    let fixes = [
        fix("int last = 3;", "int last = 4;", "Look at last."),
        fix(
            "int first = 1;",
            "int first = 2;\nint more = 0;",
            "Look at first.",
        ),
    ];
    let answer = json!({ "reasoning": "", "summary": "Two values are wrong.", "fixes": fixes });
    model.usually("analysis", Act::Say(answer));
    let body = json!({ "text": "Say 4.", "code": code, "language": "C++", "verdict": "WA" });
    let (id, cookie) = visitor(app, &body).await;
    app.reaches(&id, "COMPLETED").await;
    json!({ "id": id, "visitor": cookie, "fixed": fixed, "lines": code.lines().collect::<Vec<_>>() })
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_result_is_revealed_step_by_step(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let given = analysed(&app, &model).await;
    let Some(mut scenario) = Scenario::start("result", "reveal", &app.url).await else {
        return;
    };
    scenario.tell(given).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_change_is_read_in_every_way(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let given = analysed(&app, &model).await;
    let Some(mut scenario) = Scenario::start("result", "change", &app.url).await else {
        return;
    };
    scenario.tell(given).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_progress_tells_the_truth(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let before = app.submit(&buggy()).await;
    app.reaches(&before, "COMPLETED").await;
    let held = model.hold("analysis", json!({}));
    let id = app.submit(&buggy()).await;
    model.called("analysis", 2).await;
    let Some(mut scenario) = Scenario::start("result", "running", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "id": id })).await;
    scenario.says("away").await;
    held.add_permits(1);
    app.stop().await;
    scenario.says("passed").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_wait_is_told_to_the_visitor_and_its_reason_to_the_admin(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (failed, cookie) = visitor(&app, &buggy()).await;
    let client = reqwest::Client::builder().build().unwrap();
    let waiting = client
        .post(format!("{}/api/v1/submissions", app.url))
        .header("cookie", format!("cc_visitor={cookie}"))
        .json(&buggy())
        .send()
        .await
        .unwrap();
    let waiting = waiting.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    sqlx::query(
        "UPDATE submissions SET status = 'FAILED', error_code = 'model_try_later', error_detail = 'for organization org-x',
            retry_at = now() + interval '150 minutes', finished_at = now() WHERE id = $1",
    )
    .bind(failed.parse::<SubmissionId>().unwrap().as_uuid())
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("UPDATE submissions SET retry_at = now() + interval '599 seconds' WHERE id = $1")
        .bind(waiting.parse::<SubmissionId>().unwrap().as_uuid())
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO stages (submission_id, stage, error_code) VALUES ($1, 'analysis', 'model_busy')
        ON CONFLICT (submission_id, stage) DO UPDATE SET error_code = 'model_busy'",
    )
    .bind(waiting.parse::<SubmissionId>().unwrap().as_uuid())
    .execute(&pool)
    .await
    .unwrap();
    let Some(mut scenario) = Scenario::start("result", "waits", &app.url).await else {
        return;
    };
    scenario
        .tell(json!({ "visitor": cookie, "failed": failed, "waiting": waiting, "token": TOKEN }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_first_visit_costs_little(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let line = |n: usize| {
        format!(
            "long long f{n}(long long a, long long b) {{ return a * {n} + b; }} // the sum of step {n}\n"
        )
    };
    let code: String = (0..400).map(line).collect();
    let fixes: Vec<_> = (0..8)
        .map(|n| {
            let old = line(n * 50 + 7);
            json!({ "old": old, "new": old.replace("a *", "b *"), "explanation": "`a` and `b` are mixed up. ".repeat(10) })
        })
        .collect();
    model.usually(
        "analysis",
        Act::Say(json!({ "summary": "Names are mixed up.", "fixes": fixes })),
    );
    let id = app
        .submit(&json!({ "text": "Add.", "code": code, "language": "C++" }))
        .await;
    app.reaches(&id, "COMPLETED").await;
    let Some(mut scenario) = Scenario::start("result", "weight", &app.url).await else {
        return;
    };
    scenario.tell(json!({ "id": id })).await;
    scenario.says("passed").await;
    app.stop().await;
}

/// A submission that has been analysed and whose hunt ended like this.
async fn hunted_by(app: &App, pool: &PgPool, result: &Value) -> String {
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    hunt::store(pool, &id, "hunt", result).await;
    id
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_a_hunted_input_is_shown_with_all_that_is_known_of_it(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    // The first answer alone has the visitor's cookie.
    let (owned, cookie) = visitor(&app, &buggy()).await;
    app.reaches(&owned, "COMPLETED").await;
    let mut found = hunt::found();
    found["growth"] = hunt::growth();
    let id = hunted_by(&app, &pool, &found).await;
    let other = |ending: &str, changes: Value| {
        let mut other = hunt::found();
        (other["ending"], other["counterexample"]) = (json!(ending), Value::Null);
        let changes = changes.as_object().unwrap().clone();
        other.as_object_mut().unwrap().extend(changes);
        other
    };
    let fault = json!({ "helper": "generator", "place": 0, "fault": "raises", "detail": "ZeroDivisionError: division by zero" });
    let unusable = other("unusable", json!({ "faults": [fault], "tried": [] }));
    let nothing = other("nothing_found", json!({ "guessed": true }));
    let dispute = json!({ "input": "2\n1 1\n", "first": "1\n", "second": "" });
    let disputed = other("disputed", json!({ "dispute": dispute.clone() }));
    let mut late = hunt::found();
    late["dispute"] = dispute;
    let mut suggested = hunt::found();
    suggested["counterexample"]["level"] = json!("suggested");
    let mut others = serde_json::Map::new();
    for (result, said) in [
        (unusable, "a part that it needs is unusable"),
        (nothing, "No failing input among 1,326 inputs."),
        (
            disputed,
            "Disputed: the programs that were written from the statement disagree",
        ),
        (suggested, "a program written from the statement answers 4."),
    ] {
        others.insert(hunted_by(&app, &pool, &result).await, json!(said));
    }
    hunt::store(&pool, &owned, "hunt", &late).await;
    app.stop().await;
    // Without a worker, a run that goes on waits.
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let Some(mut scenario) = Scenario::start("result", "hunted", &app.url).await else {
        return;
    };
    scenario
        .tell(json!({ "id": id, "others": others, "owned": owned, "visitor": cookie }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}
