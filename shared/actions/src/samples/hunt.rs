//! A hunt as it is asked for, without a model.

use domain::{Helpers, RunLimits};
use judge_api::{Case, HuntRequest, ReferenceProgram};

use super::{Sample, fields::Languages};

/// The program and the functions that a hunt needs, as they were sent.
#[derive(Clone, Debug, Default)]
pub struct HuntDraft {
    /// A program that is right.
    pub reference_code: Option<String>,
    /// Name of its language; that of the program if left out.
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
    ) -> Option<HuntRequest> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        self.can_tell().then(|| HuntRequest {
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
        })
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
