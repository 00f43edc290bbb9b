//! The terminal: its width, its colours, and texts of others that it must not obey.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _},
};

use domain::printable;

use crate::arguments::variable;

/// Columns of a text that nobody looks at on a terminal, and the most on one: longer lines are hard to read.
const PLAIN: usize = 80;
const WIDEST: usize = 100;

/// How to write on the standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether in colours.
    pub(crate) colours: bool,
    /// Columns.
    pub(crate) width: usize,
}

impl Style {
    pub(crate) fn of_stdout() -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        let columns = rustix::termios::tcgetwinsize(&out)
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0);
        Self {
            colours: is_terminal
                && variable("NO_COLOR").is_none()
                && variable("TERM").is_none_or(|term| term != "dumb"),
            width: columns.map_or(PLAIN, |columns| columns.clamp(30, WIDEST)),
        }
    }

    /// `text` in a colour (the numbers of an SGR sequence).
    pub(crate) fn paint(self, colour: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// `text` with everything that a terminal would obey escaped, except ends of lines and tabs.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if matches!(printable(text), Cow::Borrowed(_)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for part in text.split_inclusive(['\n', '\t']) {
        let (line, end) = match part.char_indices().next_back() {
            Some((at, '\n' | '\t')) => part.split_at(at),
            _ => (part, ""),
        };
        let line = if end == "\n" {
            line.trim_end_matches('\r')
        } else {
            line
        };
        out.push_str(&printable(line));
        out.push_str(end);
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        assert_eq!(clean("a\tb\r\nc\n"), "a\tb\nc\n");
        assert_eq!(clean("\u{1b}[2J\u{7}x"), "\\u{1b}[2J\\u{7}x");
        assert_eq!(clean("a\u{9b}31m\u{202e}b"), "a\\u{9b}31m\\u{202e}b");
        assert_eq!(clean("a\rb"), "a\\rb");
        assert_eq!(clean("二分查找\n"), "二分查找\n");
    }
}
