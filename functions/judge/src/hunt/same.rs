//! Whether two programs are the same but for names, comments and white space.

use std::collections::HashMap;

/// Whether two programs are the same but for names, comments and white space.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    shape(one) == shape(other)
}

/// The program's words and signs, each name by the place of its first use. Lines that only comment are left out.
fn shape(program: &str) -> Vec<String> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for line in program.lines() {
        let mut rest = line.trim();
        if rest.starts_with("//") || (rest.starts_with('#') && !rest.starts_with("#include")) {
            continue;
        }
        while let Some(first) = rest.chars().next() {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let length = if is_word(first) {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = &rest[..end];
                found.push(if first.is_numeric() {
                    word.to_owned()
                } else {
                    let next = names.len();
                    format!("n{}", names.entry(word).or_insert(next))
                });
                end
            } else if rest.starts_with("//") || first == '#' && !rest.starts_with("#include") {
                break;
            } else {
                if !first.is_whitespace() {
                    found.push(first.to_string());
                }
                first.len_utf8()
            };
            rest = &rest[length..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_comments_and_spaces_do_not_count() {
        let program = "n = int(input())\nprint(n + 1)  # one more\n";
        assert!(are_same(
            program,
            "# mine\nk=int( input() )\n\nprint(k+1)\n"
        ));
        assert!(!are_same(program, "n = int(input())\nprint(n + 2)\n"));
        assert!(!are_same(program, "n = int(input())\nprint(1 + n)\n"));
        assert!(are_same("int a; // x\n", "int b;\n"));
    }
}
