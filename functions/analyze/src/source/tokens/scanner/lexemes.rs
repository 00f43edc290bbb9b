//! Literals, words, operators and brackets.

use super::super::literals::{is_word_byte, literal_end};
use super::super::operators::{is_operator, operator_length};
use super::{Blanks, Family, Mark, Scanner, Token};

/// JavaScript words after which a slash begins a regular expression.
const OPERAND_FOLLOWS: [&str; 13] = [
    "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do",
    "yield", "await",
];

/// JavaScript words whose parenthesis is followed by a statement.
const CONDITIONS: [&str; 4] = ["if", "while", "for", "with"];

/// Haskell words that open a layout block.
const LAYOUT: [&str; 5] = ["where", "let", "do", "of", "mdo"];

impl Scanner<'_> {
    pub(super) fn begin_directive(&mut self) -> bool {
        if !(self.rules.directives && self.line_start && self.starts_with("#")) {
            return false;
        }
        self.mark(Mark::Directive);
        self.token(self.at, self.at + 1);
        // `# define` is `#define`.
        self.last = "";
        self.directive = true;
        true
    }

    fn in_directive(&self, name: &str) -> bool {
        self.directive
            && self
                .tokens
                .ends_with(&[Token::Text("#"), Token::Text(name)])
    }

    pub(super) fn literal(&mut self) -> bool {
        if self.in_directive("include") && self.starts_with("<") {
            let line = self.rest().iter().take_while(|&&byte| byte != b'\n');
            if let Some(length) = line.into_iter().position(|&byte| byte == b'>') {
                self.token(self.at, self.at + length + 1);
                return true;
            }
        }
        let Some(end) = literal_end(self.family, self.text, self.at) else {
            return false;
        };
        // The blanks that end an unfinished one-line literal are those of the line.
        let length = self.text[self.at..end].trim_ascii_end().len();
        self.token(self.at, self.at + length);
        self.at = end;
        true
    }

    /// JavaScript's regular expressions: a slash where an operand must stand, closed on its line.
    pub(super) fn regex(&mut self) -> bool {
        if self.family != Family::JavaScript
            || !self.starts_with("/")
            || self.at < self.no_regex_before
        {
            return false;
        }
        let last = self.last.as_bytes().last().copied();
        let divides = match last {
            Some(b')') => !self.after_condition,
            // A block or an object ends: if this is a division, its blanks are kept without need.
            Some(b'}') | None => false,
            Some(b']' | b'"' | b'\'' | b'`') => true,
            Some(byte) => {
                (is_word_byte(byte) || byte == b'$') && !OPERAND_FOLLOWS.contains(&self.last)
            }
        };
        if divides {
            return false;
        }
        let mut class = false;
        let mut end = self.at + 1;
        loop {
            match self.bytes.get(end) {
                None | Some(b'\n') => {
                    self.no_regex_before = end;
                    return false;
                }
                Some(b'\\') if self.bytes.get(end + 1).is_some_and(|&next| next != b'\n') => {
                    end += 1
                }
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            end += 1;
        }
        end += 1;
        end += self.bytes[end..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        self.token(self.at, end);
        true
    }

    pub(super) fn word(&mut self) {
        let start = self.at;
        let end = self.word_end();
        if self.family == Family::Haskell && self.last == "." && !self.gap {
            self.mark(Mark::Tight);
        }
        let macro_name = self.in_directive("define");
        self.token(start, end);
        let word = self.last;
        if macro_name && self.starts_with("(") {
            self.mark(Mark::Tight);
        }
        self.layout_expected |= self.family == Family::Haskell && LAYOUT.contains(&word);
    }

    fn word_end(&self) -> usize {
        let number = self.bytes[self.at].is_ascii_digit() || self.starts_with(".");
        let name_characters = if number {
            b""
        } else {
            self.rules.name_characters
        };
        let c = matches!(self.family, Family::C | Family::Cpp);
        let hexadecimal = self.starts_with("0x") || self.starts_with("0X");
        let mut end = self.at + 1;
        while let Some(&byte) = self.bytes.get(end) {
            let next = self.bytes.get(end + 1).copied();
            let previous = self.bytes[end - 1];
            let belongs = is_word_byte(byte)
                || name_characters.contains(&byte)
                || number
                    && match byte {
                        // `1..n` is a range.
                        b'.' => next != Some(b'.') && previous != b'.',
                        b'\'' => c && next.is_some_and(|next| next.is_ascii_alphanumeric()),
                        b'+' | b'-' => match previous {
                            b'e' | b'E' => {
                                c || !hexadecimal && next.is_some_and(|next| next.is_ascii_digit())
                            }
                            b'p' | b'P' => hexadecimal,
                            _ => false,
                        },
                        _ => false,
                    };
            if !belongs {
                break;
            }
            end += 1;
        }
        end
    }

    pub(super) fn operator(&mut self) {
        let start = self.at;
        let byte = self.bytes[start];
        let next = self.bytes.get(start + 1).copied();
        let adjoins = !self.gap && !self.last.is_empty();
        match byte {
            b'\\' if next == Some(b'\n') => {
                self.token(start, start + 2);
            }
            // `.5` is a number, `t.0` a part, `1..5` a range.
            b'.' if next.is_some_and(|next| next.is_ascii_digit())
                && !(adjoins && (self.last.ends_with([')', ']', '.']) || self.last_is_word())) =>
            {
                self.word();
            }
            // A lifetime, a label, a symbol.
            b'\'' if next.is_some_and(is_word_byte) => {
                self.at += 1;
                let end = self.word_end();
                self.token(start, end);
            }
            b'$' if self.rules.name_characters.contains(&b'$') => self.word(),
            _ if !is_operator(byte) => self.bracket(),
            _ if self.rules.blanks == Blanks::OperatorRuns => self.operator_run(),
            _ => {
                let length = operator_length(self.rest(), self.family == Family::Go);
                self.token(start, start + length);
            }
        }
    }

    fn last_is_word(&self) -> bool {
        self.last.bytes().last().is_some_and(is_word_byte)
    }

    fn bracket(&mut self) {
        let byte = self.bytes[self.at];
        let condition = CONDITIONS.contains(&self.last);
        self.token(self.at, self.at + 1);
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        match byte {
            b'(' => self.conditions.push(condition),
            b')' => self.after_condition = self.conditions.pop().unwrap_or(false),
            _ => {}
        }
    }

    /// An operator of a language where programs define them.
    fn operator_run(&mut self) {
        let start = self.at;
        let comments = |at: usize| {
            let rest = &self.bytes[at..];
            self.family != Family::Haskell && (rest.starts_with(b"//") || rest.starts_with(b"/*"))
        };
        let run = self.bytes[start..].iter().enumerate();
        let length = run
            .take_while(|(i, byte)| is_operator(**byte) && (*i == 0 || !comments(start + i)))
            .count();
        let end = start + length.max(1);
        let before =
            self.gap || self.last.is_empty() || self.last.ends_with(['(', '[', '{', ',', ';', ':']);
        let after = self
            .bytes
            .get(end)
            .is_none_or(|byte| byte.is_ascii_whitespace() || b")]},;:".contains(byte));
        self.token(start, end);
        match (before, after) {
            (true, false) => self.mark(Mark::Prefix),
            (false, true) => self.mark(Mark::Postfix),
            (false, false) if self.family == Family::Haskell && self.last == "." => {
                self.mark(Mark::Tight)
            }
            _ => {}
        }
    }
}
