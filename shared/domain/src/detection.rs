//! The language of a program that nobody named.

use betlang::Language;

/// Below this probability a guess is none.
const SURE: f32 = 0.5;

/// Marks of one language only: the model is least sure of short programs, and those do little but read and write.
const MARKS: [(&str, &str); 19] = [
    ("<?php", "PHP"),
    ("public static void main(String", "Java"),
    ("(&:to_", "Ruby"),
    ("gets.chomp", "Ruby"),
    ("gets.split", "Ruby"),
    ("gets.strip", "Ruby"),
    ("gets.to_", "Ruby"),
    ("STDIN.read", "Ruby"),
    ("$stdin.", "Ruby"),
    ("int(input(", "Python"),
    ("map(int,", "Python"),
    ("sys.stdin", "Python"),
    ("<STDIN>", "Perl"),
    ("io.read(", "Lua"),
    ("Int(readLine()!", "Swift"),
    (".split(separator:", "Swift"),
    ("guard let ", "Swift"),
    ("main :: IO", "Haskell"),
    ("main = interact", "Haskell"),
];

/// Marks that C++ has and C has not, besides headers without an ending.
const ONLY_CPP: [&str; 11] = [
    "bits/stdc++.h",
    "iostream.h",
    "using namespace ",
    "std::",
    "cin >>",
    "cin>>",
    "cout <<",
    "cout<<",
    "template <",
    "template<",
    "vector<",
];

/// The language of a program by its text, as people call it; empty where that is not clear.
#[must_use]
pub fn detected(program: &str) -> &'static str {
    if is_pascal(program) {
        return "Pascal";
    }
    // No other languages of contests have such lines.
    if program.lines().any(|line| header(line).is_some()) {
        return c_or_cpp(program);
    }
    if is_csharp(program) {
        return "C#";
    }
    if let Some((_, language)) = MARKS.iter().find(|(mark, _)| has_word(program, mark)) {
        return language;
    }
    let detection = betlang::detect(program);
    let Some((probability, likeliest)) = detection.top_languages().next() else {
        return "";
    };
    // Of two languages that look alike, the model is often sure of both together and of neither alone.
    let twin = match likeliest {
        Language::C => Some(Language::Cpp),
        Language::Cpp => Some(Language::C),
        Language::JavaScript => Some(Language::TypeScript),
        Language::TypeScript => Some(Language::JavaScript),
        _ => None,
    };
    let of_twin = detection
        .top_languages()
        .find(|(_, language)| Some(*language) == twin)
        .map_or(0.0, |(probability, _)| probability);
    if probability + of_twin < SURE {
        return "";
    }
    match likeliest {
        Language::C => c_or_cpp(program),
        Language::JavaScript if has_types(program) => "TypeScript",
        _ => name(likeliest),
    }
}

/// The model does not know it, and nothing else ends like this. Comments may follow the end.
fn is_pascal(program: &str) -> bool {
    let lower = program.to_ascii_lowercase();
    let ends = lower.trim_end().ends_with("end.")
        || lower.lines().any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            code.split('{').next().unwrap_or_default().trim() == "end."
        });
    // A sentence may have the other two words, but it has none of these.
    let acts = ["write(", "writeln", "readln", ":="];
    ends && lower.contains("begin") && acts.iter().any(|act| lower.contains(act))
}

/// F# and Visual Basic have the same console, but their lines do not end in a semicolon.
fn is_csharp(program: &str) -> bool {
    (program.contains("Console.Read") || program.contains("Console.Write"))
        && program.lines().any(|line| line.trim_end().ends_with(';'))
}

/// The header that the line includes, from the bracket or quotation mark on.
fn header(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix('#')?.trim_start();
    let header = rest.strip_prefix("include")?.trim_start();
    header.starts_with(['<', '"']).then_some(header)
}

fn c_or_cpp(program: &str) -> &'static str {
    // The headers of C all end in `.h`.
    let without_ending = |header: &str| {
        let name = header.strip_prefix('<')?.split('>').next()?;
        (!name.contains('.')).then_some(())
    };
    let cpp = ONLY_CPP.iter().any(|part| program.contains(part))
        || program
            .lines()
            .filter_map(header)
            .any(|header| without_ending(header).is_some());
    if cpp { "C++" } else { "C" }
}

