//! The views of what was found: texts rendered and programs in colours, which takes long.

use actions::results::Results;
use askama::Template;
use domain::{Analysis, HuntReport, Problem, Program, Verification, line_ends};
use site::{
    Words,
    markdown::{Renderer, SafeHtml},
};

use crate::{
    fix::{self, FixView},
    highlight::{Highlighter, Piece},
    hunted::HuntView,
    lines::line,
    verdicts::RunsView,
    worth::{Evidence, Proof},
};

/// Lines of a program that are shown.
const LINES: usize = 5000;
/// Lines of it that are shown until there is a fix.
pub(crate) const PREVIEW: usize = 200;

/// Views of what was found so far.
pub(crate) struct Found {
    pub(crate) problem: Option<ProblemView>,
    pub(crate) code: Option<CodeView>,
    pub(crate) fix: Option<FixView>,
    pub(crate) runs: Option<RunsView>,
    pub(crate) proof: Option<Proof>,
    /// The input on which the program fails.
    pub(crate) evidence: Option<Evidence>,
    pub(crate) hunt: Option<HuntView>,
}

/// The results of the stages.
#[derive(Clone, Copy, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) problem: Option<&'a Problem>,
    pub(crate) program: Option<&'a Program>,
    pub(crate) hunt: Option<&'a HuntReport>,
    pub(crate) analysis: Option<&'a Analysis>,
    pub(crate) verification: Option<&'a Verification>,
}

impl<'a> From<&'a Results> for Parts<'a> {
    fn from(results: &'a Results) -> Self {
        Self {
            problem: results.problem.as_ref(),
            program: results.program.as_ref(),
            hunt: results.hunt.as_ref(),
            analysis: results.analysis.as_ref(),
            verification: results.verification.as_ref(),
        }
    }
}

pub(crate) struct ProblemView {
    pub(crate) limits: Vec<(&'static str, String)>,
    pub(crate) sections: [(&'static str, SafeHtml); 3],
    pub(crate) samples: Vec<SampleView>,
    pub(crate) notes: SafeHtml,
}

pub(crate) struct SampleView {
    pub(crate) input: String,
    pub(crate) output: String,
    pub(crate) explanation: SafeHtml,
}

pub(crate) struct CodeView {
    pub(crate) notes: Vec<&'static str>,
    /// The rows of its table, which is most of a page.
    pub(crate) rows: SafeHtml,
    /// Its first lines, until there is a fix.
    pub(crate) preview: Vec<(usize, SafeHtml)>,
}

#[derive(Template)]
#[template(path = "_lines.html")]
struct Lines {
    lines: Vec<LineView>,
    w: Words,
}

struct LineView {
    number: usize,
    class: &'static str,
    html: SafeHtml,
}

impl Found {
    pub(crate) fn of(parts: Parts<'_>, words: Words) -> Self {
        let Parts {
            problem,
            program,
            hunt,
            analysis,
            verification,
        } = parts;
        let tests = Verification::tests_of(verification);
        let mut prose = Renderer::default();
        let lines: Vec<&str> = program.map_or_else(Vec::new, |program| {
            line_ends::with_ends(&program.code).collect()
        });
        let mut colours = Highlighter::of(program.map_or("", |program| &program.language));
        let pieces = colours.pieces(first(&lines));
        Self {
            // First, as it is read first: it may use up all that a page may render.
            fix: analysis.zip(program).map(|(analysis, program)| {
                let old = (&lines[..], &pieces[..]);
                let tools = (&mut colours, &mut prose);
                fix::view(analysis, program, old, verification, tools, words)
            }),
            runs: verification.and_then(|verification| RunsView::of(verification, words)),
            proof: verification.and_then(|verification| Proof::of(verification, words)),
            evidence: Evidence::of(hunt.map(|report| &report.hunt), tests, words),
            hunt: hunt.map(|report| HuntView::of(report, words)),
            problem: problem.map(|problem| problem_view(problem, &mut prose)),
            code: program.map(|program| code_view(program, &lines, &pieces, analysis, words)),
        }
    }

    /// About as many bytes as it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let prose = |html: &SafeHtml| size_of::<SafeHtml>() + html.len();
        let problem = self.problem.as_ref().map_or(0, |problem| {
            let sections = problem.sections.iter().map(|(_, html)| prose(html));
            let samples = problem.samples.iter().map(|sample| {
                size_of::<SampleView>()
                    + sample.input.len()
                    + sample.output.len()
                    + sample.explanation.len()
            });
            sections.chain(samples).sum::<usize>() + problem.notes.len()
        });
        let code = self.code.as_ref().map_or(0, |code| {
            let preview = code.preview.iter().map(|(_, html)| prose(html));
            code.rows.len() + preview.sum::<usize>()
        });
        let fix = self.fix.as_ref().map_or(0, FixView::bytes);
        let runs = self.runs.as_ref().map_or(0, RunsView::bytes);
        let hunt = self.hunt.as_ref().map_or(0, HuntView::bytes);
        size_of::<Self>() + problem + code + fix + runs + hunt
    }
}

/// The lines that are shown.
pub(crate) fn first<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    &lines[..lines.len().min(LINES)]
}

fn problem_view(problem: &Problem, prose: &mut Renderer) -> ProblemView {
    let limits = [
        ("problem.time", &problem.time_limit),
        ("problem.memory", &problem.memory_limit),
    ];
    ProblemView {
        limits: limits
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| (name, value.clone()))
            .collect(),
        sections: [
            ("problem.description", prose.render(&problem.description)),
            ("problem.input", prose.render(&problem.input_format)),
            ("problem.output", prose.render(&problem.output_format)),
        ],
        samples: problem
            .samples
            .iter()
            .map(|sample| SampleView {
                input: sample.input.trim_end().to_owned(),
                output: sample.output.trim_end().to_owned(),
                explanation: prose.render(&sample.explanation),
            })
            .collect(),
        notes: prose.render(&problem.notes),
    }
}

fn code_view(
    program: &Program,
    all: &[&str],
    pieces: &[Vec<Piece>],
    analysis: Option<&Analysis>,
    words: Words,
) -> CodeView {
    let is_fixed = |number: usize| {
        analysis.is_some_and(|found| {
            let lines = found.fixes.iter().filter_map(|fix| fix.lines);
            lines
                .into_iter()
                .any(|lines| (lines.start..=lines.end).contains(&number))
        })
    };
    let notes = [
        (!program.verified, "code.unverified"),
        (all.len() > LINES, "code.cut"),
    ];
    let lines = (1..)
        .zip(first(all).iter().zip(pieces))
        .map(|(number, (text, pieces))| LineView {
            number,
            class: if is_fixed(number) { "spot" } else { "" },
            html: line(text, pieces, &[]),
        });
    let lines: Vec<_> = lines.collect();
    let waiting = if analysis.is_none() { PREVIEW } else { 0 };
    let preview = lines.iter().take(waiting);
    CodeView {
        notes: notes
            .into_iter()
            .filter_map(|(applies, note)| applies.then_some(note))
            .collect(),
        preview: preview
            .map(|line| (line.number, line.html.clone()))
            .collect(),
        rows: rendered(&Lines { lines, w: words }),
    }
}

/// A part of a page. Its template writes into memory, which does not fail.
fn rendered(part: &impl Template) -> SafeHtml {
    SafeHtml::trusted(part.render().unwrap_or_default())
}
