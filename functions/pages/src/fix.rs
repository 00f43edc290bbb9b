//! The fix beside the program: its changed lines in hunks, unified and side by side, each with what explains it.

use crate::{
    found::first,
    highlight::{Piece, highlight},
    lines::line,
    worth::{Needed, explain},
};
use domain::{
    Analysis, Fix, NeededChange, Program, Verification,
    line_ends::{plain, with_ends},
};
use site::{
    Words,
    markdown::{Renderer, SafeHtml},
};

/// Most lines of a diff to show; the patch has the rest.
const ROWS: usize = 2000;
/// Lines of one fix that are marked.
const FIX_LINES: usize = 30;

/// The fix's tab.
pub(crate) struct FixView {
    pub(crate) bug_found: bool,
    pub(crate) summary: SafeHtml,
    pub(crate) modified: String,
    pub(crate) unverified: bool,
    pub(crate) cut: bool,
    pub(crate) hunks: Vec<Hunk>,
    pub(crate) unlocated: Vec<Card>,
    /// Reasons of changes in hunks that are left out.
    pub(crate) needed: Vec<Needed>,
}

/// Changed lines that stand together, and their explanation.
pub(crate) struct Hunk {
    pub(crate) label: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) split: Vec<SplitRow>,
    pub(crate) cards: Vec<Card>,
    pub(crate) needed: Vec<Needed>,
}

/// A line of a unified diff.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) class: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) html: SafeHtml,
    pub(crate) fixes: String,
    pub(crate) marker: Option<usize>,
}

/// A line of both programs.
pub(crate) struct SplitRow {
    pub(crate) old: String,
    pub(crate) old_class: &'static str,
    pub(crate) old_sign: &'static str,
    pub(crate) old_html: SafeHtml,
    pub(crate) new: String,
    pub(crate) new_class: &'static str,
    pub(crate) new_sign: &'static str,
    pub(crate) new_html: SafeHtml,
    pub(crate) fixes: String,
    pub(crate) marker: Option<usize>,
}

/// An explanation.
pub(crate) struct Card {
    pub(crate) number: usize,
    pub(crate) lines: Option<(usize, String)>,
    pub(crate) severity: String,
    pub(crate) severity_class: &'static str,
    pub(crate) category: String,
    pub(crate) hint: SafeHtml,
    pub(crate) explanation: SafeHtml,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl FixView {
    /// About as many bytes as it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let hunks = self.hunks.iter().map(|hunk| {
            let rows = hunk.rows.iter().map(|row| {
                size_of::<Row>() + size_of::<SplitRow>() + 3 * (row.html.len() + row.fixes.len())
            });
            let needed = hunk.needed.iter().map(Needed::bytes);
            rows.chain(hunk.cards.iter().map(Card::bytes))
                .chain(needed)
                .sum::<usize>()
        });
        let unlocated = self.unlocated.iter().map(Card::bytes);
        let needed = self.needed.iter().map(Needed::bytes);
        let rest = hunks.chain(unlocated).chain(needed).sum::<usize>();
        self.summary.len() + self.modified.len() + rest
    }
}

impl Card {
    const fn bytes(&self) -> usize {
        let prose = self.hint.len() + self.explanation.len();
        size_of::<Self>() + self.category.len() + prose + self.before.len() + self.after.len()
    }
}

/// The view of an analysis, beside the lines of the program in their pieces.
pub(crate) fn view(
    analysis: &Analysis,
    program: &Program,
    old: (&[&str], &[Vec<Piece>]),
    verification: Option<&Verification>,
    prose: &mut Renderer,
    words: Words,
) -> FixView {
    let summary = prose.render(&analysis.summary);
    let mut cards: Vec<Option<Card>> = (1..)
        .zip(&analysis.fixes)
        .map(|(number, fix)| Some(card(number, fix, prose, words)))
        .collect();
    let (mut hunks, cut) = if analysis.bug_found {
        hunks(analysis, program, old, &mut cards, words)
    } else {
        (Vec::new(), false)
    };
    let needed = explain(&mut hunks, verification, words);
    FixView {
        bug_found: analysis.bug_found,
        summary,
        modified: plain(&analysis.modified_code),
        unverified: !program.verified,
        cut,
        hunks,
        unlocated: cards.into_iter().flatten().collect(),
        needed,
    }
}

