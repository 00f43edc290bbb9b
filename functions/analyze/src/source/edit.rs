use std::ops::Range;

use diff::DiffOp;
use domain::line_ends::lines;

use super::{BOM, is_blank, is_word, unfence};

/// Lines of a program, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// The line on which the part begins.
    pub start: usize,
    /// The line on which it ends.
    pub end: usize,
}

/// A part of a program that is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit<'a> {
    /// The part as it stands in the program, lines or less than a line.
    pub old: &'a str,
    /// The text that takes its place; empty takes the part out.
    pub new: &'a str,
    /// The line on which the part begins, counted from 1, for one that stands there more than once.
    pub line: Option<usize>,
}

/// A program with its edits made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The program.
    pub code: String,
    /// The lines of the old program on which each edit stood, in the order of the edits.
    pub lines: Vec<Lines>,
}

/// Most occurrences of a part to look at.
const MAX_OCCURRENCES: usize = 1000;
/// An edit that stands more than once is taken for the one at most this many lines from another edit.
const NEIGHBOURHOOD: usize = 3;
/// Lines of a place to show.
const SHOWN_LINES: usize = 8;

fn trimmed(line: &str) -> &str {
    line.trim_end_matches(is_blank)
}

/// Makes edits in a program. Each part must stand there exactly once, or be told from its doubles by its line or by another edit
/// beside it; white space at the ends of lines does not count. Every byte outside the lines that change stays as it is.
///
/// # Errors
/// Says of each edit that cannot be made why, in words for the model.
pub fn edit(program: &str, edits: &[Edit<'_>]) -> Result<Edited, Vec<String>> {
    let view = View::of(program);
    let found: Vec<_> = edits.iter().map(|edit| view.find(edit)).collect();
    let settled: Vec<usize> = found
        .iter()
        .filter_map(|places| match places.as_deref() {
            Ok([place]) => Some(view.line(place.start)),
            _ => None,
        })
        .collect();
    let mut reasons = Vec::new();
    let mut places = Vec::new();
    for (index, (edit, found)) in edits.iter().zip(found).enumerate() {
        let place = found
            .and_then(|found| view.settle(edit, found, &settled))
            .and_then(|place| view.replacement(edit, place));
        match place {
            Ok(place) => places.push((index, place)),
            Err(reason) => reasons.push(format!("fixes[{index}].old {reason}")),
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let lines = places
        .iter()
        .map(|(_, place)| view.lines(&place.part))
        .collect();
    // One change that is explained twice is made once.
    places.sort_by_key(|(_, place)| (place.range.start, place.range.end));
    places.dedup_by(|(_, one), (_, other)| one.range == other.range && one.text == other.text);
    let mut code = String::with_capacity(program.len());
    let mut end = 0;
    for (index, place) in places {
        if place.range.start < end {
            reasons.push(format!(
                "fixes[{index}].old overlaps with that of another item. Make one item of the two."
            ));
            continue;
        }
        code.push_str(&program[end..place.range.start]);
        code.push_str(&place.text);
        end = place.range.end;
    }
    code.push_str(&program[end..]);
    if reasons.is_empty() {
        Ok(Edited { code, lines })
    } else {
        Err(reasons)
    }
}

/// A replacement, in bytes of the program.
struct Replacement {
    /// Where the part stands.
    part: Range<usize>,
    /// The bytes that go: those of the part, and the rest of its line where nothing else stands there.
    range: Range<usize>,
    text: String,
}

/// A program without the differences that are forgiven: white space at the ends of lines, the kind of line ends, a byte order mark.
struct View<'a> {
    program: &'a str,
    text: String,
    /// For each byte of `text` its place in the program; of a line end, the place of its first byte.
    offsets: Vec<usize>,
    /// Where the lines of the program begin.
    starts: Vec<usize>,
}

/// A model's quotation without its fence and its byte order mark.
fn bare(quoted: &str) -> &str {
    let quoted = unfence(quoted);
    quoted.strip_prefix(BOM).unwrap_or(quoted)
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).collect()
}

/// A text with plain line ends and nothing blank before them.
fn plain(text: &str) -> String {
    let lines: Vec<_> = lines(text)
        .map(|(line, _)| line.trim_end_matches(is_blank))
        .collect();
    lines.join("\n")
}

impl<'a> View<'a> {
    fn of(program: &'a str) -> Self {
        let mut view = Self {
            program,
            text: String::with_capacity(program.len()),
            offsets: Vec::with_capacity(program.len()),
            starts: Vec::new(),
        };
        let body = program.strip_prefix(BOM).unwrap_or(program);
        let mut at = program.len() - body.len();
        for (line, end) in lines(body) {
            view.starts.push(at);
            let kept = line.trim_end_matches(is_blank);
            view.text.push_str(kept);
            view.offsets.extend(at..at + kept.len());
            if !end.is_empty() {
                view.text.push('\n');
                view.offsets.push(at + line.len());
            }
            at += line.len() + end.len();
        }
        view
    }

    /// The line of a byte of the program, counted from 1.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    fn lines(&self, part: &Range<usize>) -> Lines {
        Lines {
            start: self.line(part.start),
            end: self.line(part.end.saturating_sub(1).max(part.start)),
        }
    }

    /// Every place of an edit's part in the program, as bytes of the program.
    fn find(&self, edit: &Edit<'_>) -> Result<Vec<Range<usize>>, String> {
        let wanted = plain(bare(edit.old));
        let wanted = wanted.trim_matches('\n');
        if wanted.trim().is_empty() {
            return Err(
                "is empty. Quote the lines to change; where lines are only added, the line before them."
                    .to_owned(),
            );
        }
        // Blanks at the end may be those within a line.
        let quoted = bare(edit.old);
        let blanks = &quoted[quoted.trim_end_matches([' ', '\t']).len()..];
        let exact = format!("{wanted}{blanks}");
        let mut places = self.occurrences(&exact);
        if places.is_empty() {
            places = self.occurrences(wanted);
        }
        if places.is_empty() {
            Err(self.nearest(wanted))
        } else {
            Ok(places)
        }
    }

    fn occurrences(&self, wanted: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|rest| rest.find(wanted)) {
            let start = from + at;
            let end = start + wanted.len();
            if !self.is_inside_a_word(start) && !self.is_inside_a_word(end) {
                places.push(self.offsets[start]..self.offsets[end - 1] + 1);
            }
            if places.len() > MAX_OCCURRENCES {
                break;
            }
            from = start + wanted.chars().next().map_or(1, char::len_utf8);
        }
        places
    }

    fn is_inside_a_word(&self, at: usize) -> bool {
        self.text[..at].chars().next_back().is_some_and(is_word)
            && self.text[at..].chars().next().is_some_and(is_word)
    }

    /// The one place that is meant.
    fn settle(
        &self,
        edit: &Edit<'_>,
        mut places: Vec<Range<usize>>,
        settled: &[usize],
    ) -> Result<Range<usize>, String> {
        if places.len() > 1 {
            let numbers = |places: &[Range<usize>]| -> Vec<usize> {
                places.iter().map(|place| self.line(place.start)).collect()
            };
            let all = numbers(&places);
            let by_line = all.iter().filter(|line| Some(**line) == edit.line).count() == 1;
            let is_beside = |line: usize| {
                settled
                    .iter()
                    .any(|other| other.abs_diff(line) <= NEIGHBOURHOOD)
            };
            let by_neighbour = all.iter().filter(|line| is_beside(**line)).count() == 1;
            if by_line {
                places.retain(|place| Some(self.line(place.start)) == edit.line);
            } else if by_neighbour {
                places.retain(|place| is_beside(self.line(place.start)));
            } else {
                let shown: Vec<_> = all
                    .iter()
                    .take(SHOWN_LINES)
                    .map(ToString::to_string)
                    .collect();
                return Err(format!(
                    "stands {} times in the program, on lines {}. Quote more lines around it, so that it stands there once.",
                    all.len(),
                    shown.join(", ")
                ));
            }
        }
        places.pop().ok_or_else(|| "is nowhere.".to_owned())
    }

    /// The replacement of an edit's part. Lines that the edit repeats keep their own bytes.
    fn replacement(&self, edit: &Edit<'_>, part: Range<usize>) -> Result<Replacement, String> {
        let old: Vec<(&str, &str)> = lines(&self.program[part.clone()]).collect();
        let new = bare(edit.new).trim_end_matches(['\n', '\r']);
        // As those of the part, which begins with a line that is not blank.
        let new = if plain(bare(edit.old)).starts_with('\n') {
            new.trim_start_matches(['\n', '\r'])
        } else {
            new
        };
        if new.trim().is_empty() {
            return Ok(self.removal(part));
        }
        let new: Vec<&str> = lines(new).map(|(line, _)| line).collect();
        let old_bare: Vec<&str> = old.iter().map(|(line, _)| trimmed(line)).collect();
        let new_bare: Vec<&str> = new.iter().map(|line| trimmed(line)).collect();
        if old_bare == new_bare {
            return Err("and new are the same. Write into new what is to stand there.".to_owned());
        }
        let usual = self.line_end(part.start);
        // Each line with its end; the last one's end stands behind the part.
        let mut written: Vec<(&str, &str)> = Vec::new();
        for operation in diff::operations(&old_bare, &new_bare) {
            match operation {
                DiffOp::Equal { .. } => written.extend(&old[operation.old_range()]),
                _ => written.extend(new[operation.new_range()].iter().map(|line| (*line, usual))),
            }
        }
        let mut text = String::new();
        let last = written.len().saturating_sub(1);
        for (index, (line, end)) in written.into_iter().enumerate() {
            text.push_str(line);
            if index < last {
                text.push_str(if end.is_empty() { usual } else { end });
            }
        }
        Ok(Replacement {
            range: part.clone(),
            part,
            text,
        })
    }

    /// Takes a part out: with its whole lines where nothing else stands on them.
    fn removal(&self, part: Range<usize>) -> Replacement {
        let line_start = self.starts[self.line(part.start) - 1];
        let before = &self.program[line_start..part.start];
        let (after, end) = lines(&self.program[part.end..]).next().unwrap_or_default();
        let mut range = part.clone();
        if before.chars().all(is_blank) && after.chars().all(is_blank) {
            range = line_start..part.end + after.len() + end.len();
            if end.is_empty() {
                // The last line goes with the end of the one before.
                let kept = self.program[..line_start].trim_end_matches(['\n', '\r']);
                let ends = &self.program[kept.len()..line_start];
                let last = lines(ends)
                    .map(|(_, end)| end.len())
                    .filter(|length| *length > 0);
                range.start = line_start - last.last().unwrap_or_default();
            }
        }
        Replacement {
            part,
            range,
            text: String::new(),
        }
    }

    /// The end of the line on which a byte stands, or else that of the line before, or a line feed.
    fn line_end(&self, offset: usize) -> &'a str {
        let end_at = |start: usize| lines(&self.program[start..]).next().map(|(_, end)| end);
        let line = self.line(offset) - 1;
        [Some(line), line.checked_sub(1)]
            .into_iter()
            .flatten()
            .filter_map(|line| end_at(self.starts[line]))
            .find(|end| !end.is_empty())
            .unwrap_or("\n")
    }

    /// Why a part is not there, with the lines that are nearest to it.
    fn nearest(&self, wanted: &str) -> String {
        let lines: Vec<&str> = self.text.split('\n').collect();
        let count = wanted.split('\n').count().min(SHOWN_LINES);
        if self.text.contains(wanted) {
            return "stands only within longer words. Quote whole lines.".to_owned();
        }
        let (why, start) = match self.line_apart_from_blanks(wanted) {
            Some(line) => ("differs from the program in white space", line),
            None => ("does not stand in the program", self.most_alike(wanted)),
        };
        let shown: Vec<_> = lines.iter().skip(start - 1).take(count).copied().collect();
        format!(
            "{why}. Copy it character by character. From line {start} on the program has:\n{}",
            shown.join("\n")
        )
    }

    /// The line on which a part begins, white space left out on both sides.
    fn line_apart_from_blanks(&self, wanted: &str) -> Option<usize> {
        let mut solid = String::with_capacity(self.text.len());
        let starts: Vec<usize> = lines(&self.text)
            .map(|(line, _)| {
                let start = solid.len();
                solid.extend(line.chars().filter(|c| !is_blank(*c)));
                start
            })
            .collect();
        let at = solid.find(&without_blanks(wanted))?;
        Some(starts.partition_point(|start| *start <= at))
    }

    /// The line that shares the most pairs of characters with the longest line of a text.
    fn most_alike(&self, wanted: &str) -> usize {
        let pairs = |line: &str| {
            let letters: Vec<char> = without_blanks(line).chars().take(200).collect();
            let pairs = letters.windows(2).map(|pair| (pair[0], pair[1]));
            pairs.collect::<std::collections::HashSet<_>>()
        };
        let longest = wanted.split('\n').max_by_key(|line| line.len());
        let wanted = pairs(longest.unwrap_or_default());
        let alike = |line: &str| {
            let line = pairs(line);
            let common = line.intersection(&wanted).count();
            // Dice's coefficient, in thousandths.
            2000 * common / (line.len() + wanted.len()).max(1)
        };
        let best = self
            .text
            .split('\n')
            .enumerate()
            .max_by_key(|(index, line)| {
                // Of several the first.
                (alike(line), std::cmp::Reverse(*index))
            });
        best.map_or(1, |(index, _)| index + 1)
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
