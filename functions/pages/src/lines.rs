//! A line of a program as HTML.

use std::{fmt::Write as _, ops::Range};

use site::markdown::SafeHtml;

use crate::highlight::Piece;

/// A line with its pieces in colours and the ranges that changed marked.
pub(crate) fn line(text: &str, pieces: &[Piece], marks: &[Range<usize>]) -> SafeHtml {
    let text = text.trim_end_matches(['\n', '\r']);
    let mut cuts: Vec<usize> = pieces
        .iter()
        .flat_map(|(range, _)| [range.start, range.end])
        .chain(marks.iter().flat_map(|range| [range.start, range.end]))
        .chain([0, text.len()])
        .filter(|cut| *cut <= text.len() && text.is_char_boundary(*cut))
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut out = String::with_capacity(text.len() * 2);
    let mut marked = false;
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let is_marked = marks
            .iter()
            .any(|mark| mark.start <= from && to <= mark.end);
        if is_marked != marked {
            out.push_str(if is_marked { "<mark>" } else { "</mark>" });
            marked = is_marked;
        }
        let class = pieces
            .iter()
            .find(|(range, _)| range.start <= from && to <= range.end)
            .map_or("", |(_, class)| class);
        if class.is_empty() {
            escape(&mut out, &text[from..to]);
        } else {
            let _ = write!(out, "<i class=\"{class}\">");
            escape(&mut out, &text[from..to]);
            out.push_str("</i>");
        }
    }
    if marked {
        out.push_str("</mark>");
    }
    SafeHtml::trusted(out)
}

/// A text of several lines, with one range of it marked, which lies between characters.
pub(crate) fn marked(text: &str, mark: Option<&Range<usize>>) -> SafeHtml {
    let mut out = String::with_capacity(text.len() + 16);
    let mark = mark.and_then(|mark| Some((mark, text.get(mark.clone())?)));
    if let Some((mark, inside)) = mark {
        escape(&mut out, &text[..mark.start]);
        out.push_str("<mark>");
        escape(&mut out, inside);
        out.push_str("</mark>");
        escape(&mut out, &text[mark.end..]);
    } else {
        escape(&mut out, text);
    }
    SafeHtml::trusted(out)
}

/// A line without colours.
pub(crate) fn escaped(text: &str) -> SafeHtml {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    SafeHtml::trusted(out)
}

/// Escapes a text, and shows what would turn the direction of the line: a program must not look other than it is.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                let _ = write!(out, "<b>U+{:04X}</b>", u32::from(c));
            }
            '\0'..='\u{8}' | '\u{b}'..='\u{1f}' => {
                // Its picture: a program of nothing else would make a page of twenty times its size.
                out.extend(char::from_u32(0x2400 + u32::from(c)));
            }
            c if c.is_control() && c != '\t' && c != '\n' => {
                let _ = write!(out, "<b>U+{:04X}</b>", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_marks_may_overlap() {
        let pieces = [(0..3, "k"), (4..5, "n")];
        let html = line("int x<y\r\n", &pieces, &[2..5, 5..6]);
        assert_eq!(
            html.to_string(),
            "<i class=\"k\">in</i><mark><i class=\"k\">t</i> <i class=\"n\">x</i>&lt;</mark>y"
        );
    }

    #[test]
    fn nothing_in_a_program_is_markup_or_turns_it_round() {
        let html = line("<script>\"&\u{202e}x\u{1}", &[], &[]).to_string();
        assert_eq!(html, "&lt;script&gt;&quot;&amp;<b>U+202E</b>x␁");
    }
}
