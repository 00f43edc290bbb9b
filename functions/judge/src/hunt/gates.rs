//! Helpers are tried before anything is believed of them.

use std::time::Instant;

use domain::{HelperFault, HelperKind, Helpers, UnusableHelper};
use judge_api::{Case, HuntRequest, compare};

use super::{
    fault,
    harness::{Harness, Input, Job, Line, Reply},
    mutants, same,
};
use crate::process::Error;

/// Cases whose broken forms are tried.
const BROKEN: usize = 6;
/// Broken inputs that a validator must refuse, in percent: a few of them may be allowed.
const REFUSED_INPUTS: usize = 70;
/// Wrong outputs that a checker must refuse, in percent.
const REFUSED_OUTPUTS: usize = 90;

/// The helpers that stood the trial, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Gates {
    pub(super) helpers: Helpers,
    pub(super) faults: Vec<UnusableHelper>,
    /// The known inputs, with what the usable helpers say of them.
    pub(super) known: Vec<Input>,
    /// Whether the time was up before all were tried.
    pub(super) is_cut: bool,
}

/// The replies to one known case.
struct Looked<'a> {
    case: &'a Case,
    input: Input,
}

/// Tries all helpers but the generator on the known cases.
pub(super) async fn pass(
    harness: &Harness<'_>,
    request: &HuntRequest,
    end: Instant,
) -> Result<Gates, Error> {
    let mut gates = Gates {
        helpers: request.helpers.clone(),
        ..Gates::default()
    };
    if request.reference.is_some() {
        // Nobody asks them then.
        gates.helpers.references.clear();
    }
    gates.without_the_program(&request.code);
    let plan = Plan::of(request);
    loop {
        let jobs = plan.jobs(!gates.helpers.checker.is_empty());
        let batch = harness.run(&gates.helpers, &jobs, end).await?;
        match batch.ended_by {
            // Each time there is one less.
            Some(fault) if gates.remove(&fault) => gates.faults.push(fault),
            _ => {
                gates.is_cut = batch.lines.len() < jobs.len();
                gates.judge(&plan, batch.lines, request.any_answer);
                return Ok(gates);
            }
        }
    }
}

/// The jobs of the trial, in their order.
struct Plan<'a> {
    cases: &'a [Case],
    broken: Vec<String>,
    /// Outputs that are right or not.
    outputs: Vec<Output<'a>>,
}

/// An output for the checker.
struct Output<'a> {
    input: &'a str,
    text: String,
    /// A right output, or where no reference gives one the output itself.
    answer: String,
    is_right: bool,
}

impl<'a> Plan<'a> {
    fn of(request: &'a HuntRequest) -> Self {
        let has_answers = request.reference.is_some() || !request.helpers.references.is_empty();
        let small = request.cases.iter().take(BROKEN);
        let mut outputs = Vec::new();
        for case in small.clone() {
            let Some(expected) = case.expected.as_deref() else {
                continue;
            };
            let mut push = |text: String, is_right| {
                let answer = if has_answers { expected } else { &text };
                outputs.push(Output {
                    input: &case.input,
                    answer: answer.to_owned(),
                    text,
                    is_right,
                });
            };
            push(expected.to_owned(), true);
            for wrong in mutants::outputs(expected) {
                push(wrong, false);
            }
        }
        Self {
            cases: &request.cases,
            broken: small
                .flat_map(|case| mutants::inputs(&case.input))
                .collect(),
            outputs,
        }
    }

    fn jobs(&self, has_checker: bool) -> Vec<Job> {
        let look = |text: &str, solve| Job::Look {
            text: text.to_owned(),
            solve,
        };
        let mut jobs: Vec<Job> = self
            .cases
            .iter()
            .map(|case| look(&case.input, true))
            .collect();
        jobs.extend(self.broken.iter().map(|text| look(text, false)));
        if has_checker {
            jobs.extend(self.outputs.iter().map(|output| Job::Check {
                input: output.input.to_owned(),
                output: output.text.clone(),
                answer: output.answer.clone(),
            }));
        }
        jobs
    }
}

