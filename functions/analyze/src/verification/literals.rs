//! Literals in a fix that give away a program which recognises tests.

use std::collections::HashSet;

use diff::DiffOp;
use domain::{Problem, Test, line_ends::with_ends};

/// Numbers that any fix may need.
const ORDINARY: [&str; 4] = ["0", "1", "2", "-1"];

/// Whether an added line has a literal that is a test's expected output, or a value of several characters out of a test, unless the
/// original program or the statement beside its samples has it too.
pub(super) fn gives_tests_away(
    original: &str,
    fixed: &str,
    tests: &[Test],
    problem: Option<&Problem>,
) -> bool {
    let mut known = literals(original);
    if let Some(problem) = problem {
        known.extend(words_of(problem, tests));
    }
    let values = values_of(tests);
    let added = added_lines(original, fixed);
    literals(&added).iter().any(|literal| {
        let is_ordinary = |text: &str| ORDINARY.contains(&text) || known.contains(text);
        let whole = [squeezed(literal)];
        let parts = literal.split_whitespace().map(str::to_owned);
        whole
            .into_iter()
            .chain(parts)
            .any(|part| values.contains(&part) && !is_ordinary(&part) && !known.contains(literal))
    })
}

/// Whether an added line has a number of several digits that comes out of nowhere: few tests are also passed by a fix that only moves
/// the answers by such a number.
pub(super) fn has_odd_numbers(original: &str, fixed: &str, problem: Option<&Problem>) -> bool {
    let mut known = literals(original);
    if let Some(problem) = problem {
        known.extend(words_of(problem, &[]));
    }
    let added = literals(&added_lines(original, fixed));
    let unknown = added.iter().filter(|literal| !known.contains(*literal));
    unknown
        .filter_map(|literal| literal.parse().ok())
        .any(|number: u64| !is_usual(number))
}

/// Whether programs have this number for reasons of their own: bounds, sizes, powers, alphabets, moduli.
fn is_usual(number: u64) -> bool {
    const USUAL: [u64; 11] = [12, 24, 26, 31, 52, 60, 61, 62, 63, 97, 998_244_353];
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or_default());
    number < 10
        || USUAL.contains(&number)
        || number.is_power_of_two()
        || number.checked_add(1).is_none_or(u64::is_power_of_two)
        || number % unit <= if unit > 10 { 10 } else { 0 }
}

fn added_lines(original: &str, fixed: &str) -> String {
    let [old, new] = [original, fixed].map(|text| with_ends(text).collect::<Vec<_>>());
    let operations = diff::operations(&old, &new).into_iter();
    let changes = operations.filter(|operation| !matches!(operation, DiffOp::Equal { .. }));
    changes
        .flat_map(|operation| new[operation.new_range()].iter().copied())
        .collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Values that a program must not know: whole expected outputs and inputs, and their tokens of several characters.
fn values_of(tests: &[Test]) -> HashSet<String> {
    let mut values = HashSet::new();
    for test in tests {
        let expected = test.expected.as_deref();
        values.extend(expected.map(squeezed));
        for text in expected.into_iter().chain([test.input.as_str()]) {
            let tokens = text.split_whitespace();
            values.extend(
                tokens
                    .filter(|token| token.chars().count() > 1)
                    .map(str::to_owned),
            );
        }
        values.insert(squeezed(&test.input));
    }
    values.remove("");
    values
}

/// Numbers and words of the statement; lines of it that are lines of a test are samples.
fn words_of(problem: &Problem, tests: &[Test]) -> HashSet<String> {
    let of_tests: HashSet<&str> = tests
        .iter()
        .flat_map(|test| {
            test.input
                .lines()
                .chain(test.expected.iter().flat_map(|text| text.lines()))
        })
        .map(str::trim)
        .collect();
    let parts = [
        &problem.description,
        &problem.input_format,
        &problem.output_format,
    ];
    parts
        .into_iter()
        .flat_map(|part| part.lines())
        .filter(|line| !of_tests.contains(line.trim()))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '.'))
        .map(|word| word.trim_end_matches('.').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The numbers and texts in a program, without quotes; `\n` and the like in a text are white space.
fn literals(program: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut rest = program;
    let mut is_in_word = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => {
                let (text, length) = quoted(&rest[1..], first);
                found.insert(text.trim().to_owned());
                // A text that prints numbers, a list for example, has them as literals too.
                1 + length
            }
            '0'..='9' if !is_in_word => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '\''))
                    .unwrap_or(rest.len());
                let number = rest[..end].replace(['_', '\''], "");
                let number = number
                    .trim_end_matches(|c: char| {
                        c.is_ascii_alphabetic() && !number.starts_with("0x")
                    })
                    .trim_end_matches('.');
                found.insert(number.to_owned());
                found.extend(in_decimal(&number.to_lowercase()));
                let before = &program[..program.len() - rest.len()];
                if before.ends_with('-') {
                    found.insert(format!("-{number}"));
                }
                end
            }
            other => other.len_utf8(),
        };
        is_in_word = first.is_alphanumeric() && !first.is_ascii_digit()
            || first == '_'
            || is_in_word && first.is_ascii_digit();
        rest = &rest[length..];
    }
    found.remove("");
    found
}

