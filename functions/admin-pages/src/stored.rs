//! The list of stored submissions, and deleting some of them.

use actions::remove;
use chrono::{SecondsFormat, Utc};
use db::submissions::{self, Selection, Stored};
use domain::{Status, SubmissionId, limits};
use serde::Deserialize;
use site::{Icon, Words, bytes, query_value, since};
use web::{error::ApiError, state::AppState};

/// Submissions on one page.
const PAGE: i64 = 20;
/// Most submissions that one request deletes.
const MOST: usize = 100;
/// Most titles to show before they are deleted.
const TITLES: usize = 10;

/// The choice of a page of the list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only in this status.
    #[serde(default)]
    pub(crate) status: String,
    /// Only where title, text or code contains this.
    #[serde(default)]
    pub(crate) q: String,
    /// Only those older than this one.
    #[serde(default)]
    pub(crate) before: String,
}

impl ListQuery {
    /// A value that cannot be read selects nothing special.
    fn selection(&self) -> Selection {
        let search = self.q.trim().replace('\0', "");
        let search: String = search.chars().take(limits::SEARCH_CHARS).collect();
        Selection {
            status: Status::parse(&self.status),
            search: (!search.is_empty()).then_some(search),
            before: self.before.parse().ok(),
        }
    }

    fn address(&self, before: &str) -> String {
        let values = [("status", self.status.as_str()), ("q", self.q.trim())];
        let mut address = format!("{}?", crate::DATA);
        for (name, value) in values.into_iter().chain([("before", before)]) {
            if !value.is_empty() {
                address.push_str(&format!("{name}={}&", query_value(value)));
            }
        }
        address.pop();
        address + "#list"
    }
}

/// A line of the list.
pub(crate) struct Line {
    pub(crate) id: SubmissionId,
    pub(crate) title: String,
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    /// Key of the status.
    pub(crate) status: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) language: String,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) size: String,
}

/// A page of the list.
pub(crate) struct List {
    pub(crate) query: ListQuery,
    pub(crate) lines: Vec<Line>,
    pub(crate) newest: Option<String>,
    pub(crate) older: Option<String>,
}

impl List {
    /// The statuses to choose from: value, key, and whether it is chosen.
    pub(crate) fn statuses(&self) -> Vec<(&'static str, &'static str, bool)> {
        Status::ALL
            .iter()
            .map(|status| {
                let value = status.as_str();
                (value, looks(*status).2, value == self.query.status)
            })
            .collect()
    }
}

/// Class, icon and key of a status.
pub(crate) const fn looks(status: Status) -> (&'static str, Icon, &'static str) {
    match status {
        Status::Queued => ("queued", Icon::CLOCK, "status.queued"),
        Status::Processing => ("running", Icon::LOADER, "status.processing"),
        Status::Completed => ("completed", Icon::CIRCLE_CHECK, "status.completed"),
        Status::Failed => ("failed", Icon::CIRCLE_X, "status.failed"),
        Status::Cancelled => ("cancelled", Icon::BAN, "status.cancelled"),
    }
}

/// A title as one line that is never empty.
pub(crate) fn title(title: &str, words: Words) -> String {
    let first = title.lines().map(str::trim).find(|line| !line.is_empty());
    let line = first.unwrap_or_default().trim_start_matches('#').trim();
    if line.is_empty() {
        words.get("untitled").to_owned()
    } else {
        line.chars().take(80).collect()
    }
}

