//! Stage `problem`: the statement in its parts.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::{
    db::submissions::Submission,
    domain::{Problem, Sample, limits},
    llm::{Picture, Question, schema_of},
};

use crate::{answer::typed, latex::restored, prompt::Data};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Answer {
    /// Name of the problem, as written.
    title: String,
    /// Time limit with its unit, as written.
    time_limit: String,
    /// Memory limit with its unit, as written.
    memory_limit: String,
    /// Story and task, in Markdown with LaTeX maths.
    description: String,
    /// Format of the input with all constraints.
    input_format: String,
    /// Format of the output.
    output_format: String,
    /// All examples, in order.
    samples: Vec<AnswerSample>,
    /// Notes, hints, scoring and everything else of the statement.
    notes: String,
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
    let (system, user) = Data::new()
        .part("submitted text", &submission.text)
        .into_messages(&task);
    Question {
        system,
        user,
        pictures: pictures.to_vec(),
        schema_name: "problem",
        schema: schema_of::<Answer>(),
    }
}

pub(crate) fn check(answer: Value) -> Result<Problem, String> {
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
    Ok(Problem {
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
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_samples_are_dropped_and_the_rest_is_kept_as_it_is() {
        let problem = check(json!({
            "title": " A + B ",
            "samples": [{ "input": "1 2\n", "output": "3\n" }, { "input": " ", "output": "" }]
        }))
        .unwrap();
        assert_eq!(problem.title, "A + B");
        assert_eq!(problem.samples.len(), 1);
        assert_eq!(problem.samples[0].input, "1 2\n");
    }

    #[test]
    fn what_never_ends_is_cut() {
        let sample = json!({ "input": "1", "output": "2" });
        let problem = check(json!({
            "title": "t", "description": "长".repeat(limits::TEXT_BYTES), "samples": vec![sample; 1000]
        }))
        .unwrap();
        assert_eq!(problem.samples.len(), limits::SAMPLES);
        assert!(problem.description.len() <= limits::TEXT_BYTES);
    }
}
