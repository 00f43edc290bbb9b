//! Stage `analysis`: the bug and its smallest fix.
//!
//! The model answers with edits, which can be checked: each must stand in the program once. The fixed program is made of them
//! here, so that it differs from the user's nowhere else.

use std::{borrow::Cow, collections::HashMap};

use db::submissions::Submission;
use domain::{
    Analysis, AnswerLanguage, Fix, Lines, Problem, Program, Verdict, limits, line_ends::plain,
};
use llm::{Data, Picture, Question, Turn, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    answer::typed,
    latex::restored,
    source::{self, Edit},
    verification::Evidence,
};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Your own working: traces on the samples and the failing input, suspicions and how you checked them. Nobody else reads it.
    #[schemars(length(max = 2000))]
    reasoning: String,
    /// The mistake and its effect, in one to three sentences; or that nothing is wrong.
    #[schemars(length(max = 800))]
    summary: String,
    /// The changes, most important first; empty if the program is right.
    #[schemars(length(max = 20))]
    fixes: Vec<AnswerFix>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct AnswerFix {
    /// The lines to change, copied exactly from the program.
    #[serde(alias = "original_snippet")]
    old: String,
    /// The same lines after the change; empty to take them out.
    #[serde(alias = "modified_snippet")]
    new: String,
    /// The line of the program on which old begins, only where it stands there more than once; else 0.
    line: usize,
    /// Kind of mistake in two or three words, such as "off-by-one" or "integer overflow".
    #[schemars(length(max = 80))]
    category: String,
    /// critical: the program fails because of it; major: only on rare inputs; minor: only on another judge.
    #[schemars(extend("enum" = ["critical", "major", "minor"]))]
    severity: String,
    /// A nudge towards the spot that does not give the change away, best a question or an input to try.
    #[schemars(length(max = 400))]
    hint: String,
    /// Why the lines are wrong, on an example, and why the change makes them right.
    #[schemars(length(max = 1500))]
    explanation: String,
}

/// The task for a model that lost itself in the whole of it.
const BRIEF: &str = "A contestant's program fails on the judge. Find the bug and change as few lines as possible. Each `old` is copied \
    exactly from the program; `new` takes its place. If the program is right, `fixes` is empty. Keep every text short.";

/// `problem` is what was read from images, if there are any; where that failed, the images themselves are shown.
pub(crate) fn question(
    task: &str,
    submission: &Submission,
    problem: Option<&Problem>,
    pictures: &[Picture],
    program: &Program,
    evidence: &Evidence,
) -> Question {
    let language = submission.answer_language;
    let statement = problem.map(statement).unwrap_or_default();
    let pictures = if statement.is_empty() { pictures } else { &[] };
    let nothing = submission.text.is_empty() && statement.is_empty() && pictures.is_empty();
    let verdict = submission.verdict.map(Verdict::in_words);
    let mut data = Data::new()
        .part("submitted text", &beside_the_program(submission, program))
        .part("statement in the images", &statement)
        .part("language", &program.language)
        .part("verdict of the judge", verdict.unwrap_or_default())
        .part(
            "input on which it fails",
            submission.failing_input.as_deref().unwrap_or_default(),
        )
        .part("program", &plain(&program.code));
    for (name, content) in &evidence.parts {
        data = data.part(name, content);
    }
    let in_full = |task: &str| {
        let mut task = format!(
            "{}\n\nWrite summary, category, hint and explanation in {}. Code, identifiers and the values of severity stay \
             as they are.",
            task.trim_end(),
            language.in_words()
        );
        if !evidence.parts.is_empty() {
            task.push_str(
                "\n\nThe parts about runs are facts: the program was run, and did what they say. Explain it by them.",
            );
        }
        if nothing {
            task.push_str(
                "\n\nNo problem statement was submitted; infer the task from the program.",
            );
        }
        task
    };
    let examples = examples(&data, language);
    let (brief, _) = data.clone().into_messages(&in_full(BRIEF));
    let (system, user) = data.into_messages(&in_full(task));
    Question {
        examples,
        brief: Some(brief),
        pictures: pictures.to_vec(),
        ..Question::new("analysis", schema_of::<Answer>(), system, user)
    }
}

/// The text as submitted, without the program within it: that comes by itself, and need not be paid for twice.
pub(crate) fn beside_the_program<'a>(
    submission: &'a Submission,
    program: &Program,
) -> Cow<'a, str> {
    let text = submission.text.as_str();
    let around = program
        .span
        .and_then(|(start, end)| Some((text.get(..start)?, text.get(end..)?)));
    match around {
        Some((before, after)) => Cow::Owned(format!("{before}[Here stands the program.]\n{after}")),
        None => Cow::Borrowed(text),
    }
}

/// A worked example: the task, the changes, and the words about them in each language.
#[derive(Deserialize)]
struct Example {
    data: Vec<(String, String)>,
    fixes: Vec<Map<String, Value>>,
    #[serde(flatten)]
    words: HashMap<AnswerLanguage, ExampleWords>,
}

#[derive(Deserialize)]
struct ExampleWords {
    reasoning: String,
    summary: String,
    /// Category, hint and explanation.
    fixes: Vec<[String; 3]>,
}