impl Gates {
    /// Takes out references that are the program itself, or one another.
    fn without_the_program(&mut self, code: &str) {
        let references = std::mem::take(&mut self.helpers.references);
        for (place, reference) in references.into_iter().enumerate() {
            let known = self.helpers.references.iter().map(String::as_str);
            if known
                .chain([code])
                .any(|other| same::are_same(&reference, other))
            {
                let detail = "it is the program itself, or another reference";
                self.faults.push(fault(
                    HelperKind::Reference,
                    place,
                    HelperFault::SameProgram,
                    detail,
                ));
            } else {
                self.helpers.references.push(reference);
            }
        }
    }

    /// Takes out the helper that ended the process; whether there was one.
    fn remove(&mut self, fault: &UnusableHelper) -> bool {
        let helpers = &mut self.helpers;
        let list = match fault.helper {
            HelperKind::Validator => &mut helpers.validators,
            HelperKind::Reference => &mut helpers.references,
            HelperKind::Checker if helpers.checker.is_empty() => return false,
            HelperKind::Checker => {
                helpers.checker.clear();
                return true;
            }
            HelperKind::Generator => return false,
        };
        let is_there = fault.place < list.len();
        if is_there {
            list.remove(fault.place);
        }
        is_there
    }

    fn judge(&mut self, plan: &Plan<'_>, lines: Vec<Line>, any_answer: bool) {
        let mut lines = lines.into_iter();
        let looked: Vec<Looked<'_>> = plan
            .cases
            .iter()
            .zip(lines.by_ref().take(plan.cases.len()).map(Line::input))
            .filter_map(|(case, input)| {
                Some(Looked {
                    case,
                    input: input?,
                })
            })
            .collect();
        let broken: Vec<Input> = lines
            .by_ref()
            .take(plan.broken.len())
            .filter_map(Line::input)
            .collect();
        self.check_checker(plan, lines.collect());
        let validator = self.best_validator(&looked, &broken);
        let references = self.right_references(&looked, any_answer);
        self.known = looked
            .into_iter()
            .map(|looked| Input {
                valid: validator
                    .iter()
                    .map(|place| looked.input.valid[*place].clone())
                    .collect(),
                answers: references
                    .iter()
                    .map(|place| looked.input.answers[*place].clone())
                    .collect(),
                ..looked.input
            })
            .collect();
    }

    fn check_checker(&mut self, plan: &Plan<'_>, lines: Vec<Line>) {
        if self.helpers.checker.is_empty() {
            return;
        }
        let (mut wrong, mut refused, mut problem) = (0, 0, None);
        for (output, line) in plan.outputs.iter().zip(&lines) {
            match line {
                Line::Checked { right } if output.is_right && !right => {
                    let detail = format!("it refuses the output of a sample: {}", output.text);
                    problem = Some(fault(
                        HelperKind::Checker,
                        0,
                        HelperFault::WrongOnSample,
                        &detail,
                    ));
                }
                Line::Fault { fault: how, detail } if output.is_right => {
                    let reply: Reply<bool> = Reply::Fault {
                        fault: *how,
                        detail: detail.clone(),
                    };
                    problem = reply.fault(HelperKind::Checker, 0);
                }
                _ if output.is_right => {}
                Line::Checked { right: true } => wrong += 1,
                // One that raises does not accept it.
                _ => (wrong, refused) = (wrong + 1, refused + 1),
            }
        }
        if problem.is_none() && plan.outputs.is_empty() {
            let detail = "no sample with an output shows that it refuses any";
            problem = Some(fault(
                HelperKind::Checker,
                0,
                HelperFault::AcceptsEverything,
                detail,
            ));
        }
        if problem.is_none() && refused * 100 < wrong * REFUSED_OUTPUTS {
            let detail = format!("it accepts {} of {wrong} wrong outputs", wrong - refused);
            problem = Some(fault(
                HelperKind::Checker,
                0,
                HelperFault::AcceptsEverything,
                &detail,
            ));
        }
        if let Some(problem) = problem {
            self.faults.push(problem);
            self.helpers.checker.clear();
        }
    }

