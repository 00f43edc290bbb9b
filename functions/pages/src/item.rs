//! A submission in the history: its name, its outcome, and where a search found it.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use db::submissions::{HitField, Listed};
use domain::{FixStatus, Status, SubmissionId, Verdict, language};
use site::{Icon, Words, day, since, stamp};

use crate::history::{line_of, status_word};

/// Characters of a category beside the number of bugs.
const CATEGORY: usize = 40;

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: SubmissionId,
    pub(crate) title: Marked,
    /// Stands for the rest of a title that is not there: the time of submission, for machines and in words.
    pub(crate) stamp: Option<String>,
    /// The whole name, for a label.
    pub(crate) name: String,
    pub(crate) result: Outcome,
    pub(crate) worth: Option<Worth>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) language: Option<String>,
    pub(crate) excerpt: Option<Marked>,
    pub(crate) day: String,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) current: bool,
    /// Whether the visitor may delete it.
    pub(crate) own: bool,
}

/// A text with the words that a search found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) before: String,
    pub(crate) found: String,
    pub(crate) after: String,
}

/// The outcome in a few words.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    pub(crate) word: String,
}

/// How much a fix is worth, in one word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth {
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    pub(crate) word: &'static str,
}

impl Item {
    pub(crate) fn new(row: Listed, q: &str, words: Words, now: DateTime<Utc>) -> Self {
        let line = line_of(&row.title);
        let (title, stamp) = if line.is_empty() {
            (
                without_title(&row, words),
                Some(stamp(words, row.created_at, now)),
            )
        } else {
            (line, None)
        };
        let name = match &stamp {
            Some(stamp) => format!("{title} · {stamp}"),
            None => title.clone(),
        };
        let shown = marked(&title, q);
        // The first line of a text may be its title, which shows the place already.
        let excerpt = row
            .hit
            .as_ref()
            .filter(|hit| hit.field != HitField::Title && shown.found.is_empty())
            .map(|hit| marked(&hit.excerpt, q));
        Self {
            id: row.id,
            title: shown,
            stamp,
            name,
            result: result(&row, words),
            worth: row.fix_status.and_then(|status| worth(status, words)),
            verdict: row.verdict,
            language: row.language,
            excerpt,
            day: day_of(words, row.created_at, now),
            when: since(words, row.created_at, now),
            exact: row.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            current: false,
            own: false,
        }
    }
}

/// The kind of a submission that has no title.
fn without_title(row: &Listed, words: Words) -> String {
    match &row.language {
        Some(name) => {
            let tag = language::language(name).tag;
            if tag.is_empty() {
                line_of(name)
            } else {
                language::name(tag)
            }
        }
        None if row.image_count > 0 => words.get("untitled.image").to_owned(),
        None => words.get("untitled.code").to_owned(),
    }
}

/// The day as a heading.
fn day_of(words: Words, then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let date = then.date_naive();
    if date == now.date_naive() {
        words.get("history.today").to_owned()
    } else if date == (now - TimeDelta::days(1)).date_naive() {
        words.get("history.yesterday").to_owned()
    } else {
        day(words, then, now)
    }
}

fn result(row: &Listed, words: Words) -> Outcome {
    let status = status_word(words, row.status).to_owned();
    let (class, icon, word) = match (row.status, row.bugs) {
        (Status::Queued, _) => ("queued", Icon::CLOCK, status),
        (Status::Processing, _) => ("running", Icon::LOADER, status),
        (Status::Cancelled, _) => ("cancelled", Icon::BAN, status),
        (Status::Failed, _) => ("failed", Icon::CIRCLE_X, failed(row, words)),
        (Status::Completed, None) => ("completed", Icon::CIRCLE_CHECK, status),
        (Status::Completed, Some(0)) => (
            "nothing",
            Icon::CIRCLE_CHECK,
            words.get("result.none").to_owned(),
        ),
        (Status::Completed, Some(bugs)) => {
            let count = match bugs {
                1 => words.get("result.bugs.one").to_owned(),
                _ => words.fill("result.bugs", bugs),
            };
            let word = match row.category.as_deref().map(line_of) {
                Some(category) if !category.is_empty() => {
                    format!("{count} · {}", short(&category))
                }
                _ => count,
            };
            ("completed", Icon::BUG, word)
        }
    };
    Outcome { class, icon, word }
}

