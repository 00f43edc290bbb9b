//! Tells a visitor before anything is typed that submissions are refused for the rest of the day.

use actions::budget::{self, UsedUp};
use site::Words;
use web::{error::ApiError, http::Visitor, state::AppState};

/// Why this visitor's submissions are refused for the rest of the day, if they are.
///
/// # Errors
/// Those of the database.
pub(crate) async fn notice(
    state: &AppState,
    visitor: Visitor,
    words: Words,
) -> Result<Option<String>, ApiError> {
    if visitor.is_admin() {
        return Ok(None);
    }
    let closed = budget::closed(state, visitor.id()).await?;
    Ok(closed.map(|closed| {
        let key = match closed.why {
            UsedUp::Tokens => "budget.tokens",
            UsedUp::Submissions(_) => "budget.submissions",
        };
        words.fill(key, wait(words, closed.seconds_left))
    }))
}

/// A time to wait, in hours and minutes; the last minute counts as a whole one.
fn wait(words: Words, seconds: u64) -> String {
    let minutes = seconds.div_ceil(60).max(1);
    let parts = [
        ("budget.hours", minutes / 60),
        ("budget.minutes", minutes % 60),
    ];
    let parts = parts.into_iter().filter(|(_, number)| *number > 0);
    let parts: Vec<_> = parts.map(|(key, number)| words.fill(key, number)).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn a_wait_is_told_in_hours_and_minutes() {
        let words = Words(AnswerLanguage::English);
        for (seconds, text) in [
            (1, "1 min"),
            (61, "2 min"),
            (3600, "1 h"),
            (86_399, "24 h"),
            (5 * 3600 + 1, "5 h 1 min"),
        ] {
            assert_eq!(wait(words, seconds), text);
        }
    }
}
