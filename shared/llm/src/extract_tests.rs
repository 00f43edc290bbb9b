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

/// An answer in the wrapping that models write around it.
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
