//! A submission as it was given.

use db::submissions::Submission;
use domain::line_ends;
use site::Words;

/// The fields that were filled in.
#[derive(Default)]
pub(crate) struct Submitted {
    pub(crate) text: String,
    pub(crate) images: Vec<i16>,
    /// The code, unless the page has it in a tab of its own.
    pub(crate) code: Option<String>,
    /// Number of lines of the code.
    pub(crate) code_lines: Option<usize>,
    pub(crate) failing_input: Option<String>,
    /// Inputs and outputs.
    pub(crate) samples: Vec<(String, String)>,
    pub(crate) reference: Option<String>,
    /// Keys of names, and values.
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Submitted {
    /// The fields of a submission. Browsers take each carriage return for an end of a line.
    pub(crate) fn of(submission: &Submission, has_tab: bool, words: Words) -> Self {
        let shown = |text: &Option<String>| text.as_deref().map(line_ends::plain);
        let code = shown(&submission.code);
        let facts = [
            ("submit.language", submission.language.clone()),
            (
                "submit.verdict",
                submission
                    .verdict
                    .as_ref()
                    .map(|verdict| words.verdict(verdict).to_owned()),
            ),
            (
                "problem.time",
                submission.time_limit_ms.map(|limit| format!("{limit} ms")),
            ),
            (
                "problem.memory",
                submission
                    .memory_limit_mb
                    .map(|limit| format!("{limit} MB")),
            ),
        ];
        Self {
            text: line_ends::plain(&submission.text),
            images: (1..=submission.image_count).collect(),
            code_lines: code.as_ref().map(|code| code.lines().count()),
            code: code.filter(|_| !has_tab),
            failing_input: shown(&submission.failing_input),
            samples: submission
                .samples
                .0
                .iter()
                .map(|sample| {
                    (
                        line_ends::plain(&sample.input),
                        line_ends::plain(&sample.output),
                    )
                })
                .collect(),
            reference: shown(&submission.reference_code),
            facts: facts
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        }
    }
}
