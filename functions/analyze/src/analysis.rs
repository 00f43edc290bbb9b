//! Stage `analysis`: the bug and its smallest fix.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::{
    db::submissions::Submission,
    domain::{Analysis, Fix, Lines, Problem, Program, limits},
    llm::{Question, schema_of},
};

use crate::{answer::typed, prompt::Data, source};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Your own working: what the program does on the samples and the failing input, and where it goes wrong.
    reasoning: String,
    /// What is wrong, in one to three sentences; or that nothing is.
    summary: String,
    /// The changes, most important first; empty if the program is right.
    fixes: Vec<AnswerFix>,
    /// The whole program with every change made; the program unchanged if it is right.
    modified_code: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct AnswerFix {
    /// Kind of mistake, such as "off-by-one" or "integer overflow".
    category: String,
    /// critical, major or minor.
    severity: String,
    /// A nudge towards the spot that does not give the fix away.
    hint: String,
    /// Why the lines are wrong, on an example if possible, and why the change makes them right.
    explanation: String,
    /// The lines to change, copied exactly from the program.
    original_snippet: String,
    /// The same lines after the change.
    modified_snippet: String,
}

pub(crate) fn question(
    task: &str,
    submission: &Submission,
    problem: Option<&Problem>,
    program: &Program,
) -> Question {
    let language = submission.answer_language.in_words();
    let task = format!(
        "{}\n\nWrite summary, category, hint and explanation in {language}. Code, identifiers and the values of severity \
         stay as they are.",
        task.trim_end()
    );
    let statement = problem.map(statement).unwrap_or_default();
    let task = if statement.is_empty() {
        format!("{task}\n\nNo problem statement was submitted; infer the task from the program.")
    } else {
        task
    };
    let verdict = submission
        .verdict
        .map(|verdict| verdict.in_words())
        .unwrap_or_default();
    let (system, user) = Data::new()
        .part("problem", &statement)
        .part("language", &program.language)
        .part("verdict of the judge", verdict)
        .part(
            "input on which it fails",
            submission.failing_input.as_deref().unwrap_or_default(),
        )
        .part("program", &program.original)
        .into_messages(&task);
    Question {
        system,
        user,
        pictures: Vec::new(),
        schema_name: "analysis",
        schema: schema_of::<Answer>(),
    }
}

/// The statement as one Markdown text.
fn statement(problem: &Problem) -> String {
    let mut out = String::new();
    let mut section = |heading: &str, body: &str| {
        if !body.trim().is_empty() {
            out.push_str(&format!("## {heading}\n\n{}\n\n", body.trim_end()));
        }
    };
    section("Title", &problem.title);
    section("Time limit", &problem.time_limit);
    section("Memory limit", &problem.memory_limit);
    section("Description", &problem.description);
    section("Input", &problem.input_format);
    section("Output", &problem.output_format);
    for (number, sample) in (1..).zip(&problem.samples) {
        section(&format!("Sample {number}: input"), &sample.input);
        section(&format!("Sample {number}: output"), &sample.output);
        section(
            &format!("Sample {number}: explanation"),
            &sample.explanation,
        );
    }
    section("Notes", &problem.notes);
    out
}

