//! Errors and other people's words as one line of a log.

/// `text` with every sign that a terminal would obey written as its escape: control characters, those that begin them in eight
/// bits, and those that turn the direction of what follows. Line ends and tabs become their escapes too.
#[must_use]
pub fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_obeyed) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// A `Display` over an error and all its sources, `outer: inner: innermost`, for one log field.
///
/// Our own errors never repeat their source in their own text, so the chain reads as one sentence. Other people's words may be
/// among them, so that what a terminal would obey is escaped.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

fn words(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<tokio::task::JoinError>() {
        // Its own text repeats the panic's message, which may quote a user's text.
        Some(error) if error.is_panic() => "a task panicked".to_owned(),
        _ => error.to_string(),
    }
}

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut said = words(self.0);
        f.write_str(&printable(&said))?;
        let mut next = self.0.source();
        while let Some(error) = next {
            let cause = words(error);
            // Some libraries' errors say their causes themselves.
            if !said.ends_with(&cause) {
                write!(f, ": {}", printable(&cause))?;
                said = cause;
            }
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{9b}31m\u{7f}\u{202e}c\r\n"),
            "a\\u{1b}[2Jb\\u{9b}31m\\u{7f}\\u{202e}c\\r\\n"
        );
        assert_eq!(printable("für 你好 👩‍👩‍👧"), "für 你好 👩‍👩‍👧");
        let error = std::io::Error::other("bad \u{1b}]0;title\u{7}");
        assert_eq!(Chain(&error).to_string(), "bad \\u{1b}]0;title\\u{7}");
    }
}
