//! Markdown of strangers (a user, a problem's author, a model) as HTML that can do nothing, with LaTeX maths as MathML.
//!
//! HTML in it is shown as text. The result passes an allow list in the end, whatever the steps before let through.

mod bounds;
mod maths;

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::Builder;
use math_core::MathDisplay;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use bounds::Bounds;
use maths::Allowance;

/// Markdown that is rendered on one page.
const PAGE_BYTES: usize = 64 * 1024;
/// Formulas that are rendered on one page, and their bytes.
const PAGE_FORMULAS: usize = 1000;
const PAGE_FORMULA_BYTES: usize = 32 * 1024;

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

const FORMULA_END: &str = "</math>";
const BLOCK: &str = "<math display=\"block\"";
/// Marks that do not begin a line.
const PUNCTUATION: &str = ".,;:!?)。，；：！？）";

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

    /// Its length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SafeHtml {}

/// Renders the texts of one page, within what a page may cost.
///
/// Costs are bounded before anything sees a text that takes more than its length. A text beyond the bounds, and each after
/// those that used them up, is shown whole as it is written.
#[derive(Debug)]
pub struct Renderer {
    bytes: usize,
    formulas: Allowance,
}

impl Default for Renderer {
    fn default() -> Self {
        Self {
            bytes: PAGE_BYTES,
            formulas: Allowance {
                formulas: PAGE_FORMULAS,
                bytes: PAGE_FORMULA_BYTES,
            },
        }
    }
}

impl Renderer {
    /// The HTML of a Markdown text. Its headings are below the second level.
    pub fn render(&mut self, text: &str) -> SafeHtml {
        if text.trim().is_empty() {
            return SafeHtml(String::new());
        }
        let html = match self.bytes.checked_sub(text.len()) {
            Some(left) if !bounds::is_deep(text) => {
                self.bytes = left;
                self.markdown(text)
            }
            _ => None,
        };
        SafeHtml(html.unwrap_or_else(|| as_written(text)))
    }

    fn markdown(&mut self, text: &str) -> Option<String> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
        let source = maths::with_dollars(text);
        let mut bounds = Bounds::of(&source);
        let mut out = String::with_capacity(source.len() * 2);
        let events = Parser::new_ext(&source, options)
            .take_while(|event| bounds.allow(event))
            .map(|event| harmless(event, &mut self.formulas));
        html::push_html(&mut out, events);
        if bounds.are_passed || out.len() > bounds::most_html(text) {
            return None;
        }
        let clean = ALLOWED.clean(&out).to_string();
        (clean.len() <= bounds::most_html(text)).then(|| finished(&clean))
    }
}

/// The markup with formulas that can be scrolled by keys, each together with the punctuation mark behind it.
fn finished(html: &str) -> String {
    let mut rest = html;
    let mut out = String::with_capacity(html.len() + 64);
    while let Some(end) = rest.find(FORMULA_END) {
        let (formula, behind) = rest.split_at(end + FORMULA_END.len());
        let mark = behind.chars().next().filter(|c| PUNCTUATION.contains(*c));
        let begin = formula.rfind("<math").unwrap_or_default();
        let length = mark.map_or(0, char::len_utf8);
        let (before, formula) = formula.split_at(begin);
        out.push_str(before);
        if formula.starts_with(BLOCK) {
            out.push_str(&formula.replacen(BLOCK, &format!("{BLOCK} tabindex=\"0\""), 1));
            out.push_str(&behind[..length]);
        } else if length > 0 {
            out.push_str("<span class=\"together\">");
            out.push_str(formula);
            out.push_str(&behind[..length]);
            out.push_str("</span>");
        } else {
            out.push_str(formula);
        }
        rest = &behind[length..];
    }
    out.push_str(rest);
    out
}

fn as_written(text: &str) -> String {
    format!(
        "<p class=\"as-written\">{}</p>\n",
        html_escape::encode_text(text)
    )
}

/// The event without what could load, run or lead anywhere.
fn harmless<'a>(event: Event<'a>, formulas: &mut Allowance) -> Event<'a> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // Only the words that stand for the image remain of it.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::InlineMath(source) => formula(&source, MathDisplay::Inline, formulas),
        Event::DisplayMath(source) => formula(&source, MathDisplay::Block, formulas),
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

fn formula(source: &str, display: MathDisplay, formulas: &mut Allowance) -> Event<'static> {
    let html = maths::mathml(source, display, formulas).unwrap_or_else(|| {
        format!(
            "<code class=\"formula\">{}</code>",
            html_escape::encode_text(source)
        )
    });
    Event::InlineHtml(CowStr::from(html))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
