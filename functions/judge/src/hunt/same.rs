//! Whether two programs are the same but for the names of variables, comments and white space.

use std::collections::HashMap;

/// Words that are no names of variables: another one in their place is another program.
const KEYWORDS: &str = "and auto bool boolean break byte case char class const continue def do double elif else enum except false \
    False final float for from global goto if import in int lambda let long namespace new None not nonlocal null or package pass \
    private public raise return short signed static string String struct switch template this True true try typedef typename union \
    unsigned using vector void volatile var while with yield size_t int32_t int64_t uint32_t uint64_t int8_t uint8_t int16_t uint16_t";

/// Signs of two characters that say what stands beside them.
const SIGNS: [&str; 5] = ["<<", ">>", "->", "::", "<="];

/// Whether two programs are the same but for the names of variables, comments and white space.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    shape(one) == shape(other)
}

/// The program's words and signs, each variable by the place of its first use.
fn shape(program: &str) -> Vec<String> {
    let tokens = tokens(program);
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut shape = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| tokens[before]);
        let after = tokens.get(at + 1).map_or("", |after| after);
        if is_variable(token, before, after) {
            let next = names.len();
            shape.push(format!("n{}", names.entry(token).or_insert(next)));
        } else {
            shape.push((*token).to_owned());
        }
    }
    shape
}

/// Whether a word can only be the name of a variable: no function, type, member, constant or macro.
fn is_variable(word: &str, before: &str, after: &str) -> bool {
    let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_constant = !word.contains(char::is_lowercase) && word.len() > 1;
    is_word
        && !is_constant
        && !matches!(after, "(" | "<" | "::")
        && !matches!(before, "." | "->" | "::" | "#")
        && KEYWORDS.split_whitespace().all(|keyword| keyword != word)
}

/// Words, numbers and signs; comments are left out, and the lines of a preprocessor are not.
fn tokens(program: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has_preprocessor = program.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("#include") || line.starts_with("#define")
    });
    let mut found = Vec::new();
    for line in program.lines() {
        let mut rest = line.trim();
        while let Some(first) = rest.chars().next() {
            if rest.starts_with("//") && (has_preprocessor || found.last() == Some(&";"))
                || first == '#' && !has_preprocessor
            {
                break;
            }
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let length = match sign {
                Some(sign) => sign.len(),
                None if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                None => first.len_utf8(),
            };
            if !first.is_whitespace() {
                found.push(&rest[..length]);
            }
            rest = &rest[length..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_comments_and_spaces_do_not_count() {
        let program = "n = int(input())\nprint(n + 1)  # one more\n";
        assert!(are_same(
            program,
            "# mine\nk=int( input() )\n\nprint(k+1)\n"
        ));
        assert!(!are_same(program, "n = int(input())\nprint(n + 2)\n"));
        assert!(!are_same(program, "n = int(input())\nprint(1 + n)\n"));
        assert!(are_same("int a; // x\n", "int b;\n"));
    }

    #[test]
    fn functions_types_members_and_macros_do() {
        let program = "#include <set>\nint main() { int a = min(b, c); sort(v.begin(), v.end(), greater<int>()); d = p.first; e = INT_MAX; }\n";
        for (old, new) in [
            ("min(", "max("),
            ("int a", "double a"),
            ("greater<", "less<"),
            ("first", "second"),
            ("INT_MAX", "INT_MIN"),
            ("#include <set>", "#include <set>\n#define int long long"),
        ] {
            assert!(!are_same(program, &program.replace(old, new)), "{new}");
        }
        assert!(are_same(program, &program.replace("int a", "int total")));
        let streams = "#include <iostream>\nint main() { std::cin >> n; std::cout << n << n; }\n";
        assert!(are_same(streams, &streams.replace(" n", " count")));
    }
}
