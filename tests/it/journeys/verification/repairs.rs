//! A fix that fails a test is mended.

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{
    Bench, answer, outcome,
    programs::{CPP, PYTHON},
    verdicts,
};
use crate::support::{app::API, model::Act};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_second_answer_is_right(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        bench
            .model
            .usually("analysis", Act::Say(answer(&[program.comment])));
        bench
            .model
            .usually("verification", Act::Say(answer(&[program.right])));
        let calls = bench.model.calls("verification").len();
        let id = bench.app.submit(&program.body()).await;
        let done = bench.app.reaches(&id, "COMPLETED").await;
        let stage = &done["stages"]["verification"];
        let found = &stage["result"];
        assert_eq!(outcome(found), (Some("verified"), None), "{found:#}");
        assert_eq!((&found["repairs"], &stage["calls"]), (&json!(1), &json!(1)));
        assert_eq!(
            (&stage["model"], &stage["usage"]["prompt_tokens"]),
            (&json!("stand-in-1"), &json!(100))
        );

        let call = bench.model.calls("verification").remove(calls);
        for fact in [
            "all of them",
            "sample 1",
            "5 6 7",
            "Expected output:\n18",
            "Actual output:\n13",
        ] {
            assert!(call.user().contains(fact), "{fact}: {}", call.user());
        }
        // The patch is that of the mended fix.
        let patch = bench
            .app
            .request(Method::GET, &format!("{API}/{id}/patch"))
            .send()
            .await
            .unwrap();
        let patch = patch.text().await.unwrap();
        assert!(
            patch.contains(&format!("+{}\n", program.right.1)) && !patch.contains("all of them"),
            "{patch}"
        );
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_that_does_not_compile_is_mended_too(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let broken = answer(&[(CPP.right.0, "    for (int i = 0; i < m; i++) {")]);
    bench.model.usually("analysis", Act::Say(broken.clone()));
    bench.model.next(
        "verification",
        [Act::Say(broken.clone()), Act::Say(answer(&[CPP.right]))],
    );
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    assert_eq!(
        (&found["repairs"], &found["fix_compiler"]),
        (&json!(2), &json!(""))
    );
    let told = bench.model.calls("verification").remove(0);
    assert!(told.user().contains("does not compile"), "{}", told.user());

    bench.model.usually("verification", Act::Say(broken));
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(
        outcome(&found),
        (Some("failed"), Some("compile_error")),
        "{found:#}"
    );
    assert_eq!(found["repairs"], 2);
    assert_eq!(verdicts(&found, "after"), ["CE", "CE"]);
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_best_fix_is_kept_and_a_model_that_is_away_spoils_nothing(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    // Right on one sample of two.
    let half = answer(&[(CPP.hard_coded.0, "    std::cout << sum + 5 << \"\\n\";")]);
    bench.model.usually("analysis", Act::Say(half));
    bench.model.next(
        "verification",
        [Act::Say(answer(&[CPP.comment])), Act::Fail(500, json!({}))],
    );
    bench.model.usually(
        "verification",
        Act::Fail(400, json!({ "error": { "message": "no" } })),
    );
    let id = bench.app.submit(&CPP.body()).await;
    let done = bench.app.reaches(&id, "COMPLETED").await;
    let found = &done["stages"]["verification"]["result"];
    assert_eq!(
        outcome(found),
        (Some("improved"), Some("still_fails")),
        "{found:#}"
    );
    assert_eq!(verdicts(found, "after"), ["AC", "WA"]);
    assert_eq!(found["analysis"], json!(null));
    bench.stop().await;
}
