//! The endpoint answers wrongly, slowly or not at all.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy, prefix},
    eventually,
    model::{Act, BUGGY, Model, STATEMENT, analysis, problem},
};

/// The job of a submission's first run, once BullMQ has been told how it ended, which is after the row.
async fn ended_job(app: &App, id: &str) -> bullmq::Job {
    let (queue, id) = (app.bullmq().await, format!("analyze-{id}-1"));
    eventually("the job has ended", async || {
        let job = queue.get_job(&id).await.unwrap()?;
        job.finished_on().map(|_| job)
    })
    .await
}

fn error(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "invalid_request_error" } })
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_endpoint_without_schemas_is_asked_another_way_and_remembered(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.next(
        "analysis",
        [Act::Fail(
            400,
            error("This response_format type is unavailable now"),
        )],
    );
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["calls"], 2);
    let formats: Vec<_> = model
        .calls("analysis")
        .iter()
        .map(|call| call.body["response_format"]["type"].clone())
        .collect();
    assert_eq!(formats, ["json_schema", "json_object"]);

    let again = app.submit(&buggy()).await;
    app.reaches(&again, "COMPLETED").await;
    assert_eq!(
        model.calls("analysis")[2].body["response_format"]["type"],
        "json_object"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_unusable_answer_is_shown_to_the_model_once(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let mut elsewhere = analysis();
    elsewhere["fixes"][0]["old"] = json!("    std::cout << a * b << \"\\n\";");
    model.next("analysis", [Act::Say(elsewhere)]);
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["calls"], 2);
    assert_eq!(done["stages"]["analysis"]["usage"]["prompt_tokens"], 200);
    let calls = model.calls("analysis");
    let told = calls[1].repair();
    assert!(
        told.contains("fixes[0].old does not stand in the program")
            && told.contains("From line 6 on the program has:\n    std::cout << a - b"),
        "{told}"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_that_stays_unusable_fails_and_is_kept(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    model.usually("analysis", Act::Text("I would rather not.\u{0}".to_owned()));
    let id = app.submit(&buggy()).await;
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "model_bad_answer");
    assert_eq!(
        (
            &failed["stages"]["analysis"]["state"],
            &failed["stages"]["analysis"]["calls"]
        ),
        (&json!("FAILED"), &json!(3))
    );
    let raw: Option<String> =
        sqlx::query_scalar("SELECT raw_answer FROM stages WHERE stage = 'analysis'")
            .fetch_one(&app.state.db)
            .await
            .unwrap();
    assert_eq!(raw.as_deref(), Some("I would rather not."));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_statement_that_cannot_be_laid_out_fails_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    for act in [
        Act::Text("I would rather not.".to_owned()),
        Act::Say(json!({ "answer": 42 })),
        Act::Fail(400, json!({ "error": { "message": "no" } })),
        Act::Fail(500, json!({ "error": { "message": "no" } })),
    ] {
        model.usually("problem", act);
        let asked = model.calls("analysis").len();
        let id = app.submit(&buggy()).await;
        let done = app.reaches(&id, "COMPLETED").await;
        assert_eq!(done["stages"]["problem"]["state"], "FAILED");
        assert_eq!(done["stages"]["analysis"]["result"]["bug_found"], true);
        // The analysis has the text as it was submitted.
        let question = &model.calls("analysis")[asked];
        assert!(question.user().contains(STATEMENT));
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_the_judge_says_is_asked_about_once_more(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let right = json!({ "summary": "It is right as it is.", "fixes": [] });
    model.next("analysis", [Act::Say(right.clone())]);
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["result"]["bug_found"], true);
    let calls = model.calls("analysis");
    let told = calls[1].repair();
    assert!(told.contains("the judge says Wrong Answer"));

    model.usually("analysis", Act::Say(right));
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["result"]["bug_found"], false);
    assert_eq!(done["stages"]["analysis"]["calls"], 2);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wrong_key_fails_at_once_and_is_never_shown(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(
        &pool,
        &model,
        &prefix(),
        &[("OPENAI_API_KEY", "sk-very-secret-123")],
    )
    .await;
    for stage in ["problem", "code", "analysis"] {
        model.usually(
            stage,
            Act::Fail(
                401,
                error("Incorrect API key provided: sk-very-secret-123."),
            ),
        );
    }
    let id = app.submit(&buggy()).await;
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "model_unauthorized");
    assert!(
        failed["error"]["detail"]
            .as_str()
            .unwrap()
            .contains("OPENAI_API_KEY")
    );
    assert!(!failed.to_string().contains("very-secret"));
    assert!(model.calls("problem").len() <= 1 && model.calls("code").is_empty());
    let job = ended_job(&app, &id).await;
    assert!(
        job.failed_reason().starts_with("model_unauthorized")
            && !job.failed_reason().contains("very-secret")
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_passing_error_is_repeated_and_finished_stages_are_not_paid_for_again(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    // More than one attempt of the job repeats by itself, so BullMQ's second attempt is needed too.
    model.next(
        "analysis",
        (0..4).map(|_| Act::Fail(500, error("Internal server error"))),
    );
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["calls"], 5);
    assert_eq!(
        (model.calls("problem").len(), model.calls("code").len()),
        (1, 0)
    );
    let job = ended_job(&app, &id).await;
    assert_eq!(job.attempts_made(), 2);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_endpoint_that_never_answers_ends_in_a_timeout(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(
        &pool,
        &model,
        &prefix(),
        &[("REQUEST_TIMEOUT_SECONDS", "1")],
    )
    .await;
    for _ in 0..4 {
        model.hold("analysis", analysis());
    }
    let id = app.submit(&buggy()).await;
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "model_timeout");
    assert_eq!(model.calls("analysis").len(), 3);
    app.stop().await;
}

/// Waits until a submission is put off, ends the wait early, and answers its length in seconds, and the submission and its page
/// meanwhile.
async fn put_off(app: &App, id: &str) -> (u64, Value, String) {
    let (queue, job) = (app.bullmq().await, format!("analyze-{id}-1"));
    let job = eventually("the submission is put off", async || {
        let delayed = queue.get_job_state(&job).await.unwrap() == bullmq::JobState::Delayed;
        let row = app.submission(id).await;
        (delayed && row["status"] == "QUEUED")
            .then_some(queue.get_job(&job).await.unwrap())
            .flatten()
    })
    .await;
    let submission = app.submission(id).await;
    let page = app.get(&format!("/submissions/{id}")).await.text().await;
    ::llm::client().forget(&app.state.config.model);
    job.promote().await.unwrap();
    (job.delay().div_ceil(1000), submission, page.unwrap())
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_endpoint_that_loads_is_waited_for_in_the_queue(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let asks = json!({ "error": "Model m is currently loading", "estimated_time": 100.0 });
    let busy = [(503, error("Loading model")), (503, error("")), (503, asks)];
    model.next(
        "analysis",
        busy.map(|(status, body)| Act::Fail(status, body)),
    );
    let id = app.submit(&json!({ "code": BUGGY })).await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        let (wait, meanwhile, _) = put_off(&app, &id).await;
        waits.push(wait);
        let told = &meanwhile["stages"]["analysis"];
        assert_eq!(
            (&told["state"], meanwhile["error"].is_null()),
            (&json!("PENDING"), true)
        );
    }
    // The endpoint knows better than we do.
    assert_eq!(waits, [5, 30, 100]);
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["analysis"]["calls"], 4);
    assert_eq!(ended_job(&app, &id).await.attempts_made(), 1);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn nobody_at_the_address_is_said_in_words(pool: PgPool) {
    let model = Model::start().await;
    let vars = [("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")];
    let app = App::start_with(&pool, &model, &prefix(), &vars).await;
    let id = app.submit(&json!({ "code": BUGGY })).await;
    for wait in [5, 30, 90] {
        let (waited, meanwhile, page) = put_off(&app, &id).await;
        assert_eq!(waited, wait);
        let told = &meanwhile["stages"]["analysis"]["error"];
        assert_eq!(told["code"], "model_unreachable");
        assert!(page.contains("CodeChecker tries again in "), "{page}");
    }
    let failed = app.reaches(&id, "FAILED").await;
    assert_eq!(failed["error"]["code"], "model_unreachable");
    assert_eq!(failed["stages"]["analysis"]["calls"], 4);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_of_another_form_or_with_nul_is_no_result(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let mut titled = problem();
    titled["title"] = json!("A\u{0} + B");
    model.usually("problem", Act::Say(titled));
    model.next("analysis", [Act::Say(json!({})), Act::Say(analysis())]);
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["title"], "A + B");
    assert_eq!(done["stages"]["analysis"]["calls"], 2);
    assert_eq!(done["stages"]["analysis"]["result"]["bug_found"], true);
    app.stop().await;
}
