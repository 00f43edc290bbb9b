//! Stage `problem`: the statement in its parts.

use db::submissions::Submission;
use domain::{Problem, Sample, limits};
use llm::{Data, Picture, Question, Turn, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{answer::typed, fidelity, latex::restored};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Name of the problem, as written.
    #[schemars(length(max = 300))]
    title: String,
    /// Time limit with its unit, as written.
    #[schemars(length(max = 100))]
    time_limit: String,
    /// Memory limit with its unit, as written.
    #[schemars(length(max = 100))]
    memory_limit: String,
    /// Story and task, in Markdown with LaTeX maths.
    description: String,
    /// Format of the input with all constraints.
    input_format: String,
    /// Format of the output.
    output_format: String,
    /// All examples, in order.
    #[schemars(length(max = 20))]
    samples: Vec<AnswerSample>,
    /// Notes, hints, scoring and everything else of the statement.
    notes: String,
    /// true only if the statement says that any of several right outputs is accepted.
    any_answer: bool,
    /// true only if the program talks with the judge's program: it asks queries and reads the answers.
    interactive: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct AnswerSample {
    /// Exactly what is typed in.
    input: String,
    /// Exactly what must come out.
    output: String,
    /// Why, if the statement explains it.
    explanation: String,
}

pub(crate) fn question(task: &str, submission: &Submission, pictures: &[Picture]) -> Question {
    let task = if submission.text.is_empty() {
        format!("{task}\n\nThe statement is in the images.")
    } else {
        task.to_owned()
    };
    let data = Data::new().part("submitted text", &submission.text);
    let examples = examples(&data);
    let (system, user) = data.into_messages(&task);
    Question {
        examples,
        pictures: pictures.to_vec(),
        ..Question::new("problem", schema_of::<Answer>(), system, user)
    }
}

fn examples(data: &Data) -> Vec<Turn> {
    let statement = "B. Odd Sum (time limit per test 2 seconds)\nYou are given n integers (1<=n<=10^5). Print the sum of the odd ones.\nInput\nThe first line has n, the second n integers.\nOutput\nOne number.\nExamples\ninputCopy\n3\n1 2 3\noutputCopy\n4\nBe careful with negative numbers!\nmy code:\nprint(sum(x for x in a if x % 2))";
    vec![Turn {
        user: data.beside("submitted text", statement),
        assistant: json!({
            "title": "B. Odd Sum", "time_limit": "2 seconds", "memory_limit": "",
            "description": "You are given $n$ integers ($1 \\le n \\le 10^5$). Print the sum of the odd ones.",
            "input_format": "The first line has $n$, the second $n$ integers.", "output_format": "One number.",
            "samples": [{ "input": "3\n1 2 3", "output": "4", "explanation": "" }],
            "notes": "Be careful with negative numbers!", "any_answer": false, "interactive": false
        }),
    }]
}

/// Checks an extraction against the text that it was made from; with pictures it may be from those. An empty one is sent back, and
/// believed the second time only where there are pictures.
pub(crate) fn check(
    answer: Value,
    last: bool,
    text: &str,
    has_pictures: bool,
) -> Result<Problem, String> {
    if !["title", "description", "samples", "input_format"]
        .iter()
        .any(|name| answer.get(name).is_some())
    {
        return Err(
            "it has none of the members title, description, input_format and samples.".to_owned(),
        );
    }
    let answer: Answer = typed(answer)?;
    let kept = |text: &str| limits::cut(text, limits::TEXT_BYTES).to_owned();
    let prose = |text: &str| kept(&restored(text.trim()));
    let problem = Problem {
        title: prose(&answer.title),
        time_limit: prose(&answer.time_limit),
        memory_limit: prose(&answer.memory_limit),
        description: prose(&answer.description),
        input_format: prose(&answer.input_format),
        output_format: prose(&answer.output_format),
        samples: answer
            .samples
            .iter()
            .filter(|sample| !sample.input.trim().is_empty() || !sample.output.trim().is_empty())
            .take(limits::SAMPLES)
            .map(|sample| Sample {
                input: kept(&sample.input),
                output: kept(&sample.output),
                explanation: kept(&restored(&sample.explanation)),
            })
            .collect(),
        notes: prose(&answer.notes),
        any_answer: answer.any_answer,
        interactive: answer.interactive,
    };
    if !has_pictures {
        fidelity::compare(&problem, text)?;
    } else if problem == Problem::default() && !last {
        return Err("every part is empty. Look again; if there is no statement, give the same answer once more.".to_owned());
    }
    Ok(problem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_samples_are_dropped_and_the_rest_is_kept_as_it_is() {
        let answer = json!({
            "title": " A + B ",
            "samples": [{ "input": "1 2\n", "output": "3\n" }, { "input": " ", "output": "" }]
        });
        let problem = check(answer, false, "", true).unwrap();
        assert_eq!(problem.title, "A + B");
        assert_eq!(problem.samples.len(), 1);
        assert_eq!(problem.samples[0].input, "1 2\n");
    }

    #[test]
    fn the_flags_are_off_unless_they_are_set() {
        for (flags, expected) in [
            (json!({}), [false, false]),
            (
                json!({ "any_answer": null, "interactive": "perhaps" }),
                [false, false],
            ),
            (
                json!({ "any_answer": true, "interactive": "True" }),
                [true, true],
            ),
        ] {
            let mut answer = json!({ "title": "t" });
            answer
                .as_object_mut()
                .unwrap()
                .extend(flags.as_object().unwrap().clone());
            let problem = check(answer, false, "", true).unwrap();
            assert_eq!(
                [problem.any_answer, problem.interactive],
                expected,
                "{flags}"
            );
        }
    }

    #[test]
    fn what_never_ends_is_cut() {
        let sample = json!({ "input": "1", "output": "2" });
        let answer = json!({
            "title": "t", "description": "长".repeat(limits::TEXT_BYTES), "samples": vec![sample; 1000]
        });
        let problem = check(answer, false, "", true).unwrap();
        assert_eq!(problem.samples.len(), limits::SAMPLES);
        assert!(problem.description.len() <= limits::TEXT_BYTES);
    }

    #[test]
    fn nothing_found_in_pictures_is_asked_for_twice() {
        let empty = json!({ "title": "" });
        assert!(check(empty.clone(), false, "", true).is_err());
        assert_eq!(check(empty, true, "", true), Ok(Problem::default()));
    }

    #[test]
    fn the_examples_are_right() {
        for turn in examples(&Data::new()) {
            check(turn.assistant, false, &turn.user, false).unwrap();
        }
    }
}
