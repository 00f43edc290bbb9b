//! Running a program on samples, before anything is asked of a model; nothing is stored.

use std::{iter::repeat, time::Duration};

use domain::{Outcome, RunLimits, RunVerdict, limits};
use judge_api::{Capabilities, Case, Language, RunRequest};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use utoipa::ToSchema;
use web::{
    error::{ApiError, FieldError},
    state::AppState,
};

use super::check::fault;

/// Checks of this process that are under way at once.
const AT_ONCE: usize = 3;
/// Time of all runs of one check, in milliseconds.
const BUDGET_MS: u32 = 25_000;
/// Longest wait for the whole: gateways end an answer after 30 seconds.
const LONGEST: Duration = Duration::from_secs(28);
/// Longest wait for the other checks of this process.
const TURN: Duration = Duration::from_secs(2);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// An input to run the program on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = SampleToCheck)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Input.
    pub input: String,
    /// Expected output; without one, `AC` says only that the program ended in order.
    #[serde(default)]
    pub output: Option<String>,
}

/// A program and its samples as they were sent, not checked yet.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The program.
    pub code: String,
    /// Name of its language.
    pub language: String,
    /// Samples; of too many only some.
    pub samples: Vec<Sample>,
    /// How many samples were sent.
    pub samples_sent: usize,
    /// Processor time of each run, in milliseconds.
    pub time_limit_ms: Option<i64>,
    /// Memory of each run, in MiB.
    pub memory_limit_mb: Option<i64>,
}

/// A program's runs on its samples.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Check)]
pub struct Check {
    /// The language as which it was run, with the version of its compiler or interpreter.
    pub language: String,
    /// Limits of each run.
    pub limits: RunLimits,
    /// Whether it compiled.
    pub compiled: bool,
    /// The compiler's messages, if it did not.
    pub compiler: String,
    /// Its runs, one for each sample in their order.
    pub tests: Vec<CheckedSample>,
}

/// A sample and the program's run on it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckedSample {
    /// Input.
    pub input: String,
    /// Expected output, if one was sent.
    pub expected: Option<String>,
    /// The run.
    pub outcome: Outcome,
}

/// The right to run one program.
#[derive(Debug)]
pub struct Turn {
    _permit: SemaphorePermit<'static>,
}

/// Waits a moment for a turn. The body of the request keeps its room in memory meanwhile.
///
/// # Errors
/// [`ApiError::Judge`] where others have all turns.
pub async fn turn() -> Result<Turn, ApiError> {
    match timeout(TURN, TURNS.acquire()).await {
        Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
        _ => Err(judge_api::Error::Busy.into()),
    }
}

/// Runs a program on its samples.
///
/// # Errors
/// [`ApiError::Invalid`] with every field that is wrong; [`ApiError::Judge`].
pub async fn check(state: &AppState, draft: Draft, _turn: Turn) -> Result<Check, ApiError> {
    let limits = fields(&draft)?;
    let all = async {
        let known = state.judge.known_languages().await?;
        let (language, title) = language(&draft.language, &known)?;
        let request = RunRequest {
            language,
            code: draft.code,
            cases: draft.samples.into_iter().map(case).collect(),
            limits,
            budget_ms: Some(BUDGET_MS),
        };
        let answer = state.judge.run(&request).await?;
        // A judge that answers less has run less.
        let not_run = Outcome::not_run(if answer.compiled {
            RunVerdict::Skipped
        } else {
            RunVerdict::CompileError
        });
        let outcomes = answer.cases.into_iter().chain(repeat(not_run));
        let tests = request.cases.into_iter().zip(outcomes);
        let tests = tests.map(|(case, outcome)| CheckedSample {
            input: case.input,
            expected: case.expected,
            outcome,
        });
        Ok(Check {
            language: title,
            limits,
            compiled: answer.compiled,
            compiler: answer.compiler,
            tests: tests.collect(),
        })
    };
    // Dropping it cancels it in the judge too.
    timeout(LONGEST, all)
        .await
        .unwrap_or_else(|_| Err(judge_api::Error::Busy.into()))
}

fn case(sample: Sample) -> Case {
    Case {
        input: sample.input,
        expected: sample.output,
    }
}

/// The language of this name, and its title, if the judge runs it.
fn language(name: &str, known: &Capabilities) -> Result<(Language, String), ApiError> {
    let found = Language::recognise(name).and_then(|language| known.of(language));
    found.map_or_else(
        || {
            let titles: Vec<_> = known.languages.iter().map(|one| &*one.title).collect();
            let runs = match titles.as_slice() {
                [] => "no language at the moment".to_owned(),
                titles => titles.join(", "),
            };
            let wrong = if name.trim().is_empty() {
                "is missing: name the language of the program"
            } else {
                "is not a language that the judge runs"
            };
            Err(ApiError::field(
                "/language",
                format!("{wrong}; it runs {runs}"),
            ))
        },
        |found| Ok((found.language, found.title.clone())),
    )
}