fn failed(row: &Listed, words: Words) -> String {
    let code = row.error_code.as_deref().unwrap_or_default();
    match words.find(&format!("failure.{code}.short")) {
        Some(why) => words.fill("result.failed", why),
        None => status_word(words, row.status).to_owned(),
    }
}

/// Cut behind a word, if there is one near the end.
fn short(text: &str) -> String {
    match text.char_indices().nth(CATEGORY) {
        None => text.to_owned(),
        Some((end, _)) => {
            let cut = &text[..end];
            let at = cut.rfind(' ').filter(|at| end - at < 16).unwrap_or(end);
            format!("{}…", &text[..at])
        }
    }
}

fn worth(status: FixStatus, words: Words) -> Option<Worth> {
    let (class, icon, key) = match status {
        FixStatus::Verified => ("verified", Icon::CHECK, "result.verified"),
        FixStatus::Improved => ("improved", Icon::CHECK, "result.improved"),
        FixStatus::Failed => ("failed", Icon::X, "result.fix-failed"),
        FixStatus::Unverified => return None,
    };
    let word = words.find(key)?;
    Some(Worth { class, icon, word })
}

/// `text` with the first place that reads like `search`, whatever the case of its letters.
fn marked(text: &str, search: &str) -> Marked {
    let unmarked = || Marked {
        before: text.to_owned(),
        ..Marked::default()
    };
    // As on every page but a search.
    if search.is_empty() {
        return unmarked();
    }
    let lower = |text: &str| -> Vec<(char, usize)> {
        let signs = text.char_indices();
        signs
            .flat_map(|(at, sign)| sign.to_lowercase().map(move |lower| (lower, at)))
            .collect()
    };
    let wanted: Vec<char> = lower(&search.split_whitespace().collect::<Vec<_>>().join(" "))
        .into_iter()
        .map(|(sign, _)| sign)
        .collect();
    let signs = lower(text);
    let place = (!wanted.is_empty())
        .then(|| {
            signs
                .windows(wanted.len())
                .position(|window| window.iter().map(|(sign, _)| sign).eq(&wanted))
        })
        .flatten();
    let Some(place) = place else {
        return unmarked();
    };
    let start = signs[place].1;
    // One letter may be several small ones: the mark ends with a whole letter.
    let last = signs[place + wanted.len() - 1].1;
    let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
    Marked {
        before: text[..start].to_owned(),
        found: text[start..end].to_owned(),
        after: text[end..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_marked_where_it_was_found() {
        for (text, search, parts) in [
            ("for (int I = 0;", "int i", ["for (", "int I", " = 0;"]),
            ("最小值。二分查找", "二分", ["最小值。", "二分", "查找"]),
            ("İstanbul", "i", ["", "İ", "stanbul"]),
            ("a b", "a \n b", ["", "a b", ""]),
            ("nothing", "x", ["nothing", "", ""]),
            ("nothing", " ", ["nothing", "", ""]),
        ] {
            let found = marked(text, search);
            assert_eq!([found.before, found.found, found.after], parts, "{text}");
        }
    }

    #[test]
    fn a_long_category_is_cut_behind_a_word() {
        assert_eq!(short("off-by-one"), "off-by-one");
        let long = "integer overflow in a product of two numbers";
        assert_eq!(short(long), "integer overflow in a product of two…");
        assert_eq!(short(&"字".repeat(60)).chars().count(), CATEGORY + 1);
    }
}
