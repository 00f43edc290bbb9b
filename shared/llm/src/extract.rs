//! Reading the JSON object out of what a model wrote around it.
//!
//! It makes only repairs that cannot change the meaning of a string. The JSON repair crates corrupt code silently (they drop
//! backslashes and split strings at inner quotes), so it uses none.

use std::{collections::VecDeque, ops::Range};

use serde_json::Value;

use super::{capabilities::Quirk, schema::lists};

/// Marks at the end of the thinking of models whose server does not take it out.
const THOUGHT_ENDS: &[&str] = &[
    "</think>",
    "</thinking>",
    "</thought>",
    "</reasoning>",
    "[/THINK]",
    "<|channel|>final<|message|>",
    "<|message|>",
];
/// The rest of the marks between the thinking and the answer where a server takes the marks out.
const CHANNEL_NAMES: &str = "assistantfinal";
/// Objects that are offered as the answer at most.
const MAX_CANDIDATES: usize = 40;
/// Those of them that one object holds.
const MAX_WITHIN: usize = 20;
/// Objects around the answer.
const MAX_DEPTH: usize = 3;
/// Ends of thinking that are tried at most.
const MAX_THOUGHTS: usize = 20;
/// Most openings to try when looking for an object among other text.
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

/// The text after the model's thinking, the likeliest first. Its opening tag may be missing, so everything up to the last
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

/// The text between the first fence and the last one: a program in a string may hold fences of its own.
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

/// Members whose values are code or data: nobody guesses at the meaning of an escape in them.
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
#[path = "extract_tests.rs"]
mod tests;
