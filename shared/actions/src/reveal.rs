//! Takes out of results what their reader may not see yet (`REVEAL`, `REVEAL_AFTER`): the teacher's policy, the same for every way to
//! read them.

use chrono::{DateTime, Utc};
use db::{stages::Stage, submissions::Listed};
use domain::{
    Analysis, FailureCode, HuntReport, Outcome, Program, Rung, Shown, StageName, Verification,
};
use serde::Serialize;
use utoipa::ToSchema;
use web::{error::ApiError, http::Visitor, settings, state::AppState};

use super::results::{Results, result};

/// Somebody who reads results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Sees all.
    Admin,
    /// Sees what the policy lets through; also of their own.
    Visitor,
}

impl From<Visitor> for Reader {
    fn from(visitor: Visitor) -> Self {
        Self::of(visitor.is_admin())
    }
}

impl Reader {
    /// The admin or a visitor.
    #[must_use]
    pub const fn of(is_admin: bool) -> Self {
        if is_admin { Self::Admin } else { Self::Visitor }
    }
}

/// The parts that an answer leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Withheld {
    /// The highest rung that is shown: the lines that are wrong, hints too, or explanations too.
    up_to: Rung,
    /// When all is shown; null for never.
    until: Option<DateTime<Utc>>,
}

impl Withheld {
    pub(super) const fn up_to(self) -> Rung {
        self.up_to
    }

    /// The parts that are left out where so much is shown, if any are.
    #[must_use]
    pub fn of(shown: Shown) -> Option<Self> {
        (!shown.is_all()).then_some(Self {
            up_to: shown.rung,
            until: shown.from,
        })
    }
}

/// How much a reader may see now of what was submitted then.
///
/// # Errors
/// Those of the database.
pub async fn shown(
    state: &AppState,
    reader: Reader,
    submitted: DateTime<Utc>,
) -> Result<Shown, ApiError> {
    if reader == Reader::Admin {
        return Ok(Shown::ALL);
    }
    let settings = settings::effective(state).await?;
    Ok(settings.visitors.reveal.of(submitted, Utc::now()))
}

/// Leaves of the lines of a list what may be seen.
///
/// # Errors
/// Those of the database.
pub(super) async fn mask_list(
    state: &AppState,
    reader: Reader,
    rows: &mut [Listed],
) -> Result<(), ApiError> {
    if reader == Reader::Admin || rows.is_empty() {
        return Ok(());
    }
    let (settings, now) = (settings::effective(state).await?, Utc::now());
    for row in rows {
        if settings.visitors.reveal.of(row.created_at, now).rung < Rung::Explanation {
            row.category = None;
        }
    }
    Ok(())
}

/// The error of a reader who asks for the fix, where it may not be seen.
#[must_use]
pub fn refusal(shown: Shown) -> Option<ApiError> {
    (!shown.is_all()).then_some(ApiError::NotRevealed(shown.from))
}

/// The words of a failure for who may see so much. Some quote the model's answer.
#[must_use]
pub fn failure_detail(shown: Shown, code: Option<&str>, detail: Option<String>) -> Option<String> {
    detail.filter(|_| shown.is_all() || !code.is_some_and(quotes))
}

/// Whether the words of a failure may quote the model's answer, or a question about its fix. Those of a code that is not known may.
#[must_use]
pub fn quotes(code: &str) -> bool {
    let Some(code) = FailureCode::parse(code) else {
        return true;
    };
    match code {
        FailureCode::ModelBadAnswer
        | FailureCode::ModelAnswerCut
        | FailureCode::ModelAnswerBroken
        | FailureCode::ModelRepeats
        | FailureCode::ModelDeclined
        // The endpoint's words about a question or an answer that it refuses; some repeat it.
        | FailureCode::ModelContentFilter
        | FailureCode::ModelRefusedRequest
        | FailureCode::ModelLacksFeature => true,
        FailureCode::ModelUnreachable
        | FailureCode::ModelNoSecureConnection
        | FailureCode::ModelTimeout
        | FailureCode::ModelBusy
        | FailureCode::ModelTryLater
        | FailureCode::ModelUnauthorized
        | FailureCode::ModelNoCredit
        | FailureCode::ModelAccountLimit
        | FailureCode::ModelRegion
        | FailureCode::ModelAddressNotFound
        | FailureCode::ModelNotFound
        | FailureCode::ModelContextTooSmall
        | FailureCode::ModelNoVision
        | FailureCode::BadImage
        | FailureCode::ModelAnswerEmpty
        | FailureCode::ModelNotAnEndpoint
        | FailureCode::ModelTooManyCalls
        | FailureCode::ModelTooSlow
        | FailureCode::ModelTooWeak
        | FailureCode::JudgeAway
        | FailureCode::NoCode
        | FailureCode::BudgetUsed
        | FailureCode::Deadline
        | FailureCode::CrashLoop
        | FailureCode::Crashed
        | FailureCode::Stopped
        | FailureCode::Database
        | FailureCode::Internal => false,
    }
}

