//! Stage `code`: the program in what was submitted.
//!
//! The model finds it and lays it out; whether that is still the user's program is checked here, and the user's own bytes
//! are what everything later works on.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::{
    db::submissions::Submission,
    domain::{CodeSource, Program, limits},
    llm::{Picture, Question, schema_of},
};

use crate::{
    answer::typed,
    prompt::Data,
    source::{self, Family},
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Programming language, such as C++, Python or Java.
    language: String,
    /// The whole program; empty if there is none.
    code: String,
}

pub(crate) fn question(task: &str, submission: &Submission, pictures: &[Picture]) -> Question {
    let data = match &submission.code {
        Some(code) => Data::new().part("program", code),
        None => Data::new().part("submitted text", &submission.text),
    }
    .part(
        "language",
        submission.language.as_deref().unwrap_or_default(),
    );
    let in_images = submission.code.is_none() && submission.text.is_empty();
    let task = if in_images {
        format!("{task}\n\nThe program is in the images.")
    } else {
        task.to_owned()
    };
    let (system, user) = data.into_messages(&task);
    // A program in a field of its own needs no pictures to be found.
    let pictures = if submission.code.is_some() {
        Vec::new()
    } else {
        pictures.to_vec()
    };
    Question {
        system,
        user,
        pictures,
        schema_name: "code",
        schema: schema_of::<Answer>(),
    }
}

/// Finds out whose bytes a model's answer stands for.
pub(crate) struct Finder<'a> {
    submission: &'a Submission,
    has_pictures: bool,
}

impl<'a> Finder<'a> {
    pub(crate) const fn new(submission: &'a Submission, has_pictures: bool) -> Self {
        Self {
            submission,
            has_pictures,
        }
    }

    /// The program that the answer stands for; `None` when there is no program. The `last` answer is made the best of.
    pub(crate) fn check(&self, answer: Value, last: bool) -> Result<Option<Program>, String> {
        if !answer["code"].is_string() {
            return Err("it has no member code with the program as text.".to_owned());
        }
        let answer: Answer = typed(answer)?;
        let layout = source::unfence(&answer.code);
        let named = answer
            .language
            .trim()
            .chars()
            .take(limits::LANGUAGE_CHARS)
            .collect();
        let language = self.submission.language.clone().unwrap_or(named);
        if layout.len() > limits::CODE_BYTES {
            return Err(format!(
                "the code has {} bytes, a program may have {}.",
                layout.len(),
                limits::CODE_BYTES
            ));
        }
        if let Some(own) = &self.submission.code {
            return Ok(Some(verified(
                own,
                layout,
                language,
                CodeSource::Code,
                None,
            )));
        }
        if layout.trim().is_empty() {
            return Ok(None);
        }
        let text = self.submission.text.as_str();
        let found = source::find_in_text(text, layout);
        let is_in_text = found.is_some();
        if let Some(found) = found.filter(|found| found.exact || last) {
            let span = (found.range.start, found.range.end);
            return Ok(Some(verified(
                &text[found.range],
                layout,
                language,
                CodeSource::Text,
                Some(span),
            )));
        }
        if self.has_pictures && !is_in_text {
            return Ok(Some(Program {
                language,
                code: layout.to_owned(),
                original: layout.to_owned(),
                source: CodeSource::Image,
                span: None,
                verified: false,
                layout_trusted: true,
            }));
        }
        if !last {
            return Err("the code differs from the submitted text in more than white space. Copy the program from the \
                        text character by character and change nothing but its layout."
                .to_owned());
        }
        // What was submitted is worked on as a whole rather than a program that nobody wrote.
        Ok(Some(verified(
            text,
            "",
            language,
            CodeSource::Text,
            Some((0, text.len())),
        )))
    }
}

fn verified(
    own: &str,
    layout: &str,
    language: String,
    source: CodeSource,
    span: Option<(usize, usize)>,
) -> Program {
    let layout_trusted = source::same_program(own, layout, rules(&language, own));
    Program {
        language,
        code: if layout_trusted { layout } else { own }.to_owned(),
        original: own.to_owned(),
        source,
        span,
        verified: true,
        layout_trusted,
    }
}

