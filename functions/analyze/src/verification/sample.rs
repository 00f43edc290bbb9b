//! Values for tests.

use db::submissions::Submission;
use domain::{AnswerLanguage, Outcome, RunVerdict, Status, SubmissionId, Test, TestSource};

pub(crate) fn submission(text: &str) -> Submission {
    let now = Default::default();
    Submission {
        id: SubmissionId::generate(),
        status: Status::Processing,
        run: 1,
        version: 1,
        title: String::new(),
        text: text.to_owned(),
        code: None,
        language: None,
        verdict: None,
        failing_input: None,
        samples: Default::default(),
        settled: Default::default(),
        time_limit_ms: None,
        memory_limit_mb: None,
        reference_code: None,
        answer_language: AnswerLanguage::English,
        image_count: 0,
        visitor_id: None,
        owner_token_hash: None,
        request_id: None,
        has_contents: true,
        claims: 0,
        is_unlimited: false,
        traceparent: None,
        error_code: None,
        error_detail: None,
        retry_at: None,
        helpful: None,
        created_at: now,
        updated_at: now,
        queued_at: now,
        started_at: None,
        finished_at: None,
        stages: Default::default(),
        callback: None,
    }
}

pub(crate) fn run(verdict: RunVerdict) -> Outcome {
    Outcome::not_run(verdict)
}

pub(crate) fn printed(output: &str) -> Outcome {
    Outcome {
        output: output.to_owned(),
        exit_code: Some(0),
        ..run(RunVerdict::Accepted)
    }
}

pub(crate) fn test(input: &str, expected: &str) -> Test {
    Test {
        source: TestSource::Given,
        number: 1,
        input: input.to_owned(),
        expected: Some(expected.to_owned()),
        by_reference: false,
        level: None,
        before: None,
        after: None,
    }
}

pub(crate) fn tests<const N: usize>(before: [RunVerdict; N], after: [RunVerdict; N]) -> Vec<Test> {
    (1..)
        .zip(before.into_iter().zip(after))
        .map(|(number, (before, after))| Test {
            number,
            before: Some(run(before)),
            after: Some(run(after)),
            ..test("1 2", "3")
        })
        .collect()
}
