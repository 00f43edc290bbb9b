//! Markdown of strangers (a user, a problem's author, a model) made safe to put into a document of ours.
//!
//! A parser decides what is code, not a search for backticks: `vector<int>` in a code span stays as it is, and no
//! arrangement of lists, tables and fences passes a tag off as code. As renderers differ, the parser reads the text in
//! several dialects and everything unsafe in any of them is made harmless, again and again until nothing is left, because a
//! change can alter what the rest means.

use std::{collections::BTreeMap, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use domain::line_ends;

/// How often to read a text again. Each time ends at least one nesting of tricks; a text that has more appears as it is.
const ROUNDS: usize = 8;

/// How far headings are moved down, below those of the document.
const DEMOTION: &str = "###";

/// By position: the number of bytes to replace, and the text to put there.
type Edits = BTreeMap<usize, (usize, &'static str)>;

/// Markdown without raw HTML, images, links to anything but web pages, definitions and open ends, with its headings below
/// the third level. It must follow an empty line outside of lists.
#[must_use]
pub(crate) fn block(text: &str) -> String {
    let text = lines(text);
    let text = text.trim_matches('\n');
    safe(text, "").unwrap_or_else(|| fence("", text))
}

/// Markdown of one line, for a heading or the end of a line.
#[must_use]
pub(crate) fn line(text: &str) -> String {
    let text = one_line(text);
    // Read as it will stand, after other words: at the start of a line it could be a list, or code.
    let text = safe(&text, "x ").unwrap_or_else(|| plain(&text));
    // A heading may end with hashes, which do not count.
    match text.strip_suffix('#') {
        Some(rest) if !rest.ends_with('\\') => format!("{rest}\\#"),
        _ => text,
    }
}

/// Text of one line that is no Markdown.
#[must_use]
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}

/// Code within a line.
#[must_use]
pub(crate) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default() + 1);
    // Next to its fence a backtick would be a part of it.
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A fenced block that its content cannot end.
#[must_use]
pub(crate) fn fence(tag: &str, content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    let end = if content.is_empty() || content.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{fence}{tag}\n{content}{end}{fence}")
}

/// The text with line feeds as its only line ends, and without control characters.
fn lines(text: &str) -> String {
    line_ends::plain(text).replace(|c: char| c.is_control() && c != '\n' && c != '\t', "")
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The text made safe where it stands after `before`; `None` when that comes to no end.
fn safe(text: &str, before: &str) -> Option<String> {
    let mut text = format!("{before}{text}");
    for _ in 0..ROUNDS {
        let mut edits = Edits::new();
        let mut open = None;
        for options in dialects() {
            open = read(&text, options, &mut edits).or(open);
        }
        if !edits.is_empty() {
            text = apply(&text, &edits);
        } else if let Some(fence) = open {
            text = format!("{}\n{fence}", text.trim_end_matches('\n'));
        } else {
            return text.strip_prefix(before).map(str::to_owned);
        }
    }
    None
}

fn dialects() -> [Options; 3] {
    let github = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    [Options::empty(), github, github | Options::ENABLE_MATH]
}

/// Reads the text in one dialect, notes what must be changed, and answers the fence that it leaves open.
fn read(text: &str, options: Options, edits: &mut Edits) -> Option<String> {
    let sentinel = text.len() + 2;
    let with_sentinel = format!("{text}\n\n# x");
    let parser = Parser::new_ext(&with_sentinel, options);
    for (_, definition) in parser.reference_definitions().iter() {
        // It would make links of words elsewhere in the document.
        escape(text, definition.span.start, '[', edits);
    }
    let has_math = options.contains(Options::ENABLE_MATH);
    let mut last_fence = None;
    let mut in_code = false;
    for (event, range) in parser.into_offset_iter() {
        if range.start >= sentinel {
            if let Event::Start(Tag::Heading { .. }) = event {
                return None;
            }
            continue;
        }
        let source = text
            .get(range.start..range.end.min(text.len()))
            .unwrap_or_default();
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                replace_all(text, range, |_| true, edits);
            }
            // In no dialect a tag, but perhaps for a careless one. Not in formulas, where `a<b` must stay.
            Event::Text(_) if has_math && !in_code => {
                let opens =
                    |next: u8| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?');
                if !text[..range.start].ends_with('\\') {
                    replace_all(text, range, opens, edits);
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code = true;
                if let CodeBlockKind::Fenced(_) = kind {
                    let fence = source.trim_start();
                    let mark = fence.chars().next().unwrap_or('`');
                    last_fence = Some(fence.chars().take_while(|c| *c == mark).collect());
                }
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            // A picture tells its server who reads the document.
            Event::Start(Tag::Image { .. }) => escape(text, range.start, '!', edits),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) if !is_web_page(&dest_url) => match link_type {
                LinkType::Autolink | LinkType::Email => {
                    replace_all(text, range, |_| true, edits);
                }
                _ => escape(text, range.start, '[', edits),
            },
            Event::Start(Tag::Heading { level, .. }) => {
                demote(source, range.start, level, edits);
            }
            _ => {}
        }
    }
    // The heading was swallowed: only a fence does that once there is no HTML.
    Some(last_fence.unwrap_or_else(|| "```".to_owned()))
}

