//! How much visitors may spend in a day, and how much of a fix they may see.

use crate::{
    table::{DAILY_SUBMISSIONS_PER_VISITOR, DAILY_TOKEN_BUDGET, REVEAL, REVEAL_AFTER},
    values::{InvalidValue, Values},
};
use domain::{Reveal, RevealAfter, Rung};

/// Limits for everyone but the admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitorsConfig {
    /// Submissions and retries of one visitor in a day (UTC); 0 for any number.
    pub daily_submissions: u32,
    /// Tokens of all calls to the model in a day (UTC); 0 for any number.
    pub daily_tokens: u64,
    /// How much of a fix may be seen.
    pub reveal: Reveal,
}

pub(crate) fn visitors(values: &Values<'_>) -> Result<VisitorsConfig, InvalidValue> {
    let rung = values.choice(&REVEAL)?.and_then(Rung::parse);
    let after = match values.text(&REVEAL_AFTER) {
        Some(text) => Some(RevealAfter::parse(text).ok_or_else(|| REVEAL_AFTER.invalid())?),
        None => None,
    };
    Ok(VisitorsConfig {
        daily_submissions: values.number(&DAILY_SUBMISSIONS_PER_VISITOR)?,
        daily_tokens: values.number(&DAILY_TOKEN_BUDGET)?,
        reveal: Reveal {
            rung: rung.ok_or_else(|| REVEAL.invalid())?,
            after,
        },
    })
}
