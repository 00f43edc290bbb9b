//! Whether an extraction is the text that it was made from: nothing of it invented, and most of it there.

use std::collections::HashSet;

use domain::Problem;

use crate::source::likely_program;

/// Words of a text that is more than a remark beside a program.
const STATEMENT_WORDS: usize = 15;
/// Words of an extraction that are enough to judge it by them.
const JUDGED_WORDS: usize = 10;
/// Characters of a missing part to quote.
const SHOWN_CHARS: usize = 80;
/// Numbers that stand for one, as in `10^5` and `200 000`.
const MAX_JOINED: usize = 4;

/// # Errors
/// Says in words for the model which part does not stand in the text, or what is left out.
pub(crate) fn compare(problem: &Problem, text: &str) -> Result<(), String> {
    let prose = [
        ("title", &problem.title),
        ("time_limit", &problem.time_limit),
        ("memory_limit", &problem.memory_limit),
        ("description", &problem.description),
        ("input_format", &problem.input_format),
        ("output_format", &problem.output_format),
        ("notes", &problem.notes),
    ];
    let program = likely_program(text).unwrap_or(0..0);
    let statement = [&text[..program.start], &text[program.end..]].join("\n");
    let total = words(&statement).len();
    if prose.iter().all(|(_, part)| part.is_empty()) && problem.samples.is_empty() {
        return if total < STATEMENT_WORDS {
            Ok(())
        } else {
            Err(format!(
                "every part is empty, but the text has {total} words beside the program."
            ))
        };
    }

    let solid = without_blanks(text);
    for (number, sample) in problem.samples.iter().enumerate() {
        for (name, part) in [("input", &sample.input), ("output", &sample.output)] {
            if !solid.contains(&without_blanks(part)) {
                return Err(format!(
                    "samples[{number}].{name} does not stand in the text. Copy samples as they are, and leave the list empty if there are none."
                ));
            }
        }
    }
    let known = Numbers::of(text);
    let explanations = problem
        .samples
        .iter()
        .map(|sample| ("explanation", &sample.explanation));
    for (name, part) in prose.into_iter().chain(explanations) {
        if let Some(number) = known.first_unknown(part) {
            return Err(format!(
                "the number {number} in {name} does not stand in the text. Never invent one."
            ));
        }
    }
    for (name, limit) in [
        ("time_limit", &problem.time_limit),
        ("memory_limit", &problem.memory_limit),
    ] {
        if !has_limit(&solid.to_lowercase(), text, limit) {
            return Err(format!(
                "{name} does not stand in the text. It is empty where the text has none."
            ));
        }
    }

    let said: Vec<String> = prose.iter().flat_map(|(_, part)| words(part)).collect();
    let there: HashSet<String> = words(text).into_iter().collect();
    let invented: Vec<_> = said.iter().filter(|word| !there.contains(*word)).collect();
    if said.len() >= JUDGED_WORDS && invented.len() * 5 > said.len() {
        return Err(format!(
            "it has words that do not stand in the text, such as \"{}\". Use the author's own words and language.",
            invented[0]
        ));
    }
    let explained = problem.samples.iter().flat_map(|sample| {
        [&sample.explanation, &sample.input, &sample.output]
            .into_iter()
            .flat_map(|part| words(part))
    });
    let said: HashSet<String> = said.into_iter().chain(explained).collect();
    let covered = words(&statement)
        .iter()
        .filter(|word| said.contains(*word))
        .count();
    if total >= STATEMENT_WORDS && covered * 2 < total {
        let is_missing = |line: &&str| {
            let words = words(line);
            words.len() > 3
                && words.iter().filter(|word| said.contains(*word)).count() * 2 < words.len()
        };
        let line = statement
            .lines()
            .find(is_missing)
            .unwrap_or_default()
            .trim();
        return Err(format!(
            "most of the statement is left out, such as \"{}\".",
            line.chars().take(SHOWN_CHARS).collect::<String>()
        ));
    }
    Ok(())
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a limit such as `2 seconds` stands in a text: its number before its unit, or both somewhere.
fn has_limit(solid: &str, text: &str, limit: &str) -> bool {
    let limit = without_blanks(limit).to_lowercase();
    let Some(unit) = limit
        .find(char::is_alphabetic)
        .and_then(|at| limit[at..].chars().next())
    else {
        return true;
    };
    let beginning: String = limit
        .chars()
        .take_while(|c| !c.is_alphabetic())
        .chain([unit])
        .collect();
    let there: HashSet<String> = words(text).into_iter().collect();
    solid.contains(&beginning) || words(&limit).iter().all(|word| there.contains(word))
}

/// The words of a text in lower case, a Chinese or Japanese character alone; commands of LaTeX are none.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_command = false;
    for c in text.chars().chain([' ']) {
        let is_wide = matches!(c, '\u{2e80}'..='\u{9fff}');
        if c.is_alphabetic() && !is_wide {
            word.extend(c.to_lowercase());
            continue;
        }
        if word.chars().count() > 1 && !is_command {
            words.push(std::mem::take(&mut word));
        }
        word.clear();
        is_command = c == '\\';
        if is_wide {
            words.push(c.to_string());
        }
    }
    words
}

/// A number in decimal digits, with the bytes where it stands.
fn numbers(text: &str) -> Vec<(String, usize, usize)> {
    let mut numbers: Vec<(String, usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let Some(digit) = digit(c) else { continue };
        match numbers.last_mut() {
            // A power follows its base without a sign between them, but is a number of its own.
            Some((number, _, end))
                if *end == at
                    && is_raised(c) == text[..at].chars().next_back().is_some_and(is_raised) =>
            {
                number.push(digit);
                *end = at + c.len_utf8();
            }
            _ => numbers.push((digit.to_string(), at, at + c.len_utf8())),
        }
    }
    numbers
}