/// Checks every field but the language, and reports all that are wrong at once.
fn fields(draft: &Draft) -> Result<RunLimits, ApiError> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, detail: String| errors.push(FieldError::new(pointer, detail));
    if draft.code.trim().is_empty() {
        wrong("/code".to_owned(), "is empty: send the program".to_owned());
    } else if let Some(detail) = fault(&draft.code, limits::CODE_BYTES) {
        wrong("/code".to_owned(), detail);
    }
    if draft.language.chars().count() > limits::LANGUAGE_CHARS {
        let most = limits::LANGUAGE_CHARS;
        wrong(
            "/language".to_owned(),
            format!("must be the name of a programming language with at most {most} characters"),
        );
    }
    let sent = draft.samples_sent.max(draft.samples.len());
    if sent == 0 {
        wrong(
            "/samples".to_owned(),
            "is empty: send at least one sample with its input".to_owned(),
        );
    } else if sent > limits::GIVEN_SAMPLES {
        let most = limits::GIVEN_SAMPLES;
        wrong(
            "/samples".to_owned(),
            format!("has {sent} samples, it may have at most {most}"),
        );
    } else {
        for (index, sample) in draft.samples.iter().enumerate() {
            let sides = [
                ("input", Some(&sample.input)),
                ("output", sample.output.as_ref()),
            ];
            for (side, text) in sides {
                let detail = text.and_then(|text| fault(text, limits::SAMPLE_BYTES));
                detail.into_iter().for_each(|detail| {
                    wrong(format!("/samples/{index}/{side}"), detail);
                });
            }
        }
    }
    let mut limit =
        |field: &str, value: Option<i64>, usual: u32, range: std::ops::RangeInclusive<u32>| {
            let Some(value) = value else {
                return usual;
            };
            let fits = u32::try_from(value)
                .ok()
                .filter(|value| range.contains(value));
            fits.unwrap_or_else(|| {
                let (least, most) = (range.start(), range.end());
                wrong(
                    format!("/{field}"),
                    format!("must be from {least} to {most}, or be left out for {usual}"),
                );
                usual
            })
        };
    let usual = RunLimits::default();
    let limits = RunLimits {
        time_ms: limit(
            "time_limit_ms",
            draft.time_limit_ms,
            usual.time_ms,
            limits::RUN_TIME_MS,
        ),
        memory_mb: limit(
            "memory_limit_mb",
            draft.memory_limit_mb,
            usual.memory_mb,
            limits::RUN_MEMORY_MB,
        ),
    };
    if errors.is_empty() {
        Ok(limits)
    } else {
        Err(ApiError::Invalid(errors))
    }
}

#[cfg(test)]
mod tests {
    use judge_api::Capability;

    use super::*;

    fn draft() -> Draft {
        Draft {
            code: "print(1)".to_owned(),
            language: "Python".to_owned(),
            samples: vec![Sample {
                input: String::new(),
                output: None,
            }],
            ..Draft::default()
        }
    }

    fn pointers(draft: &Draft) -> Vec<String> {
        match fields(draft) {
            Ok(_) => Vec::new(),
            Err(ApiError::Invalid(errors)) => {
                errors.into_iter().map(|error| error.pointer).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        assert!(pointers(&draft()).is_empty());
        let long = "x".repeat(limits::SAMPLE_BYTES + 1);
        let sample = |input: &str, output: &str| Sample {
            input: input.to_owned(),
            output: Some(output.to_owned()),
        };
        let draft = Draft {
            code: "x".repeat(limits::CODE_BYTES + 1),
            language: "x".repeat(41),
            samples: vec![sample("\0", ""), sample("", &long)],
            samples_sent: 2,
            time_limit_ms: Some(0),
            memory_limit_mb: Some(-1),
        };
        let wrong = [
            "/code",
            "/language",
            "/samples/0/input",
            "/samples/1/output",
            "/time_limit_ms",
            "/memory_limit_mb",
        ];
        assert_eq!(pointers(&draft), wrong);
    }

    #[test]
    fn there_are_samples_and_not_too_many() {
        for sent in [0, limits::GIVEN_SAMPLES + 1, 1_000_000] {
            let draft = Draft {
                samples: Vec::new(),
                samples_sent: sent,
                ..draft()
            };
            assert_eq!(pointers(&draft), ["/samples"], "{sent}");
        }
        let samples = vec![Sample::default(); limits::GIVEN_SAMPLES];
        assert!(pointers(&Draft { samples, ..draft() }).is_empty());
    }

    #[test]
    fn limits_are_those_of_a_judge() {
        let limits = fields(&Draft {
            time_limit_ms: Some(100),
            memory_limit_mb: Some(1024),
            ..draft()
        });
        let limits = limits.unwrap();
        assert_eq!((limits.time_ms, limits.memory_mb), (100, 1024));
        assert_eq!(fields(&draft()).unwrap(), RunLimits::default());
    }

    #[test]
    fn a_language_that_is_not_there_is_answered_with_those_that_are() {
        let title = "Python 3 (Python 3.11.2)".to_owned();
        let known = Capabilities {
            languages: vec![Capability {
                language: Language::Python3,
                title,
            }],
        };
        assert_eq!(language("py", &known).unwrap().0, Language::Python3);
        for (name, known, detail) in [
            (
                "",
                &known,
                "is missing: name the language of the program; it runs Python 3 (Python 3.11.2)",
            ),
            (
                "C++",
                &known,
                "is not a language that the judge runs; it runs Python 3 (Python 3.11.2)",
            ),
            (
                "Python",
                &Capabilities::default(),
                "is not a language that the judge runs; it runs no language at the moment",
            ),
        ] {
            let Err(ApiError::Invalid(errors)) = language(name, known) else {
                panic!("{name} is taken");
            };
            assert_eq!(errors, [FieldError::new("/language", detail)]);
        }
    }
}
