//! What can be said about a program's text without running it, and without trusting a model.
//!
//! - [`same_program`]: are two texts one program apart from insignificant white space?
//! - [`find_in_text`]: which bytes of the user's text are the program that a model returned?
//! - [`edit()`]: the program with parts of it replaced, each where it stands exactly once, and every other byte as it was.
//! - [`locate`] and [`locate_all`]: which lines of the program does a quoted snippet stand on?
//! - [`unfence`], [`change_size`]: a model's quotation without its fence, and how many lines differ between two programs.
//!
//! Everything here is a pure function of its arguments, never panics, and needs about linear time. Where a
//! question cannot be decided, the answer is the careful one: "not the same", "not found".

mod answer;
mod edit;
mod family;
mod snippet;
mod span;
mod tokens;

pub use answer::{ChangeSize, change_size, unfence};
pub use edit::{Edit, Edited, edit};
pub use family::{Family, family};
pub use snippet::{Lines, locate, locate_all};
pub use span::{Match, find_in_text};
pub use tokens::same_program;

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

/// A text without its blank characters, remembering where each of the others stood.
struct Stripped {
    text: String,
    /// For each byte of `text`, the byte offset in the source of the character it belongs to.
    offsets: Vec<usize>,
}

impl Stripped {
    fn of(source: &str) -> Self {
        let mut text = String::with_capacity(source.len());
        let mut offsets = Vec::with_capacity(source.len());
        for (offset, character) in source.char_indices().filter(|(_, c)| !is_blank(*c)) {
            text.push(character);
            offsets.resize(text.len(), offset);
        }
        Self { text, offsets }
    }

    /// The bytes of `source` that `length` stripped bytes from `start` came from, unless they begin or end
    /// inside a word of `source`. Both must be on character boundaries, `length` above 0.
    fn whole_words(
        &self,
        source: &str,
        start: usize,
        length: usize,
    ) -> Option<std::ops::Range<usize>> {
        let first = *self.offsets.get(start)?;
        let last = *self.offsets.get(start + length - 1)?;
        let end = last + source[last..].chars().next().map_or(0, char::len_utf8);
        let inside = |at: usize| {
            source[..at].chars().next_back().is_some_and(is_word)
                && source[at..].chars().next().is_some_and(is_word)
        };
        (!inside(first) && !inside(end)).then_some(first..end)
    }
}