fn is_web_page(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    url.starts_with("https://") || url.starts_with("http://")
}

/// Puts a backslash before a character, at or soon after an offset.
fn escape(text: &str, from: usize, character: char, edits: &mut Edits) {
    if let Some(at) = text.get(from..).and_then(|rest| rest.find(character)) {
        edits.insert(from + at, (0, "\\"));
    }
}

/// Writes `&lt;` for each angle bracket in a range that stands before such a character.
fn replace_all(text: &str, range: Range<usize>, before: impl Fn(u8) -> bool, edits: &mut Edits) {
    let bytes = text.as_bytes();
    for at in range.start..range.end.min(bytes.len()) {
        if bytes[at] == b'<' && before(bytes.get(at + 1).copied().unwrap_or(b' ')) {
            edits.insert(at, (1, "&lt;"));
        }
    }
}

fn demote(source: &str, start: usize, level: HeadingLevel, edits: &mut Edits) {
    let hashes = source.trim_start();
    if hashes.starts_with('#') {
        if level < HeadingLevel::H4 {
            edits.insert(start + source.len() - hashes.len(), (0, DEMOTION));
        }
        return;
    }
    // An underlined one: its line becomes text.
    let title_end = source.trim_end().rfind('\n').unwrap_or_default();
    if let Some(at) = source[title_end..].find(['=', '-']) {
        edits.insert(start + title_end + at, (0, "\\"));
    }
}

