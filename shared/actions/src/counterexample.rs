//! The smallest input on which a submitted program fails, as a file.

use domain::{
    Failing, FileName, Hunt, HuntEnding, Level, RunVerdict, Status, SubmissionId, Test, TestSource,
    text_enum,
};
use serde::Serialize;
use web::{error::ApiError, state::AppState};

use super::{
    results::{self, Results},
    reveal::Reader,
};

/// The longest name of a problem in a file of tests, in bytes.
const NAME_BYTES: usize = 200;

text_enum! {
    /// Forms of the file.
    Form {
        /// The text alone.
        Input = "input",
        /// A file of tests of the Competitive Programming Helper.
        Prob = "prob",
    }
}

/// A file with a failing input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How sure it is that the program is wrong.
    pub level: Level,
}

/// The smallest failing input that is known, or its right output.
///
/// # Errors
/// [`ApiError::NotFound`]; [`ApiError::Conflict`] while there is none, and where the right output is not known; those of the database.
pub async fn counterexample(
    state: &AppState,
    id: SubmissionId,
    form: Form,
    of_expected: bool,
    reader: Reader,
) -> Result<File, ApiError> {
    let found = results::load(state, id, reader).await?;
    let failing = found
        .failing()
        .ok_or_else(|| ApiError::Conflict(missing(&found)))?;
    match (form, of_expected) {
        (Form::Prob, _) => prob(&found, &failing),
        (Form::Input, false) => Ok(File {
            name: "counterexample.txt".to_owned(),
            text: failing.input.to_owned(),
            level: failing.level,
        }),
        (Form::Input, true) => {
            let unknown = "The right output for the failing input is not known: the program gives no answer there, or a \
                           checker refuses its answer.";
            let text = failing
                .expected
                .ok_or_else(|| ApiError::Conflict(unknown.to_owned()))?;
            Ok(File {
                name: "expected.txt".to_owned(),
                text: text.to_owned(),
                level: failing.level,
            })
        }
    }
}

impl Results {
    /// The smallest failing input that is known.
    #[must_use]
    pub fn failing(&self) -> Option<Failing<'_>> {
        let hunt = self.hunt.as_ref().map(|report| &report.hunt);
        Failing::smallest(hunt, self.tests())
    }

    /// Whether the submitted program was to be run and does not compile.
    fn is_uncompiled(&self) -> bool {
        let mut runs = self.tests().iter().filter_map(|test| test.before.as_ref());
        runs.any(|run| run.verdict == RunVerdict::CompileError)
    }
}

/// Says why there is no failing input.
fn missing(found: &Results) -> String {
    let submission = &found.submission;
    match submission.status {
        status @ (Status::Queued | Status::Processing) => format!(
            "The submission is {status}, and no input is known yet on which the program fails. Ask again while it is running."
        ),
        Status::Completed => {
            let hunt = found.hunt.as_ref().map(|report| &report.hunt);
            format!(
                "No input is known on which the program fails: {}",
                without(found, hunt)
            )
        }
        status @ (Status::Failed | Status::Cancelled) => {
            let code = submission.error_code.as_deref();
            let reason = code.map(|code| format!(" ({code})")).unwrap_or_default();
            format!(
                "The submission is {status}{reason}, and no input is known on which the program fails. Retry it to look for one."
            )
        }
    }
}

/// Says why a completed submission has no failing input.
fn without(found: &Results, hunt: Option<&Hunt>) -> String {
    if found.is_uncompiled() {
        return "it does not compile.".to_owned();
    }
    if hunt.and_then(Hunt::open_dispute).is_some() {
        return "the programs that were written from the statement disagree on one (`stages.hunt.result.dispute`). Its owner can \
                settle which output is right, and the run goes on."
            .to_owned();
    }
    match hunt {
        Some(hunt) if hunt.ending == HuntEnding::Unusable => {
            "the hunt for one could not start, as a part that it needs is unusable (`stages.hunt.result.faults`).".to_owned()
        }
        Some(hunt) if hunt.ending == HuntEnding::NothingFound && hunt.inputs() > 0 => {
            match hunt.inputs() {
                1 => "it was right on the one input that was tried.".to_owned(),
                inputs => format!("it was right on all {inputs} that were tried."),
            }
        }
        _ => "it was not run, or is right on the tests.".to_owned(),
    }
}

/// A problem as the Competitive Programming Helper stores it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prob<'a> {
    name: &'a str,
    group: &'static str,
    url: String,
    interactive: bool,
    memory_limit: u32,
    time_limit: u32,
    tests: Vec<ProbTest<'a>>,
    test_type: &'static str,
    input: Stream,
    output: Stream,
    languages: Languages,
    batch: Batch,
    src_path: &'a str,
    local: bool,
}

#[derive(Serialize)]
struct ProbTest<'a> {
    id: usize,
    input: &'a str,
    output: &'a str,
}

#[derive(Serialize)]
struct Stream {
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Languages {
    java: Java,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Java {
    main_class: &'static str,
    task_class: &'static str,
}

#[derive(Serialize)]
struct Batch {
    id: String,
    size: usize,
}

/// The failing input and then the samples as tests.
fn prob(found: &Results, failing: &Failing<'_>) -> Result<File, ApiError> {
    let submission = &found.submission;
    let verification = found.verification.as_ref();
    let limits = verification.and_then(|verification| verification.limits);
    let limits = limits.unwrap_or_default();
    let language = match &found.program {
        Some(program) => program.language.as_str(),
        None => submission.language.as_deref().unwrap_or_default(),
    };
    let source = FileName::of_language(language);
    let prob = Prob {
        name: domain::limits::cut(title(found), NAME_BYTES),
        group: "CodeChecker",
        url: String::new(),
        interactive: false,
        memory_limit: limits.memory_mb,
        time_limit: limits.time_ms,
        tests: tests(found, failing),
        test_type: "single",
        input: Stream { r#type: "stdin" },
        output: Stream { r#type: "stdout" },
        languages: Languages {
            java: Java {
                main_class: "Main",
                task_class: "Main",
            },
        },
        batch: Batch {
            id: submission.id.to_string(),
            size: 1,
        },
        src_path: source.as_str(),
        local: true,
    };
    let text = serde_json::to_string(&prob).map_err(|error| ApiError::Internal(Box::new(error)))?;
    Ok(File {
        name: format!("{source}.prob"),
        text,
        level: failing.level,
    })
}

/// The problem's title, or else that which was given.
fn title(found: &Results) -> &str {
    let titles = [
        found.problem.as_ref().map(|problem| problem.title.trim()),
        Some(found.submission.title.trim()),
    ];
    let mut titles = titles.into_iter().flatten();
    titles.find(|title| !title.is_empty()).unwrap_or("Problem")
}

/// The failing input and then the samples.
fn tests<'a>(found: &'a Results, failing: &Failing<'a>) -> Vec<ProbTest<'a>> {
    let is_sample = |test: &&Test| {
        matches!(test.source, TestSource::Given | TestSource::Statement)
            && test.input != failing.input
    };
    let samples = found.tests().iter().filter(is_sample);
    let samples = samples.filter_map(|test| Some((test.input.as_str(), test.expected.as_deref()?)));
    let first = (failing.input, failing.expected.unwrap_or_default());
    (1..)
        .zip([first].into_iter().chain(samples))
        .map(|(id, (input, output))| ProbTest { id, input, output })
        .collect()
}
