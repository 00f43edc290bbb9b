use domain::FileName;
use similar::{group_diff_ops, udiff::UnifiedHunkHeader};

use crate::{CONTEXT, operations};

/// The unified diff that makes `original` into `modified`, byte for byte, as `patch -p1` and `git apply` take it; empty when they are
/// the same.
#[must_use]
pub fn unified(original: &str, modified: &str, file: &FileName) -> String {
    // A line ends at a line feed and nowhere else, as it does for patch and git: carriage returns and a byte order mark are
    // parts of their lines.
    let old: Vec<&str> = original.split_inclusive('\n').collect();
    let new: Vec<&str> = modified.split_inclusive('\n').collect();
    let mut out = String::new();
    for hunk in group_diff_ops(operations(&old, &new), CONTEXT) {
        if out.is_empty() {
            // No "diff --git" line: with one, git takes the name from the root of the repository, without one from the folder it
            // is run in. The tab ends a name that has blanks, which patch would cut off otherwise.
            let is_plain = file.as_str().bytes().all(|b| b.is_ascii_graphic());
            let end = if is_plain { "" } else { "\t" };
            out.push_str(&format!("--- a/{file}{end}\n+++ b/{file}{end}\n"));
        }
        out.push_str(&format!("{}\n", UnifiedHunkHeader::new(&hunk)));
        // similar's own printer takes a carriage return for the end of a last line.
        for change in hunk.iter().flat_map(|op| op.iter_changes(&old, &new)) {
            out.push_str(&format!("{}{}", change.tag(), change.value()));
            if !change.value().ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(original: &str, modified: &str) -> String {
        unified(original, modified, &FileName::of_language("C"))
    }

    #[test]
    fn the_same_program_has_no_diff() {
        for program in ["", "a", "a\n", &"x\n".repeat(20)] {
            assert_eq!(diff(program, program), "");
        }
    }

    #[test]
    fn hunks_have_three_lines_around_them_and_count_lines_from_one() {
        let old: Vec<String> = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = old.concat().replace("2\n3\n", "2\nx\n").replace("18\n", "");
        assert_eq!(
            diff(&old.concat(), &new),
            "--- a/solution.c\n+++ b/solution.c\n\
             @@ -1,6 +1,6 @@\n 1\n 2\n-3\n+x\n 4\n 5\n 6\n\
             @@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }

    #[test]
    fn a_missing_line_end_is_said_on_the_side_that_misses_it() {
        let head = "--- a/solution.c\n+++ b/solution.c\n";
        let none = "\\ No newline at end of file\n";
        for (old, new, hunk) in [
            (
                "a\nb",
                "a\nc",
                format!("@@ -1,2 +1,2 @@\n a\n-b\n{none}+c\n{none}"),
            ),
            ("b", "b\n", format!("@@ -1 +1 @@\n-b\n{none}+b\n")),
            ("b\n", "b", format!("@@ -1 +1 @@\n-b\n+b\n{none}")),
            (
                "a\nb",
                "x\nb",
                format!("@@ -1,2 +1,2 @@\n-a\n+x\n b\n{none}"),
            ),
            ("", "a\n", "@@ -0,0 +1 @@\n+a\n".to_owned()),
            ("a\n", "", "@@ -1 +0,0 @@\n-a\n".to_owned()),
            (
                "a\rb",
                "a\rc",
                format!("@@ -1 +1 @@\n-a\rb\n{none}+a\rc\n{none}"),
            ),
            (
                "a\r",
                "b\r",
                format!("@@ -1 +1 @@\n-a\r\n{none}+b\r\n{none}"),
            ),
        ] {
            assert_eq!(diff(old, new), format!("{head}{hunk}"), "{old:?} {new:?}");
        }
    }

    #[test]
    fn carriage_returns_and_a_byte_order_mark_stay() {
        assert_eq!(
            diff("\u{feff}a\r\nb\r\n", "\u{feff}a\r\nc\r\n"),
            "--- a/solution.c\n+++ b/solution.c\n@@ -1,2 +1,2 @@\n \u{feff}a\r\n-b\r\n+c\r\n"
        );
    }

    #[test]
    fn a_name_with_blanks_is_ended_by_a_tab() {
        let file = FileName::parse("my solution.py").unwrap();
        assert!(
            unified("a\n", "b\n", &file)
                .starts_with("--- a/my solution.py\t\n+++ b/my solution.py\t\n@@")
        );
    }

    #[test]
    fn of_long_programs_all_between_the_first_difference_and_the_last_is_replaced() {
        let program = |factor: usize| {
            let lines = (0..11_000).map(|n| format!("{}\n", n * factor % 1000));
            format!("first\n{}last\n", lines.collect::<String>())
        };
        let patch = diff(&program(7), &program(13));
        let count = |sign| patch.lines().filter(|line| line.starts_with(sign)).count();
        // Both begin with 0; the names of the files have signs too.
        assert_eq!((count("-"), count("+")), (11_000, 11_000));
        assert!(patch.ends_with(" last\n"));
    }
}
