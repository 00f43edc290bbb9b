//! Ends of lines: LF, CR LF, CR, and CR CR LF, which programs make that write CR LF for each LF of a file that has CR LF.

/// Carriage returns before one line feed that are an end together.
const RETURNS: usize = 8;

/// The lines of a text, each with its end. The last has none; it is empty where the text ends with an end.
pub fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.find(['\n', '\r']) else {
            rest = None;
            return Some((text, ""));
        };
        let (line, after) = text.split_at(at);
        let (end, after) = after.split_at(length(after));
        rest = Some(after);
        Some((line, end))
    })
}

/// Length of the end that a text begins with.
fn length(text: &str) -> usize {
    let is_return = |byte: &u8| *byte == b'\r';
    let returns = text.bytes().take(RETURNS).take_while(is_return).count();
    if text.as_bytes().get(returns) == Some(&b'\n') {
        returns + 1
    } else {
        1
    }
}

/// The lines of a text together with their ends; none is empty.
pub fn with_ends(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    lines(text).filter_map(move |(line, end)| {
        let from = at;
        at += line.len() + end.len();
        (from < at).then(|| &text[from..at])
    })
}

/// The text with LF as its only end of a line.
#[must_use]
pub fn plain(text: &str) -> String {
    replaced(text, |_| "\n")
}

/// The text with LF in place of every end that has one, as forms are sent with ends that no file of the sender's has. A CR alone
/// stays.
#[must_use]
pub fn typed(text: &str) -> String {
    replaced(text, |end| if end == "\r" { end } else { "\n" })
}

fn replaced<'a>(text: &'a str, end_for: impl Fn(&'a str) -> &'a str) -> String {
    let mut out = String::with_capacity(text.len());
    for (line, end) in lines(text) {
        let end = if end.is_empty() { end } else { end_for(end) };
        out.push_str(line);
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn carriage_returns_before_a_line_feed_are_one_end_with_it() {
        let text = "a\nb\r\nc\r\r\nd\re\r\r\r\n\r\r\nf\r\rg";
        let all: Vec<_> = lines(text).collect();
        let expected = [
            ("a", "\n"),
            ("b", "\r\n"),
            ("c", "\r\r\n"),
            ("d", "\r"),
            ("e", "\r\r\r\n"),
            ("", "\r\r\n"),
            ("f", "\r"),
            ("", "\r"),
            ("g", ""),
        ];
        assert_eq!(all, expected);
        assert_eq!(plain(text), "a\nb\nc\nd\ne\n\nf\n\ng");
        assert_eq!(typed(text), "a\nb\nc\nd\re\n\nf\r\rg");
        assert_eq!(lines("").collect::<Vec<_>>(), [("", "")]);
        assert_eq!(lines("a\r\r\n").last(), Some(("", "")));
        assert_eq!(
            with_ends("a\r\r\n\n").collect::<Vec<_>>(),
            ["a\r\r\n", "\n"]
        );
    }

    #[test]
    fn many_carriage_returns_do_not_take_long() {
        assert_eq!(lines(&"\r".repeat(1_000_000)).count(), 1_000_001);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(text in "[a\r\n\u{e9}]{0,30}") {
            prop_assert_eq!(with_ends(&text).collect::<String>(), text.clone());
            prop_assert!(!plain(&text).contains('\r'));
        }
    }
}
