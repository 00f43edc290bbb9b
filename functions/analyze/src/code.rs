//! Stage `code`: finds the program in a submission without a code field.
//!
//! The model says where in the text it stands, and the user's own bytes are cut out there. Only from an image is it transcribed.

use db::submissions::Submission;
use domain::{CodeSource, Program, detected, limits};
use llm::{Data, Picture, Question, Turn, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{answer::typed, source};

/// Lines that are quoted of either end.
const QUOTED_LINES: usize = 3;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Programming language, such as C++, Python or Java.
    #[schemars(length(max = 40))]
    language: String,
    /// The first lines of the program, copied exactly, as many as tell where it begins; empty if there is none.
    #[schemars(length(max = 600))]
    first: String,
    /// The last lines of the program, copied exactly.
    #[schemars(length(max = 600))]
    last: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct AnswerOfImages {
    /// Programming language, such as C++, Python or Java.
    language: String,
    /// The first lines of the program if it stands in the text, copied exactly; else empty.
    first: String,
    /// The last lines of the program if it stands in the text, copied exactly; else empty.
    last: String,
    /// The whole program if it stands in an image; else empty.
    code: String,
}

pub(crate) fn question(task: &str, submission: &Submission, pictures: &[Picture]) -> Question {
    let data = Data::new().part("submitted text", &submission.text).part(
        "language",
        submission.language.as_deref().unwrap_or_default(),
    );
    let (examples, schema) = if pictures.is_empty() {
        (examples(&data), schema_of::<Answer>())
    } else {
        (Vec::new(), schema_of::<AnswerOfImages>())
    };
    let task = if submission.text.is_empty() {
        format!("{}\n\nThe program is in the images.", task.trim_end())
    } else {
        task.to_owned()
    };
    let (system, user) = data.into_messages(&task);
    Question {
        examples,
        pictures: pictures.to_vec(),
        ..Question::new("code", schema, system, user)
    }
}

fn examples(data: &Data) -> Vec<Turn> {
    let in_text = "Given n, print the sum of 1 to n.\nInput 3\nOutput 6\n\nmy solution gets WA on test 2\n\n#include <cstdio>\nint main() {\n    int n, s = 0;\n    scanf(\"%d\", &n);\n    for (int i = 1; i < n; i++) s += i;\n    printf(\"%d\\n\", s);\n}\n\nwhy??";
    let alone = "A palindrome reads the same in both directions. Count those among the n words.\n1 <= n <= 1000";
    vec![
        Turn {
            user: data.beside("submitted text", in_text),
            assistant: json!({
                "language": "C++", "first": "#include <cstdio>\nint main() {", "last": "    printf(\"%d\\n\", s);\n}"
            }),
        },
        Turn {
            user: data.beside("submitted text", alone),
            assistant: json!({ "language": "", "first": "", "last": "" }),
        },
    ]
}

/// The program that an answer stands for; `None` when there is none. The `last` answer is made the best of.
pub(crate) fn check(
    answer: Value,
    last: bool,
    submission: &Submission,
    has_pictures: bool,
) -> Result<Option<Program>, String> {
    if !["first", "code"]
        .iter()
        .any(|name| answer.get(name).is_some())
    {
        return Err(
            "it needs the members first and last, the program's first and last lines.".to_owned(),
        );
    }
    let answer: AnswerOfImages = typed(answer)?;
    let language = named(submission, &answer.language);
    let code = source::unfence(&answer.code);
    if code.len() > limits::CODE_BYTES {
        return Err(format!(
            "the code has {} bytes, a program may have {}.",
            code.len(),
            limits::CODE_BYTES
        ));
    }
    // A program that was copied out of the text says by its ends where it stands there.
    let (begin, end) = if answer.first.trim().is_empty() && answer.last.trim().is_empty() {
        ends_of(code)
    } else {
        (unfenced(&answer.first), unfenced(&answer.last))
    };
    if begin.is_empty() && end.is_empty() {
        return Ok(None);
    }
    let text = submission.text.as_str();
    match source::find(text, &begin, &end) {
        Ok(range) => Ok(Some(cut_out(text, range, language))),
        Err(_) if has_pictures && !code.trim().is_empty() => Ok(Some(Program {
            language: or_recognised(language, code),
            code: code.to_owned(),
            source: CodeSource::Image,
            span: None,
            verified: false,
        })),
        Err(missing) if !last => Err(format!(
            "the lines in {missing} do not stand in the submitted text. Copy them from it character by character."
        )),
        Err(_) => likely(submission, &answer.language)
            .map(Some)
            .ok_or_else(|| {
                "the lines in first and last do not stand in the submitted text.".to_owned()
            }),
    }
}

/// A stretch of the text that looks like a program, for when the model is of no help.
pub(crate) fn likely(submission: &Submission, language: &str) -> Option<Program> {
    let range = source::likely_program(&submission.text)?;
    let language = named(submission, language);
    Some(cut_out(&submission.text, range, language))
}

fn cut_out(text: &str, range: std::ops::Range<usize>, language: String) -> Program {
    let code = source::undecorated(&text[range.clone()]).into_owned();
    Program {
        language: or_recognised(language, &code),
        code,
        source: CodeSource::Text,
        span: Some((range.start, range.end)),
        verified: true,
    }
}

/// The language as the user, or else the model, names it.
fn named(submission: &Submission, by_model: &str) -> String {
    submission.language.clone().unwrap_or_else(|| {
        by_model
            .trim()
            .chars()
            .take(limits::LANGUAGE_CHARS)
            .collect()
    })
}

fn or_recognised(language: String, code: &str) -> String {
    if language.is_empty() {
        detected(code).to_owned()
    } else {
        language
    }
}

/// The quotation without lines that are nothing but a fence.
fn unfenced(quoted: &str) -> String {
    let lines = quoted
        .lines()
        .filter(|line| !line.trim_start().starts_with("```"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn ends_of(code: &str) -> (String, String) {
    let lines: Vec<&str> = code
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let count = lines.len().min(QUOTED_LINES);
    (
        lines[..count].join("\n"),
        lines[lines.len() - count..].join("\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::submission;

    const OWN: &str =
        "#include <cstdio>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);\nprintf(\"%d\\n\",a-b);}\n";

    fn ends(first: &str, last: &str) -> Value {
        json!({ "language": "C++", "first": first, "last": last })
    }

    #[test]
    fn the_users_own_bytes_are_cut_out_of_the_text() {
        let text = format!("Print the sum.\n\nMy code:\n{OWN}\nWhy is it wrong?");
        let submission = submission(&text);
        let first = "#include <cstdio>";
        let last = "printf( \"%d\\n\", a - b); }";
        for answer in [
            ends(first, last),
            ends(&format!("```cpp\n{first}"), &format!("{last}\n```")),
            json!({ "language": "C++", "code": OWN }),
        ] {
            let program = check(answer, false, &submission, false).unwrap().unwrap();
            assert_eq!(program.code, OWN);
            let (start, end) = program.span.unwrap();
            assert_eq!(&text[start..end], OWN);
            assert!(program.verified);
            assert_eq!(program.source, CodeSource::Text);
        }
    }

    #[test]
    fn line_numbers_of_a_page_are_no_part_of_the_program() {
        let numbered: String = (1..)
            .zip(OWN.lines())
            .map(|(number, line)| format!("{number} | {line}\n"))
            .collect();
        let submission = submission(&format!("Print the sum.\n{numbered}"));
        let program = check(
            ends("#include <cstdio>", "a-b);}"),
            false,
            &submission,
            false,
        );
        assert_eq!(program.unwrap().unwrap().code, OWN);
    }

    #[test]
    fn lines_that_nobody_wrote_are_sent_back_once_and_then_the_text_is_looked_at() {
        let submission = submission("Sum two numbers.\nprint(int(input()) - int(input()))");
        let invented = ends("import sys", "print(sum(values))");
        let reason = check(invented.clone(), false, &submission, false).unwrap_err();
        assert!(reason.contains("the lines in first"), "{reason}");
        let program = check(invented, true, &submission, false).unwrap().unwrap();
        assert_eq!(program.code, "print(int(input()) - int(input()))");
        assert_eq!(program.language, "C++");
    }

    #[test]
    fn a_program_from_an_image_is_marked_unverified() {
        let answer = json!({ "language": "C++", "first": "", "last": "", "code": OWN });
        let program = check(answer, false, &submission(""), true)
            .unwrap()
            .unwrap();
        assert_eq!(program.source, CodeSource::Image);
        assert!(!program.verified);
        assert_eq!(program.code, OWN);
    }

    #[test]
    fn no_program_is_no_program() {
        let story = submission("only a story");
        assert_eq!(check(ends("", " "), false, &story, false), Ok(None));
        assert!(check(ends("int x;", "}"), true, &story, false).is_err());
        assert!(check(json!({ "a": 1 }), true, &story, false).is_err());
    }
}
