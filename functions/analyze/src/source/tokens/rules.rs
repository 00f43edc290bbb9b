use super::Family;

/// Where the end of a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newlines {
    /// Nowhere.
    Free,
    /// Not inside brackets.
    OutsideBrackets,
    /// Not after an opening bracket, a comma or a semicolon.
    NotAfterOpening,
    /// Neither there nor before a closing bracket.
    NotInsideEdges,
    /// Everywhere, but blank lines.
    Everywhere,
}

/// How blanks between the tokens of a line count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blanks {
    /// Only where they split what would be one operator of the language.
    Free,
    /// Programs define operators: every run of operator characters is one, and a blank on only one of its
    /// sides can matter.
    OperatorRuns,
    /// Everywhere, in their exact number.
    Exact,
}

/// The lexical rules of a family, without those of literals.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) newlines: Newlines,
    pub(super) blanks: Blanks,
    /// Whether the indentation of lines has a structure to keep.
    pub(super) indentation: bool,
    pub(super) line_comments: &'static [&'static str],
    /// Start, end, and whether they nest.
    pub(super) block_comments: &'static [(&'static str, &'static str, bool)],
    /// Whether lines that begin with `#` are directives.
    pub(super) directives: bool,
    /// Further ASCII characters of names.
    pub(super) name_characters: &'static [u8],
}

const SLASHES: &[&str] = &["//"];
const STARS: &[(&str, &str, bool)] = &[("/*", "*/", false)];
const NESTED_STARS: &[(&str, &str, bool)] = &[("/*", "*/", true)];

pub(super) fn rules(family: Family) -> Rules {
    let c_like = Rules {
        newlines: Newlines::Free,
        blanks: Blanks::Free,
        indentation: false,
        line_comments: SLASHES,
        block_comments: STARS,
        directives: false,
        name_characters: b"",
    };
    let exact = Rules {
        newlines: Newlines::Everywhere,
        blanks: Blanks::Exact,
        line_comments: &["#"],
        block_comments: &[],
        ..c_like
    };
    match family {
        Family::C | Family::Cpp | Family::CSharp => Rules {
            directives: true,
            ..c_like
        },
        Family::Java => Rules {
            name_characters: b"$",
            ..c_like
        },
        Family::Rust => Rules {
            block_comments: NESTED_STARS,
            ..c_like
        },
        Family::Go => Rules {
            newlines: Newlines::NotAfterOpening,
            ..c_like
        },
        Family::JavaScript => Rules {
            newlines: Newlines::NotInsideEdges,
            name_characters: b"$",
            ..c_like
        },
        Family::Kotlin => Rules {
            newlines: Newlines::NotInsideEdges,
            block_comments: NESTED_STARS,
            ..c_like
        },
        Family::Swift => Rules {
            newlines: Newlines::NotInsideEdges,
            blanks: Blanks::OperatorRuns,
            block_comments: NESTED_STARS,
            ..c_like
        },
        Family::Scala => Rules {
            newlines: Newlines::Everywhere,
            blanks: Blanks::OperatorRuns,
            indentation: true,
            block_comments: NESTED_STARS,
            name_characters: b"$",
            ..c_like
        },
        Family::Haskell => Rules {
            newlines: Newlines::Everywhere,
            blanks: Blanks::OperatorRuns,
            indentation: true,
            line_comments: &["--"],
            block_comments: &[("{-", "-}", true)],
            name_characters: b"'",
            ..c_like
        },
        Family::Python => Rules {
            newlines: Newlines::OutsideBrackets,
            indentation: true,
            line_comments: &["#"],
            block_comments: &[],
            ..c_like
        },
        Family::Pascal => Rules {
            block_comments: &[("{", "}", false), ("(*", "*)", false)],
            ..c_like
        },
        // In `--[==[ … ]==]` only the first line is taken for a comment, which keeps more than needed.
        Family::Lua => Rules {
            line_comments: &["--"],
            block_comments: &[("--[[", "]]", false)],
            ..c_like
        },
        Family::Sql => Rules {
            line_comments: &["--"],
            ..c_like
        },
        Family::Ruby | Family::Perl | Family::Shell => exact,
        Family::Php => Rules {
            line_comments: &["#", "//"],
            block_comments: STARS,
            ..exact
        },
        // A mark that is no comment would hide what follows it: with exact blanks none needs to be known.
        Family::Unknown => Rules {
            indentation: true,
            line_comments: &[],
            ..exact
        },
    }
}
