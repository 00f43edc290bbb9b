//! Noticing that a model has lost itself in a loop, which it will not leave before a limit ends it.

/// Bytes of an answer's end to look at.
const TAIL: usize = 3000;
/// Longest passage to look for.
const LONGEST: usize = 400;
/// Bytes between two looks: each takes some microseconds.
const STEP: usize = 1000;

/// Watches one text as it grows.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: usize,
}

impl Watch {
    /// Whether the text ends in one passage over and over. A text that quotes such a passage from `given` is right to.
    pub(super) fn sees_a_loop(&mut self, text: &str, given: &str) -> bool {
        if text.len() < TAIL || text.len() < self.seen + STEP {
            return false;
        }
        self.seen = text.len();
        repeats(text, given)
    }
}

/// Whether a text ends in one passage over and over again.
pub(super) fn repeats(text: &str, given: &str) -> bool {
    let Some(from) = text.len().checked_sub(TAIL) else {
        return false;
    };
    let tail = &text.as_bytes()[from..];
    let Some(period) = (1..=LONGEST).find(|period| tail[..TAIL - period] == tail[*period..]) else {
        return false;
    };
    // Quoted from what was given: line ends are escaped in an answer, and the passage may begin within one.
    let passage = String::from_utf8_lossy(&tail[TAIL - (2 * period).max(64)..]).into_owned();
    let passage = passage
        .split_once("\\n")
        .map_or(passage.as_str(), |(_, rest)| rest);
    let solid = |text: &str| {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
    };
    let passage = solid(
        &passage
            .replace("\\n", "\n")
            .replace(char::REPLACEMENT_CHARACTER, ""),
    );
    passage.is_empty() || !solid(given).contains(&passage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_told_from_a_long_answer() {
        let varied: String = (0..1000)
            .map(|n| format!("line {n} is another\n"))
            .collect();
        assert!(!repeats(&varied, ""));
        assert!(!repeats("ab", ""));
        for passage in [
            "0",
            " ",
            "\\n",
            "so I check it again. ",
            "的",
            "wait, no: a is b. Wait, ",
        ] {
            let looped = format!("{varied}{}", passage.repeat(4000));
            assert!(repeats(&looped, "some text"), "{passage:?}");
        }
        assert!(!repeats(&"ab ".repeat(399), ""));
    }

    #[test]
    fn what_was_given_may_be_quoted() {
        let zeros = "0 ".repeat(5000);
        assert!(!repeats(&zeros, &format!("input:\n{zeros}")));
        let lines = "0 0 0\n".repeat(1000);
        assert!(!repeats(&lines.replace('\n', "\\n"), &lines));
    }

    #[test]
    fn a_stream_is_looked_at_now_and_then() {
        let mut watch = Watch::default();
        let text = "x".repeat(4000);
        assert!(!watch.sees_a_loop(&text[..2000], ""));
        assert!(watch.sees_a_loop(&text[..3100], ""));
        assert!(!watch.sees_a_loop(&text[..3200], ""));
    }
}
