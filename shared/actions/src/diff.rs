//! The fix as a unified diff that `patch -p1` and `git apply` take.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};

use crate::results;
use domain::{FileName, Status, SubmissionId};
use web::{error::ApiError, state::AppState};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// After this time a diff of programs that have nothing in common is finished roughly: longer than need be, but right.
const DIFF_TIME: Duration = Duration::from_millis(500);

/// The fix of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The file that it changes.
    pub file: FileName,
    /// The unified diff.
    pub text: String,
}

/// The fix of a submission as a patch of a file of this name, or else of one named after the language.
///
/// # Errors
/// [`ApiError::NotFound`]; [`ApiError::Conflict`] while there is nothing to patch, and when no bug was found; those of the
/// database.
pub async fn patch(
    state: &AppState,
    id: SubmissionId,
    file: Option<FileName>,
) -> Result<Patch, ApiError> {
    let found = results::load(state, id).await?;
    let conflict = |detail: String| Err(ApiError::Conflict(detail));
    match (found.submission.status, found.submission.error_code) {
        (Status::Completed, _) => {}
        (status @ (Status::Queued | Status::Processing), _) => {
            return conflict(format!(
                "The submission is {status}. There is a patch once it is COMPLETED."
            ));
        }
        (status, code) => {
            let reason = code.map(|code| format!(" ({code})")).unwrap_or_default();
            return conflict(format!(
                "The submission is {status}{reason}, so there is no patch. Retry it for one."
            ));
        }
    }
    let (Some(program), Some(analysis)) = (found.program, found.analysis) else {
        return conflict(
            "The stored result is of another version of CodeChecker. Retry the submission from the start for a patch."
                .to_owned(),
        );
    };
    if !analysis.bug_found {
        return conflict("No bug was found, so there is nothing to patch.".to_owned());
    }
    let file = file.unwrap_or_else(|| FileName::of_language(&program.language));
    // Two large programs that differ in every line keep a thread busy for as long as DIFF_TIME.
    tokio::task::spawn_blocking(move || Patch {
        text: unified(&program.code, &analysis.modified_code, &file),
        file,
    })
    .await
    .map_err(|error| ApiError::Internal(Box::new(error)))
}

/// The unified diff that makes `original` into `modified`, byte for byte; empty when they are the same.
#[must_use]
pub fn unified(original: &str, modified: &str, file: &FileName) -> String {
    // A line ends at a line feed and nowhere else, as it does for patch and git: carriage returns and a byte order mark are
    // parts of their lines.
    let old: Vec<&str> = original.split_inclusive('\n').collect();
    let new: Vec<&str> = modified.split_inclusive('\n').collect();
    let deadline = Some(Instant::now() + DIFF_TIME);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, deadline);
    let mut out = String::new();
    for hunk in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        if out.is_empty() {
            // No "diff --git" line: with one, git takes the name from the root of the repository, without one from the
            // folder it is run in. The tab ends a name that has blanks, which patch would cut off otherwise.
            let plain = file.as_str().bytes().all(|b| b.is_ascii_graphic());
            let end = if plain { "" } else { "\t" };
            out.push_str(&format!("--- a/{file}{end}\n+++ b/{file}{end}\n"));
        }
        out.push_str(&format!(
            "@@ -{} +{} @@\n",
            position(first.old_range().start..last.old_range().end),
            position(first.new_range().start..last.new_range().end),
        ));
        for op in &hunk {
            if let DiffOp::Equal { .. } = op {
                push_lines(&mut out, ' ', &old[op.old_range()]);
            } else {
                push_lines(&mut out, '-', &old[op.old_range()]);
                push_lines(&mut out, '+', &new[op.new_range()]);
            }
        }
    }
    out
}

/// Lines as the header of a hunk counts them: an empty range stands after the line that it names.
fn position(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn push_lines(out: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        out.push(mark);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
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
    fn programs_with_nothing_in_common_do_not_take_long() {
        let old: String = (0..60_000).map(|n| format!("{}\n", n * 7 % 1000)).collect();
        let new: String = (0..60_000).map(|n| format!("{}\n", n * 13 % 997)).collect();
        let started = Instant::now();
        assert!(!diff(&old, &new).is_empty());
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
