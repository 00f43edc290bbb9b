//! A submission can be taken away as a document.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, buggy, prefix},
    model::{Act, BUGGY, Model},
};

async fn report(app: &App, submission: &Value) -> String {
    let answer: Response = app
        .get(submission["links"]["report"].as_str().unwrap())
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()["content-type"],
        "text/markdown; charset=utf-8"
    );
    assert_eq!(
        answer.headers()["content-disposition"],
        format!(
            "attachment; filename=\"code-checker-{}.md\"",
            submission["id"].as_str().unwrap()
        )
    );
    answer.text().await.unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_report_has_all_that_was_found(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let mut body = buggy();
    body["answer_language"] = json!("de");
    let id = app.submit(&body).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let report = report(&app, &done).await;
    let program = format!("## Programm\n\n```cpp\n{BUGGY}```\n");
    for part in [
        "# A + B\n",
        "- **Status:** Fertig\n",
        "(WA)\n",
        "- **Zeitlimit:** 1 s\n",
        "```\n1 2\n```",
        &program,
        "The program prints the difference instead of the sum.",
        "### Korrektur 1: wrong operator\n\n- **Schwere:** kritisch\n- **Zeilen:** 6\n",
        "What does it print for 1 2?",
        "-    std::cout << a - b << \"\\n\";\n+    std::cout << a + b << \"\\n\";\n",
        "- **Zeilen hinzugefügt:** 1\n",
        "| stand-in-1 | 1 | 100 | 10 |\n",
    ] {
        assert!(report.contains(part), "{part:?} is not in\n{report}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_that_waits_or_failed_has_a_report_too(pool: PgPool) {
    let model = Model::start().await;
    let idle = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = idle.submit(&buggy()).await;
    let waiting = report(&idle, &idle.submission(&id).await).await;
    assert!(waiting.contains("**Status:** Queued") && waiting.contains(BUGGY));
    idle.stop().await;

    let app = App::start(&pool, &model).await;
    model.next("code", [Act::Say(json!({ "language": "", "code": "" }))]);
    let id = app.submit(&json!({ "text": "<b>No program.</b>" })).await;
    let failed = report(&app, &app.reaches(&id, "FAILED").await).await;
    assert!(
        failed.contains("## Why it failed\n\nNo program was found in the submission."),
        "{failed}"
    );

    let nobody = "019a3b5e-7c1d-7f00-8000-000000000000";
    let answer = app.get(&format!("{API}/{nobody}/report")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let answer = app.get(&format!("{API}/abc/report")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    app.stop().await;
}
