//! The language of a program that nobody named.

use betlang::Language;

/// Below this probability a guess is none.
const SURE: f32 = 0.5;

/// The language of a program by its text, as people call it; empty where that is not clear.
pub(crate) fn recognised(program: &str) -> &'static str {
    // The model does not know it, and nothing else ends like this.
    let lower = program.to_ascii_lowercase();
    if lower.trim_end().ends_with("end.") && lower.contains("begin") {
        return "Pascal";
    }
    let detection = betlang::detect(program);
    let likeliest = detection.top_languages().next();
    match likeliest {
        Some((probability, language)) if probability >= SURE => name(language),
        _ => "",
    }
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
            assert_eq!(recognised(program), language);
        }
    }

    #[test]
    fn what_is_no_program_has_no_language() {
        for text in ["", "\n", "Print the sum of two integers."] {
            assert_eq!(recognised(text), "", "{text:?}");
        }
    }
}
