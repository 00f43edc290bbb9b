//! The fix within the program: its changed lines in hunks, each followed by its explanation.

use crate::{
    found::first,
    highlight::{Highlighter, Piece},
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
    /// The number of bugs in words.
    pub(crate) title: String,
    pub(crate) summary: SafeHtml,
    pub(crate) modified: String,
    pub(crate) unverified: bool,
    pub(crate) cut: bool,
    pub(crate) hunks: Vec<Hunk>,
    /// Those whose lines are left out.
    pub(crate) beyond: Vec<Card>,
    pub(crate) unlocated: Vec<Card>,
    /// Reasons of changes in hunks that are left out.
    pub(crate) needed: Vec<Needed>,
}

/// Changed lines that stand together, with their explanations.
pub(crate) struct Hunk {
    pub(crate) label: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) needed: Vec<Needed>,
    /// Whether it changes lines that no fix explains.
    pub(crate) unexplained: bool,
}

/// A line of a unified diff; the script puts both sides beside each other.
pub(crate) struct Row {
    pub(crate) class: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) html: SafeHtml,
    pub(crate) fixes: String,
    /// Numbers of the fixes that begin here.
    pub(crate) markers: Vec<usize>,
    /// Explanations of the lines that end here.
    pub(crate) cards: Vec<Card>,
}

/// An explanation.
pub(crate) struct Card {
    pub(crate) number: usize,
    /// Whether it is the most important of several.
    pub(crate) first: bool,
    pub(crate) lines: Option<(usize, String)>,
    pub(crate) severity: &'static str,
    /// The meaning of the severity.
    pub(crate) severity_why: &'static str,
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
                let cards = row.cards.iter().map(Card::bytes);
                size_of::<Row>() + row.html.len() + row.fixes.len() + cards.sum::<usize>()
            });
            rows.chain(hunk.needed.iter().map(Needed::bytes))
                .sum::<usize>()
        });
        let unlocated = self.beyond.iter().chain(&self.unlocated).map(Card::bytes);
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

/// The view of an analysis, beside the lines of the program in their pieces, which the highlighter has made.
pub(crate) fn view<'a>(
    analysis: &'a Analysis,
    program: &Program,
    old: (&[&str], &[Vec<Piece>]),
    verification: Option<&Verification>,
    (colours, prose): (&mut Highlighter<'a>, &mut Renderer),
    words: Words,
) -> FixView {
    let summary = prose.render(&analysis.summary);
    let fixes = analysis.fixes_by_line();
    let mut cards: Vec<Option<Card>> = (1..)
        .zip(&fixes)
        .map(|(number, fix)| Some(card(number, fix, prose, words)))
        .collect();
    if let (Some(first), true) = (analysis.fixes.first(), fixes.len() > 1) {
        let place = fixes.iter().position(|fix| std::ptr::eq(*fix, first));
        let card = place.and_then(|place| cards[place].as_mut());
        card.into_iter().for_each(|card| card.first = true);
    }
    let (mut hunks, cut) = if analysis.bug_found {
        hunks(analysis, colours, old, &mut cards, words)
    } else {
        (Vec::new(), false)
    };
    let needed = explain(&mut hunks, verification, words);
    let rest = cards.into_iter().flatten();
    let (beyond, unlocated) = rest.partition(|card| card.lines.is_some());
    FixView {
        bug_found: analysis.bug_found,
        title: match analysis.fixes.len() {
            0 | 1 => words.get("found.one").to_owned(),
            many => words.fill("found.many", many),
        },
        summary,
        modified: plain(&analysis.modified_code),
        unverified: !program.verified,
        cut,
        hunks,
        beyond,
        unlocated,
        needed,
    }
}

impl Hunk {
    /// Puts a card below the last of its lines, and of the changes that these are among.
    fn explain(&mut self, card: Card) {
        let number = card.number.to_string();
        let is_its = |row: &Row| row.fixes.split(' ').any(|of| of == number);
        let Some(last) = self.rows.iter().rposition(is_its) else {
            return;
        };
        let is_change = |row: &&Row| !row.class.is_empty();
        let rest = match self.rows[last].class {
            "" => 0,
            _ => self.rows[last + 1..].iter().take_while(is_change).count(),
        };
        self.rows[last + rest].cards.push(card);
    }

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
    let word = |end: &str| {
        let key = format!("severity.{severity_class}{end}");
        words.find(&key).unwrap_or(severity_class)
    };
    Card {
        number,
        first: false,
        lines: fix.lines.map(|lines| {
            let label = range(lines.start, lines.end, words);
            (lines.start, label)
        }),
        severity: word(""),
        severity_why: word(".why"),
        severity_class,
        category: fix.category.clone(),
        hint: prose.render(&fix.hint),
        explanation: prose.render(&fix.explanation),
        before: fix.original_snippet.clone(),
        after: fix.modified_snippet.clone(),
    }
}

