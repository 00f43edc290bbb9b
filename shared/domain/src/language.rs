//! Programming languages as people, models and judges name them: what their files are called, and their name in Markdown.

/// How a language is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// Name that highlighters know, for the first line of a fenced block; empty when unknown.
    pub tag: &'static str,
    /// Extension of its files, without the dot.
    pub extension: &'static str,
}

const UNKNOWN: Language = Language {
    tag: "",
    extension: "txt",
};

/// Words (apart from case and versions), tag, extension.
const LANGUAGES: [(&[&str], &str, &str); 40] = [
    (&["cc", "cxx", "cplusplus"], "cpp", "cpp"),
    (&["objective", "objc"], "objectivec", "m"),
    (&["c", "gcc", "clang", "tcc", "ansic"], "c", "c"),
    (&["cs", "csharp", "dotnet", "mono"], "csharp", "cs"),
    (&["java", "openjdk"], "java", "java"),
    (&["kotlin", "kt"], "kotlin", "kt"),
    (&["scala", "dotty"], "scala", "scala"),
    (&["swift"], "swift", "swift"),
    (&["go", "golang", "gccgo"], "go", "go"),
    (&["rust", "rs", "rustc"], "rust", "rs"),
    (&["typescript", "ts"], "typescript", "ts"),
    (
        &["javascript", "js", "node", "nodejs", "deno", "bun"],
        "javascript",
        "js",
    ),
    (
        &["python", "py", "pypy", "cpython", "cython"],
        "python",
        "py",
    ),
    (
        &["pascal", "pas", "fpc", "freepascal", "pascalabc", "delphi"],
        "pascal",
        "pas",
    ),
    (&["haskell", "hs", "ghc"], "haskell", "hs"),
    (&["lua", "luajit"], "lua", "lua"),
    (
        &["sql", "mysql", "postgresql", "sqlite", "plsql"],
        "sql",
        "sql",
    ),
    (&["ruby", "rb"], "ruby", "rb"),
    (&["perl", "pl"], "perl", "pl"),
    (&["php"], "php", "php"),
    (&["shell", "sh", "bash", "zsh", "ksh"], "bash", "sh"),
    (&["ocaml", "ml"], "ocaml", "ml"),
    (&["fsharp", "fs"], "fsharp", "fs"),
    (&["dart"], "dart", "dart"),
    (&["julia", "jl"], "julia", "jl"),
    (&["nim"], "nim", "nim"),
    (&["zig"], "zig", "zig"),
    (&["elixir", "ex"], "elixir", "ex"),
    (&["erlang", "erl"], "erlang", "erl"),
    (&["clojure", "clj"], "clojure", "clj"),
    (&["lisp", "sbcl"], "lisp", "lisp"),
    (&["scheme"], "scheme", "scm"),
    (&["racket"], "racket", "rkt"),
    (&["prolog"], "prolog", "pro"),
    (&["fortran", "gfortran"], "fortran", "f90"),
    (&["cobol"], "cobol", "cob"),
    (&["ada", "gnat"], "ada", "adb"),
    (&["basic", "vb", "vbnet"], "vbnet", "vb"),
    (&["r"], "r", "r"),
    (&["d", "dmd", "ldc", "gdc"], "d", "d"),
];

/// The language that a name such as "GNU C++20 (64)", "PyPy 3" or "Node.js 18" means.
#[must_use]
pub fn language(name: &str) -> Language {
    let name = name
        .to_lowercase()
        .replace("java script", "javascript")
        .replace("c sharp", "csharp");
    let mut found = UNKNOWN;
    for word in name.split(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#')) {
        let word = match word {
            // "GCC C++" and "C/C++" name another language first.
            _ if word.contains("++") || word.starts_with("cpp") => {
                return Language {
                    tag: "cpp",
                    extension: "cpp",
                };
            }
            _ if word.starts_with("c#") => "csharp",
            _ if word.starts_with("f#") => "fsharp",
            _ => word.trim_end_matches(|c: char| c.is_ascii_digit()),
        };
        let known = LANGUAGES.iter().find(|(words, ..)| words.contains(&word));
        if let (Some(&(_, tag, extension)), true) = (known, found == UNKNOWN) {
            found = Language { tag, extension };
        }
    }
    found
}

/// Tags whose languages are not written as the tag with a capital letter.
const NAMES: [(&str, &str); 12] = [
    ("cpp", "C++"),
    ("csharp", "C#"),
    ("fsharp", "F#"),
    ("objectivec", "Objective-C"),
    ("javascript", "JavaScript"),
    ("typescript", "TypeScript"),
    ("sql", "SQL"),
    ("php", "PHP"),
    ("bash", "Shell"),
    ("ocaml", "OCaml"),
    ("cobol", "COBOL"),
    ("vbnet", "Visual Basic"),
];

/// The name of the language of a tag, for people.
#[must_use]
pub fn name(tag: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == tag) {
        return (*name).to_owned();
    }
    let mut rest = tag.chars();
    rest.next()
        .map(|first| first.to_uppercase().chain(rest).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_has_a_name_that_means_it() {
        for (_, tag, _) in LANGUAGES {
            assert_eq!(language(&name(tag)).tag, tag);
        }
        assert_eq!(name(""), "");
    }

    #[test]
    fn names_of_people_and_judges_are_understood() {
        for (extension, names) in [
            (
                "cpp",
                "C++;cpp17;g++;GNU G++17 7.3.0;C/C++;GCC C++;Clang++ 17",
            ),
            ("c", "C;c99;GNU C11;gcc"),
            ("cs", "C#;csharp;C# 10;Mono C#;C Sharp"),
            ("py", "Python;python3;PyPy 3-64;py"),
            ("java", "Java 21;OpenJDK 17"),
            ("js", "JavaScript;Node.js 18;Java Script"),
            ("ts", "TypeScript;ts"),
            ("hs", "Haskell;GHC 8.10.1"),
            ("m", "Objective-C"),
            ("vb", "Visual Basic"),
            ("fs", "F#"),
            ("sql", "PostgreSQL"),
            ("txt", ";GNU;text;日本語;../../etc"),
        ] {
            for name in names.split(';') {
                assert_eq!(language(name).extension, extension, "{name}");
            }
        }
    }
}
