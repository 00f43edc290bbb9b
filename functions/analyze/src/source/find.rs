use std::ops::Range;

use super::{decoration, is_blank, is_word};

/// Most places of a quotation to look at.
const MAX_PLACES: usize = 1000;

/// The bytes of the program in a text, whole lines where nothing else stands on them, by its first and its last lines as
/// somebody quoted them. White space does not count, nor what a page puts around lines ([`undecorated`](super::undecorated)). Of
/// several programs that begin and end like this it is the last.
///
/// # Errors
/// Says in words for the model which of the two does not stand in the text.
pub fn find(text: &str, first: &str, last: &str) -> Result<Range<usize>, &'static str> {
    let place = |view: fn(&str) -> View| {
        let view = view(text);
        let starts = view.places(text, &view_of(first, &view));
        let ends = view.places(text, &view_of(last, &view));
        (view.is_loose, starts, ends)
    };
    let (mut is_loose, mut starts, mut ends) = place(View::plain);
    if starts.is_empty() || ends.is_empty() {
        (is_loose, starts, ends) = place(View::loose);
    }
    if starts.is_empty() {
        return Err("first");
    }
    let mut ends: Vec<usize> = ends.into_iter().map(|place| place.end).collect();
    // The program ends with the last end, and begins behind the end of the one before it.
    while let Some(end) = ends.pop() {
        let before = ends.iter().rev().copied().chain([0]);
        let starts = || starts.iter().map(|place| place.start);
        let start = before
            .into_iter()
            .find_map(|before| starts().find(|start| (before..end).contains(start)));
        if let Some(start) = start {
            return Ok(widened(text, start..end, is_loose));
        }
    }
    Err("last")
}

fn view_of(quoted: &str, view: &View) -> String {
    if view.is_loose {
        View::loose(quoted).text
    } else {
        View::plain(quoted).text
    }
}

/// The range with the blanks around it on its lines and the last line's end, where only blanks are around it, or the decoration
/// that all lines of a program have.
fn widened(text: &str, range: Range<usize>, is_loose: bool) -> Range<usize> {
    let line_start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[range.end..]
        .find('\n')
        .map_or(text.len(), |at| range.end + at + 1);
    let is_free = |part: &str| part.chars().all(is_blank);
    let has_lines = is_loose || text[range.clone()].contains('\n');
    let before = &text[line_start..range.start];
    let start = if is_free(before) || has_lines && is_free(&before[decoration::prefix(before)..]) {
        line_start
    } else {
        range.start
    };
    let end = if is_free(&text[range.end..line_end]) {
        line_end
    } else {
        range.end
    };
    start..end
}

/// A text without its blank characters, remembering where each of the others stood.
struct View {
    text: String,
    /// For each byte of `text`, the bytes of the source of the character that it belongs to.
    places: Vec<Range<usize>>,
    /// Where the lines begin behind their decoration.
    starts: Vec<usize>,
    is_loose: bool,
}

impl View {
    fn plain(source: &str) -> Self {
        Self::of(source, false)
    }

    /// Also without what may be decoration, and with signs in place of entities.
    fn loose(source: &str) -> Self {
        Self::of(source, true)
    }

    fn of(source: &str, is_loose: bool) -> Self {
        let mut view = Self {
            text: String::with_capacity(source.len()),
            places: Vec::with_capacity(source.len()),
            starts: Vec::new(),
            is_loose,
        };
        let mut line_start = 0;
        for line in source.split_inclusive('\n') {
            let mut at = if is_loose {
                decoration::prefix(line)
            } else {
                0
            };
            view.starts.push(line_start + at);
            while let Some(character) = line[at..].chars().next() {
                let entity = Some(&line[at..])
                    .filter(|_| is_loose)
                    .and_then(decoration::entity);
                let place = line_start + at;
                if let Some((written, meant)) = entity {
                    at += written.len();
                    let meant = meant.chars().filter(|c| !is_blank(*c));
                    meant.for_each(|c| view.push(c, place..line_start + at));
                } else {
                    at += character.len_utf8();
                    if !is_blank(character) {
                        view.push(character, place..line_start + at);
                    }
                }
            }
            line_start += line.len();
        }
        view
    }

    fn push(&mut self, character: char, place: Range<usize>) {
        self.text.push(character);
        self.places.resize(self.text.len(), place);
    }

