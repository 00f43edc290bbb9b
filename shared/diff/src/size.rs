use domain::line_ends;
use similar::DiffOp;

use crate::operations;

/// How large the change from one text to another is, in lines. A changed line counts on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeSize {
    /// Lines of the new text that the old one does not have.
    pub added: usize,
    /// Lines of the old text that the new one does not have.
    pub removed: usize,
}

/// How many lines differ between two texts; line ends, byte order marks and a final line end do not count.
#[must_use]
pub fn change_size(original: &str, modified: &str) -> ChangeSize {
    let (old, new) = (lines(original), lines(modified));
    let mut size = ChangeSize::default();
    for operation in operations(&old, &new) {
        if !matches!(operation, DiffOp::Equal { .. }) {
            size.added += operation.new_range().len();
            size.removed += operation.old_range().len();
        }
    }
    size
}

/// The lines without a byte order mark, their ends, and the empty line after the last end.
fn lines(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = line_ends::lines(text).filter(|line| *line != ("", ""));
    lines.map(|(content, _)| content).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let _ = change_size(&b, &a);
        }
    }
}
