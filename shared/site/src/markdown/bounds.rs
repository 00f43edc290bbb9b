//! How deep, how many and how large the parts of a Markdown text may be to be rendered.

use pulldown_cmark::{Event, Tag};

/// Deepest nesting of quotes, lists and emphasis.
const DEPTH: usize = 24;

/// Most HTML that is made of a text.
pub(super) const fn most_html(text: &str) -> usize {
    256 + 32 * text.len()
}

/// Whether a line opens more quotes and lists than may be nested.
pub(super) fn is_deep(text: &str) -> bool {
    text.lines().any(|line| {
        let mut rest = line.trim_start();
        let mut depth = 0;
        while depth <= DEPTH {
            let numbers = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let inner = rest
                .strip_prefix('>')
                .or_else(|| {
                    ["- ", "* ", "+ "]
                        .iter()
                        .find_map(|sign| rest.strip_prefix(sign))
                })
                .or_else(|| {
                    [". ", ") "]
                        .iter()
                        .find_map(|sign| numbers.strip_prefix(sign))
                });
            let Some(inner) = inner else {
                return false;
            };
            rest = inner.trim_start();
            depth += 1;
        }
        // A line across the page may be written so.
        !line.trim().bytes().all(|byte| b"-* ".contains(&byte)) || line.len() > 200
    })
}

/// The room that a text has left.
pub(super) struct Bounds {
    depth: usize,
    events: usize,
    bytes: usize,
    pub(super) are_passed: bool,
}

impl Bounds {
    pub(super) const fn of(text: &str) -> Self {
        Self {
            depth: 0,
            events: 64 + 3 * text.len(),
            // References may be short and repeat what is long.
            bytes: 256 + 2 * text.len(),
            are_passed: false,
        }
    }

    /// Whether the event is within the bounds, like all before it.
    pub(super) fn allow(&mut self, event: &Event<'_>) -> bool {
        let bytes = match event {
            Event::Start(tag) => {
                self.depth += 1;
                match tag {
                    Tag::Link { dest_url, .. } => dest_url.len(),
                    _ => 0,
                }
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                0
            }
            Event::Text(text)
            | Event::Code(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => text.len(),
            _ => 0,
        };
        let left = self
            .events
            .checked_sub(1)
            .zip(self.bytes.checked_sub(bytes));
        match left {
            Some((events, bytes)) if self.depth <= DEPTH => {
                (self.events, self.bytes) = (events, bytes);
            }
            _ => self.are_passed = true,
        }
        !self.are_passed
    }
}
