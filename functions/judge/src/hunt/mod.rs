//! The hunt: looks for the smallest input on which a program is wrong.
//!
//! Helpers make inputs, tell which are allowed, and answer them; the program then runs once on each. All of them are tried before
//! anything is believed of them, and run in the sandbox of every other program.

mod format;
mod gates;
mod growth;
mod guess;
mod harness;
mod measure;
mod mutants;
mod oracle;
mod plan;
mod reader;
mod same;
mod search;
mod shrink;
mod smaller;
mod trial;

use std::time::Instant;

use domain::{HelperFault, HelperKind, Helpers, Hunt, HuntEnding, Outcome, UnusableHelper};
use judge_api::{HuntAnswer, HuntRequest};

use crate::{
    Machine,
    job::one,
    process::Error,
    program::{Compiled, Program},
    toolchain::Toolchain,
};
pub(crate) use growth::grow;
use harness::Harness;
use oracle::{Oracle, reference_limits};
use search::Search;
use std::sync::Arc;

/// A hunt that ends before it began.
fn unusable(faults: Vec<UnusableHelper>) -> HuntAnswer {
    HuntAnswer {
        compiled: true,
        compiler: String::new(),
        hunt: Hunt {
            ending: HuntEnding::Unusable,
            guessed: false,
            counterexample: None,
            dispute: None,
            tried: Vec::new(),
            faults,
            unsteady: 0,
            complete: false,
        },
        cases: Vec::new(),
    }
}

/// Bytes of a helper's words that are kept.
const DETAIL_BYTES: usize = 300;

fn fault(helper: HelperKind, place: usize, fault: HelperFault, detail: &str) -> UnusableHelper {
    UnusableHelper {
        helper,
        place,
        fault,
        detail: domain::limits::cut(detail, DETAIL_BYTES).to_owned(),
    }
}

/// Looks for the smallest input on which the program of a request is wrong.
pub(crate) async fn hunt(
    machine: &Machine,
    toolchain: &Toolchain,
    request: &HuntRequest,
    end: Instant,
) -> Result<HuntAnswer, Error> {
    let program = match machine.compile(toolchain, &request.code).await? {
        Compiled::Program(program) => program,
        Compiled::Refused(compiler) => {
            return Ok(HuntAnswer {
                compiled: false,
                compiler,
                ..unusable(Vec::new())
            });
        }
    };
    let Some(harness) = Harness::new(machine).await? else {
        let detail = "helpers are written in Python, which cannot be run here";
        return Ok(unusable(vec![fault(
            HelperKind::Generator,
            0,
            HelperFault::CannotRun,
            detail,
        )]));
    };
    let reference = match reference(machine, request, end).await? {
        Ok(reference) => reference,
        Err(fault) => return Ok(unusable(vec![fault])),
    };
    let mut gates = gates::pass(&harness, request, end).await?;
    if gates.is_cut {
        // Where the time was up, nothing is known of the helpers.
        let mut answer = unusable(Vec::new());
        answer.hunt.ending = HuntEnding::NothingFound;
        return Ok(answer);
    }
    if let Some(fault) = missing(request, reference.is_some(), &gates) {
        gates.faults.push(fault);
        return Ok(unusable(gates.faults));
    }
    let is_guessed = gates.helpers.generator.trim().is_empty();
    if is_guessed && let Some(fault) = guess(request, &mut gates.helpers) {
        gates.faults.push(fault);
        return Ok(unusable(gates.faults));
    }
    let is_valid = !gates.helpers.validators.is_empty();
    let oracle = Oracle {
        machine,
        harness: &harness,
        program,
        limits: request.limits,
        reference,
        helpers: gates.helpers.clone(),
        any_answer: request.any_answer,
        is_tested: request.cases.iter().any(|case| case.expected.is_some()),
        is_valid: is_valid || !is_guessed,
        end,
    };
    let search = Search::new(&oracle, request, gates, is_guessed && !is_valid);
    search.run(is_guessed).await
}

/// Guesses a generator; answers what is missing where none can be.
fn guess(request: &HuntRequest, helpers: &mut Helpers) -> Option<UnusableHelper> {
    let samples = request.cases.iter().map(|case| case.input.as_str());
    match guess::generator(&samples.collect::<Vec<_>>()) {
        Some(generator) => {
            helpers.generator = generator;
            None
        }
        None => {
            let detail =
                "there is none, and the format of the samples is not plain enough to guess one";
            Some(fault(
                HelperKind::Generator,
                0,
                HelperFault::Missing,
                detail,
            ))
        }
    }
}

/// The user's reference, or what is wrong with it.
async fn reference(
    machine: &Machine,
    request: &HuntRequest,
    end: Instant,
) -> Result<Result<Option<Arc<Program>>, UnusableHelper>, Error> {
    let Some(reference) = &request.reference else {
        return Ok(Ok(None));
    };
    let bad = |how, detail: &str| Ok(Err(fault(HelperKind::Reference, 0, how, detail)));
    if reference.language == request.language && same::are_same(&reference.code, &request.code) {
        return bad(HelperFault::SameProgram, "it is the program itself");
    }
    let Some(toolchain) = machine.toolchain(reference.language) else {
        let detail = format!("{} cannot be run here", reference.language);
        return bad(HelperFault::CannotRun, &detail);
    };
    let program = match machine.compile(&toolchain, &reference.code).await? {
        Compiled::Program(program) => program,
        Compiled::Refused(why) => return bad(HelperFault::CannotRun, &why),
    };
    for case in &request.cases {
        let mut case = case.clone();
        if request.any_answer {
            case.expected = None;
        }
        let outcome = one(
            machine,
            &program,
            &case,
            reference_limits(request.limits),
            end,
        )
        .await?;
        if outcome.is_failed() {
            return bad(
                HelperFault::WrongOnSample,
                &on_sample(&case.input, &outcome),
            );
        }
    }
    Ok(Ok(Some(program)))
}

fn on_sample(input: &str, outcome: &Outcome) -> String {
    let input = domain::limits::cut(input.trim_end(), 100);
    let output = domain::limits::cut(outcome.output.trim_end(), 100);
    format!("{} on the known input {input}: {output}", outcome.verdict)
}

/// The helper without which there is nothing to hunt with.
fn missing(
    request: &HuntRequest,
    has_reference: bool,
    gates: &gates::Gates,
) -> Option<UnusableHelper> {
    let helpers = &gates.helpers;
    let checks = request.any_answer && !helpers.checker.is_empty();
    // A checker that was to have a reference's answer was not tried without one.
    let checks_alone = checks && request.helpers.references.is_empty();
    if !has_reference && helpers.references.is_empty() && !checks_alone {
        return Some(fault(
            HelperKind::Reference,
            0,
            HelperFault::Missing,
            "nothing here tells which output is right",
        ));
    }
    if request.any_answer && !request.helpers.checker.trim().is_empty() && !checks {
        return Some(fault(
            HelperKind::Checker,
            0,
            HelperFault::Missing,
            "several outputs may be right, and no checker tells which",
        ));
    }
    if !request.helpers.validators.is_empty() && helpers.validators.is_empty() {
        return Some(fault(
            HelperKind::Validator,
            0,
            HelperFault::Missing,
            "no validator tells which inputs are allowed",
        ));
    }
    None
}
