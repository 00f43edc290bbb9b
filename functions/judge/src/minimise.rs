//! The smallest part of a change that still passes all tests: delta debugging over its hunks, then over their lines (Zeller and
//! Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).

use std::{ops::Range, time::Instant};

use diff::DiffOp;
use domain::{Outcome, RunVerdict};
use judge_api::{MinimiseAnswer, MinimiseRequest, NeededPart};

use crate::{Machine, job::first_failure, process::Error, program::Compiled, toolchain::Toolchain};

/// Programs that are compiled for one request: enough to try each line of most fixes.
const COMPILES: usize = 32;
/// Parts from which on whole halves are tried first.
const MANY: usize = 5;

/// A stretch of the original's lines, and the lines that take its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    old: Range<usize>,
    new: Range<usize>,
    /// Why it is needed: the place of a case that fails without it, and that run.
    reason: Option<(usize, Outcome)>,
}

/// Both programs in lines.
struct Change<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

impl<'a> Change<'a> {
    fn new(original: &'a str, fixed: &'a str) -> Self {
        Self {
            old: original.split_inclusive('\n').collect(),
            new: fixed.split_inclusive('\n').collect(),
        }
    }

    fn hunks(&self) -> Vec<Part> {
        let operations = diff::operations(&self.old, &self.new).into_iter();
        let changes = operations.filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
        changes
            .map(|operation| Part {
                old: operation.old_range(),
                new: operation.new_range(),
                reason: None,
            })
            .collect()
    }

    /// The original with these parts of the change.
    fn with(&self, parts: &[Part]) -> String {
        let mut code = String::new();
        let mut push = |lines: &[&str]| {
            for line in lines {
                // The last line of a file may have no end.
                if !code.is_empty() && !code.ends_with('\n') {
                    code.push('\n');
                }
                code.push_str(line);
            }
        };
        let mut at = 0;
        for part in parts {
            push(&self.old[at..part.old.start]);
            push(&self.new[part.new.clone()]);
            at = part.old.end;
        }
        push(&self.old[at..]);
        code
    }
}

/// The lines of a part: each old one with the new one in its place, then those that are left over.
fn lines(part: &Part) -> Vec<Part> {
    let (old, new) = (part.old.len(), part.new.len());
    let at = |index: usize, range: &Range<usize>| {
        let start = (range.start + index).min(range.end);
        start..(start + 1).min(range.end)
    };
    (0..old.max(new))
        .map(|index| Part {
            old: at(index, &part.old),
            new: at(index, &part.new),
            reason: part.reason.clone(),
        })
        .collect()
}

/// A search under way.
struct Search<'a> {
    machine: &'a Machine,
    toolchain: &'a Toolchain,
    request: &'a MinimiseRequest,
    change: Change<'a>,
    end: Instant,
    compiles: usize,
}

/// The result of trying a smaller change.
enum Trial {
    Passes,
    Fails(usize, Outcome),
    /// There is no time or no compilation left.
    Unknown,
}

/// Makes the change of a request smaller.
pub(crate) async fn minimise(
    machine: &Machine,
    toolchain: &Toolchain,
    request: &MinimiseRequest,
    end: Instant,
) -> Result<MinimiseAnswer, Error> {
    let change = Change::new(&request.original, &request.fixed);
    let hunks = change.hunks();
    let mut search = Search {
        machine,
        toolchain,
        request,
        change,
        end,
        compiles: 0,
    };
    let passes = matches!(search.try_parts(&hunks).await?, Trial::Passes);
    let mut parts = hunks;
    let mut complete = passes;
    if passes {
        complete = search.reduce(&mut parts).await?;
        let mut finer: Vec<Part> = parts.iter().flat_map(lines).collect();
        if finer.len() > parts.len() {
            complete = search.reduce(&mut finer).await? && complete;
            parts = joined(finer);
        }
    }
    let code = if passes {
        search.change.with(&parts)
    } else {
        request.fixed.clone()
    };
    Ok(MinimiseAnswer {
        code,
        complete,
        compiles: search.compiles,
        parts: parts.into_iter().filter_map(answered).collect(),
    })
}

