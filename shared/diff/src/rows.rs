use std::ops::Range;

use similar::{DiffOp, diff_ratio};

use crate::operations;

/// Longest line in which words are compared.
const LINE_BYTES: usize = 1000;
/// Work of comparing words: for each pair of lines, the number of words in the one times that in the other.
const STEPS: usize = 10_000_000;
/// Lines shown around a change.
pub const CONTEXT: usize = 3;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its index in the old text, if it stands there.
    pub old: Option<usize>,
    /// Its index in the new text, if it stands there.
    pub new: Option<usize>,
    /// The bytes of the line that the other text does not have.
    pub marks: Vec<Range<usize>>,
}

impl Row {
    /// Whether only one of the texts has it.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        self.old.is_none() || self.new.is_none()
    }
}

/// The lines of both texts in the order of a unified diff, until `changes` of them have changed.
#[must_use]
pub fn rows(old: &[&str], new: &[&str], changes: usize) -> Vec<Row> {
    let (mut rows, mut left, mut steps) = (Vec::new(), changes, STEPS);
    for op in operations(old, new) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            rows.extend((0..len).map(|at| Row {
                old: Some(old_index + at),
                new: Some(new_index + at),
                marks: Vec::new(),
            }));
            continue;
        }
        let mut first = |range: Range<usize>| {
            let shown = range.len().min(left);
            left -= shown;
            range.start..range.start + shown
        };
        let (from, to) = (first(op.old_range()), first(op.new_range()));
        let mut marks: Vec<_> = from
            .clone()
            .zip(to.clone())
            .map(|(a, b)| changed_words(old[a], new[b], &mut steps))
            .collect();
        marks.resize(from.len().max(to.len()), Default::default());
        rows.extend(from.zip(&mut marks).map(|(at, marks)| Row {
            old: Some(at),
            new: None,
            marks: std::mem::take(&mut marks.0),
        }));
        rows.extend(to.zip(&mut marks).map(|(at, marks)| Row {
            old: None,
            new: Some(at),
            marks: std::mem::take(&mut marks.1),
        }));
        if left == 0 {
            break;
        }
    }
    rows
}

/// Ranges of rows that are wanted or near to one that is.
#[must_use]
pub fn around(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, _) in rows.iter().enumerate().filter(|(_, row)| wanted(row)) {
        let (from, to) = (
            at.saturating_sub(CONTEXT),
            (at + CONTEXT + 1).min(rows.len()),
        );
        match ranges.last_mut() {
            Some(last) if last.end >= from => last.end = to,
            _ => ranges.push(from..to),
        }
    }
    ranges
}

/// The ranges that only one of two lines has; none when the lines have little in common.
fn changed_words(
    old: &str,
    new: &str,
    steps: &mut usize,
) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old.len().max(new.len()) > LINE_BYTES {
        return Default::default();
    }
    let [a, b] = [old, new].map(|text| pieces_of(text.trim_end()).collect::<Vec<_>>());
    let Some(left) = steps.checked_sub(a.len() * b.len()) else {
        return Default::default();
    };
    *steps = left;
    let operations = operations(&a, &b);
    if diff_ratio(&operations, a.len(), b.len()) < 0.3 {
        return Default::default();
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let (mut at_old, mut at_new) = (0, 0);
    for operation in operations {
        let end_old = at_old + length(&a[operation.old_range()]);
        let end_new = at_new + length(&b[operation.new_range()]);
        if !matches!(operation, DiffOp::Equal { .. }) {
            join(&mut left, at_old..end_old);
            join(&mut right, at_new..end_new);
        }
        (at_old, at_new) = (end_old, end_new);
    }
    (left, right)
}

fn join(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// Words, blanks and single signs.
fn pieces_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let same = |c: char| {
            (is_word(c) && is_word(first)) || (c.is_whitespace() && first.is_whitespace())
        };
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| !same(*c))
            .map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_with_the_last_change_that_is_asked_for() {
        let (old, new) = (vec!["\n"; 262_144], vec![" \n"; 262_144]);
        assert_eq!(rows(&old, &new, 2001).len(), 2001);
        let (old, new) = (["a", "b", "c", "d"], ["a", "x", "c", "y"]);
        let sides = |changes| {
            let rows = rows(&old, &new, changes).into_iter();
            rows.map(|row| (row.old, row.new)).collect::<Vec<_>>()
        };
        let (same, removed, added) = ((Some(0), Some(0)), (Some(1), None), (None, Some(1)));
        assert_eq!(sides(1), [same, removed]);
        assert_eq!(sides(2), [same, removed, added]);
        assert_eq!(sides(9).len(), 6);
    }
}