/// Checks an answer against the program, and adds what we find out ourselves: where each snippet stands, and the size of
/// the change.
pub(crate) fn check(answer: Value, program: &Program) -> Result<Analysis, String> {
    if !answer["fixes"].is_array() || !answer["modified_code"].is_string() {
        return Err(
            "it needs the members fixes, a list, and modified_code, the whole program as text."
                .to_owned(),
        );
    }
    let answer: Answer = typed(answer)?;
    let original = program.original.as_str();
    let summary = limits::cut(answer.summary.trim(), limits::EXPLANATION_BYTES).to_owned();
    if answer.fixes.is_empty() {
        let modified = source::like_original(source::unfence(&answer.modified_code), original);
        if !modified.trim().is_empty() && modified != original {
            return Err("modified_code differs from the program, but fixes is empty. List each change, or return the \
                        program unchanged if nothing is wrong."
                .to_owned());
        }
        // A model that says nothing has not looked.
        if summary.is_empty() {
            return Err(
                "it has neither fixes nor a summary. If nothing is wrong, say so in summary."
                    .to_owned(),
            );
        }
        return Ok(Analysis {
            bug_found: false,
            summary,
            fixes: Vec::new(),
            modified_code: original.to_owned(),
            lines_added: 0,
            lines_removed: 0,
        });
    }
    let modified = modified_code(&answer.modified_code, original)?;
    let size = source::change_size(original, &modified);

    let mut fixes = answer.fixes;
    fixes.truncate(limits::FIXES);
    let snippets: Vec<&str> = fixes
        .iter()
        .map(|fix| fix.original_snippet.as_str())
        .collect();
    let places = source::locate_all(original, &snippets);
    let fixes = fixes.into_iter().zip(places).map(|(fix, place)| Fix {
        category: limits::cut(fix.category.trim(), 200).to_owned(),
        severity: severity(&fix.severity).to_owned(),
        hint: limits::cut(fix.hint.trim(), limits::EXPLANATION_BYTES).to_owned(),
        explanation: limits::cut(fix.explanation.trim(), limits::EXPLANATION_BYTES).to_owned(),
        original_snippet: limits::cut(source::unfence(&fix.original_snippet), limits::CODE_BYTES)
            .to_owned(),
        modified_snippet: limits::cut(source::unfence(&fix.modified_snippet), limits::CODE_BYTES)
            .to_owned(),
        lines: place.map(|lines| Lines {
            start: lines.start,
            end: lines.end,
        }),
    });
    Ok(Analysis {
        bug_found: true,
        summary,
        fixes: fixes.collect(),
        modified_code: modified,
        lines_added: size.added,
        lines_removed: size.removed,
    })
}

/// The fixed program, as a file that differs from the user's only where it was fixed.
fn modified_code(answered: &str, original: &str) -> Result<String, String> {
    let code = source::unfence(answered);
    if code.trim().is_empty() {
        return Err(
            "modified_code is empty. Give the whole program with the changes made.".to_owned(),
        );
    }
    if code.len() > limits::CODE_BYTES {
        return Err(format!(
            "modified_code has {} bytes, it may have {}.",
            code.len(),
            limits::CODE_BYTES
        ));
    }
    if source::is_diff(code) && !source::is_diff(original) {
        return Err(
            "modified_code is a diff. Give the whole program with the changes made, as a file."
                .to_owned(),
        );
    }
    if let Some(line) = left_out(code, original) {
        return Err(format!(
            "modified_code leaves a part out (\"{line}\"). Give the whole program, every line of it."
        ));
    }
    let modified = source::like_original(code, original);
    if modified == original {
        return Err("modified_code is the program unchanged, but fixes is not empty. Make the changes in modified_code, or \
                    return an empty list if nothing is wrong."
            .to_owned());
    }
    Ok(modified)
}

/// A comment that stands for lines that were not written out.
fn left_out<'a>(code: &'a str, original: &str) -> Option<&'a str> {
    const COMMENTS: [&str; 5] = ["//", "#", "/*", "--", "..."];
    const PHRASES: [&str; 6] = [
        "...",
        "…",
        "unchanged",
        "same as before",
        "rest of the",
        "remains the same",
    ];
    code.lines().map(str::trim).find(|line| {
        let lower = line.to_lowercase();
        let body = COMMENTS
            .iter()
            .find_map(|mark| lower.strip_prefix(mark))
            .map(str::trim);
        // `# ...` and `...` alone say it, and so does a short comment with one of the phrases.
        let says = body.is_some_and(|body| {
            body.is_empty() && lower == "..."
                || body.len() <= 60
                    && PHRASES
                        .iter()
                        .any(|phrase| body.starts_with(phrase) || body.ends_with(phrase))
        });
        says && !original.contains(*line)
    })
}