/// Reads a page of the list.
pub(crate) async fn read(
    state: &AppState,
    words: Words,
    query: ListQuery,
) -> Result<List, ApiError> {
    let mut rows = submissions::stored(&state.db, &query.selection(), PAGE + 1).await?;
    let page = usize::try_from(PAGE).unwrap_or_default();
    let has_more = rows.len() > page;
    rows.truncate(page);
    let older = rows.last().filter(|_| has_more);
    let now = Utc::now();
    let line = |row: &Stored| {
        let (class, icon, status) = looks(row.status);
        Line {
            id: row.id,
            title: title(&row.title, words),
            class,
            icon,
            status,
            verdict: row.verdict.map_or("", domain::Verdict::as_str),
            language: row.language.clone().unwrap_or_default(),
            when: since(words, row.created_at, now),
            exact: row.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            size: bytes(words, usize::try_from(row.bytes).unwrap_or_default()),
        }
    };
    Ok(List {
        lines: rows.iter().map(line).collect(),
        newest: (!query.before.is_empty()).then(|| query.address("")),
        older: older.map(|row| query.address(&row.id.to_string())),
        query,
    })
}

/// Submissions to delete, once that is confirmed.
pub(crate) struct Doomed {
    pub(crate) ids: Vec<SubmissionId>,
    /// Some of their titles.
    pub(crate) titles: Vec<String>,
    pub(crate) question: String,
}

impl Doomed {
    /// Those of these ids that there are; `None` if there are none.
    pub(crate) async fn of(
        state: &AppState,
        words: Words,
        ids: &[SubmissionId],
    ) -> Result<Option<Self>, ApiError> {
        let found = submissions::titles(&state.db, ids).await?;
        let titles = found.iter().take(TITLES);
        let doomed = Self {
            ids: found.iter().map(|(id, _)| *id).collect(),
            titles: titles.map(|(_, text)| title(text, words)).collect(),
            question: match found.len() {
                1 => words.get("data.selected.sure-one").to_owned(),
                count => words.fill("data.selected.sure", count),
            },
        };
        Ok((!doomed.ids.is_empty()).then_some(doomed))
    }
}

/// A form of the list, whose boxes all have one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) ids: Vec<SubmissionId>,
    pub(crate) is_confirmed: bool,
    pub(crate) query: ListQuery,
}

impl Chosen {
    /// The button of a line means that line alone.
    pub(crate) fn read(fields: Vec<(String, String)>) -> Self {
        let mut chosen = Self::default();
        let mut one = None;
        for (name, value) in fields {
            match name.as_str() {
                "id" if chosen.ids.len() < MOST => chosen.ids.extend(value.parse::<SubmissionId>()),
                "one" => one = value.parse().ok(),
                "confirm" => chosen.is_confirmed = true,
                "status" => chosen.query.status = value,
                "q" => chosen.query.q = value,
                "before" => chosen.query.before = value,
                _ => {}
            }
        }
        if let Some(one) = one {
            chosen.ids = vec![one];
        }
        chosen
    }

    /// Deletes them; answers how many there were. One that is gone already is no trouble.
    pub(crate) async fn delete(&self, state: &AppState) -> Result<u64, ApiError> {
        Ok(remove::delete_these(state, &self.ids).await? as u64)
    }
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn the_button_of_a_line_means_that_line_alone() {
        let [one, other] = [SubmissionId::generate(), SubmissionId::generate()];
        let field = |name: &str, value: &SubmissionId| (name.to_owned(), value.to_string());
        let chosen = Chosen::read(vec![field("id", &one), field("one", &other)]);
        assert_eq!(chosen.ids, [other]);
        let many = (0..200).map(|_| field("id", &one)).collect();
        assert_eq!(Chosen::read(many).ids.len(), MOST);
    }

    #[test]
    fn a_title_is_the_first_line_that_says_anything() {
        let words = Words(AnswerLanguage::English);
        assert_eq!(title("\n\n## Sums\nTime limit", words), "Sums");
        assert_eq!(title(" \n", words), "Untitled");
    }

    #[test]
    fn the_next_page_keeps_the_choice() {
        let query = ListQuery {
            status: "FAILED".to_owned(),
            q: "a b&c".to_owned(),
            before: String::new(),
        };
        assert_eq!(
            query.address("x"),
            "/settings/data?status=FAILED&q=a%20b%26c&before=x#list"
        );
        assert_eq!(ListQuery::default().address(""), "/settings/data#list");
    }
}
