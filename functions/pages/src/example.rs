//! A worked example: a submission and its result.

use std::{error::Error, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    Analysis, AnswerLanguage, CodeSource, Difference, Fix, FixStatus, Lines, NeededChange, Outcome,
    Problem, Program, RunLimits, RunVerdict, Status, Test, TestSource, Verdict, Verification,
};
use serde::Deserialize;
use site::{Html, Page, Words};
use tokio::sync::OnceCell;
use web::{
    error::ApiError,
    http::{Query, Visitor},
    state::AppState,
};

use crate::{
    found::{Found, Parts},
    history,
    home::Fields,
    submission::{Head, SubmissionPage, SubmissionQuery, chosen_step},
    submitted::Submitted,
};

const STATEMENT: &str = include_str!("../example/statement.md");
const PROGRAM: &str = include_str!("../example/program.cpp");
const REFERENCE: &str = include_str!("../example/reference.cpp");
const FAILING_INPUT: &str = "3\n-8 -3 -5\n";
const LINE: &str = "    long long best = 0, current = 0;";
const FIXED_LINE: &str = "    long long best = -2e9, current = -2e9;";

/// The parts of the example that are in the visitor's language.
#[derive(Deserialize)]
struct Texts {
    problem: Problem,
    summary: String,
    category: String,
    hint: String,
    explanation: String,
}

fn texts(words: Words) -> Result<Texts, serde_json::Error> {
    serde_json::from_str(match words.0 {
        AnswerLanguage::English => include_str!("../example/en.json"),
        AnswerLanguage::Chinese => include_str!("../example/zh.json"),
        AnswerLanguage::German => include_str!("../example/de.json"),
    })
}

/// The example as somebody would submit it.
pub(crate) fn fields() -> Fields {
    let sample = |input: &str, output: &str| (input.to_owned(), output.to_owned());
    Fields {
        text: STATEMENT.to_owned(),
        code: PROGRAM.to_owned(),
        language: "C++".to_owned(),
        verdict: Verdict::WrongAnswer.as_str().to_owned(),
        failing_input: FAILING_INPUT.to_owned(),
        samples: vec![
            sample("6\n4 -6 5 -1 3 -9\n", "7\n"),
            sample(FAILING_INPUT, "-3\n"),
        ],
        time_limit_ms: "1000".to_owned(),
        memory_limit_mb: "256".to_owned(),
        reference_code: REFERENCE.to_owned(),
        answer_language: String::new(),
    }
}

fn program() -> Program {
    Program {
        language: "C++".to_owned(),
        code: PROGRAM.to_owned(),
        source: CodeSource::Code,
        span: None,
        verified: true,
    }
}

fn analysis(texts: &Texts) -> Analysis {
    let line = PROGRAM.lines().position(|line| line == LINE);
    Analysis {
        bug_found: true,
        summary: texts.summary.clone(),
        fixes: vec![Fix {
            category: texts.category.clone(),
            severity: "critical".to_owned(),
            hint: texts.hint.clone(),
            explanation: texts.explanation.clone(),
            original_snippet: LINE.to_owned(),
            modified_snippet: FIXED_LINE.to_owned(),
            lines: line.map(|line| Lines {
                start: line + 1,
                end: line + 1,
            }),
        }],
        modified_code: PROGRAM.replace(LINE, FIXED_LINE),
        lines_added: 1,
        lines_removed: 1,
    }
}

/// The outcome of running both programs, measured with g++ 12.2.0; 200 small inputs showed no difference between the fixed one and
/// the reference.
fn verification(texts: &Texts, analysis: &Analysis) -> Verification {
    let run = |output: &str| Outcome {
        cpu_ms: 1,
        memory_kb: 1472,
        exit_code: Some(0),
        output: output.to_owned(),
        ..Outcome::not_run(RunVerdict::Accepted)
    };
    let wrong = Outcome {
        verdict: RunVerdict::WrongAnswer,
        difference: Some(Difference {
            expected: Some((0, 2)),
            actual: Some((0, 1)),
        }),
        ..run("0\n")
    };
    let before = [run("7\n"), wrong.clone()];
    let after = ["7\n", "-3\n"].map(run);
    let samples = texts.problem.samples.iter();
    let runs = before.into_iter().zip(after);
    let tests = (1..)
        .zip(samples.zip(runs))
        .map(|(number, (sample, (before, after)))| Test {
            source: TestSource::Statement,
            number,
            input: sample.input.clone(),
            expected: Some(sample.output.clone()),
            by_reference: false,
            level: None,
            before: Some(before),
            after: Some(after),
        });
    let changed = analysis.fixes.iter().filter_map(|fix| fix.lines);
    Verification {
        status: Some(FixStatus::Verified),
        language: "C++17 (g++ 12.2.0)".to_owned(),
        limits: Some(RunLimits {
            time_ms: 1000,
            memory_mb: 256,
        }),
        tests: tests.collect(),
        fresh_inputs: 200,
        by_reference: true,
        changes: changed
            .map(|lines| NeededChange {
                lines,
                test: 1,
                without: wrong.clone(),
            })
            .collect(),
        ..Verification::default()
    }
}

