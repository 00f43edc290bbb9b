//! A submission whose results have a mark in each field.

use domain::{
    Analysis, Fix, FixStatus, Lines, NeededChange, Outcome, RunVerdict, Test, TestSource,
    Verification,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, buggy},
    model::BUGGY,
};

/// Texts that stand for each field of what the model and the runs of its fix say, and the step from which they may be seen.
pub(super) const MARKS: [(&str, u8); 18] = [
    ("mark-of-the-hint", 2),
    ("mark-of-the-category", 3),
    ("mark-of-the-explanation", 3),
    ("mark-of-the-summary", 3),
    ("mark-of-the-fix", 4),
    ("mark-of-the-unlocated-old", 4),
    ("mark-of-the-unlocated-new", 4),
    ("mark-of-the-compiler", 4),
    ("mark-of-the-output-after", 4),
    ("mark-of-the-errors-after", 4),
    ("mark-of-the-output-without", 4),
    ("mark-of-the-errors-without", 4),
    ("mark-of-the-helper", 4),
    ("mark-of-the-repaired-program", 4),
    ("mark-of-the-repaired-snippet", 4),
    ("mark-of-the-repaired-hint", 2),
    ("mark-of-the-repaired-explanation", 3),
    ("mark-of-the-repaired-summary", 3),
];
/// Those that stand for facts of the visitor's own program, which are always shown.
pub(super) const FACTS: [&str; 2] = ["mark-of-the-output-before", "mark-of-the-expected-output"];
/// Those of a dispute, which are always shown: they are asked about.
pub(super) const DISPUTED: [&str; 3] = [
    "mark-of-the-disputed-input",
    "mark-of-the-first-answer",
    "mark-of-the-second-answer",
];

fn fix(name: &str) -> Fix {
    Fix {
        category: "mark-of-the-category".to_owned(),
        severity: "major".to_owned(),
        hint: format!("mark-of-the-{name}hint"),
        explanation: format!("mark-of-the-{name}explanation"),
        original_snippet: "    std::cout << a - b << \"\\n\";".to_owned(),
        modified_snippet: "    std::cout << a + b << \"\\n\"; // mark-of-the-repaired-snippet"
            .to_owned(),
        lines: Some(Lines { start: 6, end: 6 }),
    }
}

/// An analysis with a mark in each field.
fn analysis() -> Analysis {
    let modified = BUGGY.replace("a - b << \"\\n\";", "a + b << \"\\n\"; // mark-of-the-fix");
    let unlocated = Fix {
        original_snippet: "mark-of-the-unlocated-old".to_owned(),
        modified_snippet: "mark-of-the-unlocated-new".to_owned(),
        lines: None,
        ..fix("")
    };
    Analysis {
        bug_found: true,
        summary: "mark-of-the-summary".to_owned(),
        fixes: vec![fix(""), unlocated],
        modified_code: modified,
        lines_added: 1,
        lines_removed: 1,
    }
}

fn run(verdict: RunVerdict, when: &str) -> Outcome {
    Outcome {
        output: format!("mark-of-the-output-{when}"),
        errors: format!("mark-of-the-errors-{when}"),
        ..Outcome::not_run(verdict)
    }
}

/// A verification with a mark in each field. The repaired analysis takes the place of the other one.
fn verification(with_repaired: bool) -> Verification {
    let repaired = Analysis {
        summary: "mark-of-the-repaired-summary".to_owned(),
        fixes: vec![fix("repaired-")],
        modified_code: format!("{BUGGY}// mark-of-the-repaired-program\n"),
        ..analysis()
    };
    Verification {
        status: Some(FixStatus::Failed),
        language: "C++17".to_owned(),
        fix_compiler: "mark-of-the-compiler".to_owned(),
        tests: vec![Test {
            source: TestSource::Given,
            number: 1,
            input: "1 2".to_owned(),
            expected: Some("mark-of-the-expected-output".to_owned()),
            by_reference: false,
            level: None,
            before: Some(run(RunVerdict::WrongAnswer, "before")),
            after: Some(run(RunVerdict::RuntimeError, "after")),
        }],
        changes: vec![NeededChange {
            lines: Lines { start: 6, end: 6 },
            test: 0,
            without: run(RunVerdict::WrongAnswer, "without"),
        }],
        analysis: with_repaired.then_some(repaired),
        ..Verification::default()
    }
}

/// A hunt that could not start, as a helper whose fault quotes its source is of no use, with a dispute from another look at the fix.
fn hunt() -> Value {
    json!({
        "ending": "unusable", "guessed": false, "counterexample": null, "tried": [],
        "dispute": {
            "input": "mark-of-the-disputed-input", "first": "mark-of-the-first-answer", "second": "mark-of-the-second-answer"
        },
        "faults": [{ "helper": "reference", "place": 0, "fault": "raises", "detail": "mark-of-the-helper" }],
        "helpers": { "references": ["mark-of-the-reference"] },
    })
}

async fn store(pool: &PgPool, id: &str, stage: &str, result: &Value) {
    let stored = sqlx::query(
        "INSERT INTO stages (submission_id, stage, state, result) VALUES ($1::uuid, $2, 'COMPLETED', $3)
        ON CONFLICT (submission_id, stage) DO UPDATE SET state = 'COMPLETED', result = $3",
    );
    let stored = stored.bind(id).bind(stage).bind(result).execute(pool).await;
    assert_eq!(stored.unwrap().rows_affected(), 1);
    // As every write of a result does.
    let raised = sqlx::query("UPDATE submissions SET version = version + 1 WHERE id = $1::uuid");
    raised.bind(id).execute(pool).await.unwrap();
}

/// Submits, and gives it results with a mark in each field.
pub(super) async fn marked(app: &App, pool: &PgPool, with_repaired: bool) -> String {
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.laid_out(&id).await;
    let analysis = serde_json::to_value(analysis()).unwrap();
    store(pool, &id, "analysis", &analysis).await;
    let verification = serde_json::to_value(verification(with_repaired)).unwrap();
    store(pool, &id, "verification", &verification).await;
    store(pool, &id, "hunt", &hunt()).await;
    // The history has a column of its own for it.
    let category = "UPDATE submissions SET category = 'mark-of-the-category' WHERE id = $1::uuid";
    sqlx::query(category).bind(&id).execute(pool).await.unwrap();
    id
}
