//! A submission as one Markdown document, in the language of its answer.
//!
//! Nothing of a user, a problem or a model gets into it except through [`markdown`] (or as a number or one of our own
//! words), and every text of theirs that has several lines follows a heading or a label of ours, which ends whatever list
//! or quotation came before.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::markdown;
use actions::{
    results::{self, Results},
    reveal::Reader,
};
use db::stages::Stage;
use domain::{
    Analysis, CodeSource, FileName, Fix, Problem, Program, Shown, SubmissionId, language::language,
};
use site::{Words, dollars, withheld};
use web::{error::ApiError, state::AppState};

/// The report of a submission, wherever that is in its life.
///
/// # Errors
/// [`ApiError::NotFound`], or those of the database.
pub(crate) async fn report(
    state: &AppState,
    id: SubmissionId,
    reader: Reader,
) -> Result<String, ApiError> {
    let found = results::load(state, id, reader).await?;
    // Long texts keep a thread busy for a while.
    tokio::task::spawn_blocking(move || render(&found))
        .await
        .map_err(|error| ApiError::Internal(Box::new(error)))
}

/// The report as Markdown.
#[must_use]
pub(crate) fn render(found: &Results) -> String {
    let answer_language = found.submission.answer_language;
    let mut report = Report {
        out: String::new(),
        words: Words(answer_language),
    };
    report.head(found);
    report.problem(found);
    report.program(found);
    report.hunt(found);
    if let Some(verification) = &found.verification {
        report.tests(verification);
    }
    if let Some(analysis) = &found.analysis {
        report.analysis(analysis, found.program.as_ref(), found.shown);
    }
    if let Some(verification) = &found.verification {
        report.worth(verification);
    }
    report.course(&found.stages);
    report.out
}

/// The columns of the table of stages.
const COLUMNS: [&str; 7] = [
    "report.column.stage",
    "report.column.state",
    "report.column.seconds",
    "report.column.model",
    "report.column.calls",
    "report.column.sent",
    "report.column.received",
];

struct Report {
    out: String,
    words: Words,
}

impl Report {
    /// A heading; its text is ours or comes out of [`markdown`].
    fn heading(&mut self, level: usize, text: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
            .push_str(&format!("{} {text}\n", "#".repeat(level)));
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str(&format!("\n{text}\n"));
    }

    fn label(&mut self, label: &str) {
        self.paragraph(&format!("**{label}**"));
    }

