//! Reading the JSON object out of what a model wrote around it.
//!
//! Only what cannot change the meaning of a string is repaired. The JSON repair crates corrupt code silently (they drop
//! backslashes and split strings at inner quotes), so none is used.

use std::{collections::VecDeque, ops::Range};

use serde_json::Value;

use super::{habits::Quirk, schema::lists};

/// What ends the thinking of models whose server does not take it out.
const THOUGHT_ENDS: &[&str] = &[
    "</think>",
    "</thinking>",
    "</thought>",
    "</reasoning>",
    "[/THINK]",
    "<|channel|>final<|message|>",
    "<|message|>",
];
/// What is left of the marks between the thinking and the answer where a server takes the marks out.
const CHANNEL_NAMES: &str = "assistantfinal";
/// Objects that are offered as the answer at most.
const MAX_CANDIDATES: usize = 40;
/// Those of them that one object holds.
const MAX_WITHIN: usize = 20;
/// Objects around the answer.
const MAX_DEPTH: usize = 3;
/// Ends of thinking that are tried at most.
const MAX_THOUGHTS: usize = 20;
/// Openings that are tried at most when an object is looked for among other text.
const MAX_OPENINGS: usize = 200;

/// An object that may be the answer, and what had to be overlooked to read it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) value: Value,
    pub(super) quirks: Vec<Quirk>,
}

/// The JSON object in a model's answer that is likeliest the whole of it.
///
/// # Errors
/// Says in words for the model why there is none.
pub fn json_object(answer: &str) -> Result<Value, String> {
    candidates(answer, &Value::Null).map(|mut all| all.swap_remove(0).value)
}

/// The objects that may be the answer, the likeliest first and at least one: the whole text, or in what follows the model's
/// thinking a fenced block or balanced braces, the last ones first; then what such an object or list holds or is a part of, by the
/// schema of the answer.
///
/// # Errors
/// Says in words for the model why there is none.
pub(super) fn candidates(answer: &str, schema: &Value) -> Result<Vec<Candidate>, String> {
    let text = answer.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("the answer is empty.".to_owned());
    }
    let first_error = match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let candidates = opened(value, &[], schema);
            if !candidates.is_empty() {
                return Ok(candidates);
            }
            "it is JSON, but not an object with members".to_owned()
        }
        Err(error) => error.to_string(),
    };
    let mut candidates = Vec::new();
    for (spoken, is_thought) in without_thoughts(text) {
        let thinking = if is_thought {
            Some(Quirk::Thinking)
        } else {
            None
        };
        for candidate in [Some(spoken), fenced(spoken)].into_iter().flatten() {
            if let Some((value, mended)) = read(candidate) {
                let around = (candidate.len() < spoken.len()).then_some(Quirk::TextAround);
                let quirks: Vec<_> = [thinking, around, mended].into_iter().flatten().collect();
                candidates.extend(opened(value, &quirks, schema));
            }
        }
        for span in balanced(spoken).into_iter().rev() {
            if let Some((value, mended)) = read(&spoken[span.clone()]) {
                let around = (span.len() < spoken.len()).then_some(Quirk::TextAround);
                let quirks: Vec<_> = [thinking, around, mended].into_iter().flatten().collect();
                candidates.extend(opened(value, &quirks, schema));
            }
        }
        if candidates.len() > MAX_CANDIDATES {
            break;
        }
    }
    candidates.truncate(MAX_CANDIDATES);
    if candidates.is_empty() {
        return Err(format!("it is not a JSON object ({first_error})."));
    }
    Ok(candidates)
}

