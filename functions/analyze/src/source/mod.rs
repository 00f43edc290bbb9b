//! Examines a program's text without running it, and without trusting a model.
//!
//! - [`find()`]: which bytes of a text are the program, by its first and last lines.
//! - [`likely_program`]: the same where nobody says so, by the look of the lines.
//! - [`undecorated`]: a program without the line numbers, quotation marks and HTML entities of the page that it was copied from.
//! - [`edit()`]: the program with parts of it replaced, each where it stands exactly once, and every other byte as it was.
//! - [`unfence`]: a model's quotation without its fence.
//!
//! Everything here is a pure function of its arguments, never panics, and needs about linear time. Where a
//! question cannot be decided, the answer is the careful one: "not found".

mod answer;
mod decoration;
mod edit;
mod find;
mod likely;

pub use answer::unfence;
pub use decoration::undecorated;
pub use edit::{Edit, Edited, Lines, edit};
pub use find::find;
pub use likely::likely_program;

/// The mark some editors put before the first character of a file.
const BOM: char = '\u{feff}';

/// Whether a character is blank for the purpose of finding text: white space in Unicode's sense, or a BOM.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == BOM
}

/// Whether a character can be part of a name or a number.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
