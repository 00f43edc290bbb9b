//! The tokens of today and of the last 30 days, against the budget of a day.

use db::spending::{self, Sum};
use site::{Words, dollars, grouped};
use web::{error::ApiError, settings, state::AppState};

/// A card that shows what is spent.
pub(crate) struct Spending {
    /// Today's tokens and the budget, for the meter; `None` where there is no budget.
    pub(crate) meter: Option<(u64, u64)>,
    /// Such as `12,345 of 100,000 tokens · $0.12`.
    pub(crate) today: String,
    pub(crate) month: String,
}

impl Spending {
    pub(crate) async fn load(state: &AppState, words: Words) -> Result<Self, ApiError> {
        let spent = spending::spent(&state.db).await?;
        let budget = settings::effective(state).await?.visitors.daily_tokens;
        let budget = Some(budget).filter(|budget| *budget > 0);
        let today = u64::try_from(spent.today.tokens).unwrap_or_default();
        Ok(Self {
            meter: budget.map(|budget| (today.min(budget), budget)),
            today: sentence(words, spent.today, budget),
            month: sentence(words, spent.month, None),
        })
    }
}

fn sentence(words: Words, sum: Sum, budget: Option<u64>) -> String {
    let tokens = grouped(words, sum.tokens.unsigned_abs());
    let tokens = match budget {
        Some(budget) => {
            let of = words.fill("spending.of", grouped(words, budget));
            format!("{tokens} {of}")
        }
        None => words.fill("spending.tokens", tokens),
    };
    match sum.cost {
        Some(cost) => format!("{tokens} · {}", dollars(words, cost)),
        None => tokens,
    }
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn tokens_stand_beside_the_budget_and_the_cost() {
        let sum = |cost| Sum {
            tokens: 12_345,
            cost,
        };
        for (language, budget, cost, text) in [
            (
                AnswerLanguage::English,
                Some(100_000),
                Some(0.12),
                "12,345 of 100,000 tokens · $0.1200",
            ),
            (AnswerLanguage::English, None, None, "12,345 tokens"),
            (
                AnswerLanguage::German,
                Some(100_000),
                None,
                "12.345 von 100.000 Token",
            ),
        ] {
            assert_eq!(sentence(Words(language), sum(cost), budget), text);
        }
    }
}
