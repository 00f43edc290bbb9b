//! The queue in the panel: jobs that run, that come later and that failed.

use serde_json::json;
use sqlx::PgPool;

use super::panel_pages::{log_in, send};
use crate::support::{
    app::{App, TOKEN, buggy, prefix},
    eventually,
    model::{Act, Model, analysis},
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn running_jobs_are_cancelled_and_failed_ones_retried_one_by_one(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    log_in(&app, TOKEN, "").await;
    let page = async || app.get("/settings/queue").await.text().await.unwrap();
    assert!(page().await.contains("Nothing is running."));
    let refusal = json!({ "error": { "message": "Incorrect API key" } });
    model.next("analysis", [Act::Fail(401, refusal)]);
    let failed = app.submit(&buggy()).await;
    app.reaches(&failed, "FAILED").await;
    model.hold("analysis", analysis());
    let running = app.submit(&buggy()).await;
    model.called("analysis", 2).await;
    let shown = page().await;
    assert!(
        shown.contains(&format!(
            "name=\"id\" value=\"{running}\" aria-label=\"Cancel A + B\""
        )),
        "{shown}"
    );
    assert!(shown.contains(&format!(
        "name=\"id\" value=\"{failed}\" aria-label=\"Retry A + B\""
    )));
    assert!(shown.contains("<code class=\"small\">model_unauthorized</code>"));
    assert!(shown.contains("Finished per hour: 1 in all"));
    let id = [("id", running.as_str())];
    let answer = send(&app, "/settings/queue/cancel", &id).await;
    assert!(answer.text().await.unwrap().contains("Cancelled."));
    app.reaches(&running, "CANCELLED").await;
    let answer = send(&app, "/settings/queue/cancel", &[("id", failed.as_str())]).await;
    assert!(answer.text().await.unwrap().contains("has ended already"));

    let id = [("id", failed.as_str())];
    let answer = send(&app, "/settings/queue/retry", &id).await;
    assert!(answer.text().await.unwrap().contains("Queued again."));
    app.reaches(&failed, "COMPLETED").await;
    for nobody in [failed.as_str(), "nonsense"] {
        let answer = send(&app, "/settings/queue/retry", &[("id", nobody)]).await;
        assert!(
            answer
                .text()
                .await
                .unwrap()
                .contains("cannot be retried any more")
        );
    }
    assert!(page().await.contains("Nothing failed."));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_job_that_waits_for_the_endpoint_is_shown_with_its_time(pool: PgPool) {
    let model = Model::start().await;
    let away = [("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")];
    let app = App::start_with(&pool, &model, &prefix(), &away).await;
    log_in(&app, TOKEN, "").await;
    let id = app.submit(&buggy()).await;
    let page = eventually("the job is delayed", async || {
        let page = app.get("/settings/queue").await.text().await.unwrap();
        page.contains("id=\"later-title\"").then_some(page)
    })
    .await;
    assert!(page.contains(&format!("href=\"/submissions/{id}\"")));
    assert!(
        page.contains(" s</time>") || page.contains(">now</time>"),
        "{page}"
    );
    app.stop().await;
}
