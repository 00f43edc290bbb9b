//! What visitors may spend in a day: a number of submissions each, and a number of tokens together. The day is UTC's.

use db::{PgConnection, spending};
use domain::VisitorId;
use web::{
    error::ApiError,
    http::{Paced, daily_client},
    settings,
    state::AppState,
};

/// Why a visitor's submissions are refused for the rest of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedUp {
    /// The tokens of all visitors.
    Tokens,
    /// This visitor's submissions, which are so many.
    Submissions(u32),
}

/// An allowance that is used up, and the seconds until it is there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which one.
    pub why: UsedUp,
    /// Until midnight UTC.
    pub seconds_left: u64,
}

/// Whether the submissions of this visitor, who is not the admin, are refused for the rest of the day.
///
/// # Errors
/// Those of the database.
pub async fn closed(
    state: &AppState,
    visitor: Option<VisitorId>,
) -> Result<Option<Closed>, ApiError> {
    let settings = settings::effective(state).await?;
    let limits = &settings.visitors;
    if limits.daily_tokens == 0 && limits.daily_submissions == 0 {
        return Ok(None);
    }
    let client = visitor.map(|visitor| daily_client(&state.keys, visitor));
    let today = spending::today(&state.db, client.as_deref()).await?;
    let is_over = |used: u64, most: u64| most > 0 && used >= most;
    let tokens = u64::try_from(today.tokens).unwrap_or_default();
    let submissions = u64::try_from(today.submissions).unwrap_or_default();
    let why = if is_over(tokens, limits.daily_tokens) {
        Some(UsedUp::Tokens)
    } else if is_over(submissions, limits.daily_submissions.into()) {
        Some(UsedUp::Submissions(limits.daily_submissions))
    } else {
        None
    };
    Ok(why.map(|why| Closed {
        why,
        seconds_left: u64::try_from(today.seconds_left).unwrap_or(1),
    }))
}

/// Whether the tokens of the day are used up.
///
/// # Errors
/// Those of the database.
pub async fn are_tokens_used_up(state: &AppState, daily_tokens: u64) -> db::Result<bool> {
    if daily_tokens == 0 {
        return Ok(false);
    }
    let today = spending::today(&state.db, None).await?;
    Ok(u64::try_from(today.tokens).unwrap_or_default() >= daily_tokens)
}

/// The rest of a day for the sender of a submission, read before the transaction that stores it: that has one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Submissions and retries in a day; 0 for any number.
    a_day: u32,
    /// Where the tokens are used up: how many there were, and the seconds until midnight UTC.
    used_up: Option<(u64, u64)>,
}

impl Allowance {
    /// The allowance of a client. For the admin there is no limit.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn of(state: &AppState, by: &Paced) -> Result<Self, ApiError> {
        if by.is_admin() {
            return Ok(Self {
                a_day: 0,
                used_up: None,
            });
        }
        let settings = settings::effective(state).await?;
        let limits = &settings.visitors;
        let used_up = if limits.daily_tokens > 0 {
            let today = spending::today(&state.db, None).await?;
            let seconds_left = u64::try_from(today.seconds_left).unwrap_or(1);
            let is_over = u64::try_from(today.tokens).unwrap_or_default() >= limits.daily_tokens;
            is_over.then_some((limits.daily_tokens, seconds_left))
        } else {
            None
        };
        Ok(Self {
            a_day: limits.daily_submissions,
            used_up,
        })
    }

    /// Whether anything has to be taken from it.
    pub(super) const fn is_limited(&self) -> bool {
        self.a_day > 0 || self.used_up.is_some()
    }

    /// Takes a submission or retry from it, which is put back if the transaction is rolled back.
    ///
    /// # Errors
    /// [`ApiError::BudgetUsed`] and [`ApiError::DailyLimit`], or those of the database.
    pub(super) async fn take(
        self,
        db: &mut PgConnection,
        state: &AppState,
        by: &Paced,
        visitor: Option<VisitorId>,
    ) -> Result<(), ApiError> {
        if let Some((tokens, seconds_left)) = self.used_up {
            return Err(by.budget_used(tokens, seconds_left));
        }
        by.count_today(db, &state.keys, visitor, self.a_day).await
    }
}
