//! Tests, with how the programs did on them.

use actions::samples::Check;
use domain::{Hunt, Outcome, RunLimits, RunVerdict, Test, TestSource, Verification, limits};
use site::{Icon, Words, bytes, grouped, markdown::SafeHtml, proof};

use crate::lines::marked;

/// Bytes of a text that are shown; of one with a difference, those around it.
const SHOWN_BYTES: usize = 4 * 1024;
/// Bytes before a difference that are shown.
const LEAD_BYTES: usize = 400;
/// Lines before a difference that are shown.
const LEAD_LINES: usize = 8;
/// Bytes of all texts of a page's tests.
const PAGE_BYTES: usize = 192 * 1024;

/// The tests, and the runs of one program or of both.
#[derive(Default)]
pub(crate) struct RunsView {
    /// The language and the limits.
    pub(crate) how: String,
    /// Messages about programs that do not compile: key of the title, and the messages.
    pub(crate) compilers: Vec<(&'static str, String)>,
    pub(crate) tests: Vec<TestView>,
    /// Whether there are texts that were too long to be shown.
    pub(crate) short: bool,
}

pub(crate) struct TestView {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) title: String,
    /// Each with the key of the program's name.
    pub(crate) runs: Vec<(&'static str, RunView)>,
    /// Input and outputs; `None` if they were too long for the page.
    pub(crate) body: Option<Body>,
    pub(crate) open: bool,
}

/// A run in one line.
pub(crate) struct RunView {
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    pub(crate) label: &'static str,
    pub(crate) words: &'static str,
    pub(crate) facts: String,
}

/// Input and outputs of a test.
#[derive(Default)]
pub(crate) struct Body {
    /// Each with the key of its title.
    pub(crate) texts: Vec<(&'static str, Excerpt)>,
    pub(crate) notes: Vec<String>,
}

/// A text, or the part of it that matters.
pub(crate) struct Excerpt {
    pub(crate) html: SafeHtml,
    pub(crate) cut_before: bool,
    pub(crate) cut_after: bool,
    /// Whether nothing was written where more is expected.
    pub(crate) ended: bool,
    pub(crate) empty: bool,
}

impl RunsView {
    /// The tests of a submission, if there are any.
    pub(crate) fn of(verification: &Verification, words: Words) -> Option<Self> {
        let compilers = [
            ("runs.no-compile", &verification.compiler),
            ("runs.fix-no-compile", &verification.fix_compiler),
        ];
        let compilers: Vec<_> = compilers
            .into_iter()
            .filter(|(_, said)| !said.is_empty())
            .map(|(title, said)| (title, said.clone()))
            .collect();
        if verification.tests.is_empty() && compilers.is_empty() {
            return None;
        }
        let how = how(&verification.language, verification.limits, words);
        Some(Self::new(how, compilers, &verification.tests, words))
    }

    /// The runs on samples that were not stored.
    pub(crate) fn checked(check: Check, words: Words) -> Self {
        let how = how(&check.language, Some(check.limits), words);
        let compilers = if check.compiled {
            Vec::new()
        } else {
            vec![("runs.no-compile", check.compiler)]
        };
        let hunted = check.hunt.as_ref().and_then(Hunt::test);
        let tests: Vec<_> = (1..)
            .zip(check.tests)
            .map(|(number, sample)| Test {
                source: TestSource::Given,
                number,
                input: sample.input,
                expected: sample.expected,
                by_reference: false,
                level: None,
                before: Some(sample.outcome),
                after: None,
            })
            .chain(hunted)
            .collect();
        Self::new(how, compilers, &tests, words)
    }

    fn new(
        how: String,
        compilers: Vec<(&'static str, String)>,
        tests: &[Test],
        words: Words,
    ) -> Self {
        let mut room = PAGE_BYTES;
        let mut views: Vec<_> = (1..)
            .zip(tests)
            .map(|(number, test)| test_view(number, test, words))
            .collect();
        // The first failure of each program is what one looks for.
        let is_failure = |run: Option<&Outcome>| {
            run.is_some_and(|run| !run.is_accepted() && is_run(run.verdict))
        };
        for side in [
            |test: &Test| test.before.clone(),
            |test: &Test| test.after.clone(),
        ] {
            let failed = tests
                .iter()
                .position(|test| is_failure(side(test).as_ref()));
            failed.into_iter().for_each(|at| views[at].open = true);
        }
        // Those that are open come before the others.
        let (open, folded): (Vec<_>, Vec<_>) = views.iter_mut().partition(|test| test.open);
        for test in open.into_iter().chain(folded) {
            let bytes = test.body.as_ref().map_or(0, Body::bytes);
            if bytes <= room {
                room -= bytes;
            } else {
                test.body = None;
            }
        }
        Self {
            how,
            compilers,
            short: views.iter().any(|test| test.body.is_none()),
            tests: views,
        }
    }

    /// About as many bytes as it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let tests = self.tests.iter().map(|test| {
            size_of::<TestView>() + test.title.len() + test.body.as_ref().map_or(0, Body::bytes)
        });
        let compilers = self.compilers.iter().map(|(_, said)| said.len());
        tests.chain(compilers).sum()
    }
}

impl Body {
    fn bytes(&self) -> usize {
        let texts = self.texts.iter().map(|(_, text)| text.html.len());
        let notes = self.notes.iter().map(String::len);
        size_of::<Self>() + texts.chain(notes).sum::<usize>()
    }
}