/// The value of a number with another base.
fn in_decimal(number: &str) -> Option<String> {
    let (digits, base) = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)]
        .into_iter()
        .find_map(|(prefix, base)| Some((number.strip_prefix(prefix)?, base)))?;
    u64::from_str_radix(digits, base)
        .ok()
        .map(|value| value.to_string())
}

/// A text up to its quotation mark or the end of its line, and the bytes that it takes with the mark.
fn quoted(rest: &str, quote: char) -> (String, usize) {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, 'n' | 't' | 'r')) => text.push('\n'),
                Some((_, escaped)) => text.push(escaped),
                None => break,
            },
            '\n' if quote != '`' => return (text, at),
            c if c == quote => return (text, at + c.len_utf8()),
            c => text.push(c),
        }
    }
    (text, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::test;

    const ORIGINAL: &str = "a, b = map(int, input().split())\nprint(a - b)\nlimit = 77\n";

    fn is_caught(added: &str, tests: &[Test]) -> bool {
        let problem = Problem {
            description: "Print it modulo 998244353.\n41 42\n83".to_owned(),
            ..Problem::default()
        };
        gives_tests_away(
            ORIGINAL,
            &format!("{ORIGINAL}{added}\n"),
            tests,
            Some(&problem),
        )
    }

    #[test]
    fn values_of_tests_in_added_lines_are_noticed() {
        let tests = [
            test("41 42\n", "83\n"),
            test("3 4\n", "7\n"),
            test("yes we\n", "77 998244353\n"),
        ];
        for added in [
            "if a == 41: print(83)",
            "if a == 41: pass",
            "print('83')",
            "answers = {\"41 42\": 5}",
            "print(7)",
            "print(\"7\\n\")",
            "print(\"41 42\")",
            "answers = [0, 83, 5]",
            "x = 8_3",
            "x = 0x53",
            "x = 0b1010011",
            "x = 0o123 + 0123",
            "print('we')",
        ] {
            assert!(is_caught(added, &tests), "{added}");
        }
        for added in [
            "print(a + b)",
            "a7 = 5; x83 = 6",
            "print(a % 998244353)",
            "x = 77",
            "print(2 - 1 + 0)",
            "for i in range(3): print(i, 'so')",
            "# it's 5",
        ] {
            assert!(!is_caught(added, &tests), "{added}");
        }
    }

    #[test]
    fn ordinary_numbers_are_no_evidence() {
        let tests = [
            test("1 1\n", "2\n"),
            test("1 0\n", "1\n"),
            test("1 2\n", "-1\n"),
        ];
        for added in ["print(2)", "print(-1)", "a += 1"] {
            assert!(!is_caught(added, &tests), "{added}");
        }
        assert!(is_caught("print(-15)", &[test("1 2\n", "-15\n")]));
    }

    #[test]
    fn a_number_out_of_nowhere_is_noticed() {
        let is_caught =
            |added: &str| has_odd_numbers(ORIGINAL, &format!("{ORIGINAL}{added}\n"), None);
        for added in ["print(a - b + 84)", "x = 123456", "x = 0x29", "x = 45"] {
            assert!(is_caught(added), "{added}");
        }
        for added in [
            "print(a + b + 4)",
            "m = 1000000007",
            "m = 998244353",
            "x = [0] * 200005",
            "x = 1 << 62",
            "if c < 26: x = 1e18",
            "x = 77 + 64 + 255 + 40",
        ] {
            assert!(!is_caught(added), "{added}");
        }
        let problem = Problem {
            input_format: "at most 84 of them".to_owned(),
            ..Problem::default()
        };
        assert!(!has_odd_numbers("a\n", "a\n84\n", Some(&problem)));
    }

    #[test]
    fn no_program_is_too_odd() {
        for program in ["\"", "'\\", "`a\nb", "0x1F'000u", "1..2", "é1 ''", "9"] {
            literals(program);
        }
        assert!(literals("x = 'a\\\\'").contains("a\\"));
        assert!(literals("12'345ull").contains("12345"));
    }
}
