//! Reading the JSON object out of what a model wrote around it.
//!
//! Only what cannot change the meaning of a string is repaired. The JSON repair crates corrupt code silently (they drop
//! backslashes and split strings at inner quotes), so none is used.

use serde_json::Value;

/// Openings that are tried at most when an object is looked for among other text.
const MAX_OPENINGS: usize = 200;

/// The JSON object in a model's answer: the whole text, or what follows the model's thinking, or a fenced block, or the
/// longest balanced braces that parse.
///
/// # Errors
/// Says in words for the model why there is none.
pub fn json_object(answer: &str) -> Result<Value, String> {
    let text = answer.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("the answer is empty.".to_owned());
    }
    let first_error = match object(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // The opening tag may be missing, so everything up to the last closing one is thought.
    let spoken = text
        .rfind("</think>")
        .map_or(text, |at| text[at + "</think>".len()..].trim());
    let fenced = fenced(spoken);
    for candidate in [Some(spoken), fenced].into_iter().flatten() {
        if let Ok(value) = object(candidate).or_else(|_| object(&mend(candidate))) {
            return Ok(value);
        }
    }
    let mut spans = balanced(spoken);
    spans.sort_by_key(|span| std::cmp::Reverse(span.len()));
    for span in spans {
        if let Ok(value) = object(span).or_else(|_| object(&mend(span))) {
            return Ok(value);
        }
    }
    Err(format!("it is not a JSON object ({first_error})."))
}

fn object(text: &str) -> Result<Value, String> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) if members.is_empty() => Err("the object is empty".to_owned()),
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it is JSON, but not an object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What stands between the first fence and the last one: a program in a string may hold fences of its own.
fn fenced(text: &str) -> Option<&str> {
    let open = text.find("```")?;
    let start = open + text[open..].find('\n')? + 1;
    let end = text.rfind("```")?;
    (end > start).then(|| text[start..end].trim())
}

/// Spans of balanced braces that do not lie within one another, quotes respected.
fn balanced(text: &str) -> Vec<&str> {
    let mut spans = Vec::new();
    let mut from = 0;
    for _ in 0..MAX_OPENINGS {
        let Some(open) = text[from..].find('{').map(|at| from + at) else {
            break;
        };
        match closing(&text[open..]) {
            Some(length) => {
                spans.push(&text[open..open + length]);
                from = open + length;
            }
            // Braces that begin the answer and never close are an answer that was cut: its parts are not the answer.
            None if spans.is_empty() => break,
            None => from = open + 1,
        }
    }
    spans
}

/// Length of the balanced braces that `text` begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Mends what is unambiguous: raw line ends and tabs in strings, and commas before a closing bracket.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut in_string = false;
    let mut escaped = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if in_string {
            match c {
                '\n' if !escaped => out.push_str("\\n"),
                '\r' if !escaped => out.push_str("\\r"),
                '\t' if !escaped => out.push_str("\\t"),
                _ => out.push(c),
            }
            if c == '"' && !escaped {
                in_string = false;
            }
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
            }
            ',' => {
                let mut ahead = rest.clone();
                let next = ahead.find(|c| !c.is_whitespace());
                if !matches!(next, Some('}' | ']')) {
                    out.push(c);
                }
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_found_in_what_models_write_around_it() {
        let code = "printf(\"%d\\n\", x); // ```\n\\d+ {\"a\": 1}";
        let plain = json!({ "code": code }).to_string();
        for answer in [
            plain.clone(),
            format!("\u{feff}  {plain}\n"),
            format!("<think>maybe {{\"code\": \"no\"}}?</think>\n{plain}"),
            format!("so it is.</think>{plain}"),
            format!("```json\n{plain}\n```"),
            format!("Here it is:\n\n```\n{plain}\n```\nI hope that helps {{or not}}."),
            format!("Sure! {plain} Anything else?"),
        ] {
            assert_eq!(json_object(&answer).unwrap()["code"], code, "{answer}");
        }
    }

    #[test]
    fn only_what_is_unambiguous_is_mended() {
        assert_eq!(
            json_object("{\"a\": \"x\n\ty\", \"b\": [1,2,],}").unwrap(),
            json!({"a": "x\n\ty", "b": [1, 2]})
        );
        for broken in [
            r#"{"a": "printf("%d", x)"}"#,
            r#"{"a": "\d"}"#,
            "{}",
            r#"{"a": 1, "fixes": [{"b": 2}],"#,
            "Declare `int a[2] = {};` first.",
            "{\"a\": ",
            "[1, 2]",
            "",
            "no",
        ] {
            assert!(json_object(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn many_braces_end() {
        // A scan from every opening would take minutes here.
        assert!(json_object(&"{".repeat(300_000)).is_err());
        assert!(json_object(&"{a}".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_panics(answer in ".{0,400}") {
            let _ = json_object(&answer);
        }

        #[test]
        fn no_byte_of_a_well_formed_string_is_changed(
            code in "[ -~\\n\\t\\\\\"`{}题😀]{0,200}",
            before in "[a-z ]{0,20}",
            fenced in any::<bool>(),
        ) {
            let plain = json!({ "explanation": "see", "code": code }).to_string();
            let answer = if fenced { format!("{before}\n```json\n{plain}\n```\n") } else { format!("{before}{plain}") };
            prop_assert_eq!(&json_object(&answer).unwrap()["code"], &json!(code));
        }
    }
}
