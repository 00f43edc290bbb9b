//! A generator that is guessed from samples of a plain format: lines of numbers and words, lists and tables whose lengths stand
//! before them, and several test cases.

use std::collections::BTreeSet;

use super::format::{Column, Count, Format, Part};

/// The text of a generator that makes inputs like these; none where their format is not plain.
pub(super) fn generator(samples: &[&str]) -> Option<String> {
    let samples: Vec<Vec<Vec<&str>>> = samples
        .iter()
        .filter(|sample| !sample.trim().is_empty())
        .map(|sample| {
            let lines = sample.trim_end().lines();
            lines
                .map(|line| line.split_whitespace().collect())
                .collect()
        })
        .collect();
    let format = Format::of(&samples)?;
    let mut writer = Writer::default();
    for part in &format.parts {
        writer.part(part);
    }
    let body: String = writer
        .lines
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect();
    Some(if format.has_cases {
        format!(
            "def one(g):\n    lines = []\n{body}    return lines\n\ndef case(g):\n    return g.cases(one, 3)\n"
        )
    } else {
        format!("def case(g):\n    lines = []\n{body}    return lines\n")
    })
}

/// Writes a generator line by line.
#[derive(Default)]
struct Writer {
    lines: Vec<String>,
}

impl Writer {
    fn push(&mut self, line: String) {
        self.lines.push(line);
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Line(columns) => self.row(columns, ""),
            Part::List {
                count,
                column,
                order,
            } => {
                let count = count_of(count);
                let (low, high) = bounds(column);
                let list = match (order.is_permutation, order.is_distinct) {
                    (true, _) => format!("g.perm({count})"),
                    (false, true) => format!(
                        "g.nums({count}, {low}, max({high}, {low} + 2 * {count}), distinct=True)"
                    ),
                    (false, false) => format!("g.nums({count}, {low}, {high})"),
                };
                let list = if order.is_sorted && !order.is_permutation {
                    format!("sorted({list})")
                } else {
                    list
                };
                self.push(format!("lines.append(\" \".join(map(str, {list})))"));
            }
            Part::Tree(count) => {
                let Count { variable, .. } = count;
                self.push(format!(
                    "lines += [f\"{{u}} {{v}}\" for u, v in g.tree(v{variable})]"
                ));
            }
            Part::Rows { count, columns } => {
                self.push(format!("for _ in range({}):", count_of(count)));
                self.row(columns, "    ");
            }
        }
    }

    /// A line of columns.
    fn row(&mut self, columns: &[Column], indent: &str) {
        for column in columns {
            self.push(format!("{indent}{} = {}", column.name(), column_of(column)));
        }
        self.order(columns, indent);
        let names = columns
            .iter()
            .map(|column| format!("{{{}}}", column.name()));
        let names = names.collect::<Vec<_>>().join(" ");
        self.push(format!("{indent}lines.append(f\"{names}\")"));
    }

    /// Two numbers whose order or difference the samples never break.
    fn order(&mut self, columns: &[Column], indent: &str) {
        for pair in columns.windows(2) {
            let (Column::Number(one), Column::Number(other)) = (&pair[0], &pair[1]) else {
                continue;
            };
            if other.is_at_least_the_last {
                let (a, b) = (one.variable, other.variable);
                self.push(format!(
                    "{indent}v{a}, v{b} = min(v{a}, v{b}), max(v{a}, v{b})"
                ));
            } else if let (Some(bound), true) = (other.bound, other.is_other_than_the_last) {
                let (a, b) = (one.variable, other.variable);
                self.push(format!(
                    "{indent}v{b} = v{b} % v{bound} + 1 if v{a} == v{b} else v{b}"
                ));
            }
        }
    }
}

fn count_of(count: &Count) -> String {
    match count.less {
        0 => format!("v{}", count.variable),
        less => format!("v{} - {less}", count.variable),
    }
}

