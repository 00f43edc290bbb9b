//! LaTeX in the prose of an answer that was written into JSON with one backslash too few: `\frac` came out as a form feed and
//! `rac`, `\times` as a tab and `imes`. Never for code, whose bytes are not to be guessed.

/// Control characters that JSON makes of a backslash and a letter, with the rests of the commands that begin with that letter.
const COMMANDS: [(char, char, &[&str]); 5] = [
    (
        '\u{8}',
        'b',
        &[
            "ar",
            "ecause",
            "egin",
            "eta",
            "f",
            "ig",
            "igcap",
            "igcup",
            "igg",
            "igl",
            "igr",
            "inom",
            "mod",
            "oldsymbol",
            "ot",
            "owtie",
            "oxed",
            "ullet",
        ],
    ),
    (
        '\u{c}',
        'f',
        &["box", "lat", "orall", "oreach", "rac", "rak", "rown"],
    ),
    (
        '\n',
        'n',
        &[
            "abla", "e", "earrow", "eg", "eq", "ewline", "exists", "geq", "i", "leq", "mid", "ot",
            "otin", "sim", "u", "warrow",
        ],
    ),
    (
        '\r',
        'r',
        &[
            "angle",
            "brace",
            "brack",
            "ceil",
            "floor",
            "ho",
            "ight",
            "ightarrow",
            "ightharpoonup",
            "m",
            "vert",
        ],
    ),
    (
        '\t',
        't',
        &[
            "an", "anh", "au", "ext", "extbf", "extit", "extrm", "exttt", "frac", "herefore",
            "heta", "hinspace", "ilde", "imes", "o", "op", "riangle", "riangleq",
        ],
    ),
];

/// Puts the backslashes back: before the rest of a command, and for line ends and tabs only within maths.
pub(crate) fn restored(text: &str) -> String {
    if !text.contains(['\u{8}', '\u{c}', '\n', '\r', '\t']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut in_maths = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '$' && !out.ends_with('\\') {
            in_maths = !in_maths;
        }
        // Maths does not go on in the next paragraph.
        if c == '\n' && rest.starts_with('\n') {
            in_maths = false;
        }
        let command = COMMANDS.iter().find(|(control, ..)| *control == c);
        let letters = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        match command {
            Some((_, letter, rests))
                if rests.contains(&&rest[..letters])
                    && (in_maths || matches!(c, '\u{8}' | '\u{c}')) =>
            {
                out.push('\\');
                out.push(*letter);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_its_backslash_back() {
        for (meant, decoded) in [
            (
                r"$\frac{n}{2} \times m \neq \beta$",
                "$\u{c}rac{n}{2} \times m \neq \u{8}eta$",
            ),
            (r"$x \rightarrow \theta$", "$x \rightarrow \theta$"),
            (r"so \frac12 here", "so \u{c}rac12 here"),
            (
                r"$$\begin{cases} 1 \end{cases}$$",
                "$$\u{8}egin{cases} 1 \\end{cases}$$",
            ),
        ] {
            assert_eq!(restored(decoded), meant);
        }
    }

    #[test]
    fn line_ends_and_tabs_that_are_meant_stay() {
        for text in [
            "for $n$\neq is no command outside maths\n\tan item",
            "a price of $5\n\nnu begins a paragraph, $x$",
            "$a\nb$ and $a\tb$",
            "$1 \\le n$",
            "plain",
        ] {
            assert_eq!(restored(text), text);
        }
    }
}
