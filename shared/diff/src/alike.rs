use similar::diff_ratio;

use crate::operations;

/// Longest text that is compared, in characters.
const LONGEST: usize = 200;

/// The share of two short texts that they have in common, from 0 for nothing to 1 for the same.
#[must_use]
pub fn alike(one: &str, other: &str) -> f32 {
    let [one, other] = [one, other].map(|text| {
        let characters = text.char_indices().take(LONGEST);
        characters
            .map(|(at, c)| &text[at..at + c.len_utf8()])
            .collect::<Vec<_>>()
    });
    diff_ratio(&operations(&one, &other), one.len(), other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_alike_as_their_characters() {
        assert_eq!(alike("gpt-4o", "gpt-4o"), 1.0);
        assert_eq!(alike("gpt", "xyz"), 0.0);
        assert_eq!(alike("\u{e9}t\u{e9}", "\u{e9}to"), 2.0 / 3.0);
        assert!(alike("gpt-4o", "gpt-4o-mini") > alike("gpt-4o", "o4-mini"));
        // The rest is not compared.
        let long = |end: &str| format!("{}{end}", "a".repeat(LONGEST));
        assert_eq!(alike(&long("b"), &long("c")), 1.0);
    }
}