impl Results {
    /// Leaves what may be seen.
    pub(super) fn mask(&mut self, shown: Shown) {
        self.shown = shown;
        if shown.is_all() {
            return;
        }
        let program = self.program.as_ref();
        if let Some(analysis) = &mut self.analysis {
            mask_analysis(analysis, program, shown);
        }
        if let Some(hunt) = &mut self.hunt {
            mask_hunt(hunt, shown);
        }
        if let Some(verification) = &mut self.verification {
            mask_verification(verification, program, shown);
        }
        for stage in &mut self.stages {
            mask_stage(stage, shown);
            if matches!(
                stage.stage,
                StageName::Hunt | StageName::Analysis | StageName::Verification
            ) {
                stage.result = None;
            }
        }
        let submission = &mut self.submission;
        let code = submission.error_code.as_deref();
        submission.error_detail = failure_detail(shown, code, submission.error_detail.take());
    }
}

/// Takes out the helpers that a model wrote for the hunt: one of them solves the problem, and nobody but the worker is shown it.
pub(super) fn hide_helpers(stages: &mut [Stage]) {
    for stage in stages.iter_mut().filter(|row| row.stage == StageName::Hunt) {
        let report = stage.result.take().and_then(|stored| {
            let mut report: HuntReport = serde_json::from_value(stored).ok()?;
            report.helpers = None;
            serde_json::to_value(report).ok()
        });
        stage.result = report;
    }
}

/// Leaves of stored stages what may be seen. A result that an older version stored in another form may hold anything.
pub(super) fn mask_stages(stages: &mut [Stage], shown: Shown) {
    hide_helpers(stages);
    if shown.is_all() {
        return;
    }
    let program: Option<Program> = result(stages, StageName::Code);
    let analysis = result(stages, StageName::Analysis).and_then(|mut analysis: Analysis| {
        mask_analysis(&mut analysis, program.as_ref(), shown);
        serde_json::to_value(analysis).ok()
    });
    let verification: Option<Verification> = result(stages, StageName::Verification);
    let verification = verification.and_then(|mut verification| {
        mask_verification(&mut verification, program.as_ref(), shown);
        serde_json::to_value(verification).ok()
    });
    let hunt: Option<HuntReport> = result(stages, StageName::Hunt);
    let hunt = hunt.and_then(|mut hunt| {
        mask_hunt(&mut hunt, shown);
        serde_json::to_value(hunt).ok()
    });
    for stage in stages {
        mask_stage(stage, shown);
        match stage.stage {
            StageName::Hunt => stage.result.clone_from(&hunt),
            StageName::Analysis => stage.result.clone_from(&analysis),
            StageName::Verification => stage.result.clone_from(&verification),
            StageName::Problem | StageName::Code => {}
        }
    }
}

/// Leaves of a stage's failure what may be seen.
fn mask_stage(stage: &mut Stage, shown: Shown) {
    let code = stage.error_code.as_deref();
    stage.error_detail = failure_detail(shown, code, stage.error_detail.take());
}

/// Leaves what may be seen. The fixed program becomes the submitted one, so that nothing that compares the two shows a change. The words
/// about a program without a bug go too: a model may explain one there whose fix was of no use.
fn mask_analysis(analysis: &mut Analysis, program: Option<&Program>, shown: Shown) {
    if shown.is_all() {
        return;
    }
    analysis.modified_code = program.map_or_else(String::new, |program| program.code.clone());
    for fix in &mut analysis.fixes {
        fix.modified_snippet.clear();
        if fix.lines.is_none() {
            // It is not in the program, so that it may be the model's own.
            fix.original_snippet.clear();
        }
        if shown.rung < Rung::Explanation {
            fix.category.clear();
            fix.explanation.clear();
        }
        if shown.rung < Rung::Hint {
            fix.hint.clear();
        }
    }
    if shown.rung < Rung::Explanation {
        analysis.summary.clear();
    }
}

/// Leaves what may be seen: a failing input is evidence and gives nothing away, but the faults of helpers may quote their source.
fn mask_hunt(report: &mut HuntReport, shown: Shown) {
    if shown.is_all() {
        return;
    }
    for fault in &mut report.hunt.faults {
        fault.detail.clear();
    }
}

/// Leaves what may be seen: the runs of the submitted program, and how those of the fix ended.
fn mask_verification(verification: &mut Verification, program: Option<&Program>, shown: Shown) {
    if shown.is_all() {
        return;
    }
    verification.fix_compiler.clear();
    if let Some(analysis) = &mut verification.analysis {
        mask_analysis(analysis, program, shown);
    }
    for test in &mut verification.tests {
        if let Some(after) = &mut test.after {
            mask_run(after);
        }
    }
    if shown.rung < Rung::Explanation {
        verification.changes.clear();
    }
    for change in &mut verification.changes {
        mask_run(&mut change.without);
    }
}

/// Leaves how a run of the fix ended. What it wrote may quote its source, as the traces of interpreters do.
fn mask_run(run: &mut Outcome) {
    run.output.clear();
    run.output_cut = false;
    run.errors.clear();
    run.difference = None;
}
