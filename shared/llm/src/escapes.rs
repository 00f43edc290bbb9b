//! Finding a text in another one whose signs may be written as escapes: of JSON and programs (`\\u0073`, `\\x73`), of addresses
//! (`%73`), of HTML (`&#115;`), and of mail (`=73`), also one within another.

use std::ops::Range;

/// Escapes within escapes that are looked through.
const DEPTH: usize = 4;
/// Bytes to look at together: each takes some twenty of memory.
const WINDOW: usize = 64 * 1024;
/// Bytes that one sign takes at most, as an escape within escapes.
const SIGN_BYTES: usize = 24;

/// A sign and where it stands.
#[derive(Clone, Copy)]
struct Sign {
    value: char,
    start: usize,
    end: usize,
}

/// Where `wanted` stands in `text`: ranges in order that do not overlap.
pub(super) fn find(text: &str, wanted: &str, any_case: bool) -> Vec<Range<usize>> {
    let wanted: Vec<char> = wanted.chars().collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut begin = 0;
    while begin < text.len() {
        let next = boundary(text, begin + WINDOW);
        let end = boundary(text, next + wanted.len() * SIGN_BYTES);
        let mut signs: Vec<_> = text[begin..end]
            .char_indices()
            .map(|(at, value)| Sign {
                value,
                start: begin + at,
                end: begin + at + value.len_utf8(),
            })
            .collect();
        for _ in 0..=DEPTH {
            search(&signs, &wanted, any_case, &mut found);
            match read(&signs) {
                Some(read) => signs = read,
                None => break,
            }
        }
        begin = next;
    }
    found.sort_by_key(|span| span.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for span in found {
        match apart.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

fn search(signs: &[Sign], wanted: &[char], any_case: bool, found: &mut Vec<Range<usize>>) {
    let is_same = |sign: &Sign, wanted: &char| {
        sign.value == *wanted || (any_case && sign.value.eq_ignore_ascii_case(wanted))
    };
    for part in signs.windows(wanted.len().max(1)) {
        if part
            .iter()
            .zip(wanted)
            .all(|(sign, wanted)| is_same(sign, wanted))
            && let [first, .., last] = part
        {
            found.push(first.start..last.end);
        }
    }
}

/// The signs with each escape as the sign that it stands for; `None` when there is none.
fn read(signs: &[Sign]) -> Option<Vec<Sign>> {
    let is_mark = |sign: &Sign| matches!(sign.value, '\\' | '%' | '&' | '=');
    if !signs.iter().any(is_mark) {
        return None;
    }
    let mut out = Vec::with_capacity(signs.len());
    let mut has_changed = false;
    let mut rest = signs;
    while let [first, after @ ..] = rest {
        match escape(rest) {
            Some((value, length)) => {
                let end = rest.get(length - 1).unwrap_or(first).end;
                out.push(Sign {
                    value,
                    start: first.start,
                    end,
                });
                rest = rest.get(length..).unwrap_or_default();
                has_changed = true;
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    has_changed.then_some(out)
}

/// The sign that an escape at the beginning stands for, and how many signs it takes.
fn escape(signs: &[Sign]) -> Option<(char, usize)> {
    let at = |index: usize| signs.get(index).map(|sign| sign.value);
    match (at(0)?, at(1)?) {
        ('\\', 'u' | 'U') if at(2) == Some('{') => closed(signs, 3, 16, '}'),
        ('\\', 'u' | 'U') => fixed(signs, 2, 4),
        ('\\', 'x' | 'X') => fixed(signs, 2, 2),
        ('\\', sign @ ('\\' | '/' | '"' | '\'')) => Some((sign, 2)),
        ('%' | '=', _) => fixed(signs, 1, 2),
        ('&', '#') if matches!(at(2), Some('x' | 'X')) => closed(signs, 3, 16, ';'),
        ('&', '#') => closed(signs, 2, 10, ';'),
        _ => None,
    }
}

/// A number of `length` hexadecimal digits.
fn fixed(signs: &[Sign], from: usize, length: usize) -> Option<(char, usize)> {
    let digits = signs.get(from..from + length)?;
    Some((number(digits, 16)?, from + length))
}

/// A number up to a closing sign.
fn closed(signs: &[Sign], from: usize, radix: u32, end: char) -> Option<(char, usize)> {
    let rest = signs.get(from..)?;
    let length = rest.iter().take(9).position(|sign| sign.value == end)?;
    Some((number(rest.get(..length)?, radix)?, from + length + 1))
}

fn number(digits: &[Sign], radix: u32) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_u32, |number, digit| {
        number
            .checked_mul(radix)?
            .checked_add(digit.value.to_digit(radix)?)
    })?;
    char::from_u32(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_found_across_the_border_of_two_windows() {
        let escaped: String = "secret"
            .chars()
            .map(|c| format!("\\\\u{:04x}", u32::from(c)))
            .collect();
        for before in WINDOW - 60..WINDOW + 10 {
            let text = format!("{}{escaped}é", "é".repeat(before / 2));
            let start = before / 2 * 2;
            let found = find(&text, "secret", false);
            assert_eq!(found.len(), 1);
            assert_eq!(found.first(), Some(&(start..start + escaped.len())));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\\\\%&=#ux{};a0-9é]{0,80}", wanted in ".{0,3}") {
            let _ = find(&text, &wanted, true);
        }
    }
}
