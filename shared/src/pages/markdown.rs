//! Markdown of strangers (a user, a problem's author, a model) as HTML that can do nothing, with LaTeX maths as MathML.
//!
//! HTML in it is shown as text. What is made of it passes an allow list in the end, whatever the steps before let through.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Longest formula that is read; a longer one is shown as its source.
const FORMULA_BYTES: usize = 2000;
/// Deepest nesting in a formula: its reader calls itself.
const FORMULA_DEPTH: usize = 40;

static MATHS: LazyLock<Option<LatexToMathML>> =
    LazyLock::new(|| LatexToMathML::new(MathCoreConfig::default()).ok());

const TAGS: [&str; 22] = [
    "p",
    "br",
    "hr",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "del",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
];
const MATHML: [&str; 27] = [
    "td",
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "ms",
    "mfrac",
    "msqrt",
    "mroot",
    "msub",
    "msup",
    "msubsup",
    "munder",
    "mover",
    "munderover",
    "mmultiscripts",
    "mprescripts",
    "mtable",
    "mtr",
    "mtd",
    "mstyle",
    "mpadded",
    "mphantom",
    "menclose",
];
const MATHML_ATTRIBUTES: [&str; 20] = [
    "display",
    "mathvariant",
    "stretchy",
    "fence",
    "separator",
    "form",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
    "symmetric",
    "largeop",
    "movablelimits",
    "accent",
    "accentunder",
    "linethickness",
    "width",
    "height",
    "displaystyle",
    "scriptlevel",
];

static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .tags(TAGS.into_iter().chain(MATHML).collect())
        .generic_attributes(HashSet::new())
        .tag_attributes(
            MATHML
                .iter()
                .map(|tag| (*tag, HashSet::from(MATHML_ATTRIBUTES)))
                .chain([
                    ("a", HashSet::from(["href"])),
                    ("ol", HashSet::from(["start"])),
                ])
                .collect(),
        )
        .allowed_classes(HashMap::from([("code", HashSet::from(["formula"]))]))
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("nofollow noopener noreferrer"));
    builder
});

/// HTML that may be written into a page as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Takes markup in which every text of a stranger is escaped.
    #[must_use]
    pub const fn trusted(html: String) -> Self {
        Self(html)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SafeHtml {}

/// The HTML of a Markdown text. Its headings are below the second level.
#[must_use]
pub fn render(text: &str) -> SafeHtml {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, Parser::new_ext(text, options).map(harmless));
    SafeHtml(ALLOWED.clean(&out).to_string())
}

/// The event without what could load, run or lead anywhere.
fn harmless(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // What stands for the image in words is all that is kept of it.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::InlineMath(source) => formula(&source, MathDisplay::Inline),
        Event::DisplayMath(source) => formula(&source, MathDisplay::Block),
        other => other,
    }
}

const fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H4,
        HeadingLevel::H2 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

fn formula(source: &str, display: MathDisplay) -> Event<'static> {
    let read = (source.len() <= FORMULA_BYTES && nesting(source) <= FORMULA_DEPTH)
        .then(|| {
            MATHS
                .as_ref()?
                .convert_with_local_state(source, display)
                .ok()
        })
        .flatten();
    let html = match read {
        Some(read) => read.mathml,
        None => format!(
            "<code class=\"formula\">{}</code>",
            ammonia::clean_text(source)
        ),
    };
    Event::InlineHtml(CowStr::from(html))
}

/// Deepest nesting of a formula: groups, and environments and fences that are opened by commands.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (at, byte) in source.bytes().enumerate() {
        let opens = byte == b'{'
            || ["\\left", "\\begin", "\\sqrt", "\\frac", "\\hat"]
                .iter()
                .any(|command| source.as_bytes()[at..].starts_with(command.as_bytes()));
        if opens {
            depth += 1;
        } else if byte == b'}' {
            depth = depth.saturating_sub(1);
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        render(text).to_string()
    }

    #[test]
    fn formulas_become_mathml() {
        let made = html("Given $1 \\le n \\le 10^5$ and $$\\sum_{i=1}^n a_i$$");
        assert!(made.contains("<math><mn>1</mn><mo>≤</mo>"), "{made}");
        assert!(made.contains("display=\"block\""), "{made}");
        assert!(
            made.contains("<munderover>") || made.contains("<msubsup>"),
            "{made}"
        );
    }

    #[test]
    fn a_formula_that_cannot_be_read_is_shown_as_its_source() {
        for source in ["\\unknowncommand{x}", "\\frac{1}"] {
            let made = html(&format!("${source}$"));
            assert_eq!(
                made.trim(),
                format!("<p><code class=\"formula\">{source}</code></p>")
            );
        }
        let deep = format!("${}x{}$", "{".repeat(900), "}".repeat(900));
        assert!(html(&deep).contains("<code class=\"formula\">"));
        let roots = format!("${}x$", "\\sqrt ".repeat(300));
        assert!(html(&roots).contains("<code class=\"formula\">"));
    }

    #[test]
    fn nothing_of_a_stranger_runs_loads_or_leads_astray() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![a](https://evil.example/x.png)",
            "![a](javascript:alert(1))",
            "[a](javascript:alert(1))",
            "[a](data:text/html,x)",
            "[a](//evil.example)",
            "[a](/submissions)",
            "<svg onload=alert(1)><a xlink:href='javascript:1'>x</a></svg>",
            "$\\href{javascript:alert(1)}{x}$",
            "$\\text{<img src=x onerror=alert(1)>}$",
            "$</math><script>alert(1)</script>$",
            "```<script>\n</code><script>alert(1)</script>\n```",
            "<style>*{display:none}</style>",
            "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
            "# <a name=x onclick=alert(1)>y</a> {#id .class onclick=alert(1)}",
        ] {
            let made = html(hostile);
            let tags = made
                .split('<')
                .skip(1)
                .filter_map(|tag| tag.split('>').next());
            for tag in tags {
                let never = [
                    "script",
                    "img",
                    "svg",
                    "style",
                    "src=",
                    "javascript",
                    "data:",
                    "href=\"/",
                    " id=",
                    " on",
                ];
                let found = never.iter().find(|never| tag.contains(**never));
                assert_eq!(found, None, "{hostile}: {made}");
            }
        }
    }

    #[test]
    fn html_is_shown_as_text_and_links_are_marked() {
        assert_eq!(html("a vector<int> b"), "<p>a vector&lt;int&gt; b</p>\n");
        assert_eq!(
            html("[x](https://a.example/)"),
            "<p><a href=\"https://a.example/\" rel=\"nofollow noopener noreferrer\">x</a></p>\n"
        );
        assert_eq!(html("# A"), "<h4>A</h4>\n");
    }

    #[test]
    fn tables_lists_and_code_stay() {
        let made = html("| a | b |\n|---|---|\n| 1 | `x<y` |\n\n3. c\n");
        assert!(made.contains("<td><code>x&lt;y</code></td>"), "{made}");
        assert!(made.contains("<ol start=\"3\">"), "{made}");
    }
}