/// A digit, also of full width or raised.
fn digit(c: char) -> Option<char> {
    let value = match c {
        '0'..='9' => return Some(c),
        '\u{ff10}'..='\u{ff19}' => c as u32 - 0xff10,
        '\u{b9}' => 1,
        '\u{b2}' => 2,
        '\u{b3}' => 3,
        '\u{2070}' | '\u{2074}'..='\u{2079}' => c as u32 - 0x2070,
        _ => return None,
    };
    char::from_digit(value, 10)
}

const fn is_raised(c: char) -> bool {
    matches!(c, '\u{b9}' | '\u{b2}' | '\u{b3}' | '\u{2070}'..='\u{2079}')
}

/// The numbers of a text, and those that a few of them make together.
struct Numbers(HashSet<String>);

impl Numbers {
    fn of(text: &str) -> Self {
        let all = numbers(text);
        let mut known = HashSet::new();
        for first in 0..all.len() {
            let mut joined = String::new();
            for next in first..all.len().min(first + MAX_JOINED) {
                if next > first {
                    let between = &text[all[next - 1].2..all[next].1];
                    if between.len() > 6 || between.contains(char::is_alphabetic) {
                        break;
                    }
                }
                joined.push_str(&all[next].0);
                known.insert(joined.clone());
            }
        }
        Self(known)
    }

    /// The first number of a part that the text does not have, alone or with its neighbour: `10^5` may be what was `105`.
    fn first_unknown(&self, part: &str) -> Option<String> {
        let all = numbers(part);
        let is_known = |index: usize| {
            let joined = |a: usize, b: usize| Some(format!("{}{}", all.get(a)?.0, all.get(b)?.0));
            let before = index
                .checked_sub(1)
                .and_then(|before| joined(before, index));
            let known =
                |number: Option<String>| number.is_some_and(|number| self.0.contains(&number));
            self.0.contains(&all[index].0) || known(before) || known(joined(index, index + 1))
        };
        let unknown = (0..all.len()).find(|index| {
            let (_, start, end) = all[*index];
            // The number of an item in a list is Markdown's.
            let is_item = part[..start]
                .rsplit('\n')
                .next()
                .is_some_and(|line| line.trim().is_empty())
                && part[end..].starts_with(['.', ')']);
            !is_item && !is_known(*index)
        });
        unknown.map(|index| all[index].0.clone())
    }
}

#[cfg(test)]
mod tests {
    use domain::Sample;
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "C. Towers\ntime limit per test: 2 seconds\nThere are n towers (1 ≤ n ≤ 2·10⁵) with heights up to 109. \
        Remove as few of them as possible so that the rest are sorted, and print how many you removed.\nInput\n3\n1 3 2\n\
        Output\n1\n\nn = int(input())\na = list(map(int, input().split()))\nprint(n - len(set(a)))\n";

    fn problem() -> Problem {
        Problem {
            title: "C. Towers".to_owned(),
            time_limit: "2 seconds".to_owned(),
            description: "There are $n$ towers ($1 \\le n \\le 2 \\cdot 10^5$) with heights up to $10^9$. Remove as few of them as \
                possible so that the rest are sorted, and print how many you removed."
                .to_owned(),
            samples: vec![Sample {
                input: "3\n1 3 2\n".to_owned(),
                output: "1".to_owned(),
                explanation: String::new(),
            }],
            ..Problem::default()
        }
    }

    #[test]
    fn an_extraction_that_keeps_to_the_text_passes() {
        assert_eq!(compare(&problem(), TEXT), Ok(()));
        assert_eq!(
            compare(&Problem::default(), "why is it wrong?\nprint(1)\n"),
            Ok(())
        );
        let chinese = Problem {
            description: "给定 $n$ 个整数（$1 \\le n \\le 10^5$），输出它们的和。".to_owned(),
            ..Problem::default()
        };
        assert_eq!(
            compare(&chinese, "给定 n 个整数（1≤n≤１０^５），输出它们的和。"),
            Ok(())
        );
    }

    #[test]
    fn what_is_invented_or_left_out_is_told() {
        let change = |change: &dyn Fn(&mut Problem)| {
            let mut problem = problem();
            change(&mut problem);
            compare(&problem, TEXT).unwrap_err()
        };
        for (told, says) in [
            (
                change(&|problem| *problem = Problem::default()),
                "every part is empty",
            ),
            (
                change(&|problem| problem.description.push_str(" At most 500.")),
                "the number 500 in description",
            ),
            (
                change(&|problem| problem.memory_limit = "2 MB".to_owned()),
                "memory_limit does not stand",
            ),
            (
                change(&|problem| problem.samples[0].output = "2 1".to_owned()),
                "samples[0].output",
            ),
            (
                change(&|problem| {
                    problem.description = "Gegeben sind n Türme. Entferne möglichst wenige, so dass die übrigen sortiert sind.".to_owned()
                }),
                "words that do not stand in the text, such as \"gegeben\"",
            ),
            (
                change(&|problem| problem.description = String::new()),
                "most of the statement is left out, such as",
            ),
        ] {
            assert!(told.contains(says), "{told}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), part in "[0-9⁵１ .\n\\\\a-z王]{0,40}") {
            let problem = Problem { description: part.clone(), time_limit: text.clone(), ..Problem::default() };
            let _ = (compare(&problem, &part), compare(&problem, &text));
        }
    }
}
