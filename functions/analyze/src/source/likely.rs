use std::ops::Range;

use super::is_word;

/// Lines of other text between two of a program's.
const MAX_GAP: usize = 3;

/// Words that begin a line of a program, if the line also has a sign that prose has not.
const KEYWORDS: &[&str] = &[
    "#include",
    "#define",
    "begin",
    "case",
    "class",
    "const",
    "def",
    "elif",
    "else",
    "end",
    "for",
    "from",
    "fn",
    "fun",
    "func",
    "if",
    "import",
    "int",
    "let",
    "namespace",
    "package",
    "print",
    "private",
    "program",
    "public",
    "return",
    "static",
    "struct",
    "switch",
    "template",
    "typedef",
    "use",
    "using",
    "val",
    "var",
    "void",
    "while",
];

/// The bytes of what looks most like a program in a text, in whole lines: a fenced block, or else the longest run of lines that
/// prose does not have. For texts in which nobody has said where the program stands.
#[must_use]
pub fn likely_program(text: &str) -> Option<Range<usize>> {
    let mut fenced: Option<(usize, Range<usize>)> = None;
    let mut open = None;
    // The lines of the run at hand, the last one that is a program's, and those since.
    let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
    let (mut at, mut gap, mut inside) = (0, usize::MAX, 0);
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if line.trim_start().starts_with("```") {
            match open.take() {
                Some(start) if inside > 0 => {
                    if fenced.as_ref().is_none_or(|(most, _)| inside >= *most) {
                        fenced = Some((inside, start..range.start));
                    }
                }
                Some(_) => {}
                None => open = Some(range.end),
            }
            (gap, inside) = (usize::MAX, 0);
            continue;
        }
        if is_code(line) {
            inside += 1;
            match runs.last_mut().filter(|_| gap <= MAX_GAP) {
                Some((lines, run)) => {
                    *lines += 1;
                    run.end = range.end;
                }
                None => runs.push((1, range)),
            }
            gap = 0;
        } else if !line.trim().is_empty() {
            gap = gap.saturating_add(1);
        }
    }
    let longest = runs.into_iter().max_by_key(|(lines, _)| *lines);
    fenced.or(longest).map(|(_, range)| range)
}

/// Whether a line is one that a program has and prose has not.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    if line.ends_with([';', '{', '}']) || line.starts_with("//") {
        return true;
    }
    let word = line
        .split(|c| !is_word(c) && c != '#')
        .next()
        .unwrap_or_default();
    let has_sign = line.contains(['(', ')', '[', ']', '{', '<', '=', ':', '"', '\'']);
    if KEYWORDS.contains(&word)
        && (has_sign || matches!(word, "import" | "from" | "package" | "using"))
    {
        return true;
    }
    // A call of something by itself, or an assignment.
    let callee = line.split('(').next().unwrap_or_default();
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| is_word(c) || matches!(c, '.' | ',' | '[' | ']' | ' '))
            && text.split_whitespace().count() <= 2
    };
    let is_call = line.ends_with(')')
        && callee.len() < line.len()
        && callee.chars().all(|c| is_word(c) || c == '.');
    let is_assignment = line.split_once('=').is_some_and(|(left, right)| {
        is_name(left.trim_end_matches(['+', '-', '*', '/', ':']).trim()) && !right.trim().is_empty()
    });
    is_call && !callee.is_empty() || is_assignment && !line.ends_with('.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_program_is_told_from_prose() {
        for (text, program) in [
            (
                "Print the sum of two integers.\nInput: two integers (up to 10^9).\n\n#include <iostream>\nint main() {\n    int a, b;\n    // read\n    std::cin >> a >> b;\n}\nIt prints 3.\n",
                "#include <iostream>\nint main() {\n    int a, b;\n    // read\n    std::cin >> a >> b;\n}\n",
            ),
            (
                "For each of the n numbers print its square:\nn = int(input())\nfor i in range(n):\n    print(i * i)\n\nWhat is wrong?",
                "n = int(input())\nfor i in range(n):\n    print(i * i)\n",
            ),
            (
                "Sum.\n```\n1 2\n```\n```py\nprint(sum(map(int, input().split())))\n```\nThanks",
                "print(sum(map(int, input().split())))\n",
            ),
        ] {
            assert_eq!(
                likely_program(text).map(|range| &text[range]),
                Some(program)
            );
        }
    }

    #[test]
    fn prose_alone_has_no_program() {
        for text in [
            "",
            "Print the sum of two integers.\nEach is at most 10^9 in value.\n\n1 2\n3\n",
            "Let there be n towns (numbered from 1).\nFrom each of them a road leads to the next.",
        ] {
            assert_eq!(likely_program(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), lines in "[a(=;`\n é]{0,60}") {
            for text in [text, lines] {
                if let Some(range) = likely_program(&text) {
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
