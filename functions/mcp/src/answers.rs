//! The answers of the tools, with their schemas. Doc comments of fields are read by agents.

use actions::{progress::Progress, results::Results};
use axum::{body::to_bytes, response::IntoResponse as _};
use chrono::SecondsFormat;
use domain::{Analysis, Fix, Hunt, Rung, Shown, Status, SubmissionId, limits};
use rmcp::model::{CallToolResult, ContentBlock};
use schemars::JsonSchema;
use serde::Serialize;
use web::error::ApiError;

/// A problem document in bytes: it repeats no more of a request than a few lines.
const PROBLEM_BYTES: usize = 64 * 1024;
/// Each text of a counterexample, in bytes.
const TEXT_BYTES: usize = 8 * 1024;

/// An answer in the form of its schema.
pub(crate) fn structured(answer: &impl Serialize) -> Result<CallToolResult, ApiError> {
    serde_json::to_value(answer)
        .map(CallToolResult::structured)
        .map_err(|error| ApiError::Internal(Box::new(error)))
}

/// An error as a tool tells it: the problem document with which the API answers.
pub(crate) async fn problem(error: ApiError) -> CallToolResult {
    let body = error.into_response().into_body();
    let document = to_bytes(body, PROBLEM_BYTES).await.unwrap_or_default();
    let document = String::from_utf8_lossy(&document).into_owned();
    CallToolResult::error(vec![ContentBlock::text(document)])
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Submitted {
    /// Names the submission in the other tools. Anyone who has it can read the submission.
    pub(crate) id: String,
    #[schemars(with = "String", extend("enum" = statuses()))]
    pub(crate) status: Status,
    /// Lets its holder cancel and retry the submission; null when a repeated request finds it made with keys that are gone.
    pub(crate) owner_token: Option<String>,
    /// Address of the submission's page, for people.
    pub(crate) page: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct State {
    pub(crate) id: String,
    #[schemars(with = "String", extend("enum" = statuses()))]
    pub(crate) status: Status,
    /// Whether it has ended. If not, wait again.
    pub(crate) finished: bool,
    /// Why it failed, or why it is queued again.
    pub(crate) error: Option<Failure>,
    /// The smallest input on which the program is known to fail, once it is COMPLETED; null if none is known.
    pub(crate) counterexample: Option<Counterexample>,
    /// How a hunt for such an input ended, once it is COMPLETED: found, disputed, nothing_found or unusable; null if there was none.
    pub(crate) hunt_ending: Option<String>,
    /// An input on which the programs that were written from the statement disagree, so that people have to say on the page which
    /// output is right; null if they agree.
    pub(crate) dispute: Option<Dispute>,
    /// Inputs that a hunt tried to make the program fail, once it is COMPLETED.
    pub(crate) tried_inputs: usize,
    /// The bug and its fix, once it is COMPLETED.
    pub(crate) result: Option<Found>,
    /// The parts that the result leaves out, as this server shows the fix later or not at all; null where it leaves out nothing.
    pub(crate) withheld: Option<String>,
}

impl State {
    /// The state of a submission that nothing was found out about.
    pub(crate) fn new(id: SubmissionId, status: Status) -> Self {
        Self {
            id: id.to_string(),
            status,
            finished: status.is_finished(),
            error: None,
            counterexample: None,
            hunt_ending: None,
            dispute: None,
            tried_inputs: 0,
            result: None,
            withheld: None,
        }
    }

    /// The state at this progress, with what was found.
    pub(crate) fn of(progress: Progress, found: Option<Results>) -> Self {
        let hunt = found.as_ref().and_then(|found| found.hunt.as_ref());
        let hunt = hunt.map(|report| &report.hunt);
        let tried_inputs = hunt.map_or(0, Hunt::inputs);
        let hunt_ending = hunt.map(|hunt| hunt.ending.to_string());
        let dispute = hunt.and_then(Hunt::open_dispute).map(Dispute::from);
        let counterexample = found.as_ref().and_then(Counterexample::of);
        let shown = found.as_ref().map_or(Shown::ALL, |found| found.shown);
        let analysis = found.and_then(|found| found.analysis);
        let error = progress.error.map(|error| Failure {
            code: error.code,
            detail: error.detail,
        });
        Self {
            error,
            counterexample,
            hunt_ending,
            dispute,
            tried_inputs,
            withheld: analysis.as_ref().and_then(|_| withheld(shown)),
            result: analysis.map(Found::from),
            ..Self::new(progress.id, progress.status)
        }
    }
}

/// Says what is left out where so much is shown.
fn withheld(shown: Shown) -> Option<String> {
    let what = match shown.rung {
        Rung::Where => "hints, explanations and the fix",
        Rung::Hint => "explanations and the fix",
        Rung::Explanation => "the fix",
        Rung::Fix => return None,
    };
    let from = shown.from.map_or_else(
        || "This server does not show the rest.".to_owned(),
        |from| {
            let from = from.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("All is shown from {from} on.")
        },
    );
    Some(format!("Left out: {what}. {from}"))
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Failure {
    /// A short, stable name, such as no_code.
    code: String,
    /// In words, with what to do.
    detail: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counterexample {
    /// The input; of a long one the beginning.
    input: String,
    /// Whether the input is longer.
    input_cut: bool,
    /// A right output, of a long one the beginning; null if it is not known.
    expected: Option<String>,
    /// Whether the right output is longer.
    expected_cut: bool,
    /// The output of the program; of a long one the beginning.
    output: String,
    /// Whether the output is longer.
    output_cut: bool,
    /// How the program ended: WA, TLE, MLE, RE or OLE.
    verdict: String,
    /// How sure it is: given or reference (confirmed by the user's output or program), agreed or checked (corroborated), or
    /// suggested, which has to be checked by hand.
    level: String,
    /// Whether the input was guessed from the samples, so that the problem may not allow it.
    guessed: bool,
}

impl Counterexample {
    fn of(found: &Results) -> Option<Self> {
        let failing = found.failing()?;
        let cut = |text: &str| limits::cut(text, TEXT_BYTES).to_owned();
        Some(Self {
            input: cut(failing.input),
            input_cut: is_long(failing.input),
            expected: failing.expected.map(cut),
            expected_cut: failing.expected.is_some_and(is_long),
            output: cut(&failing.outcome.output),
            output_cut: failing.outcome.output_cut || is_long(&failing.outcome.output),
            verdict: failing.outcome.verdict.to_string(),
            level: failing.level.to_string(),
            guessed: failing.is_guessed,
        })
    }
}

fn is_long(text: &str) -> bool {
    text.len() > TEXT_BYTES
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Dispute {
    /// The input; of a long one the beginning.
    input: String,
    /// Whether the input is longer.
    input_cut: bool,
    /// The first answer; of a long one the part where the answers differ.
    first: String,
    /// Whether the first answer is longer.
    first_cut: bool,
    /// The second answer, likewise.
    second: String,
    /// Whether the second answer is longer.
    second_cut: bool,
}

impl From<&domain::Dispute> for Dispute {
    fn from(dispute: &domain::Dispute) -> Self {
        let [first, second] = dispute.answers(TEXT_BYTES);
        Self {
            input: limits::cut(&dispute.input, TEXT_BYTES).to_owned(),
            input_cut: is_long(&dispute.input),
            first: first.text,
            first_cut: first.is_cut,
            second: second.text,
            second_cut: second.is_cut,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    /// Whether there is anything to fix, and so a patch.
    bug_found: bool,
    /// In a few sentences.
    summary: String,
    /// Most important first.
    fixes: Vec<Change>,
}

impl From<Analysis> for Found {
    fn from(analysis: Analysis) -> Self {
        Self {
            bug_found: analysis.bug_found,
            summary: analysis.summary,
            fixes: analysis.fixes.into_iter().map(Change::from).collect(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Change {
    /// Where the program as submitted is wrong.
    lines: Option<Lines>,
    /// Kind of mistake, in a few words.
    category: String,
    /// critical, major or minor.
    severity: String,
    /// Points at the spot without giving the fix away: for people who want to find it themselves.
    hint: String,
    /// Why it is wrong and why the change makes it right, in Markdown.
    explanation: String,
}

impl From<Fix> for Change {
    fn from(fix: Fix) -> Self {
        Self {
            lines: fix.lines.map(|lines| Lines {
                start: lines.start,
                end: lines.end,
            }),
            category: fix.category,
            severity: fix.severity,
            hint: fix.hint,
            explanation: fix.explanation,
        }
    }
}

/// A range of lines, counted from 1, both ends included.
#[derive(Debug, Serialize, JsonSchema)]
struct Lines {
    start: usize,
    end: usize,
}

fn statuses() -> Vec<&'static str> {
    Status::ALL.iter().map(|status| status.as_str()).collect()
}