    /// A list of names and values, without those that have no value; the values come out of [`markdown`] or are ours.
    fn list<'a>(&mut self, items: impl IntoIterator<Item = (&'a str, Option<String>)>) {
        let mut items = items
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
            .peekable();
        if items.peek().is_some() {
            self.out.push('\n');
        }
        for (name, value) in items {
            self.out.push_str(&format!("- **{name}:** {value}\n"));
        }
    }

    /// A value in words; one that no catalogue has, as a severity may be, as it is.
    fn term<'a>(&self, kind: &str, value: &'a str) -> &'a str {
        let key = format!("{kind}.{}", value.to_lowercase());
        self.words.find(&key).unwrap_or(value)
    }

    fn head(&mut self, found: &Results) {
        let (words, submission) = (self.words, &found.submission);
        let title = [
            found
                .problem
                .as_ref()
                .map(|problem| problem.title.as_str())
                .unwrap_or_default(),
            &submission.title,
        ]
        .into_iter()
        .map(markdown::line)
        .find(|title| !title.is_empty());
        self.heading(1, title.as_deref().unwrap_or(words.get("report.untitled")));

        let language = match &found.program {
            Some(program) => program.language.as_str(),
            None => submission.language.as_deref().unwrap_or_default(),
        };
        let verdict = submission.verdict.map(|verdict| {
            let in_words = words.verdict(&verdict);
            format!("{in_words} ({verdict})")
        });
        let status = self.term("status", submission.status.as_str());
        let images = submission.image_count;
        self.list([
            (words.get("report.status"), Some(status.to_owned())),
            (words.get("report.verdict"), verdict),
            (
                words.get("submit.language"),
                Some(markdown::plain(language)),
            ),
            (
                words.get("report.images"),
                (images > 0).then(|| images.to_string()),
            ),
            (
                words.get("report.submitted"),
                Some(time(submission.created_at)),
            ),
            (
                words.get("report.finished"),
                submission.finished_at.map(time),
            ),
            (
                words.get("report.submission"),
                Some(format!("`{}`", submission.id)),
            ),
        ]);
        if let Some(code) = &submission.error_code {
            let detail = submission.error_detail.as_deref().unwrap_or_default();
            self.heading(2, words.get("report.failed"));
            self.paragraph(&format!(
                "{} ({})",
                markdown::plain(detail),
                markdown::plain(code)
            ));
        }
    }

    fn problem(&mut self, found: &Results) {
        let (words, submission) = (self.words, &found.submission);
        if let Some(problem) = &found.problem {
            self.heading(2, words.get("submit.problem"));
            self.statement(problem);
        } else if !submission.text.is_empty() {
            self.heading(2, words.get("submit.problem"));
            self.label(words.get("report.submitted_text"));
            self.paragraph(&markdown::fence("", &submission.text));
        }
        if let Some(input) = &submission.failing_input {
            self.heading(2, words.get("report.failing_input"));
            self.paragraph(&markdown::fence("", input));
        }
    }

    fn statement(&mut self, problem: &Problem) {
        let words = self.words;
        self.list([
            (
                words.get("problem.time"),
                Some(markdown::line(&problem.time_limit)),
            ),
            (
                words.get("problem.memory"),
                Some(markdown::line(&problem.memory_limit)),
            ),
        ]);
        self.section(3, words.get("report.description"), &problem.description);
        self.section(3, words.get("problem.input"), &problem.input_format);
        self.section(3, words.get("problem.output"), &problem.output_format);
        for (number, sample) in (1..).zip(&problem.samples) {
            self.heading(3, &format!("{} {number}", words.get("problem.sample")));
            self.label(words.get("problem.input"));
            self.paragraph(&markdown::fence("", &sample.input));
            self.label(words.get("problem.output"));
            self.paragraph(&markdown::fence("", &sample.output));
            self.labelled(words.get("ladder.explanation"), &sample.explanation);
        }
        self.section(3, words.get("problem.notes"), &problem.notes);
    }

    /// Markdown of somebody else's under a heading, if there is any.
    fn section(&mut self, level: usize, heading: &str, text: &str) {
        if !text.trim().is_empty() {
            self.heading(level, heading);
            self.paragraph(&markdown::block(text));
        }
    }

    /// Markdown of somebody else's under a label, if there is any.
    fn labelled(&mut self, label: &str, text: &str) {
        if !text.trim().is_empty() {
            self.label(label);
            self.paragraph(&markdown::block(text));
        }
    }

    fn program(&mut self, found: &Results) {
        let words = self.words;
        let submission = &found.submission;
        let (code, name) = match (&found.program, &submission.code) {
            (Some(program), _) => (program.code.as_str(), program.language.as_str()),
            (None, Some(code)) => (
                code.as_str(),
                submission.language.as_deref().unwrap_or_default(),
            ),
            (None, None) => return,
        };
        self.heading(2, words.get("report.program"));
        if let Some(program) = &found.program
            && (!program.verified || program.source == CodeSource::Image)
        {
            self.paragraph(words.get("report.unverified"));
        }
        self.paragraph(&markdown::fence(language(name).tag, code));
    }

    fn analysis(&mut self, analysis: &Analysis, program: Option<&Program>, shown: Shown) {
        let words = self.words;
        self.heading(2, words.get("report.what_is_wrong"));
        if !analysis.bug_found {
            self.paragraph(words.get("report.no_bug"));
        }
        if !analysis.summary.trim().is_empty() {
            self.paragraph(&markdown::block(&analysis.summary));
        }
        let name = program
            .map(|program| program.language.as_str())
            .unwrap_or_default();
        for (number, fix) in (1..).zip(analysis.fixes_by_line()) {
            self.fix(number, fix, language(name).tag);
        }
        let Some(program) = program.filter(|_| analysis.bug_found) else {
            return;
        };
        if !shown.is_all() {
            self.paragraph(&withheld(self.words, shown));
            return;
        }
        self.heading(2, words.get("report.change"));
        self.list([
            (
                words.get("report.lines_added"),
                Some(analysis.lines_added.to_string()),
            ),
            (
                words.get("report.lines_removed"),
                Some(analysis.lines_removed.to_string()),
            ),
        ]);
        let file = FileName::of_language(name);
        let change = diff::unified(&program.code, &analysis.modified_code, &file);
        self.paragraph(&markdown::fence("diff", &change));
    }

    fn fix(&mut self, number: usize, fix: &Fix, tag: &str) {
        let words = self.words;
        let category = markdown::plain(&fix.category);
        let colon = if category.is_empty() { "" } else { ": " };
        self.heading(
            3,
            &format!("{} {number}{colon}{category}", words.get("ladder.fix")),
        );
        let severity = markdown::plain(self.term("severity", &fix.severity));
        let lines = match fix.lines {
            Some(lines) if lines.start == lines.end => lines.start.to_string(),
            Some(lines) => format!("{}–{}", lines.start, lines.end),
            None => words.get("report.not_located").to_owned(),
        };
        self.list([
            (words.get("report.severity"), Some(severity)),
            (words.get("report.lines"), Some(lines)),
        ]);
        self.labelled(words.get("ladder.hint"), &fix.hint);
        self.labelled(words.get("ladder.explanation"), &fix.explanation);
        for (label, snippet) in [
            (words.get("fix.before"), &fix.original_snippet),
            (words.get("fix.after"), &fix.modified_snippet),
        ] {
            if !snippet.is_empty() {
                self.label(label);
                self.paragraph(&markdown::fence(tag, snippet));
            }
        }
    }

    fn course(&mut self, stages: &[Stage]) {
        let words = self.words;
        self.heading(2, words.get("report.course"));
        self.out.push_str(&format!(
            "\n| {} |\n|{}\n",
            COLUMNS.map(|key| words.get(key)).join(" | "),
            "---|".repeat(COLUMNS.len())
        ));
        for stage in stages {
            let usage = stage.usage.map(|usage| usage.0);
            let tokens = |count: u64, estimated: bool| {
                let about = if estimated { "≈ " } else { "" };
                format!("{about}{count}")
            };
            let (sent, received) = usage.map_or_else(Default::default, |usage| {
                (
                    tokens(usage.prompt_tokens, usage.estimated),
                    tokens(usage.completion_tokens, usage.estimated),
                )
            });
            let cells = [
                self.term("stage", stage.stage.as_str()).to_owned(),
                self.term("stage", stage.state.as_str()).to_owned(),
                seconds(stage.started_at, stage.finished_at),
                markdown::plain(stage.model.as_deref().unwrap_or_default()),
                stage.calls.to_string(),
                sent,
                received,
            ];
            self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        let is_estimated = |stage: &Stage| stage.usage.is_some_and(|usage| usage.0.estimated);
        if stages.iter().any(is_estimated) {
            self.paragraph(words.get("report.estimated"));
        }
        let costs: Vec<_> = stages
            .iter()
            .filter_map(|stage| stage.usage?.0.cost)
            .collect();
        if !costs.is_empty() {
            let total = dollars(words, costs.iter().sum());
            self.paragraph(&format!("{}: {total}", words.get("report.cost")));
        }
        for stage in stages {
            if let Some(detail) = &stage.error_detail {
                let name = self.term("stage", stage.stage.as_str());
                self.label(name);
                self.paragraph(&markdown::plain(detail));
            }
        }
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn seconds(start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> String {
    match (start, end) {
        (Some(start), Some(end)) => {
            let milliseconds = (end - start).num_milliseconds().max(0);
            format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
        }
        _ => String::new(),
    }
}

mod hunt;
mod runs;
#[cfg(test)]
mod tests;
