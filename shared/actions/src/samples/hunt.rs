//! A hunt as it is asked for, without a model.

use domain::{HelperFault, HelperKind, Helpers, RunLimits};
use judge_api::{Case, Client, Error, HuntAnswer, HuntRequest, Language, ReferenceProgram};
use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::{BUDGET_MS, HUNT_MS, Sample, fields::Languages};

/// The program and the functions that a hunt needs, as they were sent.
#[derive(Clone, Debug, Default)]
pub struct HuntDraft {
    /// A program that is right.
    pub reference_code: Option<String>,
    /// Name of its language; if left out, that of the program or else the one that its text shows.
    pub reference_language: Option<String>,
    /// A module that makes inputs.
    pub generator: Option<String>,
    /// A module that tells which inputs are allowed.
    pub validator: Option<String>,
    /// A module that tells which outputs are right.
    pub checker: Option<String>,
}

impl HuntDraft {
    /// White space alone counts as nothing.
    pub(super) fn without_blanks(self) -> Self {
        let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self {
            reference_code: present(self.reference_code),
            reference_language: present(self.reference_language),
            generator: present(self.generator),
            validator: present(self.validator),
            checker: present(self.checker),
        }
    }

    /// Whether there is something that tells if an output is right.
    pub(super) const fn can_tell(&self) -> bool {
        self.reference_code.is_some() || self.checker.is_some()
    }

    /// The request for the hunt, if there is something that tells if an output is right.
    pub(super) fn request(
        &self,
        code: &str,
        cases: &[Case],
        limits: RunLimits,
        languages: &Languages,
    ) -> Option<Hunting> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let request = || HuntRequest {
            language: languages.language,
            code: code.to_owned(),
            cases: cases.to_vec(),
            limits,
            reference: self.reference_code.clone().map(|code| ReferenceProgram {
                language: languages.reference,
                code,
            }),
            helpers: Helpers {
                generator: text(&self.generator),
                validators: self.validator.clone().into_iter().collect(),
                references: Vec::new(),
                checker: text(&self.checker),
            },
            any_answer: self.checker.is_some(),
            seed: 0,
            budget_ms: None,
        };
        self.can_tell().then(|| Hunting {
            request: request(),
            other: languages.other,
        })
    }
}

/// A hunt that is to be made.
#[derive(Debug)]
pub(super) struct Hunting {
    request: HuntRequest,
    /// Another language that the reference may be of.
    other: Option<Language>,
}

impl Hunting {
    /// Hunts in the time that is left of a check that began then.
    pub(super) async fn run(mut self, judge: &Client, began: Instant) -> Result<HuntAnswer, Error> {
        let answer = self.ask(judge, began).await?;
        let Some((other, reference)) = self.other.zip(self.request.reference.as_mut()) else {
            return Ok(answer);
        };
        let refused = [HelperFault::CannotRun, HelperFault::WrongOnSample];
        if !has_fault(&answer, &refused) {
            return Ok(answer);
        }
        reference.language = other;
        let again = self.ask(judge, began).await?;
        // Its first language tells more about it than one of which it is not at all.
        let is_neither = has_fault(&again, &[HelperFault::CannotRun]);
        Ok(if is_neither { answer } else { again })
    }

    async fn ask(&mut self, judge: &Client, began: Instant) -> Result<HuntAnswer, Error> {
        let gone = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        // A turn that was long in coming leaves little.
        let left = BUDGET_MS.saturating_sub(gone).clamp(1000, HUNT_MS);
        self.request.budget_ms = Some(left);
        judge.hunt(&self.request).await
    }
}

/// Whether the reference has one of these faults.
fn has_fault(answer: &HuntAnswer, faults: &[HelperFault]) -> bool {
    let mut found = answer.hunt.faults.iter();
    found.any(|it| it.helper == HelperKind::Reference && faults.contains(&it.fault))
}

/// Why the judge made no hunt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HuntProblem {
    /// Its queue is full.
    Busy,
    /// It cannot be reached.
    Away,
    /// It did not end in time.
    Time,
}

impl HuntProblem {
    /// The problem of a judge that may hunt another time.
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Busy => Some(Self::Busy),
            Error::Away(error) if error.is_timeout() => Some(Self::Time),
            Error::Away(_) => Some(Self::Away),
            _ => None,
        }
    }

    /// A sentence about it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Busy => "The judge is busy and had no time for the hunt; try again in a moment.",
            Self::Away => "The judge did not answer when it was to hunt; try again in a moment.",
            Self::Time => "There was not enough time for the hunt; try again in a moment.",
        }
    }
}

impl Serialize for HuntProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl From<Sample> for Case {
    fn from(sample: Sample) -> Self {
        Self {
            input: sample.input,
            expected: sample.output,
        }
    }
}