fn severity(text: &str) -> &'static str {
    match text.trim().to_lowercase().as_str() {
        "critical" | "high" | "blocker" | "fatal" => "critical",
        "minor" | "low" | "info" | "trivial" => "minor",
        _ => "major",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::domain::CodeSource;

    use super::*;

    const ORIGINAL: &str = "n = int(input())\r\nfor i in range(1, n):\r\n    print(i)\r\n";

    fn program() -> Program {
        Program {
            language: "Python".to_owned(),
            code: ORIGINAL.to_owned(),
            original: ORIGINAL.to_owned(),
            source: CodeSource::Code,
            span: None,
            verified: true,
            layout_trusted: true,
        }
    }

    fn answer(modified_code: &str) -> Value {
        json!({
            "reasoning": "n is left out", "summary": "The last number is missing.",
            "fixes": [
                { "category": "off-by-one", "severity": "High", "hint": "Which numbers does the loop see?",
                  "explanation": "range ends before n.", "original_snippet": "for i in range(1, n):",
                  "modified_snippet": "for i in range(1, n + 1):" },
                { "original_snippet": "while True:", "modified_snippet": "" }
            ],
            "modified_code": modified_code
        })
    }

    const FIXED: &str = "n = int(input())\nfor i in range(1, n + 1):\n    print(i)";

    #[test]
    fn the_fixed_program_differs_from_the_users_file_only_where_it_was_fixed() {
        for given in [FIXED.to_owned(), format!("```python\n{FIXED}\n```")] {
            let analysis = check(answer(&given), &program()).unwrap();
            assert_eq!(
                analysis.modified_code,
                "n = int(input())\r\nfor i in range(1, n + 1):\r\n    print(i)\r\n"
            );
            assert_eq!((analysis.lines_added, analysis.lines_removed), (1, 1));
            assert!(analysis.bug_found);
        }
    }

    #[test]
    fn a_snippet_is_located_or_marked() {
        let analysis = check(answer(FIXED), &program()).unwrap();
        assert_eq!(analysis.fixes[0].lines, Some(Lines { start: 2, end: 2 }));
        assert_eq!(analysis.fixes[0].severity, "critical");
        assert_eq!(analysis.fixes[1].lines, None);
    }

    #[test]
    fn an_empty_list_means_that_no_bug_was_found() {
        for unchanged in [ORIGINAL, &ORIGINAL.replace('\r', ""), ""] {
            let answer =
                json!({ "summary": "It is right.", "fixes": [], "modified_code": unchanged });
            let analysis = check(answer, &program()).unwrap();
            assert!(!analysis.bug_found);
            assert_eq!(analysis.modified_code, ORIGINAL);
        }
    }

    #[test]
    fn an_answer_that_does_not_say_whether_there_is_a_bug_is_no_answer() {
        for answer in [
            json!({ "a": 1 }),
            json!({ "bugs": ["x"], "fixed_code": FIXED }),
            json!({ "summary": "fine", "fixes": null, "modified_code": ORIGINAL }),
            json!({ "summary": "fine", "fixes": [], "modified_code": FIXED }),
        ] {
            assert!(check(answer.clone(), &program()).is_err(), "{answer}");
        }
    }

    #[test]
    fn what_is_no_whole_fixed_program_is_sent_back() {
        for (code, says) in [
            ("", "is empty"),
            (
                "--- a.py\n+++ b.py\n@@ -2 +2 @@\n-for i in range(1, n):\n+for i in range(1, n + 1):\n",
                "is a diff",
            ),
            (
                "n = int(input())\n# ... rest unchanged\n",
                "leaves a part out",
            ),
            (ORIGINAL, "unchanged"),
        ] {
            let reason = check(answer(code), &program()).unwrap_err();
            assert!(reason.contains(says), "{code:?}: {reason}");
        }
    }

    #[test]
    fn a_comment_of_the_users_own_leaves_nothing_out() {
        assert_eq!(
            left_out("a\n// the rest of the\n", "x // the rest of the\n"),
            None
        );
        assert_eq!(left_out("a\n// ...\nb", "a"), Some("// ..."));
        assert_eq!(left_out("print(...)\nx[..., 0]\n", ""), None);
    }
}
