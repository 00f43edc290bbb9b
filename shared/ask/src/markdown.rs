//! Markdown as plain text, wrapped to the terminal.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use textwrap::fill;

use crate::terminal::clean;

/// Depth of lists that are indented; deeper ones stay there.
const DEPTH: usize = 6;

const NO_BREAK: &str = "\u{a0}";

/// The text of `markdown` in lines of at most `width` columns, without its marks; it ends with an end of a line unless it is empty.
pub(crate) fn plain(markdown: &str, width: usize) -> String {
    let mut writer = Writer {
        width,
        ..Writer::default()
    };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.flush();
    // Last of all: an entity may stand for any character.
    clean(&writer.out).into_owned()
}

#[derive(Default)]
struct Writer {
    out: String,
    width: usize,
    /// The words of the block that is being read.
    words: String,
    /// The lists that it stands in, with the next number of ordered ones.
    lists: Vec<Option<u64>>,
    /// The mark of an item whose first block has not come yet.
    mark: String,
    is_code: bool,
    /// Whether the last block stood in a list.
    in_items: bool,
    /// Where the links lead that are being read.
    links: Vec<String>,
}

impl Writer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Code(code) => {
                self.words.push('`');
                // Not to be broken: a line breaks at plain blanks.
                self.words.push_str(&code.replace(' ', NO_BREAK));
                self.words.push('`');
            }
            Event::SoftBreak => self.words.push(' '),
            Event::HardBreak => self.words.push('\n'),
            Event::Rule => {
                self.flush();
                self.gap();
                self.out.push_str("---\n");
            }
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.words.push_str(&text),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::CodeBlock(_) => {
                self.flush();
                self.is_code = true;
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                self.mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "- ".to_owned(),
                };
            }
            Tag::Paragraph | Tag::Heading { .. } | Tag::BlockQuote(_) | Tag::Table(_) => {
                self.flush();
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push(dest_url.into_string());
            }
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::CodeBlock => {
                self.code();
                self.is_code = false;
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::TableCell => self.words.push_str(" | "),
            TagEnd::TableHead | TagEnd::TableRow => {
                let row = self.words.trim_end_matches(" | ").to_owned() + "\n";
                self.words = row;
                self.flush();
            }
            TagEnd::Link | TagEnd::Image => {
                let to = self.links.pop().unwrap_or_default();
                if !to.is_empty() && !self.words.ends_with(&to) {
                    self.words.push_str(&format!(" ({to})"));
                }
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::BlockQuote(_) => {
                self.flush();
            }
            _ => {}
        }
    }

    fn indent(&self) -> String {
        let depth = self.lists.len().min(DEPTH);
        "  ".repeat(depth.saturating_sub(1))
    }

    /// An empty line between two blocks, except between items.
    fn gap(&mut self) {
        let is_next_item = !self.mark.is_empty() && self.in_items;
        if !self.out.is_empty() && !is_next_item {
            self.out.push('\n');
        }
        self.in_items = !self.lists.is_empty();
    }

    fn flush(&mut self) {
        if self.is_code || self.words.trim().is_empty() {
            self.words.clear();
            return;
        }
        self.gap();
        let words = std::mem::take(&mut self.words);
        let indent = self.indent();
        let hang = if self.lists.is_empty() { "" } else { "  " };
        let rest = format!("{indent}{hang}");
        for line in words.trim().lines() {
            let first = match std::mem::take(&mut self.mark) {
                mark if mark.is_empty() => rest.clone(),
                mark => format!("{indent}{mark}"),
            };
            let options = textwrap::Options::new(self.width)
                .initial_indent(&first)
                .subsequent_indent(&rest);
            let lines = fill(line.trim(), options);
            self.out.push_str(&lines.replace(NO_BREAK, " "));
            self.out.push('\n');
        }
    }

    fn code(&mut self) {
        self.gap();
        self.mark.clear();
        let indent = self.indent();
        for line in std::mem::take(&mut self.words).lines() {
            self.out.push_str(&format!("{indent}    {line}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_plain_lines() {
        let text = "# Why\nThe *sum* of `a` and **b**\nis wrong, see [this](https://example.com).\n\n\
                    - one\n- two\n  1. deep\n\n```cpp\nint x;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        assert_eq!(
            plain(text, 40),
            "Why\n\nThe sum of `a` and b is wrong, see this\n(https://example.com).\n\n\
             - one\n- two\n  1. deep\n\n    int x;\n\na | b\n\n1 | 2\n"
        );
    }

    #[test]
    fn code_is_not_broken() {
        assert_eq!(
            plain("one two `x % 2` three", 12),
            "one two\n`x % 2`\nthree\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_in_any_script() {
        let text = format!("{}\n\n{}", "word ".repeat(60), "二分查找".repeat(30));
        for line in plain(&text, 40).lines() {
            assert!(textwrap::core::display_width(line) <= 40, "{line}");
        }
    }

    #[test]
    fn an_entity_is_no_way_to_the_terminal() {
        assert_eq!(plain("a&#27;[31mb\u{9b}", 80), "a\\u{1b}[31mb\\u{9b}\n");
        assert_eq!(plain(" \n", 80), "");
    }
}
