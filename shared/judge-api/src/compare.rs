//! Comparing a program's output with the expected one.

use domain::Difference;

/// How far two numbers may be apart, absolutely or relative to the expected one, where the expected one has a fraction.
const TOLERANCE: f64 = 1e-6;

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Whether both have the same tokens.
    pub equal: bool,
    /// Whether they have the same white space too, apart from that at the end.
    pub exact: bool,
    /// The first tokens that differ, as ranges of bytes.
    pub difference: Option<Difference>,
}

/// Compares two outputs token by token. A token of the expected output that is a number with a fraction or an exponent also equals
/// numbers close to it.
#[must_use]
pub fn compare(expected: &[u8], actual: &[u8]) -> Comparison {
    let mut wanted = tokens(expected);
    let mut given = tokens(actual);
    let difference = loop {
        match (wanted.next(), given.next()) {
            (None, None) => break None,
            (Some((_, one)), Some((_, other))) if are_equal(one, other) => {}
            (one, other) => {
                break Some(Difference {
                    expected: one.map(range),
                    actual: other.map(range),
                });
            }
        }
    };
    Comparison {
        equal: difference.is_none(),
        exact: expected.trim_ascii_end() == actual.trim_ascii_end(),
        difference,
    }
}

fn range((start, token): (usize, &[u8])) -> (usize, usize) {
    (start, start + token.len())
}

/// The tokens between white space, each with its place.
fn tokens(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let start = rest.iter().position(|byte| !is_space(*byte))?;
        let length = rest[start..]
            .iter()
            .position(|byte| is_space(*byte))
            .unwrap_or(rest.len() - start);
        let begin = at + start;
        at = begin + length;
        Some((begin, &text[begin..at]))
    })
}

/// White space, as C has it.
const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn are_equal(expected: &[u8], actual: &[u8]) -> bool {
    if expected == actual {
        return true;
    }
    let has_fraction = expected
        .iter()
        .any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    if !has_fraction {
        return false;
    }
    match (number(expected), number(actual)) {
        (Some(expected), Some(actual)) => {
            (expected - actual).abs() <= TOLERANCE * expected.abs().max(1.0)
        }
        _ => false,
    }
}

/// A finite number in digits: not `nan`, and not a word.
fn number(token: &[u8]) -> Option<f64> {
    let is_written_in_digits = token
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let text = std::str::from_utf8(token).ok()?;
    let number: f64 = text.parse().ok().filter(|_| is_written_in_digits)?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(expected: &str, actual: &str) -> bool {
        compare(expected.as_bytes(), actual.as_bytes()).equal
    }

    #[test]
    fn white_space_does_not_count_but_is_told_of() {
        for (expected, actual, exact) in [
            ("1 2\n3\n", "1 2\n3", true),
            ("1 2\n3\n", "1  2 3 \n\n", false),
            ("1 2\n", "1 2\r\n", true),
            ("a\tb", "a b", false),
            ("", "\n \n", true),
        ] {
            let found = compare(expected.as_bytes(), actual.as_bytes());
            assert!(found.equal, "{expected:?} {actual:?}");
            assert_eq!(found.exact, exact, "{expected:?} {actual:?}");
        }
    }

    #[test]
    fn a_fraction_equals_what_is_close_to_it() {
        for (expected, actual) in [
            ("0.5", "0.5000001"),
            ("1e9", "1000000000.5"),
            ("-0.0", "0"),
            ("3.000000", "3"),
            ("2.5E-3", "0.0025"),
        ] {
            assert!(equal(expected, actual), "{expected} {actual}");
        }
        for (expected, actual) in [
            ("0.5", "0.50001"),
            ("5", "5.0"),
            ("5", "05"),
            ("1.5", "nan"),
            ("1.5", "inf"),
            ("1e999", "1e998"),
            ("yes.", "yes"),
            ("e", "E"),
            ("YES", "yes"),
            ("1 2", "1"),
            ("1", "1 2"),
            ("", "0"),
        ] {
            assert!(!equal(expected, actual), "{expected} {actual}");
        }
    }

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let place = |expected: &str, actual: &str| {
            let found = compare(expected.as_bytes(), actual.as_bytes()).difference;
            found.map(|found| (found.expected, found.actual))
        };
        assert_eq!(
            place("1 2 30", "1 2\n31 4"),
            Some((Some((4, 6)), Some((4, 6))))
        );
        assert_eq!(place("1 2", "1"), Some((Some((2, 3)), None)));
        assert_eq!(place("1", " 1 é"), Some((None, Some((3, 5)))));
        assert_eq!(place("x", "x"), None);
    }
}
