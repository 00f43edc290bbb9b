//! The tests in a report, how much the fix is worth, and why each of its changes is needed.

use domain::{FixStatus, Outcome, Test, Verification, limits};
use site::{
    bytes,
    proof::{self, Part},
};

use super::Report;
use crate::markdown;

/// Failed tests whose texts are given.
const TEXTS: usize = 10;
/// Bytes of each of these texts.
const TEXT_BYTES: usize = 4 * 1024;
/// Changes whose reason is given.
const CHANGES: usize = 100;

impl Report {
    /// The tests with their verdicts, and the texts of those that were failed.
    pub(super) fn tests(&mut self, verification: &Verification) {
        let words = self.words;
        let compilers = [
            ("runs.no-compile", &verification.compiler),
            ("runs.fix-no-compile", &verification.fix_compiler),
        ];
        let compilers: Vec<_> = compilers
            .into_iter()
            .filter(|(_, said)| !said.is_empty())
            .collect();
        if verification.tests.is_empty() && compilers.is_empty() {
            return;
        }
        self.heading(2, words.get("runs.title"));
        let language = markdown::plain(&verification.language);
        let limits = verification.limits.map(|limits| {
            let time = words.fill("runs.ms", limits.time_ms);
            format!("{time} · {} MB", limits.memory_mb)
        });
        let how: Vec<_> = [Some(language).filter(|name| !name.is_empty()), limits]
            .into_iter()
            .flatten()
            .collect();
        if !how.is_empty() {
            self.paragraph(&how.join(" · "));
        }
        for (title, said) in compilers {
            self.label(words.get(title));
            self.paragraph(&markdown::fence("", said));
        }
        if verification.tests.is_empty() {
            return;
        }
        let columns = [
            words.get("runs.title"),
            words.get("runs.yours"),
            words.get("runs.fix"),
        ];
        self.out
            .push_str(&format!("\n| {} |\n|---|---|---|\n", columns.join(" | ")));
        for test in &verification.tests {
            let cells = [
                proof::title(words, test),
                self.run(test.before.as_ref()),
                self.run(test.after.as_ref()),
            ];
            self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        let failed = verification.tests.iter().filter(|test| {
            let mut runs = [&test.before, &test.after].into_iter().flatten();
            runs.any(|run| !run.is_accepted())
        });
        for test in failed.take(TEXTS) {
            self.texts(test);
        }
    }

    /// A run in a cell.
    fn run(&self, run: Option<&Outcome>) -> String {
        let words = self.words;
        run.map_or_else(String::new, |run| {
            let memory = usize::try_from(run.memory_kb).unwrap_or(usize::MAX);
            let memory = bytes(words, memory.saturating_mul(1024));
            let time = words.fill("runs.ms", run.cpu_ms);
            let in_words = proof::verdict(words, run.verdict);
            format!("{} ({in_words}), {time}, {memory}", run.verdict)
        })
    }

    fn texts(&mut self, test: &Test) {
        let words = self.words;
        self.heading(3, &proof::title(words, test));
        let expected = if test.by_reference {
            "runs.by-reference"
        } else {
            "runs.expected"
        };
        let failed = |run: &Option<Outcome>| run.clone().filter(|run| !run.is_accepted());
        let (before, after) = (failed(&test.before), failed(&test.after));
        for (title, text) in [
            ("problem.input", Some(&test.input)),
            (expected, test.expected.as_ref()),
            ("runs.actual", before.as_ref().map(|run| &run.output)),
            ("runs.errors", before.as_ref().map(|run| &run.errors)),
            ("runs.fixed", after.as_ref().map(|run| &run.output)),
            ("runs.errors", after.as_ref().map(|run| &run.errors)),
        ] {
            let is_error = title == "runs.errors";
            if let Some(text) = text.filter(|text| !is_error || !text.is_empty()) {
                self.label(words.get(title));
                let shown = limits::cut(text, TEXT_BYTES);
                self.paragraph(&markdown::fence("", shown));
                if shown.len() < text.len() {
                    self.paragraph(words.get("runs.after-cut"));
                }
            }
        }
        for run in [before, after].into_iter().flatten() {
            let ending = match (&run.signal, run.exit_code) {
                (Some(signal), _) => words.fill("runs.signal", markdown::plain(signal)),
                (None, Some(code)) if code != 0 => words.fill("runs.exit", code),
                _ => continue,
            };
            self.paragraph(&ending);
        }
    }

    /// How much the fix is worth.
    pub(super) fn worth(&mut self, verification: &Verification) {
        let words = self.words;
        let Some(status) = verification.status else {
            return;
        };
        self.heading(2, words.get("proof.title"));
        let sentence = proof::sentence(words, verification);
        self.paragraph(&format!("**{}:** {sentence}", proof::status(words, status)));
        let against = proof::against(words, verification);
        if let Some(parts) = against.filter(|_| status == FixStatus::Failed) {
            self.paragraph(&said(&parts));
        }
        let ran = proof::ran(words, verification);
        if !ran.is_empty() {
            self.label(words.get("proof.ran"));
            self.points(ran);
        }
        let changes = verification.changes.iter().take(CHANGES);
        let reasons: Vec<_> = changes
            .filter_map(|change| {
                let why = proof::needed(words, change, &verification.tests)?;
                let (start, end) = (change.lines.start.max(1), change.lines.end.max(1));
                let lines = if start == end {
                    words.fill("code.line", start)
                } else {
                    words.fill("fix.lines", format!("{start}–{end}"))
                };
                Some(format!("**{lines}:** {}", said(&why)))
            })
            .collect();
        if !reasons.is_empty() {
            self.label(words.get("why.title"));
            self.points(reasons);
        }
    }

    pub(super) fn points(&mut self, points: Vec<String>) {
        self.out.push('\n');
        for point in points {
            self.out.push_str(&format!("- {point}\n"));
        }
    }
}

/// A sentence with what programs read and wrote as code.
pub(super) fn said(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        // Only our own words.
        Part::Text(text) => text.clone(),
        Part::Code(code) => markdown::code(code),
    };
    parts.iter().map(part).collect()
}
