//! Tables `spending` and `daily_submissions`: tokens of all calls to the model, and submissions of each client, by day in UTC.

use chrono::NaiveDate;
use sqlx::{PgConnection, PgExecutor};

use super::Result;
use domain::Usage;

/// Tokens and cost of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// Tokens sent and received.
    pub tokens: i64,
    /// In US dollars, where calls had a price.
    pub cost: Option<f64>,
}

/// The days from this one on, oldest first.
///
/// # Errors
/// [`super::Error`].
pub async fn days(db: impl PgExecutor<'_>, since: NaiveDate) -> Result<Vec<Day>> {
    let rows = sqlx::query_as!(
        Day,
        r#"-- spending.days
        SELECT day, prompt_tokens + completion_tokens AS "tokens!", cost
        FROM spending
        WHERE day >= $1
        ORDER BY day"#,
        since,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Tokens and cost of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// Tokens sent and received.
    pub tokens: i64,
    /// In US dollars, where calls had a price.
    pub cost: Option<f64>,
}

/// The tokens of today and of the last 30 days, today among them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Since midnight UTC.
    pub today: Sum,
    /// In 30 days.
    pub month: Sum,
}

/// Tokens that one report counts at most: an endpoint's nonsense must not use up the day, or overflow its sum.
const MOST: i64 = 1_000_000_000;

/// Tokens as they are stored.
pub(crate) fn tokens(reported: u64) -> i64 {
    i64::try_from(reported).map_or(MOST, |tokens| tokens.min(MOST))
}

/// Adds the tokens of calls to today's.
///
/// # Errors
/// [`super::Error`].
pub async fn add(db: impl PgExecutor<'_>, usage: &Usage) -> Result<()> {
    sqlx::query!(
        "-- spending.add
        INSERT INTO spending (day, prompt_tokens, completion_tokens, cost)
        VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, $1, $2, $3)
        ON CONFLICT (day) DO UPDATE
        SET prompt_tokens = spending.prompt_tokens + excluded.prompt_tokens,
            completion_tokens = spending.completion_tokens + excluded.completion_tokens,
            cost = CASE WHEN excluded.cost IS NULL THEN spending.cost
                ELSE COALESCE(spending.cost, 0) + excluded.cost END",
        tokens(usage.prompt_tokens),
        tokens(usage.completion_tokens),
        usage.cost,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads the tokens of today and of the last 30 days.
///
/// # Errors
/// [`super::Error`].
pub async fn spent(db: impl PgExecutor<'_>) -> Result<Spent> {
    let row = sqlx::query!(
        r#"-- spending.spent
        WITH clock AS (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS today)
        SELECT COALESCE(sum(prompt_tokens + completion_tokens) FILTER (WHERE day = today), 0)::bigint AS "today!",
            sum(cost) FILTER (WHERE day = today) AS today_cost,
            COALESCE(sum(prompt_tokens + completion_tokens), 0)::bigint AS "month!",
            sum(cost) AS month_cost
        FROM spending, clock
        WHERE day > today - 30 AND day <= today"#,
    )
    .fetch_one(db)
    .await?;
    Ok(Spent {
        today: Sum {
            tokens: row.today,
            cost: row.today_cost,
        },
        month: Sum {
            tokens: row.month,
            cost: row.month_cost,
        },
    })
}

/// How far a day has gone.
#[derive(Clone, Copy, Debug)]
pub struct Today {
    /// Tokens of all calls since midnight UTC.
    pub tokens: i64,
    /// Submissions and retries of the client.
    pub submissions: i32,
    /// Whole seconds until midnight UTC, from 1.
    pub seconds_left: i64,
}

/// Reads how far today has gone, for this client.
///
/// # Errors
/// [`super::Error`].
pub async fn today(db: impl PgExecutor<'_>, client: Option<&str>) -> Result<Today> {
    let row = sqlx::query_as!(
        Today,
        r#"-- spending.today
        WITH clock AS (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now)
        SELECT COALESCE((SELECT prompt_tokens + completion_tokens FROM spending WHERE day = now::date), 0) AS "tokens!",
            COALESCE((SELECT count FROM daily_submissions WHERE day = now::date AND client = $1), 0) AS "submissions!",
            ceil(extract(epoch FROM now::date + 1 - now))::bigint AS "seconds_left!"
        FROM clock"#,
        client,
    )
    .fetch_one(db)
    .await?;
    Ok(row)
}

/// Counts a submission of a client, and answers how many it has made today; `None` where it has made `most` already.
///
/// Until the transaction ends, others of the same client wait.
///
/// # Errors
/// [`super::Error`].
pub async fn count(db: &mut PgConnection, client: &str, most: i32) -> Result<Option<i32>> {
    let count = sqlx::query_scalar!(
        "-- spending.count
        INSERT INTO daily_submissions (day, client, count)
        VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, $1, 1)
        ON CONFLICT (day, client) DO UPDATE
        SET count = daily_submissions.count + 1
        WHERE daily_submissions.count < $2
        RETURNING count",
        client,
        most,
    )
    .fetch_optional(db)
    .await?;
    Ok(count)
}

/// Forgets the clients of earlier days.
///
/// # Errors
/// [`super::Error`].
pub async fn forget(db: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "-- spending.forget
        DELETE FROM daily_submissions
        WHERE day < (clock_timestamp() AT TIME ZONE 'UTC')::date",
    )
    .execute(db)
    .await?;
    Ok(())
}
