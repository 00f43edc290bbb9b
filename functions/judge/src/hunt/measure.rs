//! How small an input is.

use super::harness::{Choice, Input};

/// Tokens, then bytes, then the choices: the smaller one is easier to follow by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size {
    pub(super) tokens: usize,
    bytes: usize,
    choices: Vec<u64>,
}

impl Size {
    pub(super) fn of(input: &Input) -> Self {
        Self {
            tokens: tokens(&input.text),
            bytes: input.text.len(),
            choices: input.tape.iter().map(distance).collect(),
        }
    }
}

/// Tokens of an input.
pub(super) fn tokens(text: &str) -> usize {
    text.split_ascii_whitespace().count()
}

/// The simplest number of a choice: the one nearest to 0.
pub(super) fn simplest(choice: &Choice) -> i64 {
    choice.low.max(0).min(choice.high)
}

/// How far a choice is from the simplest.
pub(super) fn distance(choice: &Choice) -> u64 {
    // Of two equally far ones the positive is simpler.
    let far = choice.value.abs_diff(simplest(choice));
    far.saturating_mul(2)
        .saturating_add(u64::from(choice.value < simplest(choice)))
}
