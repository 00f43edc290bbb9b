//! Further inputs, which are made of those of the tests where there is nothing to hunt with.

use std::time::Duration;

use domain::{FixReason, Outcome, RunVerdict};
use judge_api::{Case, Language, MinimiseAnswer};

use super::{Setting, Verifier, cases, fresh, general::Runs};

/// Further inputs for a compiled program, and for an interpreted one, which takes much longer to begin.
const FRESH: usize = 100;
const FRESH_SLOW: usize = 40;
/// Longest time of one program on the further inputs.
const FRESH_TIME: Duration = Duration::from_secs(15);
/// Further inputs on which the smaller fix must answer as the whole one does.
const GUARDS: usize = 20;
const GUARDS_SLOW: usize = 8;

/// The runs on further inputs.
#[derive(Default)]
pub(super) struct Fresh {
    pub(super) inputs: Vec<String>,
    pub(super) before: Option<Vec<Outcome>>,
    pub(super) after: Option<Vec<Outcome>>,
    pub(super) reference: Option<Vec<Outcome>>,
}

impl Fresh {
    pub(super) fn runs(&self) -> Vec<Runs<'_>> {
        (0..self.inputs.len())
            .map(|place| Runs {
                before: self.before.as_ref().and_then(|runs| runs.get(place)),
                after: self.after.as_ref().and_then(|runs| runs.get(place)),
                reference: self.reference.as_ref().and_then(|runs| runs.get(place)),
            })
            .collect()
    }
}

impl Verifier<'_> {
    /// Whether the fix answers the further inputs as it did before.
    pub(super) async fn answers_alike(
        &mut self,
        setting: Setting,
        code: &str,
        fresh: &Fresh,
    ) -> Result<bool, FixReason> {
        let Some(before) = fresh.after.as_ref().filter(|runs| !runs.is_empty()) else {
            return Ok(true);
        };
        let Some(again) = self.run_fresh(setting, code, &fresh.inputs).await? else {
            return Ok(false);
        };
        let is_skipped = |run: &Outcome| run.verdict == RunVerdict::Skipped;
        Ok(before.iter().zip(&again).all(|(one, other)| {
            is_skipped(one)
                || is_skipped(other)
                || one.is_accepted() == other.is_accepted()
                    && (!one.is_accepted() || one.output == other.output)
        }))
    }

    /// Runs all programs on further inputs.
    pub(super) async fn fresh(&mut self, setting: Setting, code: &str) -> Result<Fresh, FixReason> {
        let seeds: Vec<&str> = self
            .found
            .tests
            .iter()
            .map(|test| test.input.as_str())
            .collect();
        let count = if is_slow(setting.language) {
            FRESH_SLOW
        } else {
            FRESH
        };
        let inputs = fresh::inputs(&seeds, count);
        let mut fresh = Fresh {
            inputs,
            before: None,
            after: None,
            reference: None,
        };
        if fresh.inputs.is_empty() {
            return Ok(fresh);
        }
        fresh.after = self.run_fresh(setting, code, &fresh.inputs).await?;
        fresh.before = self
            .run_fresh(setting, &self.program.code, &fresh.inputs)
            .await?;
        let reference = self.work.submission.reference_code.as_deref();
        if let (Some(Some(setting)), Some(reference)) = (self.reference, reference) {
            fresh.reference = self.run_fresh(setting, reference, &fresh.inputs).await?;
        }
        Ok(fresh)
    }

    /// Runs one program on further inputs; none where it does not compile.
    pub(super) async fn run_fresh(
        &mut self,
        setting: Setting,
        code: &str,
        inputs: &[String],
    ) -> Result<Option<Vec<Outcome>>, FixReason> {
        let cases = inputs.iter().map(|input| cases::case(input, None));
        let answer = self
            .runner
            .run(setting, code, cases.collect(), FRESH_TIME)
            .await?;
        Ok(answer.compiled.then_some(answer.cases))
    }

    /// The smallest part of a fix that passes these tests, and answers further inputs as all of it does: the tests may show less than
    /// all mistakes of the program.
    pub(super) async fn smaller(
        &mut self,
        setting: Setting,
        code: &str,
        tests: Vec<Case>,
        fresh: &Fresh,
    ) -> Result<MinimiseAnswer, FixReason> {
        let original = self.program.code.as_str();
        let mut guarded = tests.clone();
        guarded.extend(guards(setting.language, fresh));
        let answer = self
            .runner
            .minimise(setting, original, code, guarded)
            .await?;
        if answer.complete || !answer.parts.is_empty() {
            return Ok(answer);
        }
        // It does not answer further inputs alike each time.
        self.runner.minimise(setting, original, code, tests).await
    }
}

const fn is_slow(language: Language) -> bool {
    matches!(
        language,
        Language::Python3 | Language::Java | Language::JavaScript
    )
}

/// Further inputs with the fix's answers, where nothing speaks against them; those first on which the submitted program answers
/// otherwise.
fn guards(language: Language, fresh: &Fresh) -> Vec<Case> {
    let most = if is_slow(language) {
        GUARDS_SLOW
    } else {
        GUARDS
    };
    let is_answer = |run: &&Outcome| run.is_accepted() && !run.output_cut;
    let mut guards: Vec<(bool, Case)> = Vec::new();
    for (input, run) in fresh.inputs.iter().zip(fresh.runs()) {
        let Some(after) = run.after.filter(is_answer) else {
            continue;
        };
        let equals = |other: &Outcome| {
            judge_api::compare(other.output.as_bytes(), after.output.as_bytes()).equal
        };
        if run.reference.is_some_and(|reference| !equals(reference)) {
            continue;
        }
        let is_mended = !run.before.filter(is_answer).is_some_and(equals);
        guards.push((!is_mended, cases::case(input, Some(&after.output))));
    }
    guards.sort_by_key(|(order, _)| *order);
    guards.truncate(most);
    guards.into_iter().map(|(_, case)| case).collect()
}