/// The language whose rules a layout is held to. A model may name the wrong one, so a program without a single brace or
/// semicolon is not compared by the rules of a language in which line ends mean nothing.
fn rules<'a>(language: &'a str, own: &str) -> &'a str {
    let free_form = matches!(
        source::family(language),
        Family::C
            | Family::Cpp
            | Family::CSharp
            | Family::Java
            | Family::Rust
            | Family::Php
            | Family::Pascal
    );
    if free_form && !own.contains(['{', ';']) {
        ""
    } else {
        language
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::domain::{AnswerLanguage, Status, SubmissionId};

    use super::*;

    fn submission(text: &str, code: Option<&str>) -> Submission {
        let now = Default::default();
        Submission {
            id: SubmissionId::generate(),
            status: Status::Processing,
            run: 1,
            version: 1,
            title: String::new(),
            text: text.to_owned(),
            code: code.map(str::to_owned),
            language: None,
            verdict: None,
            failing_input: None,
            answer_language: AnswerLanguage::English,
            image_count: 0,
            owner_token_hash: None,
            request_id: None,
            error_code: None,
            error_detail: None,
            created_at: now,
            updated_at: now,
            queued_at: now,
            started_at: None,
            finished_at: None,
        }
    }

    const OWN: &str =
        "#include <cstdio>\nint main(){int a,b;scanf(\"%d %d\",&a,&b);printf(\"%d\\n\",a-b);}\n";
    const LAID_OUT: &str = "#include <cstdio>\n\nint main() {\n    int a, b;\n    scanf(\"%d %d\", &a, &b);\n    printf(\"%d\\n\", a - b);\n}\n";

    fn answer(code: &str) -> Value {
        json!({ "language": "C++", "code": code })
    }

    #[test]
    fn a_clean_layout_is_for_reading_and_the_users_bytes_are_worked_on() {
        let submission = submission("", Some(OWN));
        let program = Finder::new(&submission, false)
            .check(answer(LAID_OUT), false)
            .unwrap()
            .unwrap();
        assert_eq!(
            (program.code.as_str(), program.original.as_str()),
            (LAID_OUT, OWN)
        );
        assert!(program.verified && program.layout_trusted);
        assert_eq!(program.source, CodeSource::Code);
    }

    #[test]
    fn a_layout_that_changed_the_program_is_not_trusted() {
        let submission = submission("", Some(OWN));
        let program = Finder::new(&submission, false)
            .check(answer(&LAID_OUT.replace("a - b", "a + b")), false)
            .unwrap()
            .unwrap();
        assert_eq!(
            (program.code.as_str(), program.original.as_str()),
            (OWN, OWN)
        );
        assert!(program.verified && !program.layout_trusted);
    }

    #[test]
    fn a_wrongly_named_language_does_not_loosen_the_rules() {
        let own = "if x:\n    a()\n    b()\n";
        let submission = submission("", Some(own));
        let moved = json!({ "language": "C++", "code": "if x:\n    a()\nb()\n" });
        let program = Finder::new(&submission, false)
            .check(moved, false)
            .unwrap()
            .unwrap();
        assert!(!program.layout_trusted);
    }

    #[test]
    fn a_program_in_the_text_is_taken_from_the_text() {
        let text = format!("Print the sum.\n\nMy code:\n{OWN}\nWhy is it wrong?");
        let submission = submission(&text, None);
        let program = Finder::new(&submission, false)
            .check(answer(LAID_OUT), false)
            .unwrap()
            .unwrap();
        assert_eq!(program.original, OWN);
        let (start, end) = program.span.unwrap();
        assert_eq!(&text[start..end], OWN);
        assert!(program.verified && program.layout_trusted);
    }

    #[test]
    fn a_program_that_nobody_wrote_is_sent_back_once_and_then_the_text_is_kept() {
        let submission = submission("Sum two numbers.\nprint(int(input()) - int(input()))", None);
        let finder = Finder::new(&submission, false);
        let invented = answer(
            "import sys\nvalues = [int(v) for v in sys.stdin.read().split()]\nprint(sum(values))",
        );
        assert!(
            finder
                .check(invented.clone(), false)
                .unwrap_err()
                .contains("Copy the program")
        );
        let program = finder.check(invented, true).unwrap().unwrap();
        assert_eq!(program.original, submission.text);
        assert!(program.verified && !program.layout_trusted);
    }

    #[test]
    fn a_program_from_an_image_is_marked_unverified() {
        let submission = submission("", None);
        let program = Finder::new(&submission, true)
            .check(answer(LAID_OUT), false)
            .unwrap()
            .unwrap();
        assert_eq!(program.source, CodeSource::Image);
        assert!(!program.verified);
    }

    #[test]
    fn no_program_is_no_program_unless_there_is_a_code_field() {
        assert!(
            Finder::new(&submission("only a story", None), false)
                .check(answer(" "), false)
                .unwrap()
                .is_none()
        );
        let submission = submission("", Some(OWN));
        assert_eq!(
            Finder::new(&submission, false)
                .check(answer(""), false)
                .unwrap()
                .unwrap()
                .code,
            OWN
        );
    }
}
