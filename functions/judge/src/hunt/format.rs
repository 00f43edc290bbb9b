//! The plain format that samples have in common.

use super::reader::Reader;

/// Lines of a sample that are looked at: a longer one is no plain sample.
const LINES: usize = 400;
pub(super) type Line<'a> = Vec<&'a str>;

/// A format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Whether the first line is the number of test cases, each of which has these parts.
    pub(super) has_cases: bool,
    pub(super) parts: Vec<Part>,
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Line(Vec<Column>),
    /// A line of so many numbers.
    List {
        count: Count,
        column: Column,
        order: Order,
    },
    /// So many lines of these columns.
    Rows {
        count: Count,
        columns: Vec<Column>,
    },
    /// The edges of a tree of so many vertices.
    Tree(Count),
}

/// A number that was read before, or a little less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) variable: usize,
    pub(super) less: usize,
}

/// How the numbers of all lists are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) is_permutation: bool,
    pub(super) is_sorted: bool,
    pub(super) is_distinct: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number(Number),
    Word(Word),
}

impl Column {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Number(number) => format!("v{}", number.variable),
            Self::Word(word) => format!("v{}", word.variable),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) variable: usize,
    /// The least and the greatest of the samples.
    pub(super) values: (i64, i64),
    /// Whether a length depends on it.
    pub(super) is_count: bool,
    /// A variable that it is never greater than, where it is at least 1.
    pub(super) bound: Option<usize>,
    pub(super) is_at_least_the_last: bool,
    pub(super) is_other_than_the_last: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) variable: usize,
    pub(super) letters: Vec<char>,
    pub(super) length: Option<usize>,
    pub(super) longest: usize,
}

impl Format {
    /// The first format that all samples have.
    pub(super) fn of(samples: &[Vec<Line<'_>>]) -> Option<Self> {
        let is_plain = |sample: &Vec<Line<'_>>| {
            !sample.is_empty()
                && sample.len() <= LINES
                && sample.iter().all(|line| !line.is_empty())
        };
        if samples.is_empty() || !samples.iter().all(is_plain) {
            return None;
        }
        let whole: Vec<&[Line<'_>]> = samples.iter().map(Vec::as_slice).collect();
        let single = Reader::read(&whole);
        let several = (1..=3)
            .filter_map(|width| split_by_header(&whole, width))
            .chain(split_evenly(&whole))
            .find_map(|cases| Reader::read(&cases));
        // Lines of a test case may fit another format by chance, which then has more parts.
        let (has_cases, parts) = match (single, several) {
            (Some(single), Some(several)) if several.len() + 1 < single.len() => (true, several),
            (Some(single), _) => (false, single),
            (None, several) => (true, several?),
        };
        Some(Self { has_cases, parts })
    }
}

/// The number of test cases, and what is left of a sample.
fn cases<'a, 'b>(sample: &'a [Line<'b>]) -> Option<(usize, &'a [Line<'b>])> {
    let (first, rest) = sample.split_first()?;
    match first[..] {
        [count] => Some((count.parse().ok().filter(|count| *count > 0)?, rest)),
        _ => None,
    }
}

/// The test cases of all samples, where each has as many lines.
fn split_evenly<'a, 'b>(samples: &[&'a [Line<'b>]]) -> Option<Vec<&'a [Line<'b>]>> {
    let mut all = Vec::new();
    for sample in samples {
        let (count, rest) = cases(sample)?;
        if rest.len() % count != 0 || rest.is_empty() {
            return None;
        }
        all.extend(rest.chunks(rest.len() / count));
    }
    let lines = all.first()?.len();
    all.iter().all(|case| case.len() == lines).then_some(all)
}

/// The test cases of all samples, where one of the `width` numbers on a case's first line tells how many lines follow.
fn split_by_header<'a, 'b>(
    samples: &[&'a [Line<'b>]],
    width: usize,
) -> Option<Vec<&'a [Line<'b>]>> {
    (0..width).find_map(|place| {
        let mut all = Vec::new();
        for sample in samples {
            let (count, mut rest) = cases(sample)?;
            for _ in 0..count {
                let header = rest.first().filter(|line| line.len() == width)?;
                let lines: usize = header[place].parse().ok()?;
                let end = lines.checked_add(1).filter(|end| *end <= rest.len())?;
                all.push(&rest[..end]);
                rest = &rest[end..];
            }
            if !rest.is_empty() {
                return None;
            }
        }
        Some(all)
    })
}
