//! How much a fix is worth and what was run, in words: the same in pages and in reports.

use domain::{
    Difference, Failing, FixStatus, Level, NeededChange, Outcome, RunVerdict, Test, TestSource,
    Verification, limits,
};

use super::Words;

/// Bytes of somebody else's text that stand within a sentence.
const QUOTE_BYTES: usize = 60;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Our words.
    Text(String),
    /// Text that a program read or wrote.
    Code(String),
}

/// The short word for a status.
#[must_use]
pub fn status(words: Words, status: FixStatus) -> &'static str {
    let key = format!("proof.{status}");
    words.find(&key).unwrap_or(status.as_str())
}

/// Says what the status means: the reason, if there is one.
#[must_use]
pub fn sentence(words: Words, verification: &Verification) -> &'static str {
    let of_reason = verification
        .reason
        .and_then(|reason| words.find(&format!("reason.{reason}")));
    let of_status = || {
        let status = verification.status?;
        words.find(&format!("proof.{status}.text"))
    };
    of_reason.or_else(of_status).unwrap_or_default()
}

/// The verdict of a run in words.
#[must_use]
pub fn verdict(words: Words, verdict: RunVerdict) -> &'static str {
    let key = format!("verdict.{}", verdict.as_str().to_lowercase());
    words.find(&key).unwrap_or(verdict.as_str())
}

/// Name of a test, as a title.
#[must_use]
pub fn title(words: Words, test: &Test) -> String {
    match test.source {
        TestSource::FailingInput => words.get("runs.failing").to_owned(),
        TestSource::Hunt => words.fill("runs.hunt", test.number),
        TestSource::Settled => words.fill("runs.settled", test.number),
        TestSource::Given | TestSource::Statement => {
            format!("{} {}", words.get("problem.sample"), test.number)
        }
    }
}

/// Name of a test within a sentence.
fn name_of(words: Words, test: &Test) -> String {
    match test.source {
        TestSource::FailingInput => words.get("proof.failing").to_owned(),
        TestSource::Given | TestSource::Statement | TestSource::Hunt | TestSource::Settled => {
            title(words, test)
        }
    }
}

