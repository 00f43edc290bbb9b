use std::borrow::Cow;

use html_escape::decode_html_entities;

use super::is_blank;

/// Signs that stand between a line's number and the line.
const MARKS: [char; 6] = ['|', ':', '.', ')', '\u{2502}', '\u{2192}'];
/// Numbered lines that are needed to tell their numbers from a program's own.
const ENOUGH: usize = 3;
/// Quotations of quotations that are looked into.
const MAX_QUOTATIONS: usize = 5;

/// A program without what the page that it was copied from had put around its lines: quotation marks (`> `) before each, a
/// number before each or on a line before each, and HTML entities in place of signs. Only what every line has is taken off.
#[must_use]
pub fn undecorated(program: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(program);
    for _ in 0..MAX_QUOTATIONS {
        match without_quotation(&text) {
            Some(bare) => text = Cow::Owned(bare),
            None => break,
        }
    }
    let numberless = without_numbers(&text).or_else(|| without_number_lines(&text));
    if let Some(bare) = numberless {
        text = Cow::Owned(bare);
    }
    if has_entities_alone(&text) {
        text = Cow::Owned(decode_html_entities(&text).replace('\u{a0}', " "));
    }
    text
}

/// Length of what may be a decoration at the beginning of a line: for comparing lines, not for taking it off.
pub(super) fn prefix(line: &str) -> usize {
    let unquoted = line.trim_start_matches(|c| c == '>' || is_blank(c));
    let rest = unquoted.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == unquoted.len() {
        return line.len() - unquoted.len();
    }
    let after = rest.trim_start_matches(is_blank);
    line.len() - after.strip_prefix(MARKS).unwrap_or(after).len()
}

/// The entity that a text begins with, and what it stands for.
pub(super) fn entity(text: &str) -> Option<(&str, Cow<'_, str>)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let written = &text[..=end];
    let meant = decode_html_entities(written);
    (text.starts_with('&') && meant != written).then_some((written, meant))
}

/// A line with its end apart.
fn line_and_end(line: &str) -> (&str, &str) {
    line.split_at(line.trim_end_matches(['\r', '\n']).len())
}

fn without_quotation(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches([' ', '\t']);
        if trimmed.trim().is_empty() {
            out.push_str(line);
            continue;
        }
        let bare = trimmed
            .strip_prefix('>')
            .filter(|rest| !rest.starts_with(['=', '>']))
            .or_else(|| {
                trimmed
                    .strip_prefix(">")
                    .filter(|_| trimmed.starts_with(">>"))
            })?;
        out.push_str(bare.strip_prefix(' ').unwrap_or(bare));
    }
    (!text.trim().is_empty()).then_some(out)
}

fn without_numbers(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = lines
        .iter()
        .find(|line| !line.trim().is_empty())?
        .trim_start();
    let digits = first.len() - first.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    numbered_from(&lines, first[..digits].parse().ok()?)
}

/// The lines without their numbers, if these rise by one from `number` on.
fn numbered_from(lines: &[&str], mut number: usize) -> Option<String> {
    let mut rests = Vec::with_capacity(lines.len());
    let (mut count, mut blank) = (0, 0);
    for line in lines {
        let (line, end) = line_and_end(line);
        let trimmed = line.trim_start_matches(is_blank);
        if trimmed.is_empty() {
            blank += 1;
            rests.push(("", end));
            continue;
        }
        let rest = [number, number + blank]
            .iter()
            .find_map(|number| Some((trimmed.strip_prefix(&number.to_string())?, *number)));
        // A number goes to its end.
        let (rest, found) =
            rest.filter(|(rest, _)| !rest.starts_with(|c: char| c.is_ascii_digit()))?;
        number = found + 1;
        blank = 0;
        count += 1;
        rests.push((rest, end));
    }
    let filled = || {
        rests
            .iter()
            .map(|(rest, _)| *rest)
            .filter(|rest| !rest.trim().is_empty())
    };
    let mark = filled()
        .next()
        .and_then(|rest| rest.trim_start().chars().next());
    let mark = mark.filter(|mark| {
        MARKS.contains(mark) && filled().all(|rest| rest.trim_start().starts_with(*mark))
    });
    if count < ENOUGH && (mark.is_none() || count < 2) {
        return None;
    }
    let unmarked = |rest: &'_ str| -> String {
        match mark.and_then(|mark| rest.trim_start().strip_prefix(mark)) {
            Some(rest) => rest.to_owned(),
            None => rest.to_owned(),
        }
    };
    let rests: Vec<_> = rests
        .into_iter()
        .map(|(rest, end)| (unmarked(rest), end))
        .collect();
    let blanks = |rest: &str| rest.len() - rest.trim_start_matches(' ').len();
    let filled = rests.iter().filter(|(rest, _)| !rest.trim().is_empty());
    let common = filled
        .map(|(rest, _)| blanks(rest))
        .min()
        .unwrap_or_default();
    let common = if mark.is_some() {
        common.min(1)
    } else {
        common
    };
    let bare = rests.iter().map(|(rest, end)| {
        let rest = rest
            .strip_prefix('\t')
            .unwrap_or_else(|| &rest[common.min(blanks(rest))..]);
        format!("{rest}{end}")
    });
    Some(bare.collect())
}

