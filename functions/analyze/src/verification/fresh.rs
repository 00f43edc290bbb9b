//! Further inputs, made of the tests' own: each keeps the shape of one of them, so that most are inputs that the problem allows.

use std::collections::HashSet;

/// Attempts for each input that is wanted: many give one that is there already.
const ATTEMPTS: usize = 12;
/// Changes of one input at most.
const CHANGES: u64 = 3;
/// How far a number may move where its line does not tell a range.
const STEP: i64 = 3;
/// Bytes of an input that is changed: a large one says nothing that a small one does not.
const SEED_BYTES: usize = 8 * 1024;

/// At most `count` inputs that are not among the seeds, always the same for the same seeds.
pub(super) fn inputs(seeds: &[&str], count: usize) -> Vec<String> {
    let seeds: Vec<&str> = seeds
        .iter()
        .copied()
        .filter(|seed| !seed.trim().is_empty() && seed.len() <= SEED_BYTES)
        .collect();
    let mut known: HashSet<String> = seeds.iter().map(|seed| tokens(seed)).collect();
    let shapes: Vec<Shape> = seeds.iter().map(|seed| Shape::of(seed)).collect();
    if shapes.is_empty() {
        return Vec::new();
    }
    let mut dice = Dice::new(&seeds);
    let mut made = Vec::new();
    for attempt in 0..count * ATTEMPTS {
        if made.len() == count {
            break;
        }
        let input = shapes[attempt % shapes.len()].changed(&mut dice);
        if known.insert(tokens(&input)) {
            made.push(input);
        }
    }
    made
}