fn apply(text: &str, edits: &Edits) -> String {
    let mut out = String::with_capacity(text.len() + 4 * edits.len());
    let mut done = 0;
    for (&at, &(length, new)) in edits {
        out.push_str(&text[done..at]);
        out.push_str(new);
        done = at + length;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_models_write_stays_as_it_is() {
        for text in [
            "`a - b` is the difference: for `vector<int>` and `x<y>` it is **wrong**.",
            "1 <= a < b, i<=n, 1<2, and $a<b$ in $$x<y$$",
            "- one\n- two\n\n1. first\n   ```cpp\n   vector<int> v;\n   ```\n2. second",
            "```cpp\nmap<int, vector<int>> m;\n# no heading\n```\nafter",
            "~~~\n<b>\n~~~",
            "    indented<code>",
            "| a | b |\n|---|---|\n| `x` | $y$ |",
            "See [the docs](https://example.com/a?b=c) and <https://example.com>.",
            "> quoted\n\n#### Small heading",
            "第一行\n第二行 `x<y>`",
            "\\<b> is escaped",
        ] {
            assert_eq!(block(text), text);
        }
    }

    #[test]
    fn html_images_and_dangerous_links_become_text() {
        for (text, wanted) in [
            ("<b>x</b>", "&lt;b>x&lt;/b>"),
            ("<script>\nx\n</script>", "&lt;script>\nx\n&lt;/script>"),
            ("if a<b then", "if a&lt;b then"),
            ("a <!-- b", "a &lt;!-- b"),
            ("<img src=x onerror=y", "&lt;img src=x onerror=y"),
            ("`a` <i> `b`", "`a` &lt;i> `b`"),
            ("[x](javascript:alert(1))", "\\[x](javascript:alert(1))"),
            ("[x](JaVaScRiPt:a)", "\\[x](JaVaScRiPt:a)"),
            ("[x](java&#115;cript:a)", "\\[x](java&#115;cript:a)"),
            ("[x](data:text/html,y)", "\\[x](data:text/html,y)"),
            ("[x](/relative)", "\\[x](/relative)"),
            ("<javascript:a>", "&lt;javascript:a>"),
            (
                "[x][1]\n\n[1]: javascript:a",
                "\\[x][1]\n\n\\[1]: javascript:a",
            ),
            ("[1]: https://h.example", "\\[1]: https://h.example"),
            (
                "![x](https://h.example/a.png)",
                "\\![x](https://h.example/a.png)",
            ),
            (
                "# Fix 9\nTitle\n===\n\nother\n---",
                "#### Fix 9\nTitle\n\\===\n\nother\n\\---",
            ),
            ("a\r\nb\rc\0\u{1b}[31m", "a\nb\nc[31m"),
            ("a\r\r\nb", "a\nb"),
        ] {
            assert_eq!(block(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn tricks_with_what_is_code_end_up_harmless() {
        for text in [
            "  ```\n```\n<script>x</script>",
            "- ```\n<script>x</script>\n```",
            "> ```\n<script>x</script>\n```",
            "# a `\n<b>x</b> `",
            "[x](`) <b>x</b> `",
            "\\`<b>x</b>`",
            "| a ` | b |\n|---|---|\n| ` | <b>x</b> ` |",
            "$`$ <b>x</b> `",
            "<a href=\"`\">`<b>x</b>`",
            "<!--\n```\n-->\n<b>x</b>\n```",
            "``` a`b\n<b>x</b>",
        ] {
            let safe = block(text);
            assert!(is_harmless(&safe), "{text:?} -> {safe:?}");
        }
    }

    #[test]
    fn an_open_fence_is_closed() {
        assert_eq!(block("```c\nx"), "```c\nx\n```");
        assert_eq!(block("a\n~~~~\n```\n"), "a\n~~~~\n```\n~~~~");
        assert_eq!(block("- ```\n  x"), "- ```\n  x");
    }

    #[test]
    fn one_line_stays_one_line_and_inline() {
        assert_eq!(line("A\n\n# B\r\n<b> $a_i$"), "A # B &lt;b> $a_i$");
        assert_eq!(line("```x <b> y"), "```x &lt;b> y");
        assert_eq!(line("C #"), "C \\#");
        assert_eq!(line("    <i>"), "&lt;i>");
        assert_eq!(
            plain("# a|b\n*c* `d` <e> [f](g) &amp;"),
            "\\# a\\|b \\*c\\* \\`d\\` &lt;e&gt; \\[f\\](g) &amp;amp;"
        );
    }

    #[test]
    fn code_within_a_line_stays_code() {
        for (text, wanted) in [
            ("x", "`x`"),
            ("", ""),
            ("a\n# b", "`a # b`"),
            ("`", "`` ` ``"),
            ("a``b`c", "```a``b`c```"),
            ("<b>", "`<b>`"),
        ] {
            assert_eq!(code(text), wanted);
        }
    }

    #[test]
    fn content_cannot_end_its_fence() {
        assert_eq!(fence("c", "x"), "```c\nx\n```");
        assert_eq!(fence("", ""), "```\n```");
        assert_eq!(fence("", "a ```` b\n```\n"), "`````\na ```` b\n```\n`````");
    }

    #[test]
    fn long_texts_do_not_take_long() {
        let started = std::time::Instant::now();
        for part in [
            "[",
            "![a](",
            "<",
            "<a ",
            "`a``",
            "*a **b ",
            "> ",
            "- ",
            "$",
            "<!--",
            "[x]: a\n\n",
            "|a",
            "a\n===\n\n",
            "&",
            "``` \n> ```\n",
        ] {
            let text = part.repeat(100_000 / part.len());
            assert!(!block(&text).is_empty() && !line(&text).is_empty());
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(60));
    }

    /// Whether no dialect finds anything to change, and a heading after it is one.
    fn is_harmless(text: &str) -> bool {
        let mut edits = Edits::new();
        dialects()
            .into_iter()
            .all(|options| read(text, options, &mut edits).is_none())
            && edits.is_empty()
    }

    proptest! {
        #[test]
        fn whatever_is_written_ends_up_harmless(
            text in "([ a\n`~#>|*_\\\\$!<-]|```|<b>|</b>|<!--|-->|<script>|\\[x\\]|\\(javascript:a\\)|\\[x\\]: javascript:a|\n\n|- |1\\. |> |    |===|---|&lt;){0,24}"
        ) {
            let safe = block(&text);
            prop_assert!(is_harmless(&safe), "{safe:?}");
            let line = line(&text);
            prop_assert!(!line.contains('\n'));
            let line = format!("x {line}");
            prop_assert!(is_harmless(&line), "{:?}", line);
        }
    }
}