fn how(language: &str, limits: Option<RunLimits>, words: Words) -> String {
    let limits = limits.map(|limits| {
        let time = words.fill("runs.ms", grouped(words, limits.time_ms.into()));
        format!("{time} · {} MB", limits.memory_mb)
    });
    let parts = [Some(language.to_owned()), limits];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

/// Whether a program was run at all.
fn is_run(verdict: RunVerdict) -> bool {
    !matches!(verdict, RunVerdict::Skipped | RunVerdict::CompileError)
}

fn test_view(number: usize, test: &Test, words: Words) -> TestView {
    let runs = [("runs.yours", &test.before), ("runs.fix", &test.after)];
    TestView {
        number,
        title: proof::title(words, test),
        runs: runs
            .into_iter()
            .filter_map(|(name, run)| Some((name, run_view(run.as_ref()?, test, words))))
            .collect(),
        body: Some(body(test, words)),
        open: false,
    }
}

fn run_view(run: &Outcome, test: &Test, words: Words) -> RunView {
    let (class, icon) = match run.verdict {
        RunVerdict::Accepted => ("passed", Icon::CIRCLE_CHECK),
        RunVerdict::Skipped => ("skipped", Icon::SKIP_FORWARD),
        _ => ("missed", Icon::CIRCLE_X),
    };
    // Nothing to compare with: it is not accepted, it only ended.
    let only_ended = run.is_accepted() && test.expected.is_none();
    let facts = is_run(run.verdict).then(|| {
        let memory = usize::try_from(run.memory_kb).unwrap_or(usize::MAX);
        let time = words.fill("runs.ms", grouped(words, run.cpu_ms));
        format!("{time} · {}", bytes(words, memory.saturating_mul(1024)))
    });
    RunView {
        class,
        icon,
        label: if only_ended {
            "OK"
        } else {
            run.verdict.as_str()
        },
        words: if only_ended {
            words.find("runs.ended").unwrap_or_default()
        } else {
            proof::verdict(words, run.verdict)
        },
        facts: facts.unwrap_or_default(),
    }
}

fn body(test: &Test, words: Words) -> Body {
    let mut body = Body::default();
    body.texts
        .push(("problem.input", excerpt(&test.input, None, false)));
    let runs = [
        ("runs.actual", test.before.as_ref()),
        // The output of a fix that is accepted is the expected one.
        (
            "runs.fixed",
            test.after.as_ref().filter(|run| !run.is_accepted()),
        ),
    ];
    let runs: Vec<_> = runs
        .into_iter()
        .filter_map(|(title, run)| Some((title, run.filter(|run| is_run(run.verdict))?)))
        .collect();
    let difference = runs.iter().find_map(|(_, run)| run.difference);
    if let Some(expected) = &test.expected {
        let title = if test.by_reference {
            "runs.by-reference"
        } else {
            "runs.expected"
        };
        let mark = difference.map(|found| found.expected);
        body.texts.push((title, excerpt(expected, mark, false)));
    } else {
        body.notes.push(words.get("runs.no-expected").to_owned());
    }
    for (title, run) in runs {
        let mark = run.difference.map(|found| found.actual);
        body.texts
            .push((title, excerpt(&run.output, mark, run.output_cut)));
        body.notes.extend(ending(run, words));
        if !run.errors.is_empty() {
            let from = run.errors.len().saturating_sub(SHOWN_BYTES);
            let end = &run.errors[run.errors.ceil_char_boundary(from)..];
            body.texts.push(("runs.errors", excerpt(end, None, false)));
        }
    }
    body
}

/// Remarks about a run beside its texts.
fn ending(run: &Outcome, words: Words) -> Vec<String> {
    let signal = run.signal.as_ref();
    let notes = [
        signal.map(|signal| words.fill("runs.signal", signal)),
        run.exit_code
            .filter(|code| *code != 0 && signal.is_none())
            .map(|code| words.fill("runs.exit", code)),
        run.near_limit.then(|| words.get("runs.near").to_owned()),
        (run.white_space_differs && !run.is_accepted()).then(|| words.get("runs.space").to_owned()),
    ];
    notes.into_iter().flatten().collect()
}

/// The text, or the part around its difference: `mark` is its range, and within that `None` where the text has ended.
fn excerpt(text: &str, mark: Option<Option<(usize, usize)>>, is_cut: bool) -> Excerpt {
    let text = text.trim_end_matches(['\n', '\r']);
    // Of a text that was cut, the range may lie beyond its end or within a character.
    let range = mark.flatten().and_then(|(start, end)| {
        let range = start..end.min(text.len());
        text.get(range.clone()).filter(|token| !token.is_empty())?;
        Some(range)
    });
    let ended = matches!(mark, Some(None));
    let start = match &range {
        _ if ended => text.len(),
        Some(range) => range.start,
        None => 0,
    };
    let from = beginning(text, start);
    let shown = limits::cut(&text[from..], SHOWN_BYTES);
    let range = range.map(|range| range.start - from..(range.end - from).min(shown.len()));
    let marks: Vec<_> = range.into_iter().collect();
    Excerpt {
        html: marked(shown, marks.first()),
        cut_before: from > 0,
        cut_after: is_cut || from + shown.len() < text.len(),
        ended: ended && !is_cut,
        empty: shown.is_empty(),
    }
}

/// Where to begin, so that a place is in sight without scrolling, with some lines before it.
fn beginning(text: &str, place: usize) -> usize {
    let before = &text[..place];
    let is_near = before.len() <= LEAD_BYTES && before.matches('\n').count() <= LEAD_LINES;
    if is_near {
        return 0;
    }
    let line = before.rmatch_indices('\n').nth(LEAD_LINES / 2);
    let line = line.map_or(0, |(at, _)| at + 1);
    line.max(text.floor_char_boundary(place.saturating_sub(LEAD_BYTES)))
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
