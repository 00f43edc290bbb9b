//! Inputs and outputs that are nearly right: a validator or a checker that accepts them is of no use.

/// A number that no problem allows as a value.
const HUGE: &str = "99999999999999999999";

/// Inputs that are hardly ever allowed, made of one that is.
pub(super) fn inputs(text: &str) -> Vec<String> {
    let lines = split(text);
    let tokens: usize = lines.iter().map(Vec::len).sum();
    if tokens == 0 {
        return vec!["x\n".to_owned()];
    }
    let mut made = vec![
        replaced(&lines, tokens - 1, None),
        format!("{}1\n", joined(&lines)),
        format!("{} 7\n", joined(&lines).trim_end()),
    ];
    for place in [0, tokens / 2, tokens - 1] {
        let token = lines
            .iter()
            .flatten()
            .nth(place)
            .copied()
            .unwrap_or_default();
        if token.parse::<f64>().is_ok() {
            made.push(replaced(&lines, place, Some("x")));
            made.push(replaced(&lines, place, Some(HUGE)));
            made.push(replaced(&lines, place, Some(&format!("-{HUGE}"))));
        } else {
            made.push(replaced(&lines, place, Some("#?")));
        }
    }
    let plain = joined(&lines);
    made.retain(|other| *other != plain);
    made.sort();
    made.dedup();
    made
}

/// Outputs that are hardly ever right, made of one that is.
pub(super) fn outputs(text: &str) -> Vec<String> {
    let lines = split(text);
    let tokens: usize = lines.iter().map(Vec::len).sum();
    if tokens == 0 {
        return vec!["1\n".to_owned(), "x\n".to_owned()];
    }
    let mut made = vec![
        String::new(),
        format!("{} 7\n", joined(&lines).trim_end()),
        replaced(&lines, tokens - 1, None),
        replaced(&lines, 0, Some(HUGE)),
        replaced(&lines, tokens - 1, Some(HUGE)),
        replaced(&lines, tokens / 2, Some("#?")),
        "x\n".to_owned(),
    ];
    made.sort();
    made.dedup();
    made
}

fn split(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().map(|line| line.split_whitespace().collect());
    lines.collect()
}

fn joined(lines: &[Vec<&str>]) -> String {
    lines.iter().map(|line| line.join(" ") + "\n").collect()
}

/// The text with another token, or none, in one place.
fn replaced(lines: &[Vec<&str>], place: usize, token: Option<&str>) -> String {
    let mut at = 0;
    let lines = lines.iter().map(|line| {
        let mut words = Vec::with_capacity(line.len());
        for word in line {
            if at == place {
                words.extend(token);
            } else {
                words.push(*word);
            }
            at += 1;
        }
        words.join(" ") + "\n"
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mutant_is_the_text_itself() {
        for text in ["3\n1 2 3\n", "abc\n", "1", "", "2\nab 1\ncd 2\n"] {
            let inputs = inputs(text);
            assert!(!inputs.is_empty() && inputs.iter().all(|other| other.trim() != text.trim()));
            let outputs = outputs(text);
            assert!(
                outputs
                    .iter()
                    .all(|other| other.trim() != text.trim() || text.is_empty())
            );
        }
        assert!(inputs("3\n1 2 3\n").contains(&"3\n1 2\n".to_owned()));
        assert!(inputs("3\n1 2 3\n").contains(&"x\n1 2 3\n".to_owned()));
    }
}
