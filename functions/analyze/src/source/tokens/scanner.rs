mod comments;
mod lexemes;

use super::literals::is_word_byte;
use super::operators::is_separator;
use super::rules::{Blanks, Newlines, Rules, rules};
use super::{Family, Mark, Token};

/// Splits a text with LF line ends into tokens.
pub(super) fn scan(text: &str, family: Family) -> Vec<Token<'_>> {
    let mut scanner = Scanner::new(text, family);
    while scanner.at < text.len() {
        scanner.step();
    }
    if scanner.directive {
        scanner.tokens.push(Token::Mark(Mark::DirectiveEnd));
    }
    scanner.tokens
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    family: Family,
    rules: Rules,
    at: usize,
    tokens: Vec<Token<'a>>,
    /// The last token but comments, empty at the start of a line that counts.
    last: &'a str,
    /// Where the blanks before the current position begin.
    blanks_from: usize,
    /// Whether white space of any kind stands before the current position.
    gap: bool,
    /// Whether only blanks and comments stand before the current position on its line.
    line_start: bool,
    /// Whether the next token begins a logical line, whose indentation counts.
    fresh: bool,
    /// Whether a line that counts has ended since the last token.
    line_ended: bool,
    directive: bool,
    /// Depth of brackets, for languages where lines do not count in them.
    depth: usize,
    /// For each open parenthesis of JavaScript: whether it belongs to `if`, `while`, `for` or `with`.
    conditions: Vec<bool>,
    after_condition: bool,
    /// A slash before this offset begins no regular expression: none of the line closes.
    no_regex_before: usize,
    /// Names that will end here-documents, once the line ends.
    heredocs: Vec<&'a str>,
    indentation: Vec<usize>,
    /// Columns of Haskell's layout blocks.
    layout: Vec<usize>,
    layout_expected: bool,
    /// A position and its column, from which later columns of the line are counted.
    column: (usize, usize),
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, family: Family) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            family,
            rules: rules(family),
            at: 0,
            tokens: Vec::with_capacity(text.len() / 3),
            last: "",
            blanks_from: 0,
            gap: false,
            line_start: true,
            fresh: true,
            line_ended: false,
            directive: false,
            depth: 0,
            conditions: Vec::new(),
            after_condition: false,
            no_regex_before: 0,
            heredocs: Vec::new(),
            indentation: Vec::new(),
            layout: Vec::new(),
            layout_expected: family == Family::Haskell,
            column: (0, 0),
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn starts_with(&self, mark: &str) -> bool {
        self.rest().starts_with(mark.as_bytes())
    }

    fn step(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b'\n' => self.newline(),
            b' ' | b'\t' | 0x0b | 0x0c => {
                self.gap = true;
                self.at += 1;
            }
            _ => {
                let start = self.at;
                let handled = self.document()
                    || self.comment()
                    || self.begin_directive()
                    || self.literal()
                    || self.regex()
                    || self.heredoc();
                if !handled && is_word_byte(byte) {
                    self.word();
                } else if !handled {
                    self.operator();
                }
                debug_assert!(self.at > start);
                self.gap = false;
                self.blanks_from = self.at;
            }
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.gap = true;
        self.line_start = true;
        if self.directive {
            self.directive = false;
            self.mark(Mark::DirectiveEnd);
            self.last = "";
        }
        let counts = match self.rules.newlines {
            Newlines::Free => false,
            Newlines::OutsideBrackets => self.depth == 0,
            Newlines::NotAfterOpening | Newlines::NotInsideEdges => {
                !matches!(self.last, "(" | "[" | "{" | "," | ";")
            }
            Newlines::Everywhere => true,
        };
        // Blank lines and those of comments only continue the line end before them.
        if counts {
            self.line_ended = !self.tokens.is_empty();
            self.fresh = true;
        }
        for name in std::mem::take(&mut self.heredocs) {
            self.heredoc_body(name);
        }
        self.blanks_from = self.at;
    }

    fn mark(&mut self, mark: Mark) {
        self.tokens.push(Token::Mark(mark));
    }

    /// What white space before `start` means, before the token there is added.
    fn before_token(&mut self, start: usize) {
        if std::mem::take(&mut self.line_ended) {
            let closing = matches!(self.bytes.get(start), Some(b')' | b']' | b'}'));
            if !(closing && self.rules.newlines == Newlines::NotInsideEdges) {
                self.mark(Mark::Line);
                self.last = "";
            }
        }
        if self.rules.blanks == Blanks::Exact && !self.line_start && self.blanks_from < start {
            self.tokens
                .push(Token::Blanks(&self.text[self.blanks_from..start]));
        }
    }

    fn token(&mut self, start: usize, end: usize) {
        self.before_token(start);
        if std::mem::take(&mut self.fresh) {
            if self.rules.indentation {
                self.indent(start);
            }
            self.last = "";
        }
        if self.family == Family::Haskell {
            self.open_layout(start);
        }
        let text = &self.text[start..end];
        if self.gap && self.gap_counts(text) {
            self.mark(Mark::Gap);
        }
        self.tokens.push(Token::Text(text));
        self.last = text;
        self.line_start = false;
        self.after_condition = false;
        self.at = end;
    }

    /// Beside these characters white space counts: `$ x` is not `$x`, nor `\` and a line end what `\` alone is.
    fn gap_counts(&self, text: &str) -> bool {
        let sticky = |text: &str| matches!(text, "@" | "#" | "$" | "`" | "\\" | "\\\n");
        let separator = |text: &str| text.bytes().next().is_none_or(is_separator);
        // Exact families keep the blanks themselves.
        self.rules.blanks != Blanks::Exact
            && (sticky(self.last) || sticky(text))
            && !separator(self.last)
            && !separator(text)
    }

    /// Counts columns from the last position asked for, so that all calls together take linear time.
    fn column(&mut self, position: usize) -> usize {
        let (from, mut column) = self.column;
        for &byte in &self.bytes[from.min(position)..position] {
            match byte {
                b'\n' | 0x0c => column = 0,
                b'\t' => column = column / 8 * 8 + 8,
                // Bytes that continue a character take no column.
                0x80..0xC0 => {}
                _ => column += 1,
            }
        }
        self.column = (position, column);
        column
    }

    fn indent(&mut self, start: usize) {
        let column = self.column(start);
        // The first line is the base: a program that stands indented as a whole is the same program.
        if self.indentation.is_empty() {
            self.indentation.push(column);
        }
        while self.indentation.last().is_some_and(|&top| top > column) {
            self.indentation.pop();
            self.mark(Mark::Dedent);
        }
        if self.indentation.last().is_none_or(|&top| top < column) {
            let dedented = self.tokens.last() == Some(&Token::Mark(Mark::Dedent));
            self.mark(if dedented {
                Mark::Misaligned
            } else {
                Mark::Indent
            });
            self.indentation.push(column);
        }
        if self.family != Family::Haskell {
            return;
        }
        while self.layout.last().is_some_and(|&top| top > column) {
            self.layout.pop();
            self.mark(Mark::BlockEnd);
        }
        if self.layout.last() == Some(&column) {
            self.mark(Mark::BlockItem);
        }
    }

    fn open_layout(&mut self, start: usize) {
        if std::mem::take(&mut self.layout_expected) && self.bytes[start] != b'{' {
            let column = self.column(start);
            self.layout.push(column);
        }
    }
}