/// The parts of the page that take long.
struct Example {
    title: String,
    found: Arc<Found>,
}

/// The example in a language, made when it is first looked at.
async fn example(words: Words) -> Result<&'static Example, ApiError> {
    static KNOWN: [OnceCell<Example>; Words::LANGUAGES.len()] =
        [const { OnceCell::const_new() }; Words::LANGUAGES.len()];
    let mut languages = Words::LANGUAGES.iter().zip(&KNOWN);
    let known = languages.find(|((language, _), _)| *language == words.0);
    let (_, known) = known.ok_or_else(|| ApiError::Internal("no such language".into()))?;
    let made = known.get_or_try_init(|| async {
        let made = tokio::task::spawn_blocking(move || make(words)).await;
        made.map_err(Box::from).flatten()
    });
    made.await.map_err(ApiError::Internal)
}

fn make(words: Words) -> Result<Example, Box<dyn Error + Send + Sync>> {
    let texts = texts(words)?;
    let analysis = analysis(&texts);
    let parts = Parts {
        problem: Some(&texts.problem),
        program: Some(&program()),
        hunt: None,
        analysis: Some(&analysis),
        verification: Some(&verification(&texts, &analysis)),
    };
    Ok(Example {
        found: Arc::new(Found::of(parts, words)),
        title: texts.problem.title,
    })
}

/// The top of the example's page.
pub(crate) fn head(title: String, words: Words) -> Head {
    Head {
        id: "example".to_owned(),
        version: 1,
        run: 1,
        title,
        status: Status::Completed,
        status_word: history::status_word(words, Status::Completed),
        finished: true,
        verdict: Some(Verdict::WrongAnswer),
        language: "C++".to_owned(),
        size: Some((1, 1)),
        when: String::new(),
        exact: String::new(),
        owned: false,
        can_retry: false,
        can_restart: false,
        can_cancel: false,
        asks: false,
        helpful: None,
        has_patch: false,
        example: true,
        answer_language: words.tag(),
        place: None,
    }
}

/// Shows a worked example.
#[utoipa::path(
    get, path = crate::EXAMPLE, operation_id = "showExample", tag = "pages",
    params(SubmissionQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    mut page: Page,
    visitor: Visitor,
    headers: HeaderMap,
    Query(query): Query<SubmissionQuery>,
) -> Result<Response, ApiError> {
    let words = page.words;
    let known = example(words).await?;
    let history = history::newest(&state, visitor, words, None).await?;
    let (step, cookie) = chosen_step(&query, &headers);
    let head = head(known.title.clone(), words);
    page.favicon = "favicon.svg";
    let found = known.found.clone();
    let submitted = Submitted {
        text: STATEMENT.to_owned(),
        failing_input: Some(FAILING_INPUT.to_owned()),
        ..Submitted::default()
    };
    let example = SubmissionPage::example(page, history, head, step, found, submitted);
    let mut response = Html(example).into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_there_in_every_language_and_its_fix_in_its_program() {
        for (language, _) in Words::LANGUAGES {
            let texts = texts(Words(language)).unwrap();
            let analysis = analysis(&texts);
            assert!(analysis.fixes[0].lines.is_some());
            assert_ne!(analysis.modified_code, PROGRAM);
            let verification = verification(&texts, &analysis);
            assert_eq!(
                (verification.tests.len(), verification.changes.len()),
                (2, 1)
            );
        }
    }
}