/// The runs and the work on the fix, in a few words each.
#[must_use]
pub fn ran(words: Words, verification: &Verification) -> Vec<String> {
    let of = |sources: &[TestSource]| {
        let tests = verification.tests.iter();
        tests.filter(|test| sources.contains(&test.source)).count()
    };
    let samples = of(&[TestSource::Given, TestSource::Statement]);
    let given = of(&[TestSource::FailingInput]);
    let count = |one: &str, many: &str, number: usize| match number {
        0 => None,
        1 => Some(words.get(one).to_owned()),
        number => Some(words.fill(many, number)),
    };
    let fresh = verification.fresh_inputs;
    let of_reference = verification.by_reference && fresh > 0;
    [
        count("proof.samples.one", "proof.samples", samples),
        (given > 0).then(|| words.get("proof.failing").to_owned()),
        count(
            "proof.hunted.one",
            "proof.hunted",
            of(&[TestSource::Hunt, TestSource::Settled]),
        ),
        count("proof.fresh.one", "proof.fresh", fresh),
        of_reference.then(|| words.get("proof.reference").to_owned()),
        count("proof.repairs.one", "proof.repairs", verification.repairs),
        count(
            "proof.dropped.one",
            "proof.dropped",
            verification.lines_dropped,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Why a change is needed, unless its test is not there.
#[must_use]
pub fn needed(words: Words, change: &NeededChange, tests: &[Test]) -> Option<Vec<Part>> {
    let test = tests.get(change.test)?;
    Some(of_test(words, "why", test, &change.without))
}

/// How the program itself fails on an input: the hunted one is "this input", and a test has its name.
#[must_use]
pub fn evidence(words: Words, failing: &Failing<'_>, tests: &[Test]) -> Vec<Part> {
    let test = failing.test.and_then(|place| tests.get(place));
    let named = test.filter(|_| !failing.is_hunted);
    let (kind, name) = match named {
        Some(test) => ("yours", Some(name_of(words, test))),
        // One program that was written from the statement may be wrong itself.
        None if is_suggested(failing) => ("suggested", None),
        None => ("hunted", None),
    };
    let mut parts = said(words, kind, name, failing.expected, failing.outcome);
    parts.extend(input(words, failing.input).into_iter().flatten());
    parts
}

fn is_suggested(failing: &Failing<'_>) -> bool {
    failing.level == Level::Suggested && failing.outcome.verdict == RunVerdict::WrongAnswer
}

/// Says that the program itself does not compile, if it does not, with the place of a test that shows it.
#[must_use]
pub fn uncompiled(words: Words, tests: &[Test]) -> Option<(usize, Vec<Part>)> {
    let is_broken = |run: &Outcome| run.verdict == RunVerdict::CompileError;
    let place = tests
        .iter()
        .position(|test| test.before.as_ref().is_some_and(is_broken))?;
    let said = words.get("yours.compile").to_owned();
    Some((place, vec![Part::Text(said)]))
}

/// An input behind a sentence, unless it is empty.
fn input(words: Words, text: &str) -> Option<[Part; 2]> {
    let input = text.split_whitespace().take(QUOTE_BYTES);
    let input = quote(&input.collect::<Vec<_>>().join(" "));
    let lead = format!(" {}: ", words.get("problem.input"));
    (!input.is_empty()).then_some([Part::Text(lead), Part::Code(input)])
}

/// The test that speaks most against a fix, and how the fix fails it.
#[must_use]
pub fn against(words: Words, verification: &Verification) -> Option<Vec<Part>> {
    let fails = |test: &&Test| test.after.as_ref().is_some_and(|run| !run.is_accepted());
    let breaks =
        |test: &&Test| fails(test) && test.before.as_ref().is_some_and(Outcome::is_accepted);
    let tests = &verification.tests;
    let test = tests
        .iter()
        .find(breaks)
        .or_else(|| tests.iter().find(fails))?;
    let mut parts = of_test(words, "fails", test, test.after.as_ref()?);
    parts.extend(input(words, &test.input).into_iter().flatten());
    Some(parts)
}

/// The result of a run on a test, by the sentences whose keys begin with `kind`.
fn of_test(words: Words, kind: &str, test: &Test, run: &Outcome) -> Vec<Part> {
    let name = Some(name_of(words, test));
    said(words, kind, name, test.expected.as_deref(), run)
}

/// The result of a run on an input, by the sentences whose keys begin with `kind`; those without a name speak of "this input".
fn said(
    words: Words,
    kind: &str,
    name: Option<String>,
    expected: Option<&str>,
    run: &Outcome,
) -> Vec<Part> {
    let places = run.difference.unwrap_or(Difference {
        expected: None,
        actual: None,
    });
    let expected = token(expected.unwrap_or_default(), places.expected);
    let actual = token(&run.output, places.actual);
    let (form, values) = match (run.verdict, actual, expected) {
        // Nothing that is hunted fails to compile.
        (RunVerdict::CompileError, ..) if name.is_some() => {
            return filled(words.get(&format!("{kind}.compile")), Vec::new());
        }
        (RunVerdict::WrongAnswer, Some(actual), Some(expected)) => {
            ("answers", vec![Part::Code(actual), Part::Code(expected)])
        }
        (RunVerdict::WrongAnswer, Some(actual), None) => ("more", vec![Part::Code(actual)]),
        (RunVerdict::WrongAnswer, None, Some(expected)) => ("less", vec![Part::Code(expected)]),
        (other, ..) => {
            let verdict = verdict(words, other).to_owned();
            ("other", vec![Part::Text(verdict)])
        }
    };
    let name = name.map(Part::Text);
    let values = name.into_iter().chain(values).collect();
    filled(words.get(&format!("{kind}.{form}")), values)
}

/// The text with each `{}` filled in by the next value.
fn filled(text: &str, values: Vec<Part>) -> Vec<Part> {
    let mut values = values.into_iter();
    let mut parts = Vec::new();
    for (place, piece) in text.split("{}").enumerate() {
        if place > 0 {
            parts.extend(values.next());
        }
        if !piece.is_empty() {
            parts.push(Part::Text(piece.to_owned()));
        }
    }
    parts
}

/// The part of a text that a difference is in. The text may have been cut after it was compared.
fn token(text: &str, range: Option<(usize, usize)>) -> Option<String> {
    let (start, end) = range?;
    let token = text.get(start..end.min(text.len()))?;
    Some(quote(token)).filter(|token| !token.is_empty())
}

fn quote(text: &str) -> String {
    let short = limits::cut(text, QUOTE_BYTES);
    if short.len() == text.len() {
        text.to_owned()
    } else {
        format!("{short}…")
    }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
