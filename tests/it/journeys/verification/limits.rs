//! Cases in which running a program proves nothing.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    Bench, answer, outcome,
    programs::{CPP, PYTHON},
    statement, verdicts,
};
use crate::support::model::Act;

/// The statement with one more member.
fn with(member: &str, value: Value) -> Act {
    let mut statement = statement();
    statement[member] = value;
    Act::Say(statement)
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_cannot_be_run_is_unverified_and_says_why(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    bench
        .model
        .usually("analysis", Act::Say(answer(&[CPP.right])));

    let mut body = CPP.body();
    body["language"] = json!("Haskell");
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("language")),
        "{found:#}"
    );

    let mut body = CPP.body();
    body["samples"] = json!([]);
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("no_tests")),
        "{found:#}"
    );
    body["failing_input"] = json!("1\n5\n");
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("no_tests")),
        "{found:#}"
    );
    assert_eq!(
        (verdicts(&found, "before"), verdicts(&found, "after")),
        (vec!["AC".to_owned()], vec!["AC".to_owned()])
    );

    let mut body = CPP.body();
    body["code"] = json!(CPP.code.replace(
        "    int n;",
        "    freopen(\"in.txt\", \"r\", stdin);\n    int n;"
    ));
    let found = bench.verified(&body).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("file_io")),
        "{found:#}"
    );

    bench
        .model
        .usually("problem", with("interactive", json!(true)));
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("interactive")),
        "{found:#}"
    );

    bench
        .model
        .usually("problem", with("any_answer", json!("true")));
    let found = bench.verified(&CPP.body()).await;
    assert_eq!(
        outcome(&found),
        (Some("unverified"), Some("needs_checker")),
        "{found:#}"
    );
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn crashes_and_slow_programs_are_told_and_mended(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let crash = PYTHON.code.replace("range(1, n)", "range(n + 1)");
    bench.model.usually(
        "analysis",
        Act::Say(answer(&[("    for i in range(n + 1):", PYTHON.right.1)])),
    );
    let mut body = PYTHON.body();
    body["code"] = json!(crash);
    let found = bench.verified(&body).await;
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    assert_eq!(verdicts(&found, "before"), ["RE", "RE"]);
    let calls = bench.model.calls("analysis");
    assert!(
        calls[0].user().contains("IndexError"),
        "{}",
        calls[0].user()
    );

    let endless = CPP.code.replace("i < n; i++", "i < n; i += 0");
    let old = "    for (int i = 1; i < n; i += 0) {";
    bench
        .model
        .usually("analysis", Act::Say(answer(&[(old, CPP.right.1)])));
    let mut body = CPP.body();
    body["code"] = json!(endless);
    body["time_limit_ms"] = json!(100);
    let found = bench.verified(&body).await;
    assert_eq!(verdicts(&found, "before"), ["TLE", "TLE"]);
    assert_eq!(found["limits"]["time_ms"], 100);
    assert_eq!(outcome(&found), (Some("verified"), None), "{found:#}");
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_reference_that_fails_a_sample_decides_nothing(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    bench
        .model
        .usually("analysis", Act::Say(answer(&[CPP.right])));
    for reference in ["print(17)\n", "int main( {\n", CPP.code] {
        let mut body = CPP.body();
        body["reference_code"] = json!(reference);
        body["failing_input"] = json!("2\n40 2\n");
        let found = bench.verified(&body).await;
        assert_eq!(
            outcome(&found),
            (Some("unverified"), Some("disputed")),
            "{found:#}"
        );
        assert_eq!(found["by_reference"], false);
        assert_eq!(
            (
                &found["tests"][2]["expected"],
                &found["tests"][2]["by_reference"]
            ),
            (&json!(null), &json!(false))
        );
    }
    // One in another language is.
    let mut body = CPP.body();
    body["reference_code"] = json!(PYTHON.reference);
    let found = bench.verified(&body).await;
    assert_eq!(
        (outcome(&found), &found["by_reference"]),
        ((Some("verified"), None), &json!(true)),
        "{found:#}"
    );
    bench.stop().await;
}
