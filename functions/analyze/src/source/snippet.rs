use std::collections::HashMap;

use super::{Stripped, unfence};

/// Lines of a program, counted from 1, both ends included. Lines end at LF (or CRLF).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// The line on which the snippet begins.
    pub start: usize,
    /// The line on which it ends.
    pub end: usize,
}

/// How often the search goes on after a match that begins or ends inside a word.
const MAX_REJECTED: usize = 1000;

/// Where a snippet that a model quoted stands in the code: the first place, or `None`.
///
/// White space does not count (so indentation, line ends and moved line breaks do not), nor does a Markdown
/// fence or a pair of backticks around the snippet, nor line numbers when every line has one (`12: x`,
/// `12 | x`, `12  x`). A part of a line is enough, a part of a word is not. A blank snippet is nowhere.
#[must_use]
pub fn locate(code: &str, snippet: &str) -> Option<Lines> {
    locate_all(code, &[snippet]).pop().flatten()
}

/// [`locate`] for many snippets, one result for each. The second snippet that is equal to an earlier one is
/// looked for after it, and so on; when there is no further place, the last one is given again.
#[must_use]
pub fn locate_all(code: &str, snippets: &[&str]) -> Vec<Option<Lines>> {
    let stripped = Stripped::of(code);
    let line_starts: Vec<usize> = code.match_indices('\n').map(|(at, _)| at + 1).collect();
    let line = |offset: usize| line_starts.partition_point(|&start| start <= offset) + 1;
    let mut places: HashMap<String, Place> = HashMap::new();
    snippets
        .iter()
        .map(|snippet| {
            let readings = readings(snippet);
            let key = readings.first()?.clone();
            let before = places.get(&key);
            let from = before.map_or(0, |place| place.next);
            let next = readings
                .iter()
                .find_map(|reading| find(code, &stripped, reading, from));
            let place = next.or_else(|| before.cloned())?;
            let lines = Lines {
                start: line(place.first),
                end: line(place.last),
            };
            places.insert(key, place);
            Some(lines)
        })
        .collect()
}

#[derive(Clone)]
struct Place {
    /// Bytes of the code: its first byte, and its last.
    first: usize,
    last: usize,
    /// The stripped byte from which to look for the next one.
    next: usize,
}

fn find(code: &str, stripped: &Stripped, wanted: &str, mut from: usize) -> Option<Place> {
    // A word less per step at most, so that overlapping matches are seen too.
    let step = wanted.chars().next()?.len_utf8();
    for _ in 0..MAX_REJECTED {
        let start = from + stripped.text.get(from..)?.find(wanted)?;
        if let Some(range) = stripped.whole_words(code, start, wanted.len()) {
            return Some(Place {
                first: range.start,
                last: range.end - 1,
                next: start + wanted.len(),
            });
        }
        from = start + step;
    }
    None
}

/// What a snippet may mean, without its white space and the likeliest first; none when it is blank.
fn readings(snippet: &str) -> Vec<String> {
    let body = unfence(snippet);
    let trimmed = body.trim();
    let quoted = trimmed
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    [
        Some(body.into()),
        quoted.map(Into::into),
        without_numbers(body),
    ]
    .into_iter()
    .flatten()
    .map(|reading: String| Stripped::of(&reading).text)
    .filter(|reading| !reading.is_empty())
    .collect()
}

/// The snippet without its line numbers, if each line that is not blank has one.
fn without_numbers(snippet: &str) -> Option<String> {
    let mut lines = Vec::new();
    for line in snippet.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim_start();
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = rest.trim_start();
        let marked = after.strip_prefix([':', '|', '.', ')', '\u{2192}']);
        let spaced = rest.is_empty() || after.len() < rest.len();
        if rest.len() == line.len() || marked.is_none() && !spaced {
            return None;
        }
        lines.push(marked.unwrap_or(after));
    }
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODE: &str = "int main() {\r\n    int n;\r\n\r\n    for (int i = 0; i <= n; i++)\r\n        s += a[i];\r\n    for (int i = 0; i <= n; i++)\r\n        t += a[i];\r\n}\r\n";

    fn lines(start: usize, end: usize) -> Option<Lines> {
        Some(Lines { start, end })
    }

    #[test]
    fn snippets_are_found_however_they_are_quoted() {
        for (snippet, wanted) in [
            ("int n;", lines(2, 2)),
            ("i <= n", lines(4, 4)),
            ("i<=n", lines(4, 4)),
            (
                "for (int i = 0; i <= n; i++)\n    s += a[i];\n",
                lines(4, 5),
            ),
            ("for (int i = 0; i <= n; i++) s += a[i];", lines(4, 5)),
            ("\n\n  int n;  \n\n", lines(2, 2)),
            (
                "4: for (int i = 0; i <= n; i++)\n5:     s += a[i];",
                lines(4, 5),
            ),
            (
                "4 | for (int i = 0; i <= n; i++)\n5 |     s += a[i];",
                lines(4, 5),
            ),
            (
                "  4  for (int i = 0; i <= n; i++)\n  5      s += a[i];",
                lines(4, 5),
            ),
            ("2\tint n;\n3\n4\tfor (int i = 0; i <= n; i++)", lines(2, 4)),
            ("```cpp\nint n;\n```", lines(2, 2)),
            ("```\n2: int n;\n```", lines(2, 2)),
            ("`i <= n`", lines(4, 4)),
            ("}", lines(8, 8)),
            ("nt n", None),
            ("= a[i]", lines(5, 5)),
            ("i <= m", None),
            ("", None),
            (" \r\n\t", None),
            ("```\n```", None),
            ("12:", None),
        ] {
            assert_eq!(locate(CODE, snippet), wanted, "{snippet:?}");
        }
    }

    #[test]
    fn a_match_inside_a_word_is_passed_over() {
        assert_eq!(locate("max_i = 1\ni = 1\n", "i = 1"), lines(2, 2));
        assert_eq!(locate("i = 10\ni = 1", "i = 1"), lines(2, 2));
        assert_eq!(locate("xa=a;a=\na;a=a;", "a=a;a=a;"), lines(1, 2));
        assert_eq!(locate("größe = 1", "e = 1"), None);
    }

    #[test]
    fn equal_snippets_take_the_next_place() {
        let found = locate_all(CODE, &["i <= n", "int n;", "i<=n", "i <= n", "i > n"]);
        assert_eq!(
            found,
            [lines(4, 4), lines(2, 2), lines(6, 6), lines(6, 6), None]
        );
    }

    #[test]
    fn many_near_misses_do_not_take_long() {
        let code = "a".repeat(200_000);
        assert_eq!(locate(&code, &"a".repeat(1000)), None);
    }

    proptest! {
        #[test]
        fn never_panics(code in any::<String>(), snippet in any::<String>()) {
            let _ = locate(&code, &snippet);
        }

        #[test]
        fn every_line_range_is_found(
            lines in prop::collection::vec("[a-z]{1,3} [-+=<(é]{1,2} [a-z]{1,3}[;)]", 1..12),
            from in any::<prop::sample::Index>(),
            count in 1..5_usize,
            indent in "[ \t]{0,4}",
        ) {
            let numbered: Vec<String> =
                lines.iter().enumerate().map(|(i, line)| format!("{indent}{line} v{i}")).collect();
            let start = from.index(lines.len());
            let end = (start + count).min(lines.len());
            let snippet = numbered[start..end].iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
            let found = locate(&numbered.join("\r\n"), &snippet);
            prop_assert_eq!(found, Some(Lines { start: start + 1, end }));
        }
    }
}
