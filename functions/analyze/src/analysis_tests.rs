use domain::CodeSource;
use serde_json::json;

use super::*;

const ORIGINAL: &str = "n = int(input())\r\nfor i in range(1, n):\r\n    print(i)\r\n";

fn program(code: &str) -> Program {
    Program {
        language: "Python".to_owned(),
        code: code.to_owned(),
        source: CodeSource::Code,
        span: None,
        verified: true,
    }
}

fn answer(old: &str, new: &str) -> Value {
    json!({
        "reasoning": "n is left out", "summary": "The last number is missing.",
        "fixes": [
            { "category": "off-by-one", "severity": "High", "hint": "Which numbers does the loop see?",
              "explanation": "range ends before n.", "old": old, "new": new }
        ]
    })
}

fn checked(answer: Value) -> Result<Analysis, String> {
    check(
        answer,
        false,
        &program(ORIGINAL),
        Some(Verdict::WrongAnswer),
        None,
    )
}

#[test]
fn the_fixed_program_differs_from_the_users_file_only_where_it_was_fixed() {
    let line = "for i in range(1, n):";
    let fixed = "for i in range(1, n + 1):";
    let fenced = |code: &str| format!("```python\n{code}\n```");
    for (old, new) in [
        (line.to_owned(), fixed.to_owned()),
        (fenced(line), fenced(fixed)),
        ("1, n".to_owned(), "1, n + 1".to_owned()),
    ] {
        let analysis = checked(answer(&old, &new)).unwrap();
        assert_eq!(
            analysis.modified_code,
            "n = int(input())\r\nfor i in range(1, n + 1):\r\n    print(i)\r\n"
        );
        assert_eq!((analysis.lines_added, analysis.lines_removed), (1, 1));
        assert!(analysis.bug_found);
        assert_eq!(analysis.fixes[0].lines, Some(Lines { start: 2, end: 2 }));
        assert_eq!(analysis.fixes[0].severity, "critical");
    }
}

#[test]
fn an_answer_in_the_words_of_an_older_prompt_is_understood() {
    let answer = json!({
        "summary": "The last number is missing.", "modified_code": "of no interest",
        "fixes": [{ "original_snippet": "1, n", "modified_snippet": "1, n + 1", "line": "2" }]
    });
    assert!(checked(answer).unwrap().modified_code.contains("n + 1"));
}

#[test]
fn a_fix_that_is_no_list_or_text_in_lines_is_understood() {
    for fixes in [
        json!({ "old": "1, n", "new": "1, n + 1" }),
        json!(r#"[{"old": "1, n", "new": "1, n + 1"}]"#),
        json!([{ "old": ["n = int(input())", "for i in range(1, n):"], "new": ["n = int(input())", "for i in range(1, n + 1):"] }]),
    ] {
        let answer = json!({ "summary": "The last number is missing.", "fixes": fixes });
        assert!(checked(answer).unwrap().modified_code.contains("n + 1"));
    }
}

#[test]
fn the_examples_are_right_in_every_language() {
    for language in AnswerLanguage::ALL {
        let turns = examples(&Data::new(), *language);
        assert_eq!(turns.len(), 2);
        for turn in turns {
            let (_, code) = turn.user.rsplit_once("name=\"program\">\n").unwrap();
            let (code, _) = code.rsplit_once("\n</data").unwrap();
            let analysis = check(turn.assistant, false, &program(code), None, None).unwrap();
            assert_eq!(analysis.bug_found, code.contains("int main"));
        }
    }
}

#[test]
fn an_empty_list_means_that_no_bug_was_found() {
    let answer = json!({ "summary": "It is right.", "fixes": [], "modified_code": "reflowed" });
    let analysis = check(answer.clone(), false, &program(ORIGINAL), None, None).unwrap();
    assert!(!analysis.bug_found);
    assert_eq!(analysis.modified_code, ORIGINAL);
    // Where the judge found something, it is asked once more.
    let reason = checked(answer.clone()).unwrap_err();
    assert!(reason.contains("the judge says Wrong Answer"), "{reason}");
    let wrong = Some(Verdict::WrongAnswer);
    assert!(
        !check(answer, true, &program(ORIGINAL), wrong, None)
            .unwrap()
            .bug_found
    );
    let chinese = json!({ "summary": "程序是正确的。", "fixes": [] });
    assert!(check(chinese, true, &program(ORIGINAL), wrong, None).is_ok());
}

#[test]
fn an_answer_that_does_not_say_whether_there_is_a_bug_is_no_answer() {
    for answer in [
        json!({ "a": 1 }),
        json!({ "bugs": ["x"], "fixed_code": ORIGINAL }),
        json!({ "summary": "It is right.", "fixes": null }),
        json!({ "summary": "fine", "fixes": [] }),
        json!({ "summary": "", "fixes": [] }),
    ] {
        let checked = check(answer.clone(), true, &program(ORIGINAL), None, None);
        assert!(checked.is_err(), "{answer}");
    }
}

#[test]
fn an_edit_that_cannot_be_made_is_sent_back() {
    for (old, new, says) in [
        ("", "x", "fixes[0].old is empty"),
        (
            "while True:",
            "x",
            "fixes[0].old does not stand in the program",
        ),
        ("i", "j", "fixes[0].old stands 2 times"),
        ("1, n", "1, n", "are the same"),
    ] {
        let reason = checked(answer(old, new)).unwrap_err();
        assert!(reason.contains(says), "{old:?}: {reason}");
    }
}

#[test]
fn a_program_that_is_written_anew_is_sent_back_once() {
    let long: String = (0..20).map(|n| format!("print({n})\n")).collect();
    let anew = answer(long.trim_end(), "for n in range(20):\n    print(n)");
    let reason = check(anew.clone(), false, &program(&long), None, None).unwrap_err();
    assert!(reason.contains("it changes 20 of the 20 lines"), "{reason}");
    let analysis = check(anew, true, &program(&long), None, None).unwrap();
    assert_eq!(
        analysis.modified_code,
        "for n in range(20):\n    print(n)\n"
    );
}
