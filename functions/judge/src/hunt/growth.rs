//! How the time of programs grows with the size of their input.

use std::time::Instant;

use domain::{GrowthRun, Helpers, Outcome, RunVerdict};
use judge_api::{Case, GrowthAnswer, GrowthRequest, GrowthSize, HuntRequest};

use super::{
    gates,
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
/// Sizes that are measured, each twice the one before, and those of them that are told.
const DOUBLES: u32 = 8;
const TOLD: usize = 4;
/// A run that says nothing about growth: starting the program takes as long, in milliseconds.
const SHORT_MS: u64 = 20;

/// Runs the programs on an input of size 1 and on larger ones, each about twice as large as the one before.
pub(crate) async fn grow(
    machine: &Machine,
    toolchain: &Toolchain,
    request: &GrowthRequest,
    end: Instant,
) -> Result<GrowthAnswer, Error> {
    let none = GrowthAnswer { sizes: Vec::new() };
    let Some(harness) = Harness::new(machine).await? else {
        return Ok(none);
    };
    let Some(helpers) = helpers(&harness, request, end).await? else {
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
            // The values of the smallest one are small too.
            let values = if size == 1 {
                Values::Small
            } else {
                Values::Full
            };
            let batch = harness
                .run(helpers, &[plan::large(size, 1, values)], end)
                .await?;
            Ok::<Option<Input>, Error>(batch.inputs().find(Input::is_allowed))
        }
    };
    let Some(largest) = largest(&made).await? else {
        return Ok(none);
    };
    let mut sizes: Vec<GrowthSize> = Vec::new();
    let mut growing = Growing::new(machine, &programs, request, end);
    let larger = (0..DOUBLES).rev().map(|halves| largest >> halves);
    for asked in std::iter::once(1).chain(larger.filter(|asked| *asked > 1)) {
        let Some(input) = made(asked).await? else {
            continue;
        };
        let is_larger = sizes.last().is_none_or(|last| last.size < input.size);
        if is_larger {
            sizes.push(growing.size(input).await?);
        }
    }
    let is_short = |size: &GrowthSize| {
        let mut runs = size.runs.iter().flatten();
        runs.all(|run| run.cpu_ms < SHORT_MS)
    };
    while sizes.len() > TOLD + 1 && is_short(&sizes[1]) {
        sizes.remove(1);
    }
    Ok(GrowthAnswer { sizes })
}

/// A generator, and a validator that has been tried; none where there is nothing to make inputs with.
async fn helpers(
    harness: &Harness<'_>,
    request: &GrowthRequest,
    end: Instant,
) -> Result<Option<Helpers>, Error> {
    let trial = HuntRequest {
        language: request.language,
        code: String::new(),
        cases: request.cases.clone(),
        limits: request.limits,
        reference: None,
        helpers: Helpers {
            references: Vec::new(),
            checker: String::new(),
            ..request.helpers.clone()
        },
        any_answer: false,
        seed: 0,
        budget_ms: request.budget_ms,
    };
    let mut helpers = gates::pass(harness, &trial, end).await?.helpers;
    if helpers.validators.is_empty() && !request.helpers.validators.is_empty() {
        return Ok(None);
    }
    let is_missing =
        helpers.generator.trim().is_empty() && super::guess(&trial, &mut helpers).is_some();
    Ok((!is_missing).then_some(helpers))
}

/// The largest size to ask for whose input fits; none is larger than the statement's bound needs.
async fn largest<F>(made: &impl Fn(u64) -> F) -> Result<Option<u64>, Error>
where
    F: Future<Output = Result<Option<Input>, Error>>,
{
    let mut found: Option<(u64, u64)> = None;
    let mut asked = LARGEST;
    for _ in 0..HALVES {
        match (made(asked).await?, found) {
            (Some(input), Some((_, size))) if input.size < size => break,
            (Some(input), _) => found = Some((asked, input.size)),
            (None, Some(_)) => break,
            (None, None) => {}
        }
        asked /= 2;
    }
    Ok(found.map(|(asked, _)| asked))
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

    async fn size(&mut self, input: Input) -> Result<GrowthSize, Error> {
        let size = input.size;
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