/// The lines where each has its number on a line before it. A number that no line follows is that of an empty line.
fn without_number_lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let number = |line: &str| -> Option<usize> {
        let line = line.trim();
        let is_number = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
        line.parse().ok().filter(|_| is_number)
    };
    let numbers: Vec<usize> = lines.iter().filter_map(|line| number(line)).collect();
    let rise = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
    if numbers.len() < ENOUGH || !rise || numbers.len() * 3 < lines.len() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut is_missing = false;
    for line in lines {
        if number(line).is_some() {
            if is_missing {
                out.push_str(line_and_end(line).1);
            }
            is_missing = true;
        } else {
            out.push_str(line);
            is_missing = false;
        }
    }
    Some(out)
}

/// Whether signs stand in a program only as entities: a program that writes HTML has them in its strings, beside plain ones.
fn has_entities_alone(text: &str) -> bool {
    if text.contains('<') {
        return false;
    }
    let mut counts = false;
    for (at, _) in text.match_indices('&') {
        let Some((written, _)) = entity(&text[at..]) else {
            return false;
        };
        let in_quotes = text[..at].ends_with(['"', '\'', '`']);
        counts |= !in_quotes && matches!(written, "&lt;" | "&gt;" | "&amp;" | "&quot;");
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_page_put_around_the_lines_is_taken_off() {
        for (copied, program) in [
            ("1 | a = 1\n2 |   b\n3 |\n4 | c\n", "a = 1\n  b\n\nc\n"),
            ("1| a\n2| b", "a\nb"),
            (" 8: x\n 9:   y\n10: z\n", "x\n  y\nz\n"),
            ("1. x\r\n2. y\r\n3. z\r\n", "x\r\ny\r\nz\r\n"),
            ("1 if x:\n2     y\n3 z", "if x:\n    y\nz"),
            ("  9  f {\n 10    y\n 11  }", "f {\n  y\n}"),
            ("1\tif x:\n2\t\ty\n3\tz", "if x:\n\ty\nz"),
            (
                "1#include <x>\n2int x;\n\n4y = x;",
                "#include <x>\nint x;\n\ny = x;",
            ),
            ("1\na = 1\n2\n3\nb\n4\nc\n", "a = 1\n\nb\nc\n"),
            ("a = 1\n2\n\n3\n  b\n4\nc", "a = 1\n\n  b\nc"),
            ("> int x;\n>\n>   y();\n", "int x;\n\n  y();\n"),
            ("> > 1 | x\n> > 2 | y\n> > 3 | z\n", "x\ny\nz\n"),
            (
                "if (a &lt; b &amp;&amp; c &gt; 1) p(&quot;x&quot;);",
                "if (a < b && c > 1) p(\"x\");",
            ),
            ("#include&nbsp;&lt;x&gt;", "#include <x>"),
        ] {
            assert_eq!(undecorated(copied), program, "{copied:?}");
        }
    }

    #[test]
    fn what_belongs_to_the_program_stays() {
        for program in [
            "",
            "\n",
            "1 2\n3 4\n",
            "10 PRINT 1\n20 GOTO 10\n30 END\n",
            "x = 1\n2 + x\n3 + x\n",
            ">>> a\n1\n",
            "print(\"&lt;\")\n",
            "s.replace('&amp;', '&')\n",
            "if (a < b) puts(\"&lt;\");\n",
            "a = b & c;\n",
            "1\n2\n",
        ] {
            assert_eq!(undecorated(program), program);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9|:>&lt; ;\t\r\n\u{e9}]{0,60}", any in any::<String>()) {
            let _ = (undecorated(&text), undecorated(&any), prefix(&any), entity(&any));
        }

        #[test]
        fn numbers_come_off_as_they_went_on(
            lines in prop::collection::vec("[a-z(){}=;\t ]{0,12}[a-z;]", 3..20),
            from in 1..200_usize,
            mark in prop::sample::select(vec![" | ", ": ", "| "]),
        ) {
            let numbered: String = (from..).zip(&lines).map(|(number, line)| format!("{number:>4}{mark}{line}\n")).collect();
            let program: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assert_eq!(undecorated(&numbered), program);
        }
    }
}
