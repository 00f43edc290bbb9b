//! Two answers to one input, cut where they differ.

use super::{Dispute, limits};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The part, with `…` for each end that is left out.
    pub text: String,
    /// Whether it is not all.
    pub is_cut: bool,
}

impl Excerpt {
    /// At most so many bytes of a text without the white space at its end, with the byte `place` in the middle if not all fits.
    fn around(text: &str, place: usize, bytes: usize) -> Self {
        let start = if text.len() > bytes {
            text.floor_char_boundary(place.saturating_sub(bytes / 2))
        } else {
            0
        };
        let part = limits::cut(&text[start..], bytes);
        let before = if start > 0 { "…" } else { "" };
        let after = if start + part.len() < text.len() {
            "…"
        } else {
            ""
        };
        Self {
            text: format!("{before}{part}{after}"),
            is_cut: part.len() < text.len(),
        }
    }
}

impl Dispute {
    /// The first and the second answer, each of at most so many bytes and around the first difference, so that they never look alike.
    #[must_use]
    pub fn answers(&self, bytes: usize) -> [Excerpt; 2] {
        let (first, second) = (self.first.trim_end(), self.second.trim_end());
        let (in_first, in_second) = difference(first, second);
        [(first, in_first), (second, in_second)]
            .map(|(text, place)| Excerpt::around(text, place, bytes))
    }
}

/// The bytes from which two texts differ, apart from white space.
fn difference(first: &str, second: &str) -> (usize, usize) {
    let (mut ones, mut others) = (tokens(first), tokens(second));
    loop {
        return match (ones.next(), others.next()) {
            (Some((_, one)), Some((_, other))) if one == other => continue,
            (Some((at, one)), Some((beside, other))) => {
                let same = one.chars().zip(other.chars());
                let same = same.take_while(|(one, other)| one == other);
                let same = same.map(|(one, _)| one.len_utf8()).sum::<usize>();
                (at + same, beside + same)
            }
            (Some((at, _)), None) => (at, second.len()),
            (None, Some((beside, _))) => (first.len(), beside),
            (None, None) => (0, 0),
        };
    }
}

/// The tokens of a text, each with its first byte.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    let pieces = text.split_inclusive(char::is_whitespace);
    let placed = pieces.map(move |piece| {
        let start = end;
        end += piece.len();
        (start, piece.trim_end())
    });
    placed.filter(|(_, token)| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(first: &str, second: &str, bytes: usize) -> [(String, bool); 2] {
        let dispute = Dispute {
            input: "1".to_owned(),
            first: first.to_owned(),
            second: second.to_owned(),
        };
        dispute
            .answers(bytes)
            .map(|excerpt| (excerpt.text, excerpt.is_cut))
    }

    #[test]
    fn short_answers_are_whole() {
        let whole = |text: &str| (text.to_owned(), false);
        assert_eq!(answers("4\n", "", 8), [whole("4"), whole("")]);
        assert_eq!(answers("1 2", "1\n3\n", 8), [whole("1 2"), whole("1\n3")]);
    }

    #[test]
    fn long_answers_are_cut_around_their_first_difference() {
        let cut = |text: &str| (text.to_owned(), true);
        let (first, second) = ("7 ".repeat(500) + "4 5 6", "7\n".repeat(500) + "5 6 7");
        assert_eq!(
            answers(&first, &second, 8),
            [cut("…7 7 4 5 …"), cut("…7\n7\n5 6 …")]
        );
        assert_eq!(
            answers(&"é".repeat(500), &("é".repeat(499) + "e"), 8),
            [cut("…ééé"), cut("…éée")]
        );
        let [one, other] = answers(&"1 ".repeat(500), &"1 ".repeat(499), 8);
        assert_ne!(one, other);
        let [one, other] = answers("1", &"1 ".repeat(499), 8);
        assert_eq!((one.0.as_str(), other.0.as_str()), ("1", "1 1 1 1 …"));
    }
}