fn column_of(column: &Column) -> String {
    match column {
        Column::Number(number) if number.is_count => {
            format!("g.size(1, {})", number.values.1.max(10))
        }
        Column::Number(_) => {
            let (low, high) = bounds(column);
            format!("g.num({low}, {high})")
        }
        Column::Word(word) => {
            let letters: String = word
                .letters
                .iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            // Escapes of Rust's debug form are also Python's for the characters that a word may have here.
            match word.length {
                Some(variable) => format!("g.text(v{variable}, {letters:?})"),
                None => format!("g.text(g.size(1, {}), {letters:?})", word.longest.max(5)),
            }
        }
    }
}

/// The least and the greatest number, as the samples tell: positive ones from 1, negative ones as far as on the other side.
fn bounds(column: &Column) -> (i64, String) {
    let Column::Number(number) = column else {
        return (0, "0".to_owned());
    };
    if let Some(bound) = number.bound {
        return (1, format!("v{bound}"));
    }
    let (least, most) = number.values;
    let low = match least {
        1.. => 1,
        0 => 0,
        _ => least.min(most.saturating_neg()),
    };
    (low, most.max(low.saturating_add(4)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(samples: &[&str]) -> String {
        generator(samples).unwrap_or_default()
    }

    #[test]
    fn a_list_with_its_length_before_it() {
        let made = guessed(&["3\n1 -2 3\n", "1\n5\n"]);
        assert_eq!(
            made,
            "def case(g):\n    lines = []\n    v0 = g.size(1, 10)\n    lines.append(f\"{v0}\")\n    lines.append(\" \".join(map(str, g.nums(v0, -5, 5))))\n    return lines\n"
        );
        assert!(guessed(&["3\n2 3 1\n", "4\n4 1 2 3\n"]).contains("g.perm(v0)"));
        assert!(guessed(&["4\n2 3 3 9\n", "2\n4 5\n"]).contains("sorted(g.nums(v0, 1, 9))"));
    }

    #[test]
    fn graphs_trees_and_queries() {
        let graph = guessed(&["4 3\n1 2\n2 3\n4 1\n", "2 1\n2 1\n"]);
        assert!(
            graph.contains("for _ in range(v1):") && graph.contains("g.num(1, v0)"),
            "{graph}"
        );
        assert!(graph.contains("% v0 + 1 if"), "{graph}");
        let tree = guessed(&["4\n1 2\n2 3\n4 1\n", "2\n2 1\n"]);
        assert!(tree.contains("g.tree(v0)"), "{tree}");
        let queries = guessed(&["3 2\n5 6 7\n1 2\n2 3\n", "2 1\n1 9\n1 1\n"]);
        assert!(
            queries.contains("g.nums(v0,") && queries.contains("min(v3, v4)"),
            "{queries}"
        );
    }

    #[test]
    fn words_and_test_cases() {
        let word = guessed(&["3\nabc\n", "2\nba\n"]);
        assert!(word.contains("g.text(v0, \"abc\")"), "{word}");
        assert!(guessed(&["hello\n"]).contains("g.text(g.size(1, 5), \"ehlo\")"));
        let cases = guessed(&["2\n3\n1 2 3\n1\n5\n"]);
        assert!(
            cases.contains("g.cases(one, 3)") && cases.contains("g.nums(v0"),
            "{cases}"
        );
        let rows = guessed(&["2\n2\n1 2\n3 4\n1\n5 6\n", "1\n1\n7 8\n"]);
        assert!(
            rows.contains("g.cases(one, 3)") && rows.contains("range(v0)"),
            "{rows}"
        );
    }

    #[test]
    fn two_numbers_on_a_line() {
        let made = guessed(&["2 3\n", "10 7\n"]);
        assert!(
            made.contains("v0 = g.num(1, 10)") && made.contains("{v0} {v1}"),
            "{made}"
        );
    }

    #[test]
    fn a_format_that_is_not_plain_is_not_guessed() {
        for samples in [
            &["1 2 3\nx\n", "y\n"][..],
            &["1\n2\n3\n4\n", "1 2\n"],
            &[],
            &["", "\n"],
        ] {
            assert_eq!(generator(samples), None, "{samples:?}");
        }
    }
}
