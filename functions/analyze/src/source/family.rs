/// Languages that share their lexical rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// C and Objective-C.
    C,
    /// C++.
    Cpp,
    /// C#.
    CSharp,
    /// Java.
    Java,
    /// Kotlin.
    Kotlin,
    /// Scala, whose third version is indentation-sensitive.
    Scala,
    /// Swift.
    Swift,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Python of any version.
    Python,
    /// Pascal and Delphi.
    Pascal,
    /// Haskell.
    Haskell,
    /// Lua.
    Lua,
    /// SQL of any dialect.
    Sql,
    /// Ruby.
    Ruby,
    /// Perl.
    Perl,
    /// PHP.
    Php,
    /// POSIX shells.
    Shell,
    /// Anything else: only indentation (in its structure), trailing blanks and blank lines may differ.
    Unknown,
}

impl Family {
    /// Every family, for tests and listings.
    pub const ALL: [Self; 20] = [
        Self::C,
        Self::Cpp,
        Self::CSharp,
        Self::Java,
        Self::Kotlin,
        Self::Scala,
        Self::Swift,
        Self::Go,
        Self::Rust,
        Self::JavaScript,
        Self::Python,
        Self::Pascal,
        Self::Haskell,
        Self::Lua,
        Self::Sql,
        Self::Ruby,
        Self::Perl,
        Self::Php,
        Self::Shell,
        Self::Unknown,
    ];
}

/// The family of a language named by a person, a model or an online judge ("cpp17", "GNU C++20 (64)",
/// "PyPy 3", "Node.js"); versions, compilers and case are ignored, unknown names are [`Family::Unknown`].
#[must_use]
pub fn family(language: &str) -> Family {
    let name = language.trim().to_lowercase();
    // Two words that would each be read as another language.
    if name.contains("java script") {
        return Family::JavaScript;
    }
    if name.contains("c sharp") {
        return Family::CSharp;
    }
    let mut found = Family::Unknown;
    for word in name.split(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#')) {
        let family = family_of_word(word);
        // "GCC C++", "C/C++" and "PL/SQL" name another one first.
        if matches!(family, Family::Cpp | Family::Sql) {
            return family;
        }
        if found == Family::Unknown {
            found = family;
        }
    }
    found
}

fn family_of_word(word: &str) -> Family {
    if word.contains("++") || word.starts_with("cpp") {
        return Family::Cpp;
    }
    if word.starts_with("c#") || word.starts_with("csharp") {
        return Family::CSharp;
    }
    if word.ends_with("sql") || word.starts_with("sqlite") {
        return Family::Sql;
    }
    match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
        // "GNU" alone names no language, "gnu11" does.
        "gnu" if word != "gnu" => Family::C,
        "c" | "gcc" | "clang" | "tcc" | "ansic" => Family::C,
        "cc" | "cxx" | "hpp" | "cplusplus" => Family::Cpp,
        "cs" | "dotnet" | "mono" => Family::CSharp,
        "java" | "openjdk" => Family::Java,
        "kotlin" | "kt" | "kts" => Family::Kotlin,
        "scala" | "dotty" => Family::Scala,
        "swift" => Family::Swift,
        "go" | "golang" | "gccgo" => Family::Go,
        "rust" | "rs" | "rustc" => Family::Rust,
        "javascript" | "js" | "node" | "nodejs" | "ecmascript" | "es" | "typescript" | "ts"
        | "jsx" | "tsx" | "mjs" | "cjs" | "deno" | "bun" => Family::JavaScript,
        "python" | "py" | "pypy" | "cpython" | "cython" | "gpython" => Family::Python,
        "pascal" | "pas" | "fpc" | "freepascal" | "delphi" | "objectpascal" | "pascalabc" => {
            Family::Pascal
        }
        "haskell" | "hs" | "ghc" => Family::Haskell,
        "lua" | "luajit" => Family::Lua,
        "ruby" | "rb" => Family::Ruby,
        "perl" | "pl" => Family::Perl,
        "php" => Family::Php,
        "shell" | "sh" | "bash" | "zsh" | "ksh" | "dash" => Family::Shell,
        _ => Family::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_are_known() {
        for (family_wanted, names) in [
            (
                Family::Cpp,
                "C++;cpp17;g++;GNU C++20;GNU G++17 7.3.0;C++2a;MS C++ 2017;C/C++;GCC C++;cxx;gnu++17",
            ),
            (
                Family::C,
                "C;c99;GNU C11;gcc;GNU GCC C11 5.1.0;Objective-C;Clang",
            ),
            (
                Family::CSharp,
                "c#;csharp;C# 10;.NET Core C#;Mono C#;C Sharp;cs",
            ),
            (
                Family::Python,
                "py;python3;PyPy;PyPy 3-64;Python 2.7;PYTHON;pypy3",
            ),
            (Family::Java, "Java 8;java;Java 21 64bit;OpenJDK 17"),
            (
                Family::JavaScript,
                "js;node;Node.js 12;JavaScript V8 4.8.0;TypeScript;ts;Java Script",
            ),
            (Family::Go, "go;golang;Go 1.22"),
            (Family::Rust, "rs;Rust 2021;rust"),
            (Family::Kotlin, "kotlin;Kotlin 1.9;kt"),
            (
                Family::Pascal,
                "pascal;fpc;FPC 3.0.2;Delphi 7;Free Pascal;PascalABC.NET",
            ),
            (Family::Haskell, "Haskell;GHC 8.10.1;hs"),
            (Family::Sql, "SQL;PostgreSQL;MySQL;SQLite3;PL/SQL"),
            (Family::Shell, "bash;sh;Shell"),
            (
                Family::Unknown,
                ";D;OCaml;F#;text;GNU;Visual Basic;cobol;日本語",
            ),
        ] {
            for name in names.split(';') {
                assert_eq!(family(name), family_wanted, "{name}");
            }
        }
    }
}
