//! A program on all its cases.

use std::{sync::Arc, time::Instant};

use domain::{Outcome, RunLimits, RunVerdict};
use judge_api::{Case, RunAnswer, RunRequest};

use crate::{
    Machine,
    process::Error,
    program::{Compiled, Program, not_compiled},
    toolchain::Toolchain,
};

/// Compiles a program, and runs it on each case for which there is time.
pub(crate) async fn run(
    machine: &Machine,
    toolchain: &Toolchain,
    request: &RunRequest,
    end: Instant,
) -> Result<RunAnswer, Error> {
    let began = Instant::now();
    let compiled = machine.compile(toolchain, &request.code).await?;
    let compile_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let program = match compiled {
        Compiled::Program(program) => program,
        Compiled::Refused(compiler) => {
            return Ok(RunAnswer {
                compiled: false,
                compiler,
                compile_ms,
                cases: not_compiled(&request.cases),
            });
        }
    };
    let mut cases = Vec::with_capacity(request.cases.len());
    for case in &request.cases {
        cases.push(one(machine, &program, case, request.limits, end).await?);
    }
    Ok(RunAnswer {
        compiled: true,
        compiler: String::new(),
        compile_ms,
        cases,
    })
}

pub(crate) async fn one(
    machine: &Machine,
    program: &Program,
    case: &Case,
    limits: RunLimits,
    end: Instant,
) -> Result<Outcome, Error> {
    if Instant::now() >= end {
        return Ok(Outcome::not_run(RunVerdict::Skipped));
    }
    machine.run(program, case, limits, end).await
}

/// The first case that a program fails, if it fails one; `None` in its place if there was no time to find out.
pub(crate) async fn first_failure(
    machine: &Machine,
    program: &Arc<Program>,
    cases: &[Case],
    limits: RunLimits,
    end: Instant,
) -> Result<Option<Option<(usize, Outcome)>>, Error> {
    for (place, case) in cases.iter().enumerate() {
        let outcome = one(machine, program, case, limits, end).await?;
        match outcome.verdict {
            RunVerdict::Accepted => {}
            RunVerdict::Skipped => return Ok(None),
            _ => return Ok(Some(Some((place, outcome)))),
        }
    }
    Ok(Some(None))
}
