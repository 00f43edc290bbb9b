use std::time::{Duration, Instant};

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

/// Whether a model answered with a diff where a program was asked for.
///
/// Tells a unified or Git diff by its headers, and lines without headers by nearly all (nine of ten) beginning
/// with `+`, `-` or a blank, both signs among them; `--` and `++` are no signs but comments and operators.
#[must_use]
pub fn is_diff(code: &str) -> bool {
    let lines: Vec<&str> = unfence(code)
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let header = lines.iter().any(|line| {
        line.starts_with("diff --git ")
            || line.starts_with("*** Begin Patch")
            || is_hunk_header(line)
    });
    let files = lines
        .windows(2)
        .any(|pair| pair[0].starts_with("--- ") && pair[1].starts_with("+++ "));
    let plus = lines
        .iter()
        .filter(|line| line.starts_with('+') && !line.starts_with("++"))
        .count();
    let minus = lines
        .iter()
        .filter(|line| line.starts_with('-') && !line.starts_with("--"))
        .count();
    let blank = lines
        .iter()
        .filter(|line| line.starts_with([' ', '\t']))
        .count();
    header || files || plus > 0 && minus > 0 && (plus + minus + blank) * 10 >= lines.len() * 9
}

/// Whether a line is `@@ -1,2 +3,4 @@`, with or without counts.
fn is_hunk_header(line: &str) -> bool {
    let mut words = line.split(' ');
    let numbers = |word: Option<&str>, sign: char| {
        word.and_then(|word| word.strip_prefix(sign))
            .is_some_and(|range| {
                range.starts_with(|c: char| c.is_ascii_digit())
                    && range.chars().all(|c| c.is_ascii_digit() || c == ',')
            })
    };
    words.next() == Some("@@")
        && numbers(words.next(), '-')
        && numbers(words.next(), '+')
        && words.next() == Some("@@")
}

/// The model's program written the way the user's file is, so that unchanged lines are the same bytes: with
/// or without its byte order mark and its final line end, and with its line ends (the ones that most lines
/// have for changed lines). Line ends are LF, CRLF and CR. An empty original changes nothing.
#[must_use]
pub fn like_original(modified: &str, original: &str) -> String {
    if original.is_empty() {
        return modified.into();
    }
    let old = lines(original);
    let new = lines(modified);
    let usual = usual_line_end(&old);
    let mut written = String::with_capacity(modified.len() + new.len());
    if original.starts_with(BOM) {
        written.push(BOM);
    }
    let mut ends: Vec<&str> = vec![usual; new.len()];
    let (old_contents, new_contents) = (contents(&old), contents(&new));
    for op in diff(&old_contents, &new_contents) {
        for change in op.iter_changes(&old_contents, &new_contents) {
            if let (Some(from), Some(to)) = (change.old_index(), change.new_index())
                && let Some(&(_, end)) = old.get(from)
                && !end.is_empty()
            {
                ends[to] = end;
            }
        }
    }
    let final_end = old.last().is_some_and(|(_, end)| !end.is_empty());
    if !final_end && let Some(last) = ends.last_mut() {
        *last = "";
    }
    for ((content, _), end) in new.iter().zip(ends) {
        written.push_str(content);
        written.push_str(end);
    }
    written
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

fn usual_line_end(lines: &[(&str, &str)]) -> &'static str {
    let count = |wanted: &str| lines.iter().filter(|(_, end)| *end == wanted).count();
    let (lf, crlf, cr) = (count("\n"), count("\r\n"), count("\r"));
    if crlf > lf && crlf >= cr {
        "\r\n"
    } else if cr > lf {
        "\r"
    } else {
        "\n"
    }
}

/// The lines of a text without its byte order mark, each with its line end (empty for an unfinished last one).
fn lines(text: &str) -> Vec<(&str, &str)> {
    let mut rest = text.strip_prefix(BOM).unwrap_or(text);
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let content = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = match &rest[content..] {
            "" => 0,
            tail if tail.starts_with("\r\n") => 2,
            _ => 1,
        };
        let (line, tail) = rest.split_at(content + end);
        lines.push(line.split_at(content));
        rest = tail;
    }
    lines
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
    fn diffs_are_told_from_programs() {
        for diff in [
            "--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n",
            "diff --git a/x b/x\nindex 1..2\n",
            "```diff\n@@ -1,2 +1,3 @@ int main()\n x\n```",
            "*** Begin Patch\n*** Update File: a",
            " int main() {\n-  x();\n+  y();\n }\n",
            "-x = 1\n+x = 2",
        ] {
            assert!(is_diff(diff), "{diff:?}");
        }
        for program in [
            "",
            "-- x\n-- y\nmain = print (a\n + b\n + c)\n",
            "-- only\n-- comments\n",
            "total = (\na\n+ b\n- c\n)\n",
            "x = a \\\n+ b \\\n- c\nprint(x)\nprint(x)",
            "    if x:\n        y\n+ 1\n",
            "++i;\n--i;\n",
            "@@ table @@\n",
            "int main() { return 0; }\n",
            "--- comment\nmain = do\n",
            "- a\n- b\n",
        ] {
            assert!(!is_diff(program), "{program:?}");
        }
    }

    #[test]
    fn the_file_conventions_of_the_user_are_kept() {
        for (modified, original, wanted) in [
            ("a\nc\n", "a\r\nb\r\n", "a\r\nc\r\n"),
            ("a\nc\n", "a\r\nb", "a\r\nc"),
            ("a\nb\nc", "\u{feff}a\r\nb\r\n", "\u{feff}a\r\nb\r\nc\r\n"),
            ("\u{feff}a\r\nb\r\n", "a\nb\n", "a\nb\n"),
            ("x\na\nb\nc\n", "a\r\nb\nc\r\n", "x\r\na\r\nb\nc\r\n"),
            ("a\nb\n", "a\rb\r", "a\rb\r"),
            ("a\nb\nc", "a\nb", "a\nb\nc"),
            ("a\r\n", "", "a\r\n"),
            ("", "a\r\n", ""),
        ] {
            assert_eq!(
                like_original(modified, original),
                wanted,
                "{modified:?} {original:?}"
            );
        }
    }

    #[test]
    fn changes_are_counted_by_lines() {
        for (original, modified, added, removed) in [
            ("a\nb\nc\n", "a\r\nx\r\nc", 1, 1),
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
            let _ = (unfence(&a), is_diff(&a), is_diff(&b), like_original(&a, &b), change_size(&b, &a));
        }

        #[test]
        fn an_unchanged_program_gets_its_bytes_back(
            lines in prop::collection::vec(("[a-cé ]{0,3}", "(\n|\r\n)"), 0..20),
            last in "[a-c]{1,2}",
            finished in any::<bool>(),
        ) {
            let mut original: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
            original.push_str(&last);
            original.push_str(if finished { "\r\n" } else { "" });
            let answer = original.replace("\r\n", "\n");
            prop_assert_eq!(like_original(answer.trim_end_matches('\n'), &original), original.clone());
            prop_assert_eq!(change_size(&original, &answer), ChangeSize::default());
        }
    }
}
