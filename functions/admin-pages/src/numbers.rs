//! The submissions in numbers: by day, by the reasons of failures, and the room they take.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use db::{
    spending,
    statistics::{self, Disk},
};
use site::{Words, bytes, dollars, grouped};
use web::{error::ApiError, state::AppState};

use crate::chart::{Chart, Value, bars};

/// Days that are shown, today among them.
const DAYS: u64 = 30;
/// Most reasons to show.
const REASONS: i64 = 10;

/// The figures of a day.
#[derive(Clone, Copy, Debug, Default)]
struct Day {
    day: NaiveDate,
    submissions: i64,
    failed: i64,
    tokens: i64,
    cost: Option<f64>,
}

/// A day as a row.
pub(crate) struct Row {
    pub(crate) day: String,
    pub(crate) submissions: String,
    pub(crate) failed: String,
    pub(crate) tokens: String,
    pub(crate) cost: String,
}

/// A reason of failures.
pub(crate) struct Reason {
    pub(crate) what: String,
    pub(crate) code: String,
    pub(crate) count: String,
}

/// All of it, in words.
pub(crate) struct Numbers {
    pub(crate) charts: Vec<Chart>,
    /// The days on which anything was submitted, newest first.
    pub(crate) rows: Vec<Row>,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) database: String,
    pub(crate) images: String,
    /// How many results helped, of those that somebody judged; `None` if nobody did.
    pub(crate) helped: Option<String>,
}

pub(crate) async fn read(state: &AppState, words: Words) -> Result<Numbers, ApiError> {
    let today = Utc::now().date_naive();
    let first = today - Days::new(DAYS - 1);
    let since = first.and_time(NaiveTime::MIN).and_utc();
    let days = days(state, since).await?;
    let Disk { database, images } = statistics::disk(&state.db).await?;
    let size = |bytes_: i64| bytes(words, usize::try_from(bytes_).unwrap_or_default());
    Ok(Numbers {
        charts: charts(words, first, &days),
        rows: days.iter().rev().map(|day| row(words, day)).collect(),
        reasons: reasons(state, words, since).await?,
        database: size(database),
        images: size(images),
        helped: match statistics::helped(&state.db, since).await? {
            (0, 0) => None,
            (yes, no) => Some(format!(
                "{} / {}",
                number(words, yes),
                number(words, yes + no)
            )),
        },
    })
}

/// The days on which anything was submitted or spent, oldest first.
async fn days(state: &AppState, since: DateTime<Utc>) -> Result<Vec<Day>, ApiError> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for found in statistics::days(&state.db, since).await? {
        let day = days.entry(found.day).or_default();
        (day.submissions, day.failed) = (found.submissions, found.failed);
    }
    for found in spending::days(&state.db, since.date_naive()).await? {
        let day = days.entry(found.day).or_default();
        (day.tokens, day.cost) = (found.tokens, found.cost);
    }
    let days = days.into_iter();
    Ok(days.map(|(day, figures)| Day { day, ..figures }).collect())
}

async fn reasons(
    state: &AppState,
    words: Words,
    since: DateTime<Utc>,
) -> Result<Vec<Reason>, ApiError> {
    let found = statistics::failures(&state.db, since, REASONS).await?;
    let found = found.into_iter();
    Ok(found
        .map(|(code, count)| Reason {
            what: reason(words, &code).to_owned(),
            count: number(words, count),
            code,
        })
        .collect())
}

/// A failure's code in words.
pub(crate) fn reason(words: Words, code: &str) -> &'static str {
    let known = words.find(&format!("failure.{code}.what"));
    known
        .or_else(|| words.find("failure.other.what"))
        .unwrap_or_default()
}

fn number(words: Words, count: i64) -> String {
    grouped(words, count.unsigned_abs())
}

fn money(words: Words, cost: Option<f64>) -> String {
    cost.map_or_else(|| "–".to_owned(), |cost| dollars(words, cost))
}

fn row(words: Words, day: &Day) -> Row {
    Row {
        day: day.day.to_string(),
        submissions: number(words, day.submissions),
        failed: number(words, day.failed),
        tokens: number(words, day.tokens),
        cost: money(words, day.cost),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a bar is a hundred units high")]
fn charts(words: Words, first: NaiveDate, days: &[Day]) -> Vec<Chart> {
    if days.is_empty() {
        return Vec::new();
    }
    let number = |value: f64| grouped(words, value as u64);
    let cost = |value: f64| dollars(words, value);
    let draw = |name, value: &dyn Fn(&Day) -> (f64, f64), says: &dyn Fn(f64) -> String| {
        let values: Vec<_> = (0..DAYS)
            .map(|at| {
                let date = first + Days::new(at);
                let day = days.iter().find(|day| day.day == date);
                let (value, failed) = day.map_or((0.0, 0.0), value);
                Value {
                    value,
                    failed,
                    says: format!("{date}: {}", says(value)),
                }
            })
            .collect();
        let most = values.iter().map(|it| it.value).fold(0.0, f64::max);
        let sum: f64 = values.iter().map(|it| it.value).sum();
        let last = first + Days::new(DAYS - 1);
        Chart {
            name,
            says: words.fill("data.days.sum", says(sum)),
            failed: None,
            most: words.fill("data.days.most", says(most)),
            ends: (first.to_string(), last.to_string()),
            bars: bars(values),
        }
    };
    let submissions = |day: &Day| (day.submissions as f64, day.failed as f64);
    let mut charts = vec![
        draw("data.days.submissions", &submissions, &number),
        draw("data.days.tokens", &|day| (day.tokens as f64, 0.0), &number),
    ];
    let failed = days
        .iter()
        .map(|day| day.failed)
        .sum::<i64>()
        .unsigned_abs();
    charts[0].failed = Some(words.fill("chart.failed", grouped(words, failed)));
    if days.iter().any(|day| day.cost.is_some()) {
        let costs = |day: &Day| (day.cost.unwrap_or_default(), 0.0);
        charts.push(draw("data.days.cost", &costs, &cost));
    }
    charts
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn every_day_has_a_bar_and_cost_is_shown_only_where_it_is_known() {
        let words = Words(AnswerLanguage::English);
        let first: NaiveDate = "2026-01-10".parse().unwrap();
        let mut day = Day {
            day: "2026-01-12".parse().unwrap(),
            submissions: 1200,
            failed: 300,
            tokens: 5_000_000,
            cost: None,
        };
        let drawn = charts(words, first, &[day]);
        let names: Vec<_> = drawn.iter().map(|chart| chart.name).collect();
        assert_eq!(names, ["data.days.submissions", "data.days.tokens"]);
        assert_eq!(drawn[0].bars.len(), 30);
        assert_eq!(
            (drawn[0].bars[2].height, drawn[0].bars[2].failed),
            (100, 25)
        );
        assert_eq!(drawn[0].bars[2].says, "2026-01-12: 1,200");
        assert_eq!(drawn[1].says, "5,000,000 in all");
        assert_eq!(drawn[0].ends.1, "2026-02-08");
        day.cost = Some(0.5);
        assert_eq!(charts(words, first, &[day])[2].says, "$0.5000 in all");
        assert!(charts(words, first, &[]).is_empty());
    }
}
