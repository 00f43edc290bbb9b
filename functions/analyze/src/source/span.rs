use std::collections::HashMap;
use std::ops::Range;

use super::{Stripped, is_blank};

/// Where a program stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Bytes of the text. It begins with the indentation of its first line and ends with the line end of its
    /// last, if nothing else stands on those lines.
    pub range: Range<usize>,
    /// Whether nothing but white space differs. Otherwise lines of the program differ from the text's,
    /// and at the edges some of the user's lines may have been left out.
    pub exact: bool,
}

/// Lines compared at most, on either side: the comparison takes their product in time and memory.
const MAX_LINES: usize = 4000;

/// Finds the program `code`, as a model gave it back, in the user's text.
///
/// First apart from white space, whole words only, the last place if there are several. Else by lines: the
/// stretch of text with the most lines of the program in their order, if at least 60 % of the program's lines
/// are in it and it has at most 1.6 times as many. Lines without a letter or digit, such as `}`, are no evidence
/// and blank lines are not counted. A blank `code` is nowhere.
#[must_use]
pub fn find_in_text(text: &str, code: &str) -> Option<Match> {
    let wanted = Stripped::of(code).text;
    if wanted.is_empty() {
        return None;
    }
    let stripped = Stripped::of(text);
    let exact = stripped
        .text
        .rmatch_indices(wanted.as_str())
        .find_map(|(start, _)| stripped.whole_words(text, start, wanted.len()));
    match exact {
        Some(range) => Some(Match {
            range: widened(text, range),
            exact: true,
        }),
        None => find_by_lines(text, code).map(|range| Match {
            range: widened(text, range),
            exact: false,
        }),
    }
}

/// The range with the blanks around it on its lines and the last line's end, where only blanks are around it.
fn widened(text: &str, range: Range<usize>) -> Range<usize> {
    let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |at| range.end + at + 1);
    let free = |part: Range<usize>| text[part].chars().all(is_blank);
    let start = if free(line_start..range.start) {
        line_start
    } else {
        range.start
    };
    let end = if free(range.end..line_end) {
        line_end
    } else {
        range.end
    };
    start..end
}

/// A line that is not blank: its bytes, and its content without white space.
struct Line {
    range: Range<usize>,
    content: String,
}

fn lines(text: &str) -> Vec<Line> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = Stripped::of(line).text;
        if !content.is_empty() {
            lines.push(Line {
                range: at..at + line.trim_end().len(),
                content,
            });
        }
        at += line.len();
    }
    lines
}

fn find_by_lines(text: &str, code: &str) -> Option<Range<usize>> {
    let (text_lines, code_lines) = (lines(text), lines(code));
    let evidence = |line: &Line| line.content.contains(char::is_alphanumeric);
    let total = code_lines.iter().filter(|line| evidence(line)).count();
    let pairs = common_lines(&text_lines, &code_lines, evidence);
    let (first, last) = densest(&pairs, code_lines.len())?;
    // At least 60 %.
    if (last - first + 1) * 10 < total * 6 {
        return None;
    }
    // Lines that are no evidence still belong to the program when they are its next ones.
    let same = |text_line: usize, code_line: usize| matches!((text_lines.get(text_line), code_lines.get(code_line)), (Some(a), Some(b)) if a.content == b.content);
    let (mut from, mut code_from) = pairs[first];
    while from > 0 && code_from > 0 && same(from - 1, code_from - 1) {
        (from, code_from) = (from - 1, code_from - 1);
    }
    let (mut to, mut code_to) = pairs[last];
    while same(to + 1, code_to + 1) {
        (to, code_to) = (to + 1, code_to + 1);
    }
    Some(text_lines[from].range.start..text_lines[to].range.end)
}

/// The stretch of pairs, by first and last, that has the most of them within 1.6 times the program's lines of
/// text; the last such stretch.
fn densest(pairs: &[(usize, usize)], code_lines: usize) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut first = 0;
    for last in 0..pairs.len() {
        while (pairs[last].0 - pairs[first].0 + 1) * 10 > code_lines * 16 {
            first += 1;
        }
        if best.is_none_or(|(from, to)| last - first >= to - from) {
            best = Some((first, last));
        }
    }
    best
}