fn examples(data: &Data, language: AnswerLanguage) -> Vec<Turn> {
    // A test reads them: there is no error at run time.
    let examples: Vec<Example> =
        serde_json::from_str(include_str!("../examples/analysis.json")).unwrap_or_default();
    let turns = examples.into_iter().filter_map(|mut example| {
        let parts = example.data.iter().map(|(name, part)| data.beside(name, part));
        let words = example.words.remove(&language)?;
        let fixes: Vec<_> = example.fixes.into_iter().zip(words.fixes).map(|(fix, [category, hint, explanation])| {
            json!({
                "old": fix["old"], "new": fix["new"], "line": 0, "category": category, "severity": fix["severity"],
                "hint": hint, "explanation": explanation
            })
        }).collect();
        Some(Turn {
            user: parts.collect::<Vec<_>>().join("\n"),
            assistant: json!({ "reasoning": words.reasoning, "summary": words.summary, "fixes": fixes }),
        })
    });
    turns.collect()
}

/// The statement as one Markdown text.
pub(crate) fn statement(problem: &Problem) -> String {
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

/// Words in a summary that says something.
const SUMMARY_WORDS: usize = 3;
/// Lines of a program that is too short for more than half of it to be much.
const SHORT_PROGRAM: usize = 10;

/// Checks an answer against the program, and makes its edits. It sends two kinds back once for a second look: an answer that
/// finds nothing although the judge or a run of the program found something, and one that writes most of the program anew.
pub(crate) fn check(
    answer: Value,
    last: bool,
    program: &Program,
    verdict: Option<Verdict>,
    failure: Option<&str>,
) -> Result<Analysis, String> {
    if answer["fixes"].is_null() {
        return Err(
            "it needs the member fixes, a list of changes; empty if nothing is wrong.".to_owned(),
        );
    }
    let answer: Answer = typed(answer)?;
    let original = program.code.as_str();
    let prose =
        |text: &str| limits::cut(&restored(text.trim()), limits::EXPLANATION_BYTES).to_owned();
    let summary = prose(&answer.summary);
    if answer.fixes.is_empty() {
        // A model that says nothing has not looked.
        if !says_something(&summary) {
            return Err(
                "it has neither fixes nor a summary of a few words. If nothing is wrong, say so in summary."
                    .to_owned(),
            );
        }
        if let (Some(failure), false) = (failure, last) {
            return Err(format!(
                "it finds nothing, but the program was run, and the outcome is: {failure}. Look again at that run. If nothing \
                 in the program is wrong, give an empty list once more, and say in the summary what outside the program explains it."
            ));
        }
        if let (Some(verdict), false) = (verdict, last) {
            return Err(format!(
                "it finds nothing, but the judge says {} about this program. Look again. If nothing in the program is \
                 wrong, give an empty list once more, and say in the summary what outside the program explains the verdict.",
                verdict.in_words()
            ));
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
    let mut fixes = answer.fixes;
    fixes.truncate(limits::FIXES);
    let edits: Vec<_> = fixes
        .iter()
        .map(|fix| Edit {
            old: &fix.old,
            new: &fix.new,
            line: Some(fix.line).filter(|line| *line > 0),
        })
        .collect();
    let edited = source::edit(original, &edits).map_err(|reasons| reasons.join("\n"))?;
    let modified = edited.code;
    if modified.len() > limits::CODE_BYTES {
        return Err(format!(
            "with the changes the program has {} bytes, it may have {}.",
            modified.len(),
            limits::CODE_BYTES
        ));
    }
    let size = diff::change_size(original, &modified);
    let lines = original.lines().count();
    if !last && lines > SHORT_PROGRAM && size.removed * 2 > lines {
        return Err(format!(
            "it changes {} of the {lines} lines. Make the smallest change that makes the program right. If no smaller one \
             can, give the same answer again, and say so in the summary.",
            size.removed
        ));
    }
    let places = edited.lines;
    let fixes = fixes.into_iter().zip(places).map(|(fix, place)| Fix {
        category: limits::cut(fix.category.trim(), 200).to_owned(),
        severity: severity(&fix.severity).to_owned(),
        hint: prose(&fix.hint),
        explanation: prose(&fix.explanation),
        original_snippet: limits::cut(source::unfence(&fix.old), limits::CODE_BYTES).to_owned(),
        modified_snippet: limits::cut(source::unfence(&fix.new), limits::CODE_BYTES).to_owned(),
        lines: Some(Lines {
            start: place.start,
            end: place.end,
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

/// Whether a text has a few words, or in a script without spaces between them a few characters.
fn says_something(text: &str) -> bool {
    let wide = text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic());
    text.split_whitespace().count() >= SUMMARY_WORDS || wide.count() >= 2 * SUMMARY_WORDS
}

fn severity(text: &str) -> &'static str {
    match text.trim().to_lowercase().as_str() {
        "critical" | "high" | "blocker" | "fatal" => "critical",
        "minor" | "low" | "info" | "trivial" => "minor",
        _ => "major",
    }
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