impl Hunk {
    /// Whether a change is one of its own.
    pub(crate) fn has(&self, change: &NeededChange) -> bool {
        let line = |row: &Row| row.old.parse::<usize>().ok();
        let first = self.rows.iter().find_map(line);
        let last = self.rows.iter().rev().find_map(line);
        // A program without a line has one hunk.
        let (first, last) = (first.unwrap_or(1), last.unwrap_or(usize::MAX));
        (first..=last).contains(&change.lines.start.max(1))
    }
}

/// Lines by their numbers.
pub(crate) fn range(start: usize, end: usize, words: Words) -> String {
    if start == end {
        words.fill("code.line", start)
    } else {
        words.fill("fix.lines", format!("{start}–{end}"))
    }
}

fn card(number: usize, fix: &Fix, prose: &mut Renderer, words: Words) -> Card {
    let severity_class = match fix.severity.as_str() {
        "critical" => "critical",
        "minor" => "minor",
        _ => "major",
    };
    let severity = match severity_class {
        "critical" => words.get("severity.critical"),
        "minor" => words.get("severity.minor"),
        _ => words.get("severity.major"),
    };
    Card {
        number,
        lines: fix.lines.map(|lines| {
            let label = range(lines.start, lines.end, words);
            (lines.start, label)
        }),
        severity: severity.to_owned(),
        severity_class,
        category: fix.category.clone(),
        hint: prose.render(&fix.hint),
        explanation: prose.render(&fix.explanation),
        before: fix.original_snippet.clone(),
        after: fix.modified_snippet.clone(),
    }
}

/// The hunks, with the cards of the fixes in them taken out of `cards`; and whether some are left out.
fn hunks(
    analysis: &Analysis,
    program: &Program,
    (old, old_pieces): (&[&str], &[Vec<Piece>]),
    cards: &mut [Option<Card>],
    words: Words,
) -> (Vec<Hunk>, bool) {
    let new: Vec<&str> = with_ends(&analysis.modified_code).collect();
    // One more than are shown, which tells that some are not.
    let plain = diff::rows(old, &new, ROWS + 1);
    // The fixes that each old line belongs to.
    let mut fixes: Vec<Vec<usize>> = vec![Vec::new(); old.len()];
    for (number, fix) in (1..).zip(&analysis.fixes) {
        if let Some(lines) = fix.lines {
            let from = lines.start.saturating_sub(1).min(old.len());
            let to = lines.end.min(from + FIX_LINES).clamp(from, old.len());
            fixes[from..to].iter_mut().for_each(|of| of.push(number));
        }
    }
    let of_line = |row: &diff::Row| row.old.map_or(&[][..], |at| &fixes[at][..]);
    let shown = diff::around(&plain, |row| row.is_change() || !of_line(row).is_empty());

    let last = shown.iter().rev().find_map(|range| {
        let mut rows = plain[range.clone()].iter().rev();
        rows.find_map(|row| row.new)
    });
    let seen = &new[..last.map_or(0, |last| last + 1)];
    let new_pieces = highlight(first(seen), &program.language);
    let (mut out, mut rows_left, mut cut) = (Vec::new(), ROWS, false);
    for range in shown {
        if rows_left == 0 {
            return (out, true);
        }
        let shown = range.start..range.end.min(range.start + rows_left);
        cut |= shown != range;
        let range = shown;
        rows_left -= range.len();
        let mut hunk = Hunk {
            label: label(&plain[range.clone()], words),
            rows: Vec::new(),
            split: Vec::new(),
            cards: Vec::new(),
            needed: Vec::new(),
        };
        let mut of_change: &[usize] = &[];
        for row in &plain[range] {
            let mut numbers = of_line(row);
            if row.old.is_none() {
                // A new line belongs to the fix of the lines that it follows in the same change.
                numbers = of_change;
            }
            of_change = if row.is_change() { numbers } else { &[] };
            let begun = numbers
                .iter()
                .find_map(|number| cards.get_mut(number - 1)?.take());
            let marker = begun.as_ref().map(|card| card.number);
            hunk.cards.extend(begun);
            // Others that begin on the same line.
            for number in numbers {
                hunk.cards
                    .extend(cards.get_mut(number - 1).and_then(Option::take));
            }
            hunk.rows.push(render(
                row,
                numbers,
                marker,
                old,
                &new,
                old_pieces,
                &new_pieces,
            ));
        }
        hunk.split = side_by_side(&hunk.rows);
        out.push(hunk);
    }
    (out, cut)
}

