//! How many submissions one client may send in a day, counted in the database for all processes.

use sqlx::PgConnection;

use super::pace::{Paced, RateLimit, VISITORS_OF_ONE};
use crate::error::ApiError;
use config::crypto::KeyRing;
use db::spending;
use domain::VisitorId;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;
const PURPOSE: &str = "client of a day";

/// A visitor as the database counts them: their id says nothing there.
#[must_use]
pub fn daily_client(keys: &KeyRing, visitor: VisitorId) -> String {
    keys.sign(PURPOSE, &format!("visitor {visitor}"))
}

impl Paced {
    /// Counts a submission or retry for today: of the address, and of the visitor, who may be a new one. Others of the same client
    /// wait until the transaction ends; it is not counted if that is rolled back. The admin's are not counted.
    ///
    /// # Errors
    /// [`ApiError::DailyLimit`], or those of the database.
    pub async fn count_today(
        &self,
        db: &mut PgConnection,
        keys: &KeyRing,
        visitor: Option<VisitorId>,
        a_day: u32,
    ) -> Result<(), ApiError> {
        let Some(address) = self.address().filter(|_| a_day > 0) else {
            return Ok(());
        };
        let seconds_left = spending::today(&mut *db, None).await?.seconds_left;
        let seconds_left = u64::try_from(seconds_left).unwrap_or(1);
        let address = keys.sign(PURPOSE, &format!("address {address}"));
        let clients = [
            (
                "day-address",
                Some(address),
                a_day.saturating_mul(VISITORS_OF_ONE),
            ),
            (
                "day-visitor",
                visitor.map(|visitor| daily_client(keys, visitor)),
                a_day,
            ),
        ];
        for (name, client, most) in clients {
            let Some(client) = client else { continue };
            let count =
                spending::count(db, &client, i32::try_from(most).unwrap_or(i32::MAX)).await?;
            let used = count.and_then(|count| u64::try_from(count).ok());
            let most = u64::from(most);
            self.note(RateLimit {
                name,
                quota: most,
                window: DAY,
                remaining: used.map_or(0, |used| most.saturating_sub(used)),
                wait: seconds_left,
            });
            if count.is_none() {
                return Err(ApiError::DailyLimit(seconds_left));
            }
        }
        Ok(())
    }

    /// Refuses a client for the rest of the day, as the tokens of all clients are used up.
    pub fn budget_used(&self, tokens: u64, seconds_left: u64) -> ApiError {
        self.note(RateLimit {
            name: "day-tokens",
            quota: tokens,
            window: DAY,
            remaining: 0,
            wait: seconds_left,
        });
        ApiError::BudgetUsed(seconds_left)
    }
}
