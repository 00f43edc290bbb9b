//! A lexical scan, just deep enough to know which white space can be changed without changing the program.
//!
//! Every character that is not white space always ends up in some token, so a change of a name, an operator
//! or a constant is noticed even where a language's rules are known only roughly; the rules decide about
//! white space alone. Where they are rough, more white space counts as significant than really is.

mod literals;
mod operators;
mod rules;
mod scanner;
#[cfg(test)]
mod tests;

use super::{BOM, Family, family};

/// Whether two texts are the same program apart from insignificant white space.
///
/// Significant, and so compared: every character outside white space (comments included, with the white
/// space in them collapsed); string and character literals byte for byte; white space that separates two
/// words or two operators; the ends of lines where the language cares, and of line comments and
/// preprocessor directives; the indentation structure of Python, Haskell, Scala and unknown languages. Ruby,
/// Perl, PHP, shell and unknown languages may differ only in indentation, trailing blanks and blank lines.
///
/// Indentation counts from the first line's (a program that stands indented as a whole is the same program),
/// a tab going to the next multiple of 8.
///
/// White space means ASCII's: a no-break space is a character like any other. A byte order mark at the start
/// and the kind of line end (LF, CRLF, CR) never count, not even inside literals that span lines.
#[must_use]
pub fn same_program(a: &str, b: &str, language: &str) -> bool {
    same_in_family(a, b, family(language))
}

fn same_in_family(a: &str, b: &str, family: Family) -> bool {
    let (a, b) = (unified(a), unified(b));
    a == b || scanner::scan(&a, family) == scanner::scan(&b, family)
}

/// The text without a byte order mark and with LF as its only line end.
fn unified(text: &str) -> String {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// A name, a number, an operator, a bracket or a literal, as written.
    Text(&'a str),
    /// A comment with its white space collapsed, and whether a line that counts ends inside it.
    Comment(String, bool),
    /// Blanks between two tokens of a line, where any change of them could matter.
    Blanks(&'a str),
    Mark(Mark),
}

/// What white space alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// A line ends.
    Line,
    /// A line stands deeper than the one before.
    Indent,
    /// A line stands less deep, by one level.
    Dedent,
    /// A line stands less deep, at no level there was before.
    Misaligned,
    /// Haskell: a line ends the innermost layout block.
    BlockEnd,
    /// Haskell: a line begins a new item of the innermost layout block.
    BlockItem,
    /// A preprocessor directive begins.
    Directive,
    /// A preprocessor directive ends.
    DirectiveEnd,
    /// Blanks beside a character for which they matter.
    Gap,
    /// No blank where one would change the meaning: a macro's parameters, Haskell's qualified names.
    Tight,
    /// An operator with a blank only before it.
    Prefix,
    /// An operator with a blank only after it.
    Postfix,
}