    /// The validator that accepts all known inputs and refuses most broken ones, by its place; the others are taken out.
    fn best_validator(&mut self, looked: &[Looked<'_>], broken: &[Input]) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for place in 0..self.helpers.validators.len() {
            if let Some(problem) = looked.iter().find_map(|looked| refuses(looked, place)) {
                self.faults.push(problem);
                continue;
            }
            let accepted = broken
                .iter()
                .filter(|input| input.valid.get(place).and_then(Reply::answer) == Some(&true));
            let refused = broken.len() - accepted.count();
            if refused * 100 < broken.len() * REFUSED_INPUTS {
                let detail = format!(
                    "it accepts {} of {} broken inputs",
                    broken.len() - refused,
                    broken.len()
                );
                self.faults.push(fault(
                    HelperKind::Validator,
                    place,
                    HelperFault::AcceptsEverything,
                    &detail,
                ));
            } else if best.is_none_or(|(most, _)| refused > most) {
                best = Some((refused, place));
            }
        }
        let place = best.map(|(_, place)| place);
        self.helpers.validators = place
            .map(|place| self.helpers.validators.swap_remove(place))
            .into_iter()
            .collect();
        place
    }

    /// The references that are right on all known cases, by their places; the others are taken out.
    fn right_references(&mut self, looked: &[Looked<'_>], any_answer: bool) -> Vec<usize> {
        let references = std::mem::take(&mut self.helpers.references);
        let mut right = Vec::new();
        for (place, reference) in references.into_iter().enumerate() {
            match reference_fault(looked, place, any_answer) {
                Some(problem) => self.faults.push(problem),
                None => {
                    self.helpers.references.push(reference);
                    right.push(place);
                }
            }
        }
        right
    }
}

fn refuses(looked: &Looked<'_>, place: usize) -> Option<UnusableHelper> {
    match looked.input.valid.get(place)? {
        Reply::Answer(true) => None,
        Reply::Answer(false) => {
            let detail = format!("it refuses a known input:\n{}", looked.case.input);
            Some(fault(
                HelperKind::Validator,
                place,
                HelperFault::WrongOnSample,
                &detail,
            ))
        }
        reply => reply.fault(HelperKind::Validator, place),
    }
}

/// The fault of a reference on the known inputs. Large ones may be more than it can do, but not all of them are.
fn reference_fault(
    looked: &[Looked<'_>],
    place: usize,
    any_answer: bool,
) -> Option<UnusableHelper> {
    let faults: Vec<UnusableHelper> = looked
        .iter()
        .filter_map(|looked| errs(looked, place, any_answer))
        .collect();
    let is_late = |fault: &&UnusableHelper| fault.fault == HelperFault::Endless;
    let wrong = faults.iter().find(|fault| !is_late(fault));
    let late = faults.first().filter(|_| faults.len() == looked.len());
    wrong.or(late).cloned()
}

fn errs(looked: &Looked<'_>, place: usize, any_answer: bool) -> Option<UnusableHelper> {
    let reply = looked.input.answers.get(place)?;
    let Some(answer) = reply.answer() else {
        return reply.fault(HelperKind::Reference, place);
    };
    let expected = looked.case.expected.as_deref().filter(|_| !any_answer)?;
    if compare(expected.as_bytes(), answer.as_bytes()).equal {
        return None;
    }
    let detail = format!(
        "it answers {} instead of {}",
        answer.trim_end(),
        expected.trim_end()
    );
    Some(fault(
        HelperKind::Reference,
        place,
        HelperFault::WrongOnSample,
        &detail,
    ))
}
