//! Running a program on samples and hunting for an input on which it is wrong, before anything is asked of a model; nothing is stored.

mod fields;
mod hunt;

pub use hunt::{HuntDraft, HuntProblem};

use std::{iter::repeat, time::Duration};

use domain::{Hunt, Outcome, RunLimits, RunVerdict};
use fields::{Checked, checked, languages};
use hunt::Hunting;
use judge_api::RunRequest;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout, timeout_at},
};
use utoipa::ToSchema;
use web::{error::ApiError, state::AppState};

/// Checks of this process that are under way at once.
const AT_ONCE: usize = 3;
/// Time of all runs of one check, in milliseconds.
const BUDGET_MS: u32 = 25_000;
/// Time of the hunt among them, in milliseconds.
const HUNT_MS: u32 = 15_000;
/// Longest wait for the whole: gateways end an answer after 30 seconds.
const LONGEST: Duration = Duration::from_secs(28);
/// Longest wait for the other checks of this process.
const TURN: Duration = Duration::from_secs(2);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// An input to run the program on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = SampleToCheck)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Input.
    pub input: String,
    /// Expected output; without one, `AC` says only that the program ended in order.
    #[serde(default)]
    pub output: Option<String>,
}

/// A program and its samples as they were sent, not checked yet.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The program.
    pub code: String,
    /// Name of its language.
    pub language: String,
    /// Samples; of too many only some.
    pub samples: Vec<Sample>,
    /// How many samples were sent.
    pub samples_sent: usize,
    /// Processor time of each run, in milliseconds.
    pub time_limit_ms: Option<i64>,
    /// Memory of each run, in MiB.
    pub memory_limit_mb: Option<i64>,
    /// The parts of a hunt.
    pub hunt: HuntDraft,
}

/// A program's runs on its samples, and the hunt for an input on which it is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct Check {
    /// The language as which it was run, with the version of its compiler or interpreter.
    pub language: String,
    /// Limits of each run.
    pub limits: RunLimits,
    /// Whether it compiled.
    pub compiled: bool,
    /// The compiler's messages, if it did not.
    pub compiler: String,
    /// Its runs, one for each sample in their order.
    pub tests: Vec<CheckedSample>,
    /// The hunt for the smallest input on which it is wrong; null without a reference and a checker, and if it did not compile.
    pub hunt: Option<Hunt>,
    /// Why there was no hunt although it was asked for, if the judge had no time for it: the same check may succeed a moment later.
    #[schema(value_type = Option<String>)]
    pub hunt_problem: Option<HuntProblem>,
}

/// A sample and the program's run on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckedSample {
    /// Input.
    pub input: String,
    /// Expected output, if one was sent.
    pub expected: Option<String>,
    /// The run.
    pub outcome: Outcome,
}

/// The right to run one program.
#[derive(Debug)]
pub struct Turn {
    _permit: SemaphorePermit<'static>,
}

/// Waits a moment for a turn. The body of the request keeps its room in memory meanwhile.
///
/// # Errors
/// [`ApiError::Judge`] where others have all turns.
pub async fn turn() -> Result<Turn, ApiError> {
    match timeout(TURN, TURNS.acquire()).await {
        Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
        _ => Err(judge_api::Error::Busy.into()),
    }
}

/// Runs a program on its samples, and hunts for an input on which it is wrong if there is something to tell by. Runs that were made are
/// answered even if the judge has no time for the hunt.
///
/// # Errors
/// [`ApiError::Invalid`] with every field that is wrong; [`ApiError::Judge`].
pub async fn check(state: &AppState, draft: Draft, _turn: Turn) -> Result<Check, ApiError> {
    let draft = checked(draft)?;
    let began = Instant::now();
    // Dropping them cancels them in the judge too.
    let runs = timeout_at(began + LONGEST, runs(state, draft));
    let (mut check, hunted) = runs
        .await
        .unwrap_or_else(|_| Err(judge_api::Error::Busy.into()))?;
    let Some(hunted) = hunted.filter(|_| check.compiled) else {
        return Ok(check);
    };
    match timeout_at(began + LONGEST, hunted.run(&state.judge, began)).await {
        Ok(Ok(answer)) => {
            (check.compiled, check.compiler) = (answer.compiled, answer.compiler);
            check.hunt = answer.compiled.then_some(answer.hunt);
        }
        Ok(Err(error)) => {
            let problem = HuntProblem::of(&error).filter(|_| !check.tests.is_empty());
            check.hunt_problem = Some(problem.ok_or(error)?);
        }
        Err(_) if check.tests.is_empty() => return Err(judge_api::Error::Busy.into()),
        Err(_) => check.hunt_problem = Some(HuntProblem::Time),
    }
    Ok(check)
}

/// Runs the program on its samples, and answers the hunt that is to follow.
async fn runs(state: &AppState, draft: Checked) -> Result<(Check, Option<Hunting>), ApiError> {
    let known = state.judge.known_languages().await?;
    let found = languages(&draft, &known)?;
    let hunted = draft
        .hunt
        .request(&draft.code, &draft.cases, draft.limits, &found);
    let mut check = Check {
        language: found.title,
        limits: draft.limits,
        compiled: true,
        compiler: String::new(),
        tests: Vec::new(),
        hunt: None,
        hunt_problem: None,
    };
    if !draft.cases.is_empty() {
        let budget_ms = BUDGET_MS - hunted.as_ref().map_or(0, |_| HUNT_MS);
        let request = RunRequest {
            language: found.language,
            code: draft.code,
            cases: draft.cases,
            limits: draft.limits,
            budget_ms: Some(budget_ms),
        };
        run(state, request, &mut check).await?;
    }
    Ok((check, hunted))
}

async fn run(state: &AppState, request: RunRequest, check: &mut Check) -> Result<(), ApiError> {
    let answer = state.judge.run(&request).await?;
    // A judge that answers less has run less.
    let not_run = Outcome::not_run(if answer.compiled {
        RunVerdict::Skipped
    } else {
        RunVerdict::CompileError
    });
    let outcomes = answer.cases.into_iter().chain(repeat(not_run));
    let tests = request.cases.into_iter().zip(outcomes);
    let tests = tests.map(|(case, outcome)| CheckedSample {
        input: case.input,
        expected: case.expected,
        outcome,
    });
    check.tests = tests.collect();
    (check.compiled, check.compiler) = (answer.compiled, answer.compiler);
    Ok(())
}