/// Whether a colon follows a declared name or a first parameter, as it never does in JavaScript.
fn has_types(program: &str) -> bool {
    program.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        code.match_indices(':').any(|(colon, _)| {
            let left = code[..colon].trim_end_matches('?');
            let before =
                left.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
            let declares = ["let ", "const ", "var ", "("];
            // In the text of a string, other things follow such a colon.
            let typed = code[colon + 1..]
                .trim_start()
                .starts_with(|c: char| c.is_alphabetic() || c == '[');
            before.len() < left.len() && typed && declares.iter().any(|word| before.ends_with(word))
        })
    })
}

/// Whether the part stands in the program, and not as the end of a longer word.
fn has_word(program: &str, part: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    program
        .match_indices(part)
        .any(|(at, _)| !part.starts_with(is_of_word) || !program[..at].ends_with(is_of_word))
}

/// Names of the languages in which programs are submitted; what else the model knows is none of them.
const fn name(language: Language) -> &'static str {
    match language {
        Language::C => "C",
        Language::Cpp => "C++",
        Language::Cs => "C#",
        Language::Clojure => "Clojure",
        Language::Dart => "Dart",
        Language::Elixir => "Elixir",
        Language::Erlang => "Erlang",
        Language::Go => "Go",
        Language::Groovy => "Groovy",
        Language::Haskell => "Haskell",
        Language::Java => "Java",
        Language::JavaScript => "JavaScript",
        Language::Julia => "Julia",
        Language::Kotlin => "Kotlin",
        Language::Lisp => "Lisp",
        Language::Lua => "Lua",
        Language::Ocaml => "OCaml",
        Language::Perl => "Perl",
        Language::Php => "PHP",
        Language::Python => "Python",
        Language::R => "R",
        Language::Ruby => "Ruby",
        Language::Rust => "Rust",
        Language::Scala => "Scala",
        Language::Shell => "Shell",
        Language::Sql => "SQL",
        Language::Swift => "Swift",
        Language::TypeScript => "TypeScript",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_contests_are_recognised() {
        for (language, program) in [
            (
                "C++",
                "#include <bits/stdc++.h>\nusing namespace std;\nint main() {\n    int n;\n    cin >> n;\n    vector<int> a(n);\n    for (auto &x : a) cin >> x;\n    cout << *max_element(a.begin(), a.end()) << endl;\n}\n",
            ),
            (
                "C",
                "#include <stdio.h>\n\nint main(void) {\n    int a, b;\n    if (scanf(\"%d %d\", &a, &b) != 2) return 1;\n    printf(\"%d\\n\", a - b);\n    return 0;\n}\n",
            ),
            (
                "Python",
                "import sys\n\ndef main():\n    n = int(input())\n    a = list(map(int, input().split()))\n    print(sum(a[:n]))\n\nmain()\n",
            ),
            (
                "Java",
                "import java.util.*;\n\npublic class Main {\n    public static void main(String[] args) {\n        Scanner in = new Scanner(System.in);\n        int n = in.nextInt();\n        System.out.println(n * 2);\n    }\n}\n",
            ),
            (
                "Go",
                "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tvar n int\n\tfmt.Scan(&n)\n\tfmt.Println(n * 2)\n}\n",
            ),
            (
                "Rust",
                "use std::io::{self, Read};\n\nfn main() {\n    let mut s = String::new();\n    io::stdin().read_to_string(&mut s).unwrap();\n    let n: i64 = s.trim().parse().unwrap();\n    println!(\"{}\", n * 2);\n}\n",
            ),
            (
                "Pascal",
                "program p;\nvar a, b: integer;\nbegin\n  readln(a, b);\n  writeln(a - b);\nend.\n",
            ),
            (
                "Kotlin",
                "fun main() {\n    val n = readLine()!!.toInt()\n    val a = readLine()!!.split(\" \").map { it.toInt() }\n    println(a.take(n).sum())\n}\n",
            ),
            (
                "JavaScript",
                "const lines = require('fs').readFileSync(0, 'utf8').split('\\n');\nconst n = parseInt(lines[0]);\nconst a = lines[1].split(' ').map(Number);\nconsole.log(a.slice(0, n).reduce((x, y) => x + y, 0));\n",
            ),
        ] {
            assert_eq!(detected(program), language);
        }
    }

    #[test]
    fn what_is_no_program_has_no_language() {
        for text in [
            "",
            "\n",
            "Print the sum of two integers.",
            "Sort the targets.split into two, begin at the first and go on to the end.",
        ] {
            assert_eq!(detected(text), "", "{text:?}");
        }
    }
}
