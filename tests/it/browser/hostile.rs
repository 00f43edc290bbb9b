//! Nothing that a user, a problem's author or a model says runs or loads.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{driver::Scenario, pages::visitor};
use crate::support::{
    app::App,
    model::{Act, Model},
};

const HOSTILE: &str = "<script>owned=1;alert(1)</script><img src=x onerror=\"owned=2;alert(2)\">\
     <svg onload=\"owned=3\"><a xlink:href=\"javascript:owned=4\">x</a></svg>\
     [link](javascript:owned=5) ![remote](https://evil.example/x.png) <b onclick=\"owned=6\">b</b>\
     <iframe src=\"//evil.example\"></iframe> \"'><style>*{display:none}</style> \
     $\\text{<img src=x onerror=owned=7>}$ </textarea></title></code></pre>";

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_runs_and_loads_nothing_of_strangers(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let code = format!("// {HOSTILE}\nint main() {{}}\n");
    let text = |what: &str| json!(format!("{what} {HOSTILE}"));
    model.usually(
        "problem",
        Act::Say(json!({
            "title": text("title"), "time_limit": text("time"), "memory_limit": text("memory"),
            "description": text("description"), "input_format": text("input"), "output_format": text("output"),
            "samples": [{ "input": text("in"), "output": text("out"), "explanation": text("why") }],
            "notes": text("notes")
        })),
    );
    model.usually(
        "code",
        Act::Say(json!({ "language": HOSTILE, "code": code })),
    );
    let fix = |original: Value, modified: Value| {
        json!({
            "category": HOSTILE, "severity": HOSTILE, "hint": HOSTILE, "explanation": HOSTILE,
            "old": original, "new": modified
        })
    };
    model.usually(
        "analysis",
        Act::Say(json!({
            "reasoning": HOSTILE, "summary": HOSTILE,
            "fixes": [
                fix(json!("int main() {}"), json!(format!("int main() {{ return 0; }} // {HOSTILE}"))),
                fix(json!(format!("// {HOSTILE}")), json!(format!("// Not {HOSTILE}"))),
            ]
        })),
    );
    let body = json!({ "text": HOSTILE, "code": code, "failing_input": HOSTILE, "language": "<script>owned=8</script>" });
    let (id, cookie) = visitor(&app, &body).await;
    app.reaches(&id, "COMPLETED").await;
    model.usually(
        "analysis",
        Act::Fail(401, json!({ "error": { "message": HOSTILE } })),
    );
    let failed = app.submit(&body).await;
    app.reaches(&failed, "FAILED").await;
    let Some(mut scenario) = Scenario::start("pages", "hostile", &app.url).await else {
        return;
    };
    let paths = [id, failed].map(|id| format!("/submissions/{id}"));
    scenario
        .tell(json!({ "paths": paths, "visitor": cookie }))
        .await;
    scenario.says("passed").await;
    app.stop().await;
}
