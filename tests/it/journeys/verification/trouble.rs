//! Judges that are not there, workers that die, submissions that are cancelled.

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{
    Bench, answer,
    hunt::{RIGHT, SOLVE, body, helpers, second},
    outcome,
    programs::CPP,
    statement, verdicts,
};
use crate::support::{
    app::{API, App, buggy, prefix, variables},
    database_url, eventually,
    judge::Judge,
    model::{Act, Model},
    process::Process,
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_a_judge_it_says_so_and_goes_on(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let found = &done["stages"]["verification"]["result"];
    assert_eq!(outcome(found), (Some("unverified"), Some("no_judge")));
    assert_eq!(found["tests"], json!([]));
    assert_eq!(done["stages"]["hunt"]["state"], "SKIPPED");
    app.stop().await;

    let judge = Judge::start().await;
    let url = judge.url();
    drop(judge);
    let app = App::start_with(&pool, &model, &prefix(), &[("JUDGE_URL", &url)]).await;
    let id = app.submit(&buggy()).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let found = &done["stages"]["verification"]["result"];
    assert_eq!(outcome(found), (Some("unverified"), Some("no_judge")));
    let hunt = &done["stages"]["hunt"];
    assert_eq!(
        (&hunt["state"], &hunt["error"]["code"]),
        (&json!("FAILED"), &json!("judge_away"))
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_judge_that_is_still_starting_hunts_after_the_analysis(pool: PgPool) {
    let model = Model::start().await;
    let statement =
        json!({ "title": "", "description": "Print the largest of the n numbers.", "samples": [] });
    model.usually("problem", Act::Say(statement));
    model.next("hunt", [Act::Say(helpers()), second(SOLVE)]);
    let gate = model.hold("analysis", answer(&[RIGHT]));
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("judge.socket");
    let url = format!("unix://{}", socket.display());
    let app = App::start_with(&pool, &model, &prefix(), &[("JUDGE_URL", &url)]).await;
    let id = app.submit(&body()).await;
    model.called("analysis", 1).await;
    assert!(model.calls("hunt").is_empty());
    let judge = Judge::start().await;
    std::os::unix::fs::symlink(judge.url().trim_start_matches("unix://"), &socket).unwrap();
    gate.add_permits(1);
    let done = app.reaches(&id, "COMPLETED").await;
    let hunt = &done["stages"]["hunt"]["result"];
    assert_eq!(hunt["ending"], "found", "{hunt:#}");
    assert_eq!(
        done["stages"]["verification"]["result"]["tests"][2]["source"],
        "hunt"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_that_is_older_than_the_stage_gets_its_row(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let judge = Judge::start().await;
    let url = judge.url();
    let vars = [("JUDGE_URL", url.as_str())];
    let app = App::without_worker(&pool, &model, &prefix, &vars).await;
    let id = app.submit(&buggy()).await;
    sqlx::query("DELETE FROM stages WHERE stage = 'verification'")
        .execute(&pool)
        .await
        .unwrap();
    let worker = App::start_with(&pool, &model, &prefix, &vars).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let found = &done["stages"]["verification"]["result"];
    assert_eq!(outcome(found), (Some("verified"), None), "{found:#}");
    worker.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn cancelling_stops_a_run(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let mut body = CPP.body();
    body["code"] = json!("int main() { for (;;); }\n");
    body["time_limit_ms"] = json!(30_000);
    let id = bench.app.submit(&body).await;
    eventually("the program runs", async || {
        let submission = bench.app.submission(&id).await;
        (submission["stages"]["verification"]["state"] == "RUNNING").then_some(())
    })
    .await;
    let cancelled = bench
        .app
        .request(Method::POST, &format!("{API}/{id}/cancel"))
        .send()
        .await
        .unwrap();
    assert!(cancelled.status().is_success());
    bench.app.reaches(&id, "CANCELLED").await;
    assert!(bench.model.calls("analysis").is_empty());

    // The judge is free for the next one: the endless program would keep it for a minute and a half.
    bench
        .model
        .usually("analysis", Act::Say(answer(&[CPP.right])));
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_killed_worker_is_followed_by_one_that_asks_nothing_again(pool: PgPool) {
    let model = Model::start().await;
    let judge = Judge::start().await;
    let prefix = prefix();
    model.usually("problem", Act::Say(statement()));
    // The first repair does not help, and the worker dies in the second.
    model.usually("analysis", Act::Say(answer(&[CPP.comment])));
    model.next(
        "verification",
        [Act::Say(answer(&[(
            CPP.hard_coded.0,
            "    std::cout << sum + 5 << \"\\n\";",
        )]))],
    );
    model.hold("verification", answer(&[CPP.right]));
    model.usually("verification", Act::Say(answer(&[CPP.right])));

    let (url, database) = (judge.url(), database_url(&pool));
    let vars = [
        ("JUDGE_URL", url.as_str()),
        ("DATABASE_URL", &database),
        ("CODE_CHECKER_ROLE", "worker"),
    ];
    let worker = Process::start_with(variables(&model, &prefix, &vars)).await;
    let app = App::without_worker(&pool, &model, &prefix, &vars[..1]).await;
    let id = app.submit(&CPP.body()).await;
    model.called("verification", 2).await;
    worker.signal(Signal::SIGKILL).await;
    let early = app.submission(&id).await;
    let found = &early["stages"]["verification"]["result"];
    assert_eq!(
        (&found["repairs"], verdicts(found, "after")),
        (&json!(1), vec!["AC".to_owned(), "WA".to_owned()])
    );
    sqlx::query(
        "UPDATE submissions SET lease_expires_at = clock_timestamp() - interval '1 second'",
    )
    .execute(&pool)
    .await
    .unwrap();

    let second = App::start_with(&pool, &model, &prefix, &vars[..1]).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let found = &done["stages"]["verification"]["result"];
    assert_eq!(outcome(found), (Some("verified"), None), "{found:#}");
    assert_eq!(found["repairs"], 2);
    assert_eq!(
        (
            model.calls("analysis").len(),
            model.calls("verification").len()
        ),
        (1, 3)
    );
    second.stop().await;
    app.stop().await;
}
