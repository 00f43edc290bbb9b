//! How the time of programs grows with the size of their input.

use std::time::Instant;

use domain::{GrowthRun, Outcome, RunVerdict};
use judge_api::{Case, GrowthAnswer, GrowthRequest, GrowthSize};

use super::{
    guess,
    harness::{Harness, Input, Values},
    plan,
};
use crate::{
    Machine,
    job::one,
    process::Error,
    program::{Compiled, Program},
    toolchain::Toolchain,
};
use std::sync::Arc;

/// The largest size that is asked for, and tries with half of it: an input must fit into the judge's bounds.
const LARGEST: u64 = 1 << 20;
const HALVES: u32 = 12;
/// Sizes, each twice the one before.
const DOUBLES: u32 = 4;

/// Runs the programs on an input of size 1 and on four larger ones, each twice as large as the one before.
pub(crate) async fn grow(
    machine: &Machine,
    toolchain: &Toolchain,
    request: &GrowthRequest,
    end: Instant,
) -> Result<GrowthAnswer, Error> {
    let mut helpers = request.helpers.clone();
    if helpers.generator.trim().is_empty() {
        let samples: Vec<&str> = request
            .cases
            .iter()
            .map(|case| case.input.as_str())
            .collect();
        helpers.generator = guess::generator(&samples).unwrap_or_default();
    }
    let none = GrowthAnswer { sizes: Vec::new() };
    let Some(harness) = Harness::new(machine).await? else {
        return Ok(none);
    };
    let mut programs = Vec::new();
    for code in &request.programs {
        match machine.compile(toolchain, code).await? {
            Compiled::Program(program) => programs.push(program),
            Compiled::Refused(_) => return Ok(none),
        }
    }
    let made = |size: u64| {
        let (harness, helpers) = (&harness, &helpers);
        async move {
            let job = plan::large(size, 1, Values::Full);
            let batch = harness.run(helpers, &[job], end).await?;
            Ok::<Option<Input>, Error>(batch.inputs().find(Input::is_allowed))
        }
    };
    let Some((largest, last)) = largest(&made).await? else {
        return Ok(none);
    };
    let mut sizes = Vec::new();
    let mut growing = Growing::new(machine, &programs, request, end);
    let mut all: Vec<u64> = (0..DOUBLES).rev().map(|halves| largest >> halves).collect();
    all.insert(0, 1);
    all.retain(|size| *size > 0);
    all.dedup();
    for size in all {
        let input = if size == largest {
            Some(last.clone())
        } else {
            made(size).await?
        };
        if let Some(input) = input {
            sizes.push(growing.size(size, input).await?);
        }
    }
    Ok(GrowthAnswer { sizes })
}

/// The largest size whose input fits, with that input. A size beyond the statement's bound makes the same as the bound itself.
async fn largest<F>(made: &impl Fn(u64) -> F) -> Result<Option<(u64, Input)>, Error>
where
    F: Future<Output = Result<Option<Input>, Error>>,
{
    let mut found: Option<(u64, Input)> = None;
    let mut size = LARGEST;
    for _ in 0..HALVES {
        match (made(size).await?, &found) {
            (Some(input), Some((_, last))) if input.text.len() < last.text.len() => break,
            (Some(input), _) => found = Some((size, input)),
            (None, Some(_)) => break,
            (None, None) => {}
        }
        size /= 2;
    }
    Ok(found)
}

/// Programs that run on larger and larger inputs.
struct Growing<'a> {
    machine: &'a Machine,
    programs: &'a [Arc<Program>],
    request: &'a GrowthRequest,
    end: Instant,
    /// Whether each took too long on an input already.
    is_late: Vec<bool>,
}

impl<'a> Growing<'a> {
    fn new(
        machine: &'a Machine,
        programs: &'a [Arc<Program>],
        request: &'a GrowthRequest,
        end: Instant,
    ) -> Self {
        Self {
            machine,
            programs,
            request,
            end,
            is_late: vec![false; programs.len()],
        }
    }

    async fn size(&mut self, size: u64, input: Input) -> Result<GrowthSize, Error> {
        let case = Case {
            input: input.text,
            expected: None,
        };
        let mut runs = Vec::new();
        for (program, is_late) in self.programs.iter().zip(&mut self.is_late) {
            if *is_late {
                runs.push(None);
                continue;
            }
            let limits = self.request.limits;
            let outcome = one(self.machine, program, &case, limits, self.end).await?;
            *is_late = matches!(outcome.verdict, RunVerdict::TimeLimit | RunVerdict::Skipped);
            runs.push(run(&outcome));
        }
        Ok(GrowthSize {
            size,
            bytes: case.input.len(),
            runs,
        })
    }
}

fn run(outcome: &Outcome) -> Option<GrowthRun> {
    (outcome.verdict != RunVerdict::Skipped).then_some(GrowthRun {
        verdict: outcome.verdict,
        cpu_ms: outcome.cpu_ms,
    })
}