/// An object by itself, then those inside it, a text that is JSON taken as what it says, and the lists of the schema that it is an
/// item of or the items of.
fn opened(value: Value, quirks: &[Quirk], schema: &Value) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut within = VecDeque::from([(value, 0)]);
    while let Some((value, depth)) = within.pop_front() {
        if candidates.len() > MAX_WITHIN {
            break;
        }
        let mut offer = |value: Value, is_wrapped: bool| {
            let mut quirks = quirks.to_vec();
            quirks.extend(is_wrapped.then_some(Quirk::Wrapped));
            candidates.push(Candidate { value, quirks });
        };
        match value {
            Value::Object(members) if members.is_empty() => {}
            Value::Object(members) => {
                let inside: Vec<Value> = members
                    .values()
                    .filter(|value| value.is_object() || value.is_string())
                    .cloned()
                    .collect();
                let of_list = lists(schema).into_iter().find(|(name, item)| {
                    !members.contains_key(*name)
                        && item
                            .iter()
                            .filter(|name| members.contains_key(**name))
                            .count()
                            > 1
                });
                let name = of_list.map(|(name, _)| name.to_owned());
                let value = Value::Object(members);
                let in_list = name.map(|name| serde_json::json!({ name: [value.clone()] }));
                offer(value, depth > 0);
                in_list.into_iter().for_each(|list| offer(list, true));
                if depth < MAX_DEPTH {
                    within.extend(inside.into_iter().map(|value| (value, depth + 1)));
                }
            }
            Value::Array(mut items) => {
                let list = lists(schema).first().map(|(name, _)| (*name).to_owned());
                if items.len() == 1 {
                    within.push_back((items.remove(0), depth + 1));
                } else if let Some(name) =
                    list.filter(|_| items.iter().all(Value::is_object) && !items.is_empty())
                {
                    offer(serde_json::json!({ name: items }), true);
                }
            }
            Value::String(text)
                if depth <= MAX_DEPTH && text.trim_start().starts_with(['{', '[', '"']) =>
            {
                if let Some((inner, _)) = read_any(text.trim()) {
                    within.push_back((inner, depth + 1));
                }
            }
            _ => {}
        }
    }
    candidates
}

/// An object, as it is or mended.
fn read(text: &str) -> Option<(Value, Option<Quirk>)> {
    read_any(text).filter(|(value, _)| value.as_object().is_some_and(|members| !members.is_empty()))
}

fn read_any(text: &str) -> Option<(Value, Option<Quirk>)> {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(text)
        .map(|value| (value, None))
        .or_else(|| Some((read(&mend(text))?, Some(Quirk::Mended))))
}

/// What follows the model's thinking, the likeliest first. Its opening tag may be missing, so everything up to the last
/// closing one is thought, unless that stands in the answer itself, as a program may hold one.
fn without_thoughts(text: &str) -> Vec<(&str, bool)> {
    let mut ends: Vec<usize> = THOUGHT_ENDS
        .iter()
        .flat_map(|end| text.match_indices(end).map(|(at, _)| at + end.len()))
        .collect();
    // Servers that take out the marks of channels and leave their names.
    if text.starts_with("analysis") {
        ends.extend(
            text.match_indices(CHANNEL_NAMES)
                .map(|(at, names)| at + names.len()),
        );
    }
    if ends.is_empty() {
        return vec![(text, false)];
    }
    ends.sort_unstable_by(|a, b| b.cmp(a));
    ends.truncate(MAX_THOUGHTS);
    let objects: Vec<_> = balanced(text)
        .into_iter()
        .filter(|span| read(&text[span.clone()]).is_some())
        .collect();
    let (inside, outside): (Vec<_>, Vec<_>) = ends.into_iter().partition(|end| {
        objects
            .iter()
            .any(|object| object.start < *end && *end < object.end)
    });
    let whole = if outside.is_empty() {
        Some((0, false))
    } else {
        None
    };
    let after = |from: usize| (from, true);
    whole
        .into_iter()
        .chain(outside.into_iter().map(after))
        .chain(inside.into_iter().map(after))
        .map(|(from, is_thought)| (text[from..].trim(), is_thought))
        .collect()
}

/// What stands between the first fence and the last one: a program in a string may hold fences of its own.
fn fenced(text: &str) -> Option<&str> {
    let open = text.find("```")?;
    let start = open + text[open..].find('\n')? + 1;
    let end = text.rfind("```")?;
    (end > start).then(|| text[start..end].trim())
}

