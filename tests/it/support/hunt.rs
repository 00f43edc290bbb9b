//! Results of hunts as the worker stores them.

use domain::SubmissionId;
use serde_json::{Value, json};
use sqlx::PgPool;

/// A hunt that found an input of four tokens.
pub(crate) fn found() -> Value {
    json!({
        "ending": "found", "guessed": false, "dispute": null, "faults": [],
        "counterexample": {
            "input": "3\n1 1 2\n", "expected": "4\n", "level": "agreed", "tokens_found": 79, "tokens": 4,
            "outcome": wrong("5\n", 1, 1)
        },
        "tried": [
            { "kind": "known", "inputs": 2 }, { "kind": "tiny", "inputs": 1000 }, { "kind": "ladder", "inputs": 204 },
            { "kind": "extreme", "inputs": 120 }
        ]
    })
}

/// A wrong answer whose first token, and that of the right one, have so many bytes.
pub(crate) fn wrong(output: &str, actual: usize, expected: usize) -> Value {
    json!({
        "verdict": "WA", "cpu_ms": 1, "memory_kb": 1472, "exit_code": 0, "signal": null, "output": output, "output_cut": false,
        "errors": "", "difference": { "expected": [0, expected], "actual": [0, actual] }, "near_limit": false,
        "white_space_differs": false
    })
}

/// Stores the result of a stage that has completed.
pub(crate) async fn store(pool: &PgPool, id: &str, stage: &str, result: &Value) {
    sqlx::query(
        "WITH changed AS (UPDATE submissions SET version = version + 1 WHERE id = $1)
        INSERT INTO stages (submission_id, stage, state, result, started_at, finished_at)
        VALUES ($1, $2, 'COMPLETED', $3, now(), now())
        ON CONFLICT (submission_id, stage) DO UPDATE
        SET state = 'COMPLETED', result = $3, started_at = now(), finished_at = now()",
    )
    .bind(id.parse::<SubmissionId>().unwrap().as_uuid())
    .bind(stage)
    .bind(result)
    .execute(pool)
    .await
    .unwrap();
}

/// Times of a program that is quadratic and of a fix that is linear.
pub(crate) fn growth() -> Value {
    let run = |verdict: &str, cpu_ms: u64| json!({ "verdict": verdict, "cpu_ms": cpu_ms });
    let step = |size: u64, before: Value, after: u64| json!({ "size": size, "bytes": 6 * size, "before": before, "after": run("AC", after) });
    json!([
        step(1, run("AC", 1), 1),
        step(1000, run("AC", 61), 2),
        step(2000, run("AC", 240), 3),
        step(4000, run("AC", 960), 5),
        step(8000, run("TLE", 4000), 9)
    ])
}