    /// Where `wanted` stands in the source, whole words only.
    fn places(&self, source: &str, wanted: &str) -> Vec<Range<usize>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let is_inside = |at: usize| {
            source[..at].chars().next_back().is_some_and(is_word)
                && source[at..].chars().next().is_some_and(is_word)
                && self.starts.binary_search(&at).is_err()
        };
        self.text
            .match_indices(wanted)
            .map(|(at, _)| self.places[at].start..self.places[at + wanted.len() - 1].end)
            .filter(|place| !is_inside(place.start) && !is_inside(place.end))
            .take(MAX_PLACES)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'a>(text: &'a str, first: &str, last: &str) -> Result<&'a str, &'static str> {
        find(text, first, last).map(|range| &text[range])
    }

    #[test]
    fn a_program_is_found_by_its_first_and_last_lines() {
        for (text, first, last, program) in [
            (
                "Sum.\n\n  int x;\n  y();\n}\n\nWhy?",
                "int x;",
                "y();\n}",
                "  int x;\n  y();\n}\n",
            ),
            (
                "Sum.\r\n\tint x;\r\n\ty();  \r\nWhy?",
                "int  x;",
                "y( );",
                "\tint x;\r\n\ty();  \r\n",
            ),
            (
                "My code: int x; y(); is wrong",
                "int x;",
                "y();",
                "int x; y();",
            ),
            ("```\nint x;\n```", "int x;", "int x;", "int x;\n"),
            ("\u{feff}int x;", "int x;", "int x;", "\u{feff}int x;"),
            (
                "max = 1\nx=1\nnow\nx = 1\nmax = 1",
                "x = 1",
                "x = 1",
                "x = 1\n",
            ),
            (
                "print('日本語')",
                "\u{feff}print( '日本語' )",
                "'日本語')",
                "print('日本語')",
            ),
            // Of two versions the last, also where an end stands in the middle.
            (
                "v {\n}\n1\nv {\n{\n}\n2\n}\nend",
                "v {",
                "}",
                "v {\n{\n}\n2\n}\n",
            ),
            (
                "code:\n1 | int x;\n2 |   y();\n3 | }\nWhy?",
                "int x;\ny();",
                "}",
                "1 | int x;\n2 |   y();\n3 | }\n",
            ),
            ("code:\n1int x;\n2}\nWhy?", "int x;", "}", "1int x;\n2}\n"),
            (
                "> code:\n> int x;\n> }\n> Why?",
                "int x;",
                "> }",
                "> int x;\n> }\n",
            ),
            ("a &lt; b;\n}", "a < b;", "}", "a &lt; b;\n}"),
            (
                "1\nint x;\n2\ny();\n3\n}\n",
                "int x;\ny();",
                "y();\n}",
                "int x;\n2\ny();\n3\n}\n",
            ),
        ] {
            assert_eq!(found(text, first, last), Ok(program), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for (text, first, last, missing) in [
            ("", "x", "x", "first"),
            ("x", "", "x", "first"),
            ("x", "x", " \n", "last"),
            ("maximum", "max", "mum", "first"),
            ("b\na", "a", "b", "last"),
        ] {
            assert_eq!(found(text, first, last), Err(missing), "{text:?}");
        }
    }

    #[test]
    fn large_texts_take_bounded_time() {
        let text = "x = 1\n".repeat(30_000);
        assert!(find(&text, "x = 1", "x = 1\nx = 1").is_ok());
        assert!(find(&"&".repeat(200_000), "&lt;", "x").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>(), first in any::<String>(), last in ".{0,2}") {
            let _ = find(&text, &first, &last);
        }

        #[test]
        fn ranges_are_on_character_boundaries(text in "[ab\n\r\u{feff}é {}>1&lt;]{0,60}", code in "[ab\né}]{1,4}") {
            if let Ok(found) = find(&text, &code, &code) {
                prop_assert!(text.get(found).is_some());
            }
        }

        #[test]
        fn a_program_between_prose_is_found(
            lines in prop::collection::vec(("[a-z]{1,4} = [a-z0-9]{1,4};", "[ \t]{0,6}"), 1..20),
            before in "([A-Z][a-z ]{0,20}\\.\r?\n){0,4}",
            after in "(\r?\n[A-Z][a-z ]{0,20}\\.){0,4}",
            end in "\r?\n",
        ) {
            let lines: Vec<_> = lines.iter().enumerate().map(|(n, (line, indent))| (format!("{line} v{n}"), indent)).collect();
            let given: String = lines.iter().map(|(line, indent)| format!("{indent}{line}{end}")).collect();
            let text = format!("{before}{given}{after}");
            let (first, last) = (&lines[0].0, &lines[lines.len() - 1].0);
            prop_assert_eq!(found(&text, first, last), Ok(given.as_str()));
        }
    }
}
