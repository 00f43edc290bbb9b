//! The first inputs, which show whether the helpers are of use.

use std::collections::HashSet;

use domain::{HelperFault, HelperKind, InputKind, UnusableHelper};

use super::{
    fault,
    harness::{Input, Job, Line, Reply},
    measure::simplest,
    plan,
    search::Search,
};
use crate::process::Error;

impl Search<'_> {
    /// Makes inputs of all kinds, which must be allowed; answers the ladder, or nothing after noting what is wrong. Only that is
    /// answered by the references, which may be slow.
    pub(super) async fn try_helpers(
        &mut self,
        is_guessed: bool,
    ) -> Result<Option<Vec<Input>>, Error> {
        let mut jobs = vec![Job::Replay { tape: Vec::new() }];
        let mut ladder = 0;
        for (kind, some) in plan::round(0, self.request.seed) {
            let is_ladder = kind == InputKind::Ladder;
            ladder += if is_ladder { some.len() } else { 0 };
            jobs.extend(
                some.into_iter()
                    .map(|job| if is_ladder { job } else { job.unanswered() }),
            );
        }
        loop {
            let batch = self
                .oracle
                .harness
                .run(&self.gates.helpers, &jobs, self.oracle.end)
                .await?;
            let broken = batch
                .fault(HelperKind::Generator)
                .filter(|_| !is_guessed || batch.lines.is_empty());
            // Where the time was up, nothing is known of the helpers.
            let is_cut = batch.lines.len() < jobs.len();
            let Some(fault) =
                broken.or_else(|| trial_fault(&batch.lines, is_guessed).filter(|_| !is_cut))
            else {
                let lines = batch.lines.into_iter().skip(1).take(ladder);
                return Ok(Some(lines.filter_map(Line::input).collect()));
            };
            let references = &mut self.gates.helpers.references;
            let is_spare = fault.helper == HelperKind::Reference
                && references.len() > 1
                && fault.place < references.len();
            if is_spare {
                references.remove(fault.place);
            }
            self.gates.faults.push(fault);
            if !is_spare {
                return Ok(None);
            }
        }
    }
}

/// The first thing that these inputs say against a helper.
fn trial_fault(lines: &[Line], is_guessed: bool) -> Option<UnusableHelper> {
    let inputs: Vec<&Input> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Input(input) => Some(input),
            _ => None,
        })
        .collect();
    generator_fault(&inputs, is_guessed).or_else(|| reference_fault(&inputs, is_guessed))
}

fn generator_fault(inputs: &[&Input], is_guessed: bool) -> Option<UnusableHelper> {
    let refused = inputs.iter().find(|input| !input.is_allowed());
    let (how, detail) = if let Some(input) = refused.filter(|_| !is_guessed) {
        let text = &input.text;
        let detail = format!("the validator refuses this input that it makes:\n{text}");
        (HelperFault::InvalidInputs, detail)
    } else {
        let allowed = || inputs.iter().filter(|input| input.is_allowed());
        let different: HashSet<&str> = allowed().map(|input| input.text.as_str()).collect();
        let draws = allowed()
            .flat_map(|input| &input.tape)
            .any(|choice| simplest(choice) != choice.high);
        if different.len() > 1 && draws {
            return None;
        }
        let detail = format!(
            "it makes {} different inputs in {}",
            different.len(),
            inputs.len()
        );
        (HelperFault::NoVariety, detail)
    };
    Some(fault(HelperKind::Generator, 0, how, &detail))
}

/// A reference may be slow on some of them, and must answer the others.
fn reference_fault(inputs: &[&Input], is_guessed: bool) -> Option<UnusableHelper> {
    let answered = inputs
        .iter()
        .filter(|input| input.is_allowed() && !input.answers.is_empty());
    let of = |input: &&&Input| {
        let mut answers = input.answers.iter().enumerate();
        answers.find_map(|(place, answer): (usize, &Reply<String>)| {
            answer.fault(HelperKind::Reference, place)
        })
    };
    let faults: Vec<UnusableHelper> = answered.clone().filter_map(|input| of(&input)).collect();
    let raised = faults
        .iter()
        .find(|fault| fault.fault == HelperFault::Raises);
    if let Some(fault) = raised.filter(|_| !is_guessed) {
        return Some(fault.clone());
    }
    let first = faults.first()?;
    (faults.len() * 2 > answered.count()).then(|| first.clone())
}
