//! Fixes that look right and are not: none of them is verified.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    Bench, answer, outcome,
    programs::{CPP, Faulty, PYTHON},
};
use crate::support::model::Act;

/// The whole program, written anew.
fn anew(program: &Faulty) -> Value {
    answer(&[(program.code, program.anew)])
}

/// Submits with and without a reference, with a model that insists on its answer; `reasons` are that without and that with it.
async fn ends(bench: &Bench, program: &Faulty, fix: Value, status: &str, reasons: [&str; 2]) {
    bench.model.usually("analysis", Act::Say(fix.clone()));
    bench.model.usually("verification", Act::Say(fix));
    let references = [None, Some(program.reference)];
    for (reference, reason) in references.into_iter().zip(reasons) {
        let mut body = program.body();
        body["reference_code"] = json!(reference);
        let found = bench.verified(&body).await;
        assert_eq!(outcome(&found), (Some(status), Some(reason)), "{found:#}");
    }
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_that_prints_the_samples_is_no_fix(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        ends(
            &bench,
            program,
            answer(&[program.hard_coded]),
            "improved",
            // The reference's hunt finds an input that the fix does not know, and that was guessed.
            ["not_general", "guessed"],
        )
        .await;
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_for_the_failing_input_alone_is_no_fix(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        ends(
            &bench,
            program,
            answer(&[program.special_case]),
            "improved",
            // The reference's hunt finds an input that the fix does not know, and that was guessed.
            ["not_general", "guessed"],
        )
        .await;
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_that_changes_nothing_is_no_fix(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        ends(
            &bench,
            program,
            answer(&[program.comment]),
            "failed",
            ["no_effect"; 2],
        )
        .await;
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_that_writes_the_program_anew_is_no_fix(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    for program in [&CPP, &PYTHON] {
        ends(&bench, program, anew(program), "improved", ["rewritten"; 2]).await;
    }
    bench.stop().await;
}
