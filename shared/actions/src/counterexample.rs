//! The smallest input on which a submitted program fails, as a file.

use domain::{Failing, FileName, Status, SubmissionId, Test, TestSource, text_enum};
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
        }),
        (Form::Input, true) => {
            let unknown = "The right output for the failing input is not known: the program ends there without an answer, or \
                           a checker refuses the answer.";
            let text = failing
                .expected
                .ok_or_else(|| ApiError::Conflict(unknown.to_owned()))?;
            Ok(File {
                name: "expected.txt".to_owned(),
                text: text.to_owned(),
            })
        }
    }
}

impl Results {
    /// The smallest failing input that is known.
    #[must_use]
    pub fn failing(&self) -> Option<Failing<'_>> {
        let hunt = self.hunt.as_ref().map(|report| &report.hunt);
        let verification = self.verification.as_ref();
        let tests = verification.map_or(&[][..], |verification| &verification.tests);
        Failing::smallest(hunt, tests)
    }
}

/// Says why there is no failing input.
fn missing(found: &Results) -> String {
    let submission = &found.submission;
    match submission.status {
        status @ (Status::Queued | Status::Processing) => format!(
            "The submission is {status}, and no input is known yet on which the program fails. Ask again while it is running."
        ),
        Status::Completed => match &found.hunt {
            Some(report) if report.hunt.inputs() > 0 => format!(
                "No input is known on which the program fails: it was right on all {} that were tried.",
                report.hunt.inputs()
            ),
            _ => "No input is known on which the program fails: it was not run, or is right on the tests.".to_owned(),
        },
        status @ (Status::Failed | Status::Cancelled) => {
            let code = submission.error_code.as_deref();
            let reason = code.map(|code| format!(" ({code})")).unwrap_or_default();
            format!(
                "The submission is {status}{reason}, and no input is known on which the program fails. Retry it to look for one."
            )
        }
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
    let titles = [
        found.problem.as_ref().map(|problem| problem.title.trim()),
        Some(submission.title.trim()),
    ];
    let title = titles
        .into_iter()
        .flatten()
        .find(|title| !title.is_empty())
        .unwrap_or("Problem");
    let is_sample = |test: &&Test| {
        matches!(test.source, TestSource::Given | TestSource::Statement)
            && test.input != failing.input
    };
    let tests = verification.map_or(&[][..], |verification| &verification.tests);
    let samples = tests.iter().filter(is_sample).filter_map(|test| {
        let output = test.expected.as_deref()?;
        Some((test.input.as_str(), output))
    });
    let first = (failing.input, failing.expected.unwrap_or_default());
    let tests = (1..).zip([first].into_iter().chain(samples));
    let prob = Prob {
        name: domain::limits::cut(title, NAME_BYTES),
        group: "CodeChecker",
        url: String::new(),
        interactive: false,
        memory_limit: limits.memory_mb,
        time_limit: limits.time_ms,
        tests: tests
            .map(|(id, (input, output))| ProbTest { id, input, output })
            .collect(),
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
    })
}
