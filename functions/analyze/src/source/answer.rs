use super::BOM;

/// The program inside one Markdown fence that encloses the whole answer, up to and with its last line's end;
/// any other answer as it is. The fence is of three or more backticks or tildes; white space around it goes.
#[must_use]
pub fn unfence(code: &str) -> &str {
    let trimmed = code.trim_start_matches(BOM).trim();
    let Some(mark) = trimmed.chars().next().filter(|c| matches!(c, '`' | '~')) else {
        return code;
    };
    let length = trimmed.chars().take_while(|&c| c == mark).count();
    let (Some((opening, rest)), true) = (trimmed.split_once('\n'), length >= 3) else {
        return code;
    };
    let (body, closing) = rest
        .rfind('\n')
        .map_or(("", rest), |at| rest.split_at(at + 1));
    let closing = closing.trim();
    let closes = closing.len() >= length && closing.chars().all(|c| c == mark);
    if closes && !opening[length..].contains(mark) {
        body
    } else {
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_enclosing_fence_is_taken_off() {
        for (answer, wanted) in [
            ("```cpp\nint x;\n```", "int x;\n"),
            ("\n  ```\r\nint x;\r\n```  \n", "int x;\r\n"),
            ("~~~py\nx\n~~~", "x\n"),
            ("````\n```\n````", "```\n"),
            ("```\n```", ""),
            (
                "```py\ns = \"\"\"\n```\nx\n```\n\"\"\"\n```",
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
            ),
            ("int x;\n", "int x;\n"),
            (
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
                "s = \"\"\"\n```\nx\n```\n\"\"\"\n",
            ),
            (
                "```cpp\nint x;\n```\nThat is it.",
                "```cpp\nint x;\n```\nThat is it.",
            ),
            ("Here:\n```\nx\n```", "Here:\n```\nx\n```"),
            ("```cpp\nint x;", "```cpp\nint x;"),
            ("`x`\n`y`", "`x`\n`y`"),
            ("```", "```"),
            ("", ""),
        ] {
            assert_eq!(unfence(answer), wanted, "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(a in "[`~ +@a\r\n\u{feff}é-]{0,40}") {
            let _ = unfence(&a);
        }
    }
}
