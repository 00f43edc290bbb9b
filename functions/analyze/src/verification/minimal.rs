//! The smallest part of a fix, in the analysis and in words.

use domain::{Analysis, Fix, Lines, NeededChange};
use judge_api::NeededPart;

/// Lines of a program for which more than half is much.
const SHORT_PROGRAM: usize = 10;

/// The analysis with the smaller program `code`, and with those fixes that have to do with a part that is left; the nearest one
/// where none has.
pub(super) fn with_code(
    analysis: &Analysis,
    original: &str,
    code: &str,
    parts: &[NeededPart],
) -> Analysis {
    let size = diff::change_size(original, code);
    let distance = |fix: &Fix| {
        let Some(lines) = fix.lines else { return 0 };
        let distances = parts.iter().map(|part| {
            // A part that only adds lines stands between two.
            let (start, end) = (
                part.start,
                part.end.max(part.start + usize::from(is_addition(part))),
            );
            if lines.end < start {
                start - lines.end
            } else {
                lines.start.saturating_sub(end)
            }
        });
        distances.min().unwrap_or_default()
    };
    let mut fixes: Vec<Fix> = analysis
        .fixes
        .iter()
        .filter(|fix| distance(fix) == 0)
        .cloned()
        .collect();
    if fixes.is_empty() {
        fixes.extend(
            analysis
                .fixes
                .iter()
                .min_by_key(|fix| distance(fix))
                .cloned(),
        );
    }
    Analysis {
        fixes,
        modified_code: code.to_owned(),
        lines_added: size.added,
        lines_removed: size.removed,
        ..analysis.clone()
    }
}

const fn is_addition(part: &NeededPart) -> bool {
    part.start == 0 || part.end < part.start
}

/// The reasons of the parts that are left, as far as a test shows them: the first cases are those of the tests at `places`, the
/// others are further inputs.
pub(super) fn changes(parts: Vec<NeededPart>, places: &[usize]) -> Vec<NeededChange> {
    let change = |part: NeededPart| {
        Some(NeededChange {
            lines: Lines {
                start: part.start,
                end: part.end.max(part.start),
            },
            test: *places.get(part.case)?,
            without: part.without,
        })
    };
    parts.into_iter().filter_map(change).collect()
}

/// Lines of a fix that are not in its smaller form.
pub(super) fn lines_dropped(original: &str, fixed: &str, code: &str) -> usize {
    let (before, after) = (
        diff::change_size(original, fixed),
        diff::change_size(original, code),
    );
    let added = before.added.saturating_sub(after.added);
    added.max(before.removed.saturating_sub(after.removed))
}

/// Whether a fix replaces most of a program, or puts as much beside it; of a short one, whether it leaves no line.
pub(super) fn is_rewritten(original: &str, fixed: &str) -> bool {
    let lines = original
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    let size = diff::change_size(original, fixed);
    if lines > SHORT_PROGRAM {
        size.removed.max(size.added) * 2 > lines
    } else {
        lines > 1 && (size.removed >= lines || size.added > SHORT_PROGRAM)
    }
}

#[cfg(test)]
mod tests {
    use domain::RunVerdict;

    use super::*;
    use crate::verification::sample::run;

    fn part(start: usize, end: usize, case: usize) -> NeededPart {
        NeededPart {
            start,
            end,
            case,
            without: run(RunVerdict::WrongAnswer),
        }
    }

    fn fix(start: usize, end: usize) -> Fix {
        Fix {
            category: format!("{start}-{end}"),
            severity: "major".to_owned(),
            hint: String::new(),
            explanation: String::new(),
            original_snippet: String::new(),
            modified_snippet: String::new(),
            lines: Some(Lines { start, end }),
        }
    }

    fn left(fixes: &[(usize, usize)], parts: &[NeededPart]) -> Vec<String> {
        let analysis = Analysis {
            bug_found: true,
            summary: "s".to_owned(),
            fixes: fixes.iter().map(|(start, end)| fix(*start, *end)).collect(),
            modified_code: "1\nx\n3\ny\n".to_owned(),
            lines_added: 2,
            lines_removed: 2,
        };
        let smaller = with_code(&analysis, "1\n2\n3\n4\n", "1\nx\n3\n4\n", parts);
        assert_eq!((smaller.lines_added, smaller.lines_removed), (1, 1));
        assert_eq!(smaller.modified_code, "1\nx\n3\n4\n");
        smaller.fixes.into_iter().map(|fix| fix.category).collect()
    }

    #[test]
    fn fixes_without_a_part_that_is_left_are_dropped() {
        assert_eq!(left(&[(2, 2), (4, 4)], &[part(2, 2, 0)]), ["2-2"]);
        assert_eq!(left(&[(2, 3), (4, 4)], &[part(3, 4, 0)]), ["2-3", "4-4"]);
        // The addition stands behind line 3, or before line 1.
        assert_eq!(left(&[(1, 1), (3, 3)], &[part(3, 2, 0)]), ["3-3"]);
        assert_eq!(left(&[(1, 1), (4, 4)], &[part(0, 0, 0)]), ["1-1"]);
        assert_eq!(left(&[(1, 1), (7, 9)], &[part(5, 6, 0)]), ["7-9"]);
    }

    #[test]
    fn a_part_that_only_a_further_input_needs_has_no_reason_to_show() {
        let changes = changes(vec![part(2, 2, 1), part(0, 0, 0), part(4, 4, 2)], &[1, 3]);
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].lines, Lines { start: 2, end: 2 });
        assert_eq!((changes[0].test, changes[1].test), (3, 1));
    }

    #[test]
    fn lines_are_counted() {
        assert_eq!(lines_dropped("a\nb\n", "a\nc\n// d\n", "a\nc\n"), 1);
        assert_eq!(lines_dropped("a\nb\n", "c\nd\n", "a\nd\n"), 1);
        assert_eq!(lines_dropped("a\n", "b\n", "b\n"), 0);
        let long = "x\n".repeat(12);
        assert!(is_rewritten(&long, &"y\n".repeat(12)));
        assert!(!is_rewritten(&long, &format!("y\n{}", "x\n".repeat(11))));
        assert!(is_rewritten(&long, &format!("{}{long}", "y\n".repeat(7))));
        assert!(is_rewritten("a\nb\n", "c\nd\n"));
        assert!(!is_rewritten("a\nb\n", "a\nd\n"));
        assert!(!is_rewritten("a\n", "b\n"));
    }
}