/// Spans of balanced braces that do not lie within one another, quotes respected.
fn balanced(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut from = 0;
    for _ in 0..MAX_OPENINGS {
        let Some(open) = text[from..].find('{').map(|at| from + at) else {
            break;
        };
        match closing(&text[open..]) {
            Some(length) => {
                spans.push(open..open + length);
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

/// The text of a name in typographic quotes that `rest` begins with, opening quote left out.
fn quoted_name(rest: &str) -> Option<&str> {
    let end = rest.find(['”', '“'])?;
    let name = &rest[..end];
    if name.is_empty() {
        return None;
    }
    let after = rest[end..].trim_start_matches(['”', '“']).trim_start();
    let is_name = !name.contains(['"', '\\', '\n']) && after.starts_with(':');
    is_name.then_some(name)
}

/// Members whose values are code or data: what was meant by an escape in them is not guessed.
const LITERAL_MEMBERS: &[&str] = &[
    "code",
    "input",
    "modified_code",
    "modified_snippet",
    "new",
    "old",
    "original_snippet",
    "output",
];

/// Whether the text behind a backslash makes an escape that JSON has.
fn is_escape(rest: &str) -> bool {
    match rest.as_bytes() {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
        [b'u', digits @ ..] => digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// Mends what is unambiguous: raw line ends and tabs in strings, commas before a closing bracket, typographic quotes around
/// names, and in prose a backslash that JSON gives no meaning, as in `$1 \le n$`, which stands for itself.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut in_string = false;
    let mut escaped = false;
    let mut string_start = 0;
    // Whether the last name is that of code or data.
    let mut is_literal = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if in_string {
            match c {
                '\\' if !escaped && !is_literal && !is_escape(rest.as_str()) => {
                    out.push_str("\\\\");
                    continue;
                }
                '\n' if !escaped => out.push_str("\\n"),
                '\r' if !escaped => out.push_str("\\r"),
                '\t' if !escaped => out.push_str("\\t"),
                _ => out.push(c),
            }
            if c == '"' && !escaped {
                in_string = false;
                if rest.as_str().trim_start().starts_with(':') {
                    is_literal = LITERAL_MEMBERS.contains(&&out[string_start..out.len() - 1]);
                }
            }
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
                string_start = out.len();
            }
            '“' | '”' => match quoted_name(rest.as_str()) {
                Some(name) => {
                    out.push('"');
                    out.push_str(name);
                    out.push('"');
                    rest = rest.as_str()[name.len() + c.len_utf8()..].chars();
                }
                None => out.push(c),
            },
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
            format!("[THINK]or {{\"code\": \"no\"}}[/THINK]{plain}"),
            format!(
                "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{plain}"
            ),
            format!("```json\n{plain}\n```"),
            format!("Here it is:\n\n```\n{plain}\n```\nI hope that helps {{or not}}."),
            format!("Sure! {plain} Anything else?"),
        ] {
            assert_eq!(json_object(&answer).unwrap()["code"], code, "{answer}");
        }
    }

    #[test]
    fn an_answer_is_found_in_what_is_around_it() {
        let schema = json!({ "properties": { "summary": { "type": "string" }, "fixes": {
            "type": "array", "items": { "properties": { "old": {}, "new": {} } }
        } } });
        let answer = json!({ "summary": "s", "fixes": [{ "old": "a", "new": "b" }] });
        let text = answer.to_string();
        for (written, quirk) in [
            (text.clone(), None),
            (
                json!({ "answer": answer }).to_string(),
                Some(Quirk::Wrapped),
            ),
            (json!([answer]).to_string(), Some(Quirk::Wrapped)),
            (json!(text).to_string(), Some(Quirk::Wrapped)),
            (
                json!({ "type": "function", "function": { "name": "f", "arguments": text } })
                    .to_string(),
                Some(Quirk::Wrapped),
            ),
            (
                format!("analysisI look for {{}}.assistantfinal{text}"),
                Some(Quirk::Thinking),
            ),
            (
                format!("<|channel|>final <|constrain|>json<|message|>{text}"),
                Some(Quirk::Thinking),
            ),
            (
                format!("First {{\"draft\": 1}}. No: {text}"),
                Some(Quirk::TextAround),
            ),
            (format!("```json\n{text}\n```"), Some(Quirk::TextAround)),
            (text.replace("}]}", "},]}"), Some(Quirk::Mended)),
        ] {
            let found = candidates(&written, &schema).unwrap();
            let found = found.iter().find(|found| found.value == answer);
            assert_eq!(
                found.expect(&written).quirks.first().copied(),
                quirk,
                "{written}"
            );
        }
        let fixes = json!({ "fixes": [{ "old": "a", "new": "b" }, { "old": "c", "new": "d" }] });
        for (written, wanted) in [
            (fixes["fixes"].to_string(), fixes.clone()),
            (
                fixes["fixes"][0].to_string(),
                json!({ "fixes": [fixes["fixes"][0]] }),
            ),
        ] {
            let found = candidates(&written, &schema).unwrap();
            assert!(found.iter().any(|found| found.value == wanted), "{written}");
        }
        assert!(candidates("[]", &schema).is_err() && candidates("\"x\"", &schema).is_err());
    }

    #[test]
    fn a_backslash_without_a_meaning_stands_for_itself_in_prose_alone() {
        let answer = r#"{"summary": "for $1 \le n \underline{x}$\n", "fixes": [{"old": "a\n", "hint": "\sum"}]}"#;
        let read = json_object(answer).unwrap();
        assert_eq!(read["summary"], "for $1 \\le n \\underline{x}$\n");
        assert_eq!(read["fixes"][0]["hint"], "\\sum");
        assert_eq!(read["fixes"][0]["old"], "a\n");
        assert!(json_object(r#"{"summary": "x", "fixes": [{"new": "re.match('\d')"}]}"#).is_err());
    }

    #[test]
    fn only_what_is_unambiguous_is_mended() {
        assert_eq!(
            json_object("{\"a\": \"x\n\ty\", \"b\": [1,2,],}").unwrap(),
            json!({"a": "x\n\ty", "b": [1, 2]})
        );
        assert_eq!(
            json_object("{“a”: \"“x”: y\", ”b“ : 1}").unwrap(),
            json!({"a": "“x”: y", "b": 1})
        );
        for broken in [
            "{\"a\": “x”}",
            r#"{"a": "printf("%d", x)"}"#,
            r#"{"code": "\d"}"#,
            "{}",
            r#"{"a": 1, "fixes": [{"b": 2}],"#,
            "Declare `int a[2] = {};` first.",
            "{\"a\": ",
            "[1, 2]",
            "[]",
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

    /// Programs as models return them: templates, backslashes, fences, braces, quotes, CJK, emoji, tags.
    fn code() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[ -~\\n\\t]{0,12}",
            Just("vector<pair<int,vector<int>>> a;".to_owned()),
            Just("```cpp\n".to_owned()),
            Just("\n```\n".to_owned()),
            Just("\\".to_owned()),
            Just("\\\\n\\d+\\\"".to_owned()),
            Just("printf(\"%d\\n\", x);".to_owned()),
            Just("{\"a\": [1, 2,], }".to_owned()),
            Just("}}}{{{".to_owned()),
            Just("</think>".to_owned()),
            Just("<|channel|>final<|message|>".to_owned()),
            Just("“名”: 题目，最短路".to_owned()),
            Just("😀👩‍👩‍👧".to_owned()),
            Just("\u{feff}\r\n\u{2028}".to_owned()),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
    }

    /// What models write around their answer.
    fn wrapped(before: &str, wrapping: u8, answer: &str) -> String {
        match wrapping {
            0 => answer.to_owned(),
            1 => format!("\u{feff} {answer}\n"),
            2 => format!("{before}\n```json\n{answer}\n```\n{before}"),
            3 => format!("<think>{before} {{\"code\": 1}}</think>\n{answer}"),
            4 => format!("{before}</think>```\n{answer}\n```"),
            _ => format!("{before}: {answer} {before}"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn no_answer_panics(answer in ".{0,400}", code in code()) {
            let _ = json_object(&answer);
            let _ = json_object(&code);
            let _ = json_object(&format!("{{\"code\": \"{code}\"}}"));
            mend(&code);
        }

        #[test]
        fn no_byte_of_a_well_formed_string_is_changed(
            code in code(),
            before in "[a-z ]{0,20}",
            wrapping in 0_u8..6,
            pretty in any::<bool>(),
        ) {
            let answer = json!({ "explanation": code, "fixes": [{ "code": code }], "code": code });
            let text = if pretty { serde_json::to_string_pretty(&answer).unwrap() } else { answer.to_string() };
            prop_assert_eq!(json_object(&wrapped(&before, wrapping, &text)).unwrap(), answer);
        }

        #[test]
        fn mending_changes_no_well_formed_string(code in code()) {
            let answer = json!({ "code": code });
            prop_assert_eq!(serde_json::from_str::<Value>(&mend(&answer.to_string())).unwrap(), answer);
        }

        #[test]
        fn raw_line_ends_and_trailing_commas_are_all_that_is_mended(lines in proptest::collection::vec("[a-z{}<>();`题😀 ]{0,20}", 1..6)) {
            let code = lines.join("\n");
            let answer = format!("{{\"code\": \"{code}\",}}");
            prop_assert_eq!(&json_object(&answer).unwrap()["code"], &json!(code));
        }
    }
}
