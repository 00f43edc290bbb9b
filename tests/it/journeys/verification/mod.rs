//! The program is run, and its fix is proven.

mod disputes;
pub(crate) mod hunt;
mod liars;
mod limits;
mod programs;
mod repairs;
mod trouble;

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, prefix},
    judge::Judge,
    model::{Act, Model, analysis, problem},
};
use programs::{CPP, Faulty, PYTHON};

/// CodeChecker with a judge and a model.
struct Bench {
    model: Model,
    _judge: Judge,
    app: App,
}

impl Bench {
    async fn start(pool: &PgPool) -> Self {
        let model = Model::start().await;
        let judge = Judge::start().await;
        // The samples come from the user.
        model.usually("problem", Act::Say(statement()));
        let app = App::start_with(pool, &model, &prefix(), &[("JUDGE_URL", &judge.url())]).await;
        Self {
            model,
            _judge: judge,
            app,
        }
    }

    /// Submits, and answers the verification when the submission is completed.
    async fn verified(&self, body: &Value) -> Value {
        let id = self.app.submit(body).await;
        let done = self.app.reaches(&id, "COMPLETED").await;
        assert_eq!(done["stages"]["verification"]["state"], "COMPLETED");
        done["stages"]["verification"]["result"].clone()
    }

    async fn stop(self) {
        self.app.stop().await;
    }
}

/// The statement of the programs, whose samples come from the user.
fn statement() -> Value {
    json!({ "title": "", "description": "Print the sum of the n numbers.", "samples": [] })
}

/// An answer with these changes.
pub(crate) fn answer(edits: &[(&str, &str)]) -> Value {
    let fixes: Vec<_> = edits
        .iter()
        .map(|(old, new)| {
            json!({
                "old": old, "new": new, "line": 0, "category": "off-by-one", "severity": "critical",
                "hint": "Which numbers are added?", "explanation": "The first one is left out."
            })
        })
        .collect();
    json!({ "reasoning": "", "summary": "The first number is left out.", "fixes": fixes })
}

/// Status and reason of a verification.
fn outcome(verification: &Value) -> (Option<&str>, Option<&str>) {
    (
        verification["status"].as_str(),
        verification["reason"].as_str(),
    )
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wrong_program_goes_from_submit_to_verified(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        // With the mistake, a harmless edit comes that the minimiser takes out again.
        bench.model.usually(
            "analysis",
            Act::Say(answer(&[program.right, program.harmless])),
        );
        for reference in [None, Some(program.reference)] {
            let mut body = program.body();
            body["reference_code"] = json!(reference);
            let found = bench.verified(&body).await;
            assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
            assert_eq!(found["by_reference"], reference.is_some());
            assert!(found["fresh_inputs"].as_u64().unwrap() >= 20, "{found:#}");
            assert_eq!(
                (&found["lines_dropped"], &found["repairs"]),
                (&json!(1), &json!(0))
            );
            // With the reference, the hunt has found an input too.
            let tests = 2 + usize::from(reference.is_some());
            assert_eq!(verdicts(&found, "before"), vec!["WA"; tests]);
            assert_eq!(verdicts(&found, "after"), vec!["AC"; tests]);
            let change = &found["changes"][0];
            assert_eq!(change["lines"]["start"], change["lines"]["end"]);
            assert_eq!(change["without"]["verdict"], "WA");
            let fixed = found["analysis"]["modified_code"].as_str().unwrap();
            assert_eq!(
                fixed,
                program.code.replace(program.right.0, program.right.1)
            );
            assert_eq!(found["analysis"]["fixes"].as_array().unwrap().len(), 1);
        }
    }
    bench.stop().await;
}

fn verdicts(found: &Value, run: &str) -> Vec<String> {
    let tests = found["tests"].as_array().unwrap();
    let verdict = |test: &Value| test[run]["verdict"].as_str().unwrap_or_default().to_owned();
    tests.iter().map(verdict).collect()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_analysis_is_told_what_happened_and_the_runs_are_seen_at_once(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let gate = bench.model.hold("analysis", answer(&[CPP.right]));
    let mut body = CPP.body();
    body["failing_input"] = json!("2\n40 2\n");
    body["reference_code"] = json!(CPP.reference);
    let id = bench.app.submit(&body).await;
    bench.model.called("analysis", 1).await;

    let early = bench.app.submission(&id).await;
    let stage = &early["stages"]["verification"];
    assert_eq!(stage["state"], "RUNNING");
    let tests = &stage["result"]["tests"];
    assert_eq!(tests[0]["before"]["output"], "13\n");
    assert_eq!(
        (&tests[2]["source"], &tests[2]["expected"]),
        (&json!("failing_input"), &json!("42"))
    );
    assert_eq!(tests[2]["by_reference"], true);

    let call = bench.model.calls("analysis").remove(0);
    for fact in [
        "what happened when the program was run",
        "C++17",
        "sample 1: Wrong Answer",
        "the input on which it fails: Wrong Answer",
        // The reference's hunt has found a smaller one.
        "found by trying many",
        "A program that the contestant says is right",
    ] {
        assert!(call.user().contains(fact), "{fact}: {}", call.user());
    }
    gate.add_permits(1);
    bench.app.reaches(&id, "COMPLETED").await;
    // Nobody but the judge sees the reference.
    for stage in ["problem", "code", "analysis", "verification"] {
        for call in bench.model.calls(stage) {
            assert!(!call.body.to_string().contains("accumulate"), "{stage}");
        }
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn samples_of_the_statement_are_run_where_the_user_gave_none(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    bench.model.usually("problem", Act::Say(problem()));
    bench.model.usually("analysis", Act::Say(analysis()));
    let found = bench.verified(&crate::support::app::buggy()).await;
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    assert_eq!(found["tests"][0]["source"], "statement");
    assert_eq!(
        found["limits"],
        json!({ "time_ms": 1000, "memory_mb": 256 })
    );
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_analysis_that_finds_nothing_although_a_test_failed_is_sent_back_once(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let nothing = json!({ "summary": "The program is right as it is.", "fixes": [] });
    bench.model.next(
        "analysis",
        [Act::Say(nothing.clone()), Act::Say(answer(&[CPP.right]))],
    );
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    let calls = bench.model.calls("analysis");
    assert!(
        calls[1].repair().contains("Wrong Answer on sample 1"),
        "{}",
        calls[1].repair()
    );

    // It may insist, and the runs are kept.
    bench.model.usually("analysis", Act::Say(nothing));
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(outcome(&found), (None, None));
    assert_eq!(verdicts(&found, "before"), ["WA", "WA"]);
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_program_that_passes_all_tests_is_not_reproduced(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let Faulty { code, right, .. } = CPP;
    let mut body = CPP.body();
    body["code"] = json!(code.replace(right.0, right.1));
    bench
        .model
        .usually("analysis", Act::Say(answer(&[CPP.harmless])));
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("not_reproduced")),
        "{found:#}"
    );

    // The fix makes the mistake.
    bench
        .model
        .usually("analysis", Act::Say(answer(&[(right.1, right.0)])));
    bench
        .model
        .usually("verification", Act::Fail(500, json!({})));
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("failed"), Some("breaks_test")),
        "{found:#}"
    );
    bench.stop().await;
}
