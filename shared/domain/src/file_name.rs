//! Names of files that clients save or patch.

use std::fmt;

use super::{language::language, limits};

/// A plain file name: one that stays in its folder, is no option, and can stand in the headers of a diff as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The end of a sentence about a name that cannot be used.
    pub const RULE: &str = "must be a plain file name such as main.cpp: 1 to 100 characters, without / \\ : \" and control \
                            characters, with no dot, dash or blank at its start and no blank at its end";

    /// Takes a name that follows [`Self::RULE`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_plain = (1..=limits::FILE_NAME_CHARS).contains(&name.chars().count())
            && !name.starts_with(['.', '-', ' '])
            && !name.ends_with(' ')
            && !name.chars().any(|c| {
                matches!(c, '/' | '\\' | ':' | '"')
                    || c.is_control()
                    // Line separators and the like, and marks that turn the direction of what follows.
                    || (c.is_whitespace() && c != ' ')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            });
        is_plain.then(|| Self(name.to_owned()))
    }

    /// `solution` with the extension of a language as somebody named it.
    #[must_use]
    pub fn of_language(name: &str) -> Self {
        Self(format!("solution.{}", language(name).extension))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder_and_on_its_line() {
        for name in [
            "main.cpp",
            "a b.py",
            "解.py",
            "Main.java",
            "it's (1) [x] $y;.c",
            "a",
        ] {
            assert_eq!(
                FileName::parse(name)
                    .map(|name| name.to_string())
                    .as_deref(),
                Some(name)
            );
        }
        for name in [
            "",
            ".",
            "..",
            ".git",
            "-p1",
            "a/b",
            "/etc/passwd",
            "a\\b",
            "C:x",
            "a\"b",
            "a\nb",
            "a\tb",
            "a\u{7f}",
            "a\u{2028}b",
            "a\u{202e}ppc.b",
            " a",
            "a ",
        ] {
            assert_eq!(FileName::parse(name), None, "{name:?}");
        }
        assert!(FileName::parse(&"文".repeat(100)).is_some());
        assert!(FileName::parse(&"a".repeat(101)).is_none());
        assert_eq!(FileName::of_language("GNU C++17").as_str(), "solution.cpp");
    }
}