/// The hunks, with the cards of the fixes in them taken out of `cards`; and whether some are left out.
fn hunks<'a>(
    analysis: &'a Analysis,
    colours: &mut Highlighter<'a>,
    (old, old_pieces): (&[&str], &[Vec<Piece>]),
    cards: &mut [Option<Card>],
    words: Words,
) -> (Vec<Hunk>, bool) {
    let new: Vec<&str> = with_ends(&analysis.modified_code).collect();
    // One more than are shown, which tells that some are not.
    let plain = diff::rows(old, &new, ROWS + 1);
    // The fixes that each old line belongs to.
    let mut fixes: Vec<Vec<usize>> = vec![Vec::new(); old.len()];
    for (number, fix) in (1..).zip(analysis.fixes_by_line()) {
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
    let new_pieces = colours.pieces(first(seen));
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
            needed: Vec::new(),
            unexplained: false,
        };
        let rows = &plain[range];
        let mut begun: Vec<Card> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            // A new line belongs to the fix of the lines that it follows, or else to that of the lines it stands before.
            let numbers = match row.old {
                Some(_) => of_line(row),
                None => {
                    let before = rows[..at].iter().rev().find(|row| row.old.is_some());
                    let after = rows[at..].iter().find(|row| row.old.is_some());
                    let both = [before, after].into_iter().flatten().map(of_line);
                    both.into_iter()
                        .find(|numbers| !numbers.is_empty())
                        .unwrap_or_default()
                }
            };
            hunk.unexplained |= row.is_change() && numbers.is_empty();
            let begins = numbers.iter().filter_map(|n| cards.get_mut(n - 1)?.take());
            let begins: Vec<_> = begins.collect();
            let markers = begins.iter().map(|card| card.number).collect();
            begun.extend(begins);
            let pieces = (old_pieces, &new_pieces[..]);
            hunk.rows
                .push(render(row, numbers, markers, (old, &new), pieces));
        }
        for card in begun {
            hunk.explain(card);
        }
        out.push(hunk);
    }
    (out, cut)
}

fn label(rows: &[diff::Row], words: Words) -> String {
    let mut lines = rows.iter().filter_map(|row| row.old);
    let first = lines.next().map_or(1, |line| line + 1);
    let last = lines.next_back().map_or(first, |line| line + 1);
    range(first, last, words)
}

/// The row of a line in `programs`, the old one and the new one, with their pieces.
fn render(
    row: &diff::Row,
    fixes: &[usize],
    markers: Vec<usize>,
    programs: (&[&str], &[&str]),
    pieces: (&[Vec<Piece>], &[Vec<Piece>]),
) -> Row {
    let (class, sign) = match (row.old, row.new) {
        (Some(_), None) => ("del", "−"),
        (None, Some(_)) => ("add", "+"),
        _ => ("", ""),
    };
    let text = |lines: &[&str], pieces: &[Vec<Piece>], at: usize| {
        let pieces = pieces.get(at).map_or(&[][..], Vec::as_slice);
        line(lines[at], pieces, &row.marks)
    };
    let html = match (row.old, row.new) {
        (Some(at), _) => text(programs.0, pieces.0, at),
        (None, Some(at)) => text(programs.1, pieces.1, at),
        (None, None) => SafeHtml::trusted(String::new()),
    };
    let number = |at: Option<usize>| at.map(|at| (at + 1).to_string()).unwrap_or_default();
    let fixes: Vec<_> = fixes.iter().map(usize::to_string).collect();
    Row {
        class,
        sign,
        old: number(row.old),
        new: number(row.new),
        html,
        fixes: fixes.join(" "),
        markers,
        cards: Vec::new(),
    }
}

#[cfg(test)]
#[path = "fix_tests.rs"]
mod tests;
