//! Counting tokens without a tokenizer: those of the endpoints differ, and their tables take megabytes.

/// Tokens of a text, roughly: 3.5 bytes each, a CJK character alone.
pub(super) fn estimate(text: &str) -> u64 {
    let wide = text.chars().filter(|c| is_wide(*c)).count();
    let bytes = text.len().saturating_sub(3 * wide);
    (wide + bytes * 2 / 7) as u64
}

/// Tokens that a text has at least, whatever the tokenizer: none makes one token of two words or of two numbers, and
/// hardly any has one for more than two CJK characters. White space and signs may all be merged into their neighbours.
pub(super) fn at_least(text: &str) -> u64 {
    #[derive(PartialEq)]
    enum Kind {
        Letters,
        Digits,
        Other,
    }
    let (mut runs, mut wide) = (0_u64, 0_u64);
    let mut before = Kind::Other;
    for c in text.chars() {
        let kind = if is_wide(c) {
            wide += 1;
            Kind::Other
        } else if c.is_ascii_digit() {
            Kind::Digits
        } else if c.is_alphabetic() {
            Kind::Letters
        } else {
            Kind::Other
        };
        if kind != before && kind != Kind::Other {
            runs += 1;
        }
        before = kind;
    }
    runs + wide * 2 / 5
}

/// Chinese, Japanese and Korean characters, all of three bytes in UTF-8.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_estimate_is_near_what_tokenizers_count() {
        assert_eq!(estimate(&"a".repeat(35)), 10);
        assert_eq!(estimate("最短路径"), 4);
        assert_eq!(estimate("ab最"), 1);
    }

    #[test]
    fn the_least_counts_words_and_numbers_and_no_more() {
        assert_eq!(at_least("for (int i = 0; i < 100; ++i) {"), 7);
        assert_eq!(at_least(&" ".repeat(10_000)), 0);
        assert_eq!(at_least(&"a".repeat(10_000)), 1);
        assert_eq!(at_least("最短路径问题"), 2);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            estimate(&text);
            at_least(&text);
        }
    }
}
