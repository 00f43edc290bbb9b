//! Reading samples side by side, for the format that they have in common.

use super::format::{Column, Count, Line, Number, Order, Part, Word};

/// Parts of a format.
const PARTS: usize = 8;
/// Columns of a line.
const COLUMNS: usize = 8;
/// Different letters of words.
const LETTERS: usize = 26;

/// Reads all samples side by side.
pub(super) struct Reader<'a, 'b> {
    samples: Vec<&'a [Line<'b>]>,
    /// The numbers that were read, one of each sample.
    variables: Vec<Option<Vec<i64>>>,
    parts: Vec<Part>,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn read(samples: &[&'a [Line<'b>]]) -> Option<Vec<Part>> {
        let mut reader = Self {
            samples: samples.to_vec(),
            variables: Vec::new(),
            parts: Vec::new(),
        };
        while reader.samples.iter().any(|rest| !rest.is_empty()) {
            if reader.parts.len() == PARTS || reader.samples.iter().any(|rest| rest.is_empty()) {
                return None;
            }
            let part = reader
                .list()
                .or_else(|| reader.rows())
                .or_else(|| reader.line())?;
            reader.parts.push(part);
        }
        Some(reader.parts)
    }

    /// A line of numbers in all samples, as many as a variable tells.
    fn list(&mut self) -> Option<Part> {
        let lists = self.samples.iter().map(|rest| numbers(&rest[0]));
        let lists: Vec<Vec<i64>> = lists.collect::<Option<_>>()?;
        if lists.iter().all(|list| list.len() < 2) {
            return None;
        }
        let variable = self.count_where(|at, count| lists[at].len() == count)?;
        for rest in &mut self.samples {
            *rest = &rest[1..];
        }
        let column = self.column_of_numbers(&lists.concat(), None);
        let order = order(&lists);
        self.marked(variable);
        Some(Part::List {
            count: Count { variable, less: 0 },
            column,
            order,
        })
    }

    /// As many lines as a variable tells, all with the same columns.
    fn rows(&mut self) -> Option<Part> {
        for less in [0, 1] {
            let fits = |at: usize, count: usize| {
                let (rest, lines) = (self.samples[at], count.saturating_sub(less));
                let width = self.samples[0][0].len();
                count >= less
                    && rest.len() >= lines
                    && rest[..lines].iter().all(|line| line.len() == width)
                    // Lines alike that go on are not counted by it.
                    && rest.get(lines).is_none_or(|line| line.len() != width || self.samples.len() > 1)
            };
            let Some(variable) = self.count_where(fits) else {
                continue;
            };
            let counts = self.values(variable)?;
            let lines: Vec<usize> = counts
                .iter()
                .map(|count| count.saturating_sub(less))
                .collect();
            if lines.iter().sum::<usize>() == 0 || lines.iter().all(|count| *count < 2) && less == 1
            {
                continue;
            }
            let taken: Vec<&[Line<'b>]> = self
                .samples
                .iter()
                .zip(&lines)
                .map(|(rest, end)| &rest[..*end])
                .collect();
            let is_tree = less == 1
                && taken
                    .iter()
                    .zip(&counts)
                    .all(|(rows, count)| is_tree(rows, *count));
            if less == 1 && !is_tree {
                continue;
            }
            let count = Count { variable, less };
            let part = if is_tree {
                Part::Tree(count)
            } else {
                let rows: Vec<(usize, &Line<'b>)> = taken
                    .iter()
                    .enumerate()
                    .flat_map(|(at, rows)| rows.iter().map(move |row| (at, row)))
                    .collect();
                Part::Rows {
                    count,
                    columns: self.columns(&rows)?,
                }
            };
            self.marked(variable);
            for (rest, end) in self.samples.iter_mut().zip(lines) {
                *rest = &rest[end..];
            }
            return Some(part);
        }
        None
    }

    /// A line with as many columns in each sample.
    fn line(&mut self) -> Option<Part> {
        let first: Vec<&'a Line<'b>> = self.samples.iter().map(|rest| &rest[0]).collect();
        if first.iter().any(|line| line.len() != first[0].len()) {
            return None;
        }
        let rows: Vec<(usize, &Line<'b>)> = first.iter().copied().enumerate().collect();
        let start = self.variables.len();
        let columns = self.columns(&rows)?;
        for (place, column) in columns.iter().enumerate() {
            if let Column::Number(_) = column {
                let values = first
                    .iter()
                    .map(|line| line[place].parse().unwrap_or_default());
                self.variables[start + place] = Some(values.collect());
            }
        }
        for rest in &mut self.samples {
            *rest = &rest[1..];
        }
        Some(Part::Line(columns))
    }

    /// The columns of lines, each with the sample that it is from.
    fn columns(&mut self, rows: &[(usize, &Line<'b>)]) -> Option<Vec<Column>> {
        let width = rows.first()?.1.len();
        if width > COLUMNS {
            return None;
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut last: Option<Vec<i64>> = None;
        for place in 0..width {
            let cells: Vec<(usize, &str)> =
                rows.iter().map(|(at, row)| (*at, row[place])).collect();
            let values: Option<Vec<i64>> =
                cells.iter().map(|(_, cell)| cell.parse().ok()).collect();
            let Some(values) = values else {
                columns.push(self.column_of_words(&cells)?);
                last = None;
                continue;
            };
            let bound = self.bound(&cells, &values);
            let Column::Number(mut number) = self.column_of_numbers(&values, bound) else {
                return None;
            };
            if let Some(before) = last
                .as_ref()
                .filter(|_| rows.len() > 1 && !self.parts.is_empty())
            {
                let pairs = || before.iter().zip(&values);
                number.is_at_least_the_last = pairs().all(|(one, other)| one <= other);
                number.is_other_than_the_last = pairs().all(|(one, other)| one != other);
            }
            columns.push(Column::Number(number));
            last = Some(values);
        }
        Some(columns)
    }

    fn column_of_numbers(&mut self, values: &[i64], bound: Option<usize>) -> Column {
        self.variables.push(None);
        let range = (values.iter().min(), values.iter().max());
        Column::Number(Number {
            variable: self.variables.len() - 1,
            values: (
                range.0.copied().unwrap_or_default(),
                range.1.copied().unwrap_or_default(),
            ),
            is_count: false,
            bound,
            is_at_least_the_last: false,
            is_other_than_the_last: false,
        })
    }

    fn column_of_words(&mut self, cells: &[(usize, &str)]) -> Option<Column> {
        let mut letters: Vec<char> = cells.iter().flat_map(|(_, word)| word.chars()).collect();
        letters.sort_unstable();
        letters.dedup();
        if letters.len() > LETTERS
            || letters.iter().any(|letter| {
                !letter.is_ascii_alphanumeric()
                    && !matches!(letter, '.' | '#' | '(' | ')' | '*' | '?' | '+' | '-' | '_')
            })
        {
            return None;
        }
        let length = self.count_where(|at, count| {
            let mut own = cells.iter().filter(|(sample, _)| *sample == at);
            own.all(|(_, word)| word.len() == count)
        });
        if let Some(variable) = length {
            self.marked(variable);
        }
        self.variables.push(None);
        Some(Column::Word(Word {
            variable: self.variables.len() - 1,
            letters,
            length,
            longest: cells
                .iter()
                .map(|(_, word)| word.len())
                .max()
                .unwrap_or_default(),
        }))
    }

    /// A count that no value of its sample is greater than, as a vertex is not greater than the number of vertices.
    fn bound(&self, cells: &[(usize, &str)], values: &[i64]) -> Option<usize> {
        (0..self.variables.len()).find(|variable| {
            let Some(counts) = &self.variables[*variable] else {
                return false;
            };
            let mut all = cells.iter().zip(values);
            all.all(|((at, _), value)| (1..=counts[*at]).contains(value))
        })
    }

    fn values(&self, variable: usize) -> Option<Vec<usize>> {
        let counts = self.variables.get(variable)?.as_ref()?;
        counts
            .iter()
            .map(|count| usize::try_from(*count).ok())
            .collect()
    }

    /// The last variable whose values fit all samples.
    fn count_where(&self, fits: impl Fn(usize, usize) -> bool) -> Option<usize> {
        (0..self.variables.len()).rev().find(|variable| {
            let counts = self.values(*variable);
            counts.is_some_and(|counts| {
                counts
                    .iter()
                    .enumerate()
                    .all(|(at, count)| fits(at, *count))
            })
        })
    }

    /// Notes that a length depends on a variable.
    fn marked(&mut self, variable: usize) {
        let columns = self.parts.iter_mut().filter_map(|part| match part {
            Part::Line(columns) => Some(columns),
            _ => None,
        });
        for column in columns.flatten() {
            if let Column::Number(number) = column
                && number.variable == variable
            {
                number.is_count = true;
            }
        }
    }
}

fn numbers(line: &[&str]) -> Option<Vec<i64>> {
    line.iter().map(|token| token.parse().ok()).collect()
}

fn order(lists: &[Vec<i64>]) -> Order {
    let longest = lists.iter().map(Vec::len).max().unwrap_or_default();
    let numbers: usize = lists.iter().map(Vec::len).sum();
    let sorted = |list: &Vec<i64>| {
        let mut sorted = list.clone();
        sorted.sort_unstable();
        sorted
    };
    Order {
        is_permutation: longest >= 3
            && lists.iter().all(|list| {
                (1..)
                    .zip(sorted(list))
                    .all(|(wanted, value)| wanted == value)
            }),
        is_sorted: longest >= 4 && lists.iter().all(|list| list.is_sorted()),
        is_distinct: longest >= 4
            && numbers >= 8
            && lists
                .iter()
                .all(|list| sorted(list).windows(2).all(|pair| pair[0] != pair[1])),
    }
}

/// Whether these lines are the edges of a tree with so many vertices.
fn is_tree(rows: &[Line<'_>], count: usize) -> bool {
    let mut group: Vec<usize> = (0..=count).collect();
    rows.iter().all(|row| {
        let ends: Option<Vec<usize>> = row
            .iter()
            .map(|cell| cell.parse().ok().filter(|end| (1..=count).contains(end)))
            .collect();
        let Some(&[one, other]) = ends.as_deref() else {
            return false;
        };
        let (from, to) = (group[one], group[other]);
        for own in &mut group {
            if *own == from {
                *own = to;
            }
        }
        from != to
    })
}