/// A longest common subsequence of the lines that are evidence, as pairs of indices (text, code), as far down
/// the text as possible.
fn common_lines(
    text: &[Line],
    code: &[Line],
    evidence: impl Fn(&Line) -> bool,
) -> Vec<(usize, usize)> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for line in code.iter().filter(|line| evidence(line)) {
        let next = numbers.len();
        numbers.entry(&line.content).or_insert(next);
    }
    // Lines of one side only cannot be common: leaving them out keeps the table small.
    let numbered = |lines: &[Line]| -> Vec<(usize, usize)> {
        let known = lines.iter().enumerate();
        known
            .filter_map(|(i, line)| Some((i, *numbers.get(line.content.as_str())?)))
            .collect()
    };
    let (mut text, mut code) = (numbered(text), numbered(code));
    // A program mostly follows its statement.
    text.drain(..text.len().saturating_sub(MAX_LINES));
    code.truncate(MAX_LINES);
    let width = code.len() + 1;
    // lengths[i * width + j]: of the longest common subsequence of text[..i] and code[..j].
    let mut lengths = vec![0_u16; (text.len() + 1) * width];
    for (i, (_, text_line)) in text.iter().enumerate() {
        for (j, (_, code_line)) in code.iter().enumerate() {
            lengths[(i + 1) * width + j + 1] = if text_line == code_line {
                lengths[i * width + j] + 1
            } else {
                lengths[i * width + j + 1].max(lengths[(i + 1) * width + j])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (text.len(), code.len());
    while i > 0 && j > 0 {
        let length = lengths[i * width + j];
        if text[i - 1].1 == code[j - 1].1 {
            pairs.push((text[i - 1].0, code[j - 1].0));
            (i, j) = (i - 1, j - 1);
        } else if lengths[i * width + j - 1] == length {
            j -= 1;
        } else {
            i -= 1;
        }
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, code: &str) -> Option<(String, bool)> {
        find_in_text(text, code).map(|found| (text[found.range].into(), found.exact))
    }

    #[test]
    fn a_program_is_found_apart_from_white_space() {
        for (text, code, wanted) in [
            (
                "Sum.\n\n  int x;\n  y();\n\nWhy?",
                "int x;\ny();\n",
                "  int x;\n  y();\n",
            ),
            (
                "Sum.\r\n\tint x;\r\n\ty();  \r\nWhy?",
                "int x; y();",
                "\tint x;\r\n\ty();  \r\n",
            ),
            (
                "My code: int x; y(); is wrong",
                "int x;\n  y();",
                "int x; y();",
            ),
            ("```\nint x;\n```", "int x;", "int x;\n"),
            ("\u{feff}int x;", "int x;\n", "\u{feff}int x;"),
            ("x=1\nnow\nx = 1\nmax = 1", "x = 1", "x = 1\n"),
            (
                "print('日本語')",
                "\u{feff}print( '日本語' )",
                "print('日本語')",
            ),
            ("größe\nse", "s e", "se"),
        ] {
            assert_eq!(found(text, code), Some((wanted.into(), true)), "{text:?}");
        }
    }

    #[test]
    fn a_program_that_was_changed_is_found_by_its_lines() {
        let text = "Given n, print n.\nn = 1\n\n{\n  read(n);\n\n  m = n * 2;\n  k = 7;\n  write(m);\n}\nIt prints 3.\n";
        let code = "{\n    read(n);\n    m = n + 2;\n    k = 7;\n    write(m);\n}\n";
        let wanted = "{\n  read(n);\n\n  m = n * 2;\n  k = 7;\n  write(m);\n}\n";
        assert_eq!(found(text, code), Some((wanted.into(), false)));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for (text, code) in [
            ("", "x"),
            ("x", ""),
            ("x", " \n"),
            ("{\n}\n);\n", "{\n f();\n}\n"),
            ("a = 1;\nb = 2;\n", "a = 1;\nc = 3;\nd = 4;\n"),
            (
                "a = 1;\none\ntwo\nthree\nfour\nfive\nb = 2;\n",
                "a = 1;\nb = 2;\nc = 3\n",
            ),
            ("maximum", "max"),
        ] {
            assert_eq!(found(text, code), None, "{text:?}");
        }
    }

    #[test]
    fn large_texts_take_bounded_time() {
        let text = "x = 1\n".repeat(20_000);
        let code = format!("y\n{}", "x = 1\n".repeat(5_000));
        assert!(find_in_text(&text, &code).is_some_and(|found| !found.exact));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), code in any::<String>()) {
            let _ = find_in_text(&text, &code);
        }

        #[test]
        fn ranges_are_on_character_boundaries(text in "[ab\n\r\u{feff}é {}]{0,60}", code in "[ab\né}]{1,8}") {
            if let Some(found) = find_in_text(&text, &code) {
                prop_assert!(text.get(found.range).is_some());
            }
        }

        #[test]
        fn a_program_between_prose_is_found(
            lines in prop::collection::vec(("[a-z]{1,4} = [a-z0-9]{1,4};", "[ \t]{0,6}"), 1..20),
            before in "([A-Z][a-z ]{0,20}\\.\r?\n){0,4}",
            after in "(\r?\n[A-Z][a-z ]{0,20}\\.){0,4}",
            end in "\r?\n",
        ) {
            let given: Vec<String> = lines.iter().map(|(line, indent)| format!("{indent}{line}")).collect();
            let given = given.join(&end);
            let code: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
            let text = format!("{before}{given}{after}");
            let found = find_in_text(&text, &code.join("\n"));
            prop_assert!(found.as_ref().is_some_and(|found| found.exact));
            let range = found.map_or(0..0, |found| found.range);
            prop_assert_eq!(text[range].trim_end(), given.as_str());
        }
    }
}
