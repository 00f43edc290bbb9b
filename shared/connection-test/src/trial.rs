//! Trying a prompt on the example, before it is saved.

use std::time::{Duration, Instant};

use domain::StageName;
use llm::{Data, Meter, Question, schema_of};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout_at;

use web::{prompts, settings, state::AppState};

use crate::total::Total;

const STATEMENT: &str = include_str!("../../../functions/pages/example/statement.md");
const PROGRAM: &str = include_str!("../../../functions/pages/example/program.cpp");
const FAILING_INPUT: &str = "3\n-8 -3 -5\n";
/// A fix of the example's program that does not help.
const VAIN_FIX: &str = "-        best = max(best, current);\n+        best = max(current, best);\n";
const RUN: &str = "On sample 2 the expected output is -3. The program printed 0.";
/// Longest wait for the answer; a request is waiting too.
const PATIENCE: Duration = Duration::from_secs(300);
/// Most bytes of an answer's part to show.
const PART: usize = 8 * 1024;

/// The outcome of a trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Parts of the answer: name and content. `Err` says in words why there is none.
    pub answer: Result<Vec<(String, String)>, String>,
    /// Seconds until it was there.
    pub seconds: f64,
    /// Tokens that it cost, sent and received.
    pub tokens: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ProblemAnswer {
    title: String,
    time_limit: String,
    memory_limit: String,
    description: String,
    input_format: String,
    output_format: String,
    samples: Vec<Sample>,
    notes: String,
    any_answer: bool,
    interactive: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Sample {
    input: String,
    output: String,
    explanation: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct CodeAnswer {
    /// Programming language.
    language: String,
    /// The first lines of the program, copied exactly.
    first: String,
    /// The last lines of the program, copied exactly.
    last: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct HuntAnswer {
    /// Python that defines `case(g)`.
    generator: String,
    /// Python that defines `valid(text)`, each written anew.
    #[schemars(length(max = 3))]
    validators: Vec<String>,
    /// Python that defines `solve(text)`.
    reference: String,
    /// Python that defines `check(input, output, answer)`; empty if only one output is right.
    checker: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct AnalysisAnswer {
    /// Your own working.
    #[schemars(length(max = 2000))]
    reasoning: String,
    #[schemars(length(max = 800))]
    summary: String,
    #[schemars(length(max = 20))]
    fixes: Vec<Fix>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Fix {
    /// The lines to change, copied exactly from the program.
    old: String,
    /// The same lines after the change.
    new: String,
    line: usize,
    category: String,
    #[schemars(extend("enum" = ["critical", "major", "minor"]))]
    severity: String,
    hint: String,
    explanation: String,
}

/// Asks the model in use one question about the example with this prompt for a stage. Nothing is saved.
///
/// # Errors
/// [`db::Error`].
pub async fn try_prompt(
    state: &AppState,
    stage: StageName,
    prompt: &str,
) -> Result<Trial, db::Error> {
    let settings = settings::afresh(state).await?;
    let model = &settings.model;
    let prompt = match stage {
        // Another fix is asked for with both.
        StageName::Verification => {
            let saved = prompts::load(&state.db).await?;
            let analysis = saved.iter().find(|it| it.stage == StageName::Analysis);
            let task = analysis.map_or("", |prompt| prompt.text());
            format!("{}\n\n{prompt}", task.trim_end())
        }
        _ => prompt.to_owned(),
    };
    let question = question(stage, &prompt);
    let total = Total::default();
    let started = Instant::now();
    let limit = model.timeout.min(PATIENCE);
    let deadline = tokio::time::Instant::now() + limit;
    let asked = llm::client().ask(
        model,
        &question,
        deadline,
        &total as &dyn Meter,
        |answer, _| Ok::<Value, String>(answer),
    );
    let asked = timeout_at(deadline, asked)
        .await
        .unwrap_or(Err(llm::Error::Timeout(limit)));
    let used = total.sum();
    super::count(state, &used).await;
    Ok(Trial {
        answer: asked
            .map(|answer| parts(&answer.value))
            .map_err(|error| error.to_string()),
        seconds: super::seconds(started),
        tokens: used.prompt_tokens + used.completion_tokens,
    })
}

fn question(stage: StageName, prompt: &str) -> Question {
    let whole = format!("{STATEMENT}\n\n{PROGRAM}");
    let data = match stage {
        StageName::Problem | StageName::Code => Data::new().part("submitted text", &whole),
        StageName::Hunt => Data::new().part("submitted text", STATEMENT),
        StageName::Analysis | StageName::Verification => Data::new()
            .part("submitted text", STATEMENT)
            .part("language", "C++")
            .part("verdict of the judge", "Wrong Answer")
            .part("input on which it fails", FAILING_INPUT)
            .part("program", PROGRAM),
    };
    let (data, schema, name) = match stage {
        StageName::Problem => (data, schema_of::<ProblemAnswer>(), "problem"),
        StageName::Code => (data, schema_of::<CodeAnswer>(), "code"),
        StageName::Hunt => (data, schema_of::<HuntAnswer>(), "hunt"),
        StageName::Analysis => (data, schema_of::<AnalysisAnswer>(), "analysis"),
        StageName::Verification => (
            data.part("the fix that was tried", VAIN_FIX)
                .part("what happened when the program was run", RUN),
            schema_of::<AnalysisAnswer>(),
            "analysis",
        ),
    };
    let (system, user) = data.into_messages(prompt);
    Question::new(name, schema, system, user)
}

/// The members of an answer as text.
fn parts(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| {
        let text = match value {
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        };
        domain::limits::cut(&text, PART).to_owned()
    };
    match answer {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        other => vec![(String::new(), text(other))],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_stage_has_its_question_about_the_example() {
        for stage in StageName::ALL {
            let question = question(*stage, "Do it.");
            assert!(question.system.starts_with("Do it.\n\nEverything between"));
            let has_program = question.user.contains("long long best = 0");
            assert_eq!(has_program, *stage != StageName::Hunt, "{stage}");
        }
    }

    #[test]
    fn the_parts_of_an_answer_are_shown_as_text() {
        let answer = json!({ "summary": "a\nb", "fixes": [{ "line": 1 }] });
        let shown = parts(&answer);
        let summary = shown.iter().find(|(name, _)| name == "summary").unwrap();
        assert_eq!(summary.1, "a\nb");
        assert!(shown.iter().any(|(_, text)| text.contains("\"line\": 1")));
    }
}
