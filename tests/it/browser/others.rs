//! The main journeys in other browsers than Chromium.

use std::time::Duration;

use domain::{StageName, SubmissionId};
use job_queue::events::SubmissionEvent;
use serde_json::json;
use sqlx::PgPool;

use super::driver::Scenario;
use crate::support::{
    app::{App, TOKEN},
    model::{Act, BUGGY, Model, STATEMENT, analysis, problem},
};

async fn journeys(pool: &PgPool, engine: &str, variable: &str) {
    let model = Model::start().await;
    let app = App::start(pool, &model).await;
    let Some(mut scenario) = Scenario::start_elsewhere(engine, variable, &app.url) else {
        return;
    };
    let held = [
        model.hold("problem", problem()),
        model.hold("analysis", analysis()),
    ];
    scenario
        .tell(json!({ "text": STATEMENT, "code": BUGGY, "token": TOKEN }))
        .await;
    let watching = scenario.says("watching").await;
    let path = watching["watching"].as_str().unwrap();
    let id = path
        .rsplit('/')
        .next()
        .unwrap()
        .parse::<SubmissionId>()
        .unwrap();
    let received = || SubmissionEvent::Received {
        stage: StageName::Problem,
        bytes: 3277,
    };
    // Nothing tells when its stream is open and the stage runs: an event before that is lost.
    let mut again = tokio::time::interval(Duration::from_millis(200));
    let publishing = async {
        loop {
            again.tick().await;
            app.state.events.publish(id, received());
        }
    };
    tokio::select! {
        _ = scenario.says("receiving") => {}
        () = publishing => {}
    }
    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("problem", Act::Say(problem()));
    model.usually("analysis", refusal);
    for gate in held {
        gate.add_permits(1);
    }
    scenario.says("failed").await;
    model.usually("analysis", Act::Say(analysis()));
    scenario.tell(json!({})).await;
    scenario.says("passed").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_main_journeys_pass_in_firefox(pool: PgPool) {
    journeys(&pool, "firefox", "BROWSER_FIREFOX").await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn browser_the_main_journeys_pass_in_webkit(pool: PgPool) {
    journeys(&pool, "webkit", "BROWSER_WEBKIT").await;
}
