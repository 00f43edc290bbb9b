//! Programs that read or write files by name, which a judge of standard input and output cannot run.

use judge_api::Language;

/// Whether the program opens a file by a name that stands in it, other than those of standard input and output.
pub(super) fn opens_files(program: &str, language: Language) -> bool {
    let program = without_comments(program, language);
    let openers: &[&str] = match language {
        Language::C => &["freopen", "fopen"],
        Language::Cpp17 | Language::Cpp20 => &[
            "freopen", "fopen", "ifstream", "ofstream", "fstream", ".open",
        ],
        Language::Python3 => &["open"],
        Language::Java => &[
            "FileReader",
            "FileWriter",
            "FileInputStream",
            "FileOutputStream",
            "File",
            "PrintWriter",
            "Paths.get",
            "Path.of",
        ],
        Language::JavaScript => &[
            "readFileSync",
            "readFile",
            "writeFileSync",
            "createReadStream",
        ],
    };
    openers.iter().any(|opener| {
        program.match_indices(opener).any(|(at, _)| {
            let before = program[..at].chars().next_back();
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let begins = opener.starts_with('.') || !before.is_some_and(is_word);
            begins && names_a_file(&program[at + opener.len()..])
        })
    })
}

/// Whether what follows an opener is an argument that is the name of a file: `("in.txt"`, or ` name("in.txt"` for a variable.
fn names_a_file(rest: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if rest.starts_with(is_word) {
        return false;
    }
    let rest = rest.trim_start().trim_start_matches(is_word).trim_start();
    let Some(argument) = rest.strip_prefix(['(', '{']) else {
        return false;
    };
    let argument = argument.trim_start();
    let Some(quote) = argument.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return false;
    };
    let name = argument[1..].split(quote).next().unwrap_or_default();
    !name.is_empty() && !name.starts_with("/dev/") && name != "CON"
}

/// The program without comments, and without what the preprocessor takes out on a judge: the parts for the author's own machine.
fn without_comments(program: &str, language: Language) -> String {
    let has_preprocessor = matches!(language, Language::C | Language::Cpp17 | Language::Cpp20);
    let mark = if language == Language::Python3 {
        "#"
    } else {
        "//"
    };
    let mut kept = String::with_capacity(program.len());
    // One entry for each open #if: whether its part is only for the author's machine.
    let mut conditions: Vec<bool> = Vec::new();
    for line in program.lines() {
        let line = line.find(mark).map_or(line, |at| &line[..at]);
        let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
        match directive.filter(|_| has_preprocessor) {
            Some(directive) if directive.starts_with("if") => {
                let is_local = directive.starts_with("ifdef")
                    && !directive.contains("ONLINE_JUDGE")
                    || directive.starts_with("if 0")
                    || directive.starts_with("ifndef") && directive.contains("ONLINE_JUDGE");
                conditions.push(is_local);
            }
            Some(directive) if directive.starts_with("el") => {
                if let Some(is_local) = conditions.last_mut() {
                    *is_local = false;
                }
            }
            Some(directive) if directive.starts_with("endif") => {
                conditions.pop();
            }
            _ if conditions.contains(&true) => {}
            _ => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    without_blocks(&kept, language)
}

fn without_blocks(program: &str, language: Language) -> String {
    if language == Language::Python3 {
        return program.to_owned();
    }
    let mut kept = String::with_capacity(program.len());
    let mut rest = program;
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..]
            .find("*/")
            .map_or("", |end| &rest[start + end + 2..]);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_by_name_are_noticed() {
        for (language, program) in [
            (
                Language::Cpp17,
                "int main() { freopen(\"in.txt\", \"r\", stdin); }",
            ),
            (Language::Cpp20, "std::ifstream fin(\"a.in\");"),
            (Language::Cpp17, "ofstream out{\"a.out\"};"),
            (Language::Cpp17, "ifstream f; f.open( \"a\" );"),
            (Language::C, "FILE *f = fopen (\"x\", \"r\");"),
            (
                Language::C,
                "#ifdef ONLINE_JUDGE\nFILE *f = fopen(\"x\", \"r\");\n#endif",
            ),
            (
                Language::C,
                "#ifdef LOCAL\n#else\nFILE *f = fopen(\"x\", \"r\");\n#endif",
            ),
            (Language::Python3, "sys.stdin = open('input.txt')"),
            (Language::Java, "new Scanner(new File(\"in\"))"),
            (Language::JavaScript, "fs.readFileSync('input.txt')"),
        ] {
            assert!(opens_files(program, language), "{program}");
        }
    }

    #[test]
    fn standard_input_and_a_contestants_own_machine_are_no_files() {
        for (language, program) in [
            (Language::Cpp17, "// freopen(\"in.txt\", \"r\", stdin);"),
            (
                Language::Cpp17,
                "/* freopen(\"in.txt\",\n \"r\", stdin); */ int x;",
            ),
            (
                Language::Cpp17,
                "#ifdef LOCAL\nfreopen(\"in\", \"r\", stdin);\n#endif",
            ),
            (
                Language::Cpp17,
                "#ifndef ONLINE_JUDGE\nfreopen(\"in\", \"r\", stdin);\n#endif",
            ),
            (
                Language::Cpp17,
                "#include <fstream>\nint main() { reopen(\"x\"); }",
            ),
            (Language::Cpp17, "freopen(name, \"r\", stdin);"),
            (Language::Python3, "data = open(0).read()"),
            (Language::Python3, "open('/dev/stdin')\n# open('x')"),
            (Language::Python3, "reopen('x'); opened = 'x'"),
            (
                Language::Java,
                "new FileInputStream(FileDescriptor.in); new PrintWriter(System.out)",
            ),
            (
                Language::JavaScript,
                "readFileSync('/dev/stdin'); readFileSync(0)",
            ),
        ] {
            assert!(!opens_files(program, language), "{program}");
        }
    }
}
