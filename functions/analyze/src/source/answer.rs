use std::time::{Duration, Instant};

use domain::line_ends;
use similar::{Algorithm, ChangeTag, capture_diff_slices_deadline};

use super::BOM;

/// How large the change from one program to another is, in lines. A changed line counts on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeSize {
    /// Lines of the new program that the old one does not have.
    pub added: usize,
    /// Lines of the old program that the new one does not have.
    pub removed: usize,
}

/// After this time a comparison is finished coarsely: correct, but not the smallest.
const DIFF_TIME: Duration = Duration::from_millis(500);

/// The program inside one Markdown fence that encloses the whole answer, up to and with its last line's end;
/// any other answer as it is. The fence is of three or more backticks or tildes; white space around it goes.
#[must_use]
pub fn unfence(code: &str) -> &str {
    let trimmed = code.trim_start_matches(BOM).trim();
    let Some(mark) = trimmed.chars().next().filter(|c| matches!(c, '`' | '~')) else {
        return code;
    };
    let length = trimmed.chars().take_while(|&c| c == mark).count();
    let (Some((opening, rest)), true) = (trimmed.split_once('\n'), length >= 3) else {
        return code;
    };
    let (body, closing) = rest
        .rfind('\n')
        .map_or(("", rest), |at| rest.split_at(at + 1));
    let closing = closing.trim();
    let closes = closing.len() >= length && closing.chars().all(|c| c == mark);
    if closes && !opening[length..].contains(mark) {
        body
    } else {
        code
    }
}

/// How many lines differ between two programs; line ends, byte order marks and a final line end do not count.
#[must_use]
pub fn change_size(original: &str, modified: &str) -> ChangeSize {
    let (old, new) = (lines(original), lines(modified));
    let (old, new) = (contents(&old), contents(&new));
    let mut size = ChangeSize::default();
    for op in diff(&old, &new) {
        for change in op.iter_changes(&old, &new) {
            match change.tag() {
                ChangeTag::Insert => size.added += 1,
                ChangeTag::Delete => size.removed += 1,
                ChangeTag::Equal => {}
            }
        }
    }
    size
}

fn diff(old: &[&str], new: &[&str]) -> Vec<similar::DiffOp> {
    capture_diff_slices_deadline(Algorithm::Myers, old, new, Some(Instant::now() + DIFF_TIME))
}

fn contents<'a>(lines: &[(&'a str, &str)]) -> Vec<&'a str> {
    lines.iter().map(|(content, _)| *content).collect()
}

/// The lines of a text without its byte order mark, each with its line end (empty for an unfinished last one).
fn lines(text: &str) -> Vec<(&str, &str)> {
    line_ends::lines(text.strip_prefix(BOM).unwrap_or(text))
        .filter(|line| *line != ("", ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_enclosing_fence_is_taken_off() {
        for (answer, wanted) in [
            ("```cpp\nint x;\n```", "int x;\n"),
            ("\n  ```\r\nint x;\r\n```  \n", "int x;\r\n"),
            ("~~~py\nx\n~~~", "x\n"),
            ("````\n```\n````", "```\n"),
            ("```\n```", ""),
            (
                "```py\ns = \"\"\"\n```\nx\n```\n\"\"\"\n```",
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
            ),
            ("int x;\n", "int x;\n"),
            (
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
            ),
            (
                "```cpp\nint x;\n```\nThat is it.",
                "```cpp\nint x;\n```\nThat is it.",
            ),
            ("Here:\n```\nx\n```", "Here:\n```\nx\n```"),
            ("```cpp\nint x;", "```cpp\nint x;"),
            ("`x`\n`y`", "`x`\n`y`"),
            ("```", "```"),
            ("", ""),
        ] {
            assert_eq!(unfence(answer), wanted, "{answer:?}");
        }
    }

    #[test]
    fn changes_are_counted_by_lines() {
        for (original, modified, added, removed) in [
            ("a\nb\nc\n", "a\r\nx\r\nc", 1, 1),
            ("a\r\r\nb\r\r\n", "a\nb\n", 0, 0),
            ("a\n", "a\nb\nc\n", 2, 0),
            ("a\nb\n", "", 0, 2),
            ("", "", 0, 0),
            ("\u{feff}a", "a\n", 0, 0),
        ] {
            assert_eq!(
                change_size(original, modified),
                ChangeSize { added, removed },
                "{original:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn never_panics(a in "[`~ +@a\r\n\u{feff}é-]{0,40}", b in any::<String>()) {
            let _ = (unfence(&a), change_size(&b, &a));
        }
    }
}