fn answered(part: Part) -> Option<NeededPart> {
    let (case, without) = part.reason?;
    let (start, end) = match part.old.is_empty() {
        true => (part.old.start, part.old.start.saturating_sub(1)),
        false => (part.old.start + 1, part.old.end),
    };
    Some(NeededPart {
        start,
        end,
        case,
        without,
    })
}

/// Lines that follow each other, as one part again.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut whole: Vec<Part> = Vec::new();
    for part in parts {
        match whole.last_mut() {
            Some(last) if last.old.end == part.old.start && last.new.end == part.new.start => {
                last.old.end = part.old.end;
                last.new.end = part.new.end;
                last.reason = last.reason.take().or(part.reason);
            }
            _ => whole.push(part),
        }
    }
    whole
}

impl Search<'_> {
    /// Takes out every part that is not needed; whether each that is left is known to be.
    async fn reduce(&mut self, parts: &mut Vec<Part>) -> Result<bool, Error> {
        let mut size = parts.len() / 2;
        while parts.len() >= MANY && size > 1 {
            let mut at = 0;
            while at < parts.len() {
                let mut fewer = parts.clone();
                fewer.drain(at..(at + size).min(parts.len()));
                match self.try_parts(&fewer).await? {
                    Trial::Passes => *parts = fewer,
                    Trial::Fails(..) => at += size,
                    Trial::Unknown => return Ok(false),
                }
            }
            size /= 2;
        }
        loop {
            let before = parts.len();
            let mut at = 0;
            while at < parts.len() {
                let mut fewer = parts.clone();
                fewer.remove(at);
                match self.try_parts(&fewer).await? {
                    Trial::Passes => *parts = fewer,
                    Trial::Fails(case, without) => {
                        parts[at].reason = Some((case, without));
                        at += 1;
                    }
                    Trial::Unknown => return Ok(false),
                }
            }
            // A part may be needed only beside one that has gone since.
            if parts.len() == before || parts.len() < 2 {
                return Ok(true);
            }
        }
    }

    async fn try_parts(&mut self, parts: &[Part]) -> Result<Trial, Error> {
        if self.compiles >= COMPILES || Instant::now() >= self.end {
            return Ok(Trial::Unknown);
        }
        self.compiles += 1;
        let code = self.change.with(parts);
        let program = match self.machine.compile(self.toolchain, &code).await? {
            Compiled::Program(program) => program,
            Compiled::Refused(why) => {
                let mut outcome = Outcome::not_run(RunVerdict::CompileError);
                outcome.errors = why;
                return Ok(Trial::Fails(0, outcome));
            }
        };
        let (cases, limits) = (&self.request.cases, self.request.limits);
        let failure = first_failure(self.machine, &program, cases, limits, self.end).await?;
        Ok(match failure {
            Some(None) => Trial::Passes,
            Some(Some((case, outcome))) => Trial::Fails(case, outcome),
            None => Trial::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_change_make_it_up_again() {
        for (original, fixed) in [
            ("a\nb\nc\n", "a\nB\nc\n"),
            ("a\nb\nc", "a\nb\nc\nd"),
            ("a\nb\n", "x\ny\nz\n"),
            ("", "a\n"),
            ("a\n", ""),
            ("1\n2\n3\n4\n", "1\nx\ny\n3\nz\n"),
        ] {
            let change = Change::new(original, fixed);
            let hunks = change.hunks();
            assert_eq!(change.with(&[]), original);
            assert_eq!(change.with(&hunks), fixed);
            let finer: Vec<Part> = hunks.iter().flat_map(lines).collect();
            assert_eq!(change.with(&finer), fixed, "{original:?}");
            assert_eq!(change.with(&joined(finer)), fixed);
        }
    }

    #[test]
    fn an_addition_is_named_by_the_line_before() {
        let part = |old: Range<usize>| Part {
            old,
            new: 0..1,
            reason: Some((0, Outcome::not_run(RunVerdict::WrongAnswer))),
        };
        let lines = |old| answered(part(old)).map(|part| (part.start, part.end));
        assert_eq!(lines(0..0), Some((0, 0)));
        assert_eq!(lines(2..2), Some((2, 1)));
        assert_eq!(lines(2..4), Some((3, 4)));
    }
}
