//! What is kept without being looked into: comments, documents after the program, here-documents.

use super::super::literals::is_word_byte;
use super::super::operators::is_operator;
use super::{Blanks, Family, Mark, Newlines, Scanner, Token};

impl Scanner<'_> {
    pub(super) fn comment(&mut self) -> bool {
        if self.starts_with("--") && self.family == Family::Haskell {
            let dashes = self.rest().iter().take_while(|&&byte| byte == b'-').count();
            let operator = |byte: Option<&u8>| byte.is_some_and(|&byte| is_operator(byte));
            let before = if self.gap {
                None
            } else {
                self.at.checked_sub(1).and_then(|at| self.bytes.get(at))
            };
            if operator(before) || operator(self.rest().get(dashes)) {
                return false;
            }
        }
        // `$#x` and `${#x}` are no comments, nor is what follows a quote's end.
        if self.rules.blanks == Blanks::Exact
            && self.starts_with("#")
            && !self.gap
            && !self.line_start
        {
            return false;
        }
        let block = self
            .rules
            .block_comments
            .iter()
            .find(|(open, ..)| self.starts_with(open));
        let (mark, close, end) = if let Some(&(open, close, nested)) = block {
            (open, close, self.block_end(open, close, nested))
        } else if let Some(mark) = self
            .rules
            .line_comments
            .iter()
            .find(|mark| self.starts_with(mark))
        {
            (*mark, "", self.line_comment_end())
        } else {
            return false;
        };
        self.before_token(self.at);
        let text = &self.text[self.at..end];
        let spans = self.rules.newlines != Newlines::Free && text.contains('\n');
        let collapsed = if self.rules.blanks == Blanks::Exact {
            text.trim_ascii_end().into()
        } else {
            self.collapsed(text, mark, close)
        };
        self.tokens.push(Token::Comment(collapsed, spans));
        self.at = end;
        true
    }

    /// `//x` is `// x`, but marks such as `//!`, `//@ts-check` and Go's directives are kept as they are.
    fn collapsed(&self, text: &str, mark: &str, close: &str) -> String {
        let content = &text[mark.len()..];
        // An unfinished comment is told from a finished one by this.
        let (content, close) = content
            .strip_suffix(close)
            .map_or((content, ""), |content| (content, close));
        let words: Vec<&str> = content.split_ascii_whitespace().collect();
        let joined = words.join(" ");
        let spaced = content.starts_with(|c: char| c.is_ascii_whitespace());
        let plain = joined.starts_with(char::is_alphanumeric) && self.family != Family::Go;
        let blank = if spaced && !plain { " " } else { "" };
        format!("{mark}{blank}{joined}{close}")
    }

    fn line_comment_end(&self) -> usize {
        let spliced = matches!(self.family, Family::C | Family::Cpp);
        let mut end = self.at;
        loop {
            let length = self.bytes[end..].iter().position(|&byte| byte == b'\n');
            end = length.map_or(self.bytes.len(), |length| end + length);
            if !(spliced && end < self.bytes.len() && self.bytes[end - 1] == b'\\') {
                return end;
            }
            end += 1;
        }
    }

    fn block_end(&self, open: &str, close: &str, nested: bool) -> usize {
        let mut at = self.at + open.len();
        let mut depth = 1;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            if rest.starts_with(close.as_bytes()) {
                at += close.len();
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            } else if nested && rest.starts_with(open.as_bytes()) {
                at += open.len();
                depth += 1;
            } else {
                at += 1;
            }
        }
        self.bytes.len()
    }

    /// `=begin`, `=pod`, `__END__`: what only stands at the first column, kept as it is.
    pub(super) fn document(&mut self) -> bool {
        let first_column = self.at == 0 || self.bytes[self.at - 1] == b'\n';
        if !first_column || !matches!(self.family, Family::Ruby | Family::Perl) {
            return false;
        }
        let rest = &self.text[self.at..];
        let closes = |line: &&str| line.starts_with("=end") || line.starts_with("=cut");
        let length = if rest.starts_with("__END__") || rest.starts_with("__DATA__") {
            rest.len()
        } else if rest.starts_with('=') && rest[1..].starts_with(|c: char| c.is_ascii_lowercase()) {
            let to_end = rest.split_inclusive('\n').position(|line| closes(&line));
            let lines = rest
                .split_inclusive('\n')
                .take(to_end.map_or(usize::MAX, |lines| lines + 1));
            lines.map(str::len).sum()
        } else {
            return false;
        };
        let end = self.at + rest[..length].trim_ascii_end().len();
        self.token(self.at, end);
        // To a command that is indented, this would be no document.
        self.mark(Mark::Tight);
        true
    }

    /// Notes a here-document, whose body begins with the next line.
    pub(super) fn heredoc(&mut self) -> bool {
        if !matches!(
            self.family,
            Family::Ruby | Family::Perl | Family::Php | Family::Shell
        ) {
            return false;
        }
        let Some(rest) = self.text[self.at..].strip_prefix("<<") else {
            return false;
        };
        let rest = if self.family == Family::Shell {
            rest.trim_start_matches([' ', '\t'])
        } else {
            rest
        };
        let unmarked = rest.strip_prefix(['-', '~', '<']).unwrap_or(rest);
        let unmarked = unmarked
            .strip_prefix(['"', '\'', '`', '\\'])
            .unwrap_or(unmarked);
        let length = unmarked
            .bytes()
            .take_while(|&byte| is_word_byte(byte))
            .count();
        let name = &unmarked[..length];
        let shift = match self.family {
            Family::Php => !rest.starts_with('<'),
            Family::Shell => false,
            // `list <<item` appends.
            _ => {
                unmarked.len() == rest.len() && !name.starts_with(|c: char| c.is_ascii_uppercase())
            }
        };
        if shift || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        self.heredocs.push(name);
        self.token(self.at, self.at + 2);
        true
    }

    /// Keeps a here-document as it is; without an end, as after a shift `1 <<n`, that is all the rest.
    pub(super) fn heredoc_body(&mut self, name: &str) {
        let body = &self.text[self.at..];
        let mut length = 0;
        for line in body.split_inclusive('\n') {
            length += line.len();
            if line.trim_ascii().trim_end_matches(';') == name {
                break;
            }
        }
        if length > 0 {
            self.tokens
                .push(Token::Text(body[..length].trim_ascii_end()));
            self.at += length;
        }
    }
}