fn label(rows: &[diff::Row], words: Words) -> String {
    let mut lines = rows.iter().filter_map(|row| row.old);
    let first = lines.next().map_or(1, |line| line + 1);
    let last = lines.next_back().map_or(first, |line| line + 1);
    words.fill("fix.lines", format!("{first}–{last}"))
}

fn render(
    row: &diff::Row,
    fixes: &[usize],
    marker: Option<usize>,
    old: &[&str],
    new: &[&str],
    old_pieces: &[Vec<Piece>],
    new_pieces: &[Vec<Piece>],
) -> Row {
    let (class, sign) = match (row.old, row.new) {
        (Some(_), None) => ("del", "−"),
        (None, Some(_)) => ("add", "+"),
        _ => ("", ""),
    };
    let of = |pieces: &[Vec<Piece>], at: usize| pieces.get(at).cloned().unwrap_or_default();
    let html = match (row.old, row.new) {
        (Some(at), _) => line(old[at], &of(old_pieces, at), &row.marks),
        (None, Some(at)) => line(new[at], &of(new_pieces, at), &row.marks),
        (None, None) => SafeHtml::trusted(String::new()),
    };
    let number = |at: Option<usize>| at.map(|at| (at + 1).to_string()).unwrap_or_default();
    Row {
        class,
        sign,
        old: number(row.old),
        new: number(row.new),
        html,
        fixes: fixes
            .iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join(" "),
        marker,
    }
}

fn side_by_side(rows: &[Row]) -> Vec<SplitRow> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let run = |from: usize, class: &str| {
            rows[from..]
                .iter()
                .take_while(|row| row.class == class)
                .count()
        };
        let (removed, added) = (run(at, "del"), run(at + run(at, "del"), "add"));
        if removed + added == 0 {
            out.push(both(Some(&rows[at]), Some(&rows[at])));
            at += 1;
            continue;
        }
        for n in 0..removed.max(added) {
            out.push(both(
                rows[at..at + removed].get(n),
                rows[at + removed..at + removed + added].get(n),
            ));
        }
        at += removed + added;
    }
    out
}

fn both(old: Option<&Row>, new: Option<&Row>) -> SplitRow {
    let empty = || SafeHtml::trusted(String::new());
    let any = old.or(new);
    let side = |row: Option<&Row>| row.map_or(("none", ""), |row| (row.class, row.sign));
    let ((old_class, old_sign), (new_class, new_sign)) = (side(old), side(new));
    SplitRow {
        old: old.map(|row| row.old.clone()).unwrap_or_default(),
        old_class,
        old_sign,
        old_html: old.map_or_else(empty, |row| row.html.clone()),
        new: new.map(|row| row.new.clone()).unwrap_or_default(),
        new_class,
        new_sign,
        new_html: new.map_or_else(empty, |row| row.html.clone()),
        fixes: any.map(|row| row.fixes.clone()).unwrap_or_default(),
        marker: old
            .and_then(|row| row.marker)
            .or_else(|| new.and_then(|row| row.marker)),
    }
}

#[cfg(test)]
#[path = "fix_tests.rs"]
mod tests;
