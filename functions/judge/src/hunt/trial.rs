//! The first inputs, which show whether the helpers are of use.

use std::collections::HashSet;

use domain::{HelperFault, HelperKind, InputKind, UnusableHelper};

use super::{
    harness::{Input, Job, Line, Reply},
    measure::simplest,
    search::Search,
};
use crate::process::Error;

impl Search<'_> {
    /// Makes the first inputs, all of which must be allowed; answers them, or nothing after noting what is wrong.
    pub(super) async fn try_helpers(
        &mut self,
        first: &[(InputKind, Vec<Job>)],
        is_guessed: bool,
    ) -> Result<Result<Vec<(InputKind, Vec<Input>)>, ()>, Error> {
        let mut jobs = vec![Job::Replay { tape: Vec::new() }];
        jobs.extend(first.iter().flat_map(|(_, jobs)| jobs.clone()));
        let lines = loop {
            let batch = self
                .oracle
                .harness
                .run(&self.gates.helpers, &jobs, self.oracle.end)
                .await?;
            let broken = batch
                .fault(HelperKind::Generator)
                .filter(|_| !is_guessed || batch.lines.is_empty());
            let Some(fault) = broken.or_else(|| trial_fault(&batch.lines, is_guessed)) else {
                break batch.lines;
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
                return Ok(Err(()));
            }
        };
        let mut lines = lines.into_iter().skip(1);
        let made = first.iter().map(|(kind, jobs)| {
            let inputs = lines
                .by_ref()
                .take(jobs.len())
                .filter_map(|line| match line {
                    Line::Input(input) => Some(input),
                    _ => None,
                });
            (*kind, inputs.collect())
        });
        Ok(Ok(made.collect()))
    }
}

/// The first thing that these inputs say against a helper.
fn trial_fault(lines: &[Line], is_guessed: bool) -> Option<UnusableHelper> {
    let of = |helper, fault, detail: String| {
        Some(UnusableHelper {
            helper,
            place: 0,
            fault,
            detail: domain::limits::cut(&detail, 300).to_owned(),
        })
    };
    let inputs: Vec<&Input> = lines
        .iter()
        .filter_map(|line| match line {
            Line::Input(input) => Some(input),
            _ => None,
        })
        .collect();
    let refused = inputs.iter().find(|input| !input.is_allowed());
    if let Some(input) = refused.filter(|_| !is_guessed) {
        let detail = format!(
            "the validator refuses this input that it makes:\n{}",
            input.text
        );
        return of(HelperKind::Generator, HelperFault::InvalidInputs, detail);
    }
    let allowed: Vec<&&Input> = inputs.iter().filter(|input| input.is_allowed()).collect();
    let different: HashSet<&str> = allowed.iter().map(|input| input.text.as_str()).collect();
    let draws = allowed.iter().any(|input| {
        input
            .tape
            .iter()
            .any(|choice| simplest(choice) != choice.high)
    });
    if different.len() < 2 || !draws {
        let detail = format!(
            "it makes {} different inputs in {}",
            different.len(),
            lines.len()
        );
        return of(HelperKind::Generator, HelperFault::NoVariety, detail);
    }
    let answered: Vec<&&&Input> = allowed
        .iter()
        .filter(|input| !input.answers.is_empty())
        .collect();
    let faults: Vec<UnusableHelper> = answered
        .iter()
        .filter_map(|input| {
            let mut answers = input.answers.iter().enumerate();
            answers.find_map(|(place, answer): (usize, &Reply<String>)| {
                answer.fault(HelperKind::Reference, place)
            })
        })
        .collect();
    let raised = faults
        .iter()
        .find(|fault| fault.fault == HelperFault::Raises);
    if let Some(fault) = raised.filter(|_| !is_guessed) {
        return Some(fault.clone());
    }
    // It may be slow on some of them.
    let first = faults.first()?;
    (faults.len() * 2 > answered.len()).then(|| first.clone())
}