/// An input without the white space that programs skip.
fn tokens(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numbers in an order that looks random and is always the same (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn new(seeds: &[&str]) -> Self {
        let bytes = seeds.iter().flat_map(|seed| seed.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// One of the numbers from the least to the most.
    fn from(&mut self, least: i64, most: i64) -> i64 {
        let width = most.abs_diff(least).saturating_add(1);
        least.wrapping_add_unsigned(self.below(width))
    }
}

/// An input as lines of tokens.
struct Shape {
    lines: Vec<Vec<String>>,
    /// The lines that may change.
    free: Vec<usize>,
}

impl Shape {
    fn of(seed: &str) -> Self {
        let lines: Vec<Vec<String>> = seed
            .lines()
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect();
        let free = (0..lines.len())
            .filter(|at| !lines[*at].is_empty() && !counts(&lines, *at))
            .collect();
        Self { lines, free }
    }

    fn changed(&self, dice: &mut Dice) -> String {
        let mut lines = self.lines.clone();
        if !self.free.is_empty() {
            for _ in 0..=dice.below(CHANGES) {
                let at = self.free[dice.place(self.free.len())];
                let range = self.range(at);
                change(&mut lines[at], range, dice);
            }
        }
        let lines: Vec<String> = lines.iter().map(|line| line.join(" ")).collect();
        lines.join("\n") + "\n"
    }

    /// The least and the greatest number of a line, and of those lines that have as many numbers, as they mean the same.
    fn range(&self, at: usize) -> Option<(i64, i64)> {
        let width = self.lines[at].len();
        let alike = self
            .free
            .iter()
            .filter(|line| self.lines[**line].len() == width);
        let numbers = alike.flat_map(|line| numbers(&self.lines[*line]).unwrap_or_default());
        let (least, most) = numbers.fold((i64::MAX, i64::MIN), |(least, most), number| {
            (least.min(number), most.max(number))
        });
        // The values of a single line tell no bounds.
        (least < most && self.lines.len() > 1).then_some((least, most))
    }
}

/// The numbers of a line, if it has nothing else.
fn numbers(line: &[String]) -> Option<Vec<i64>> {
    line.iter().map(|token| token.parse().ok()).collect()
}

/// Whether a line says how many lines follow it, or how long the next one is: with another number the input would be none.
fn counts(lines: &[Vec<String>], at: usize) -> bool {
    let Some(next) = lines.get(at + 1) else {
        return false;
    };
    let Some(numbers) = numbers(&lines[at]) else {
        return false;
    };
    let following = lines.len() - at - 1;
    let letters = next.first().filter(|word| word.parse::<i64>().is_err());
    let lengths = [
        Some(following),
        Some(next.len()),
        letters.map(|word| word.chars().count()),
    ];
    numbers.iter().any(|number| {
        lengths
            .iter()
            .flatten()
            .any(|length| usize::try_from(*number) == Ok(*length))
    })
}

/// Changes one line a little.
fn change(line: &mut [String], range: Option<(i64, i64)>, dice: &mut Dice) {
    match numbers(line) {
        Some(numbers) => {
            change_numbers(line, &numbers, range, dice);
            if numbers.len() > 2 && numbers.is_sorted() {
                // The statement may say so.
                line.sort_by_key(|token| token.parse::<i64>().unwrap_or_default());
            }
        }
        None => change_words(line, dice),
    }
}

fn change_numbers(
    line: &mut [String],
    numbers: &[i64],
    range: Option<(i64, i64)>,
    dice: &mut Dice,
) {
    let at = dice.place(line.len());
    if line.len() > 1 && (is_permutation(numbers) && line.len() > 2 || dice.below(3) == 0) {
        let other = dice.place(line.len());
        line.swap(at, other);
        return;
    }
    let number = numbers[at];
    let step = dice.from(-STEP, STEP);
    let moved = match range {
        Some((least, most)) if dice.below(2) == 0 => dice.from(least, most),
        Some((least, most)) => number.saturating_add(step.signum()).clamp(least, most),
        None => {
            // Zero and negative numbers only where there are some.
            let least = if numbers.iter().all(|number| *number > 0) {
                1
            } else if numbers.iter().all(|number| *number >= 0) {
                0
            } else {
                i64::MIN
            };
            number.saturating_add(step).max(least)
        }
    };
    line[at] = moved.to_string();
}

fn is_permutation(numbers: &[i64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let first = sorted[0];
    (first == 0 || first == 1)
        && (first..)
            .zip(&sorted)
            .all(|(wanted, number)| wanted == *number)
}

/// Swaps two letters of a word, or puts another letter of the line in the place of one.
fn change_words(line: &mut [String], dice: &mut Dice) {
    let at = dice.place(line.len());
    if line[at].parse::<f64>().is_ok() {
        return;
    }
    let alphabet: Vec<char> = line
        .iter()
        .filter(|word| word.parse::<f64>().is_err())
        .flat_map(|word| word.chars())
        .collect();
    let mut letters: Vec<char> = line[at].chars().collect();
    let place = dice.place(letters.len());
    if dice.below(2) == 0 {
        let other = dice.place(letters.len());
        letters.swap(place, other);
    } else {
        letters[place] = alphabet[dice.place(alphabet.len())];
    }
    line[at] = letters.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &str) -> Vec<Vec<i64>> {
        let line = |line: &str| {
            line.split(' ')
                .map(|token| token.parse().unwrap())
                .collect()
        };
        input.lines().map(line).collect()
    }

    #[test]
    fn one_line_changes_by_small_steps_and_stays_positive() {
        let made = inputs(&["1 2\n"], 100);
        assert!(made.len() >= 20, "{}", made.len());
        for input in &made {
            let lines = lines(input);
            assert_eq!((lines.len(), lines[0].len()), (1, 2), "{input}");
            assert!(
                lines[0].iter().all(|number| (1..=11).contains(number)),
                "{input}"
            );
            assert_ne!(input, "1 2\n");
        }
        assert!(
            inputs(&["-1 2"], 100)
                .iter()
                .any(|input| input.contains("-2"))
        );
        assert!(
            inputs(&["0 2"], 100)
                .iter()
                .all(|input| !input.contains('-'))
        );
    }

    #[test]
    fn lines_that_count_stay_and_values_keep_to_their_range() {
        let made = inputs(&["2\n4\n5 9 7 5\n2\n8 6\n"], 100);
        assert!(made.len() >= 50);
        for input in &made {
            let lines = lines(input);
            assert_eq!((&lines[1], &lines[3]), (&vec![4], &vec![2]), "{input}");
            assert!(
                lines[2].iter().all(|number| (5..=9).contains(number)),
                "{input}"
            );
            assert!(
                lines[4].iter().all(|number| (6..=8).contains(number)),
                "{input}"
            );
        }
        // As many lines follow as the first one says.
        for input in inputs(&["3\n10\n20\n30"], 50) {
            let lines = lines(&input);
            assert_eq!(lines[0], [3]);
            assert!(
                lines[1..].iter().all(|line| (10..=30).contains(&line[0])),
                "{input}"
            );
        }
    }

    #[test]
    fn a_permutation_stays_one() {
        for input in inputs(&["4\n2 1 4 3\n"], 20) {
            let mut line = lines(&input).remove(1);
            line.sort_unstable();
            assert_eq!(line, [1, 2, 3, 4]);
        }
    }

    #[test]
    fn words_keep_their_length_and_letters() {
        let made = inputs(&["5\nabcab\n"], 50);
        assert!(made.len() > 20);
        for input in made {
            let word = input.strip_prefix("5\n").unwrap().trim_end();
            assert!(
                word.len() == 5 && word.chars().all(|c| "abc".contains(c)),
                "{input}"
            );
        }
    }

    #[test]
    fn the_same_seeds_give_the_same_inputs() {
        let seeds = ["3\n1 5 2", "2\n9 9"];
        assert_eq!(inputs(&seeds, 60), inputs(&seeds, 60));
    }

    #[test]
    fn what_cannot_be_changed_gives_nothing() {
        for seed in [
            "",
            " \n ",
            "a",
            "\u{feff}",
            "1.5",
            "x".repeat(SEED_BYTES + 1).as_str(),
        ] {
            assert_eq!(inputs(&[seed], 10), Vec::<String>::new(), "{seed:?}");
        }
        assert!(inputs(&[], 10).is_empty());
        let edges = format!("{} {}", i64::MAX, i64::MIN);
        assert!(!inputs(&[edges.as_str()], 10).is_empty());
    }
}
