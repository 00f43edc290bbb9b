//! Submit.

use actions::{
    create::{self, Draft, Sender},
    form, results,
};
use askama::Template;
use axum::{
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use db::submissions::Submission;
use domain::{RunLimits, Status, SubmissionId, Verdict, line_ends};
use serde::Deserialize;
use site::{Html, Icon, Page, Words};
use web::{
    error::ApiError,
    http::{Form, Query, Visitor},
    settings,
    state::AppState,
};

use crate::{
    budget, example,
    history::{self, History},
    made,
    mistakes::Errors,
    verdicts::RunsView,
};

/// Languages that are suggested; any other may be typed.
const LANGUAGES: [&str; 18] = [
    "C++",
    "C",
    "Python",
    "Java",
    "Rust",
    "Go",
    "C#",
    "JavaScript",
    "TypeScript",
    "Kotlin",
    "Pascal",
    "Ruby",
    "PHP",
    "Swift",
    "Scala",
    "Haskell",
    "D",
    "Perl",
];

/// Samples that there is room for at least.
const SAMPLE_ROWS: usize = 3;

/// The contents of the fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) text: String,
    pub(crate) code: String,
    pub(crate) language: String,
    pub(crate) verdict: String,
    pub(crate) failing_input: String,
    /// Inputs and outputs.
    pub(crate) samples: Vec<(String, String)>,
    pub(crate) time_limit_ms: String,
    pub(crate) memory_limit_mb: String,
    pub(crate) reference_code: String,
    pub(crate) answer_language: String,
}

impl Fields {
    /// The samples, and room for some more: without script none can be added.
    fn rows(&self) -> Vec<(usize, &str, &str)> {
        let given = self
            .samples
            .iter()
            .map(|(input, output)| (&**input, &**output));
        let room = SAMPLE_ROWS.saturating_sub(self.samples.len());
        let rows = given.chain(std::iter::repeat_n(("", ""), room));
        (1..)
            .zip(rows)
            .map(|(number, (input, output))| (number, input, output))
            .collect()
    }

    fn has_tests(&self) -> bool {
        let limits = [
            &self.time_limit_ms,
            &self.memory_limit_mb,
            &self.reference_code,
        ];
        !self.samples.is_empty() || limits.iter().any(|field| !field.is_empty())
    }

    fn has_more(&self) -> bool {
        !self.verdict.is_empty() || !self.failing_input.is_empty()
    }
}

impl From<&Draft> for Fields {
    fn from(draft: &Draft) -> Self {
        let text = |field: &Option<String>| line_ends::plain(field.as_deref().unwrap_or_default());
        Self {
            text: text(&draft.text),
            code: text(&draft.code),
            language: text(&draft.language),
            verdict: text(&draft.verdict),
            failing_input: text(&draft.failing_input),
            samples: draft
                .samples
                .iter()
                .map(|sample| (text(&sample.input), text(&sample.output)))
                .collect(),
            time_limit_ms: text(&draft.time_limit_ms),
            memory_limit_mb: text(&draft.memory_limit_mb),
            reference_code: text(&draft.reference_code),
            answer_language: text(&draft.answer_language),
        }
    }
}

impl From<Submission> for Fields {
    fn from(submission: Submission) -> Self {
        let number = |number: Option<i32>| number.map_or_else(String::new, |n| n.to_string());
        Self {
            // Browsers take each carriage return for an end of a line.
            text: line_ends::plain(&submission.text),
            code: line_ends::plain(&submission.code.unwrap_or_default()),
            language: submission.language.unwrap_or_default(),
            verdict: submission
                .verdict
                .map_or_else(String::new, |verdict| verdict.to_string()),
            failing_input: line_ends::plain(&submission.failing_input.unwrap_or_default()),
            samples: submission
                .samples
                .0
                .iter()
                .map(|sample| {
                    let (input, output) = (&sample.input, &sample.output);
                    (line_ends::plain(input), line_ends::plain(output))
                })
                .collect(),
            time_limit_ms: number(submission.time_limit_ms),
            memory_limit_mb: number(submission.memory_limit_mb),
            reference_code: line_ends::plain(&submission.reference_code.unwrap_or_default()),
            answer_language: submission.answer_language.to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    history: History,
    form: Fields,
    errors: Errors,
    /// Whether programs can be run.
    judge: bool,
    outcome: Option<RunsView>,
    /// Why submissions are refused for the rest of the day, if they are.
    closed: Option<String>,
    vision: bool,
    languages: [&'static str; 18],
    answer_languages: Vec<(&'static str, &'static str)>,
}

impl HomePage {
    /// Id, key of the label, value and usual value of the limits of a run.
    fn limits(&self) -> [(&'static str, &'static str, &str, u32); 2] {
        let usual = RunLimits::default();
        let Fields {
            time_limit_ms,
            memory_limit_mb,
            ..
        } = &self.form;
        [
            ("time_limit_ms", "check.time", time_limit_ms, usual.time_ms),
            (
                "memory_limit_mb",
                "check.memory",
                memory_limit_mb,
                usual.memory_mb,
            ),
        ]
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HomeQuery {
    /// Fills in the example, whatever the value.
    example: Option<String>,
    /// A submission to begin with.
    #[param(inline)]
    from: Option<SubmissionId>,
}

pub(crate) async fn render(
    state: &AppState,
    page: Page,
    visitor: Visitor,
    mut form: Fields,
    errors: Errors,
    outcome: Option<RunsView>,
) -> Result<Response, ApiError> {
    let history = history::newest(state, visitor, page.words, None).await?;
    if form.answer_language.is_empty() {
        page.words.0.as_str().clone_into(&mut form.answer_language);
    }
    Ok(Html(HomePage {
        history,
        form,
        errors,
        judge: state.judge.is_configured(),
        outcome,
        closed: budget::notice(state, visitor, page.words).await?,
        vision: settings::effective(state).await?.model.supports_vision,
        languages: LANGUAGES,
        answer_languages: Words::LANGUAGES
            .iter()
            .map(|(language, name)| (language.as_str(), *name))
            .collect(),
        page,
    })
    .into_response())
}

/// Shows the page to submit with.
#[utoipa::path(
    get, path = crate::HOME, operation_id = "showHome", tag = "pages",
    params(HomeQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 404))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    page: Page,
    visitor: Visitor,
    Query(query): Query<HomeQuery>,
) -> Result<Response, ApiError> {
    let form = match (query.example, query.from) {
        (Some(_), _) => example::fields(),
        (None, Some(id)) => results::load(&state, id, visitor.into())
            .await?
            .submission
            .into(),
        (None, None) => Fields::default(),
    };
    render(&state, page, visitor, form, Errors::default(), None).await
}

/// Submits from the page.
#[utoipa::path(
    post, path = crate::SUBMISSIONS, operation_id = "submitFromPage", tag = "pages",
    request_body(content = form::Schema, content_type = "multipart/form-data"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String), (status = 429)),
    security((), ("visitor" = []), ("admin" = []))
)]
pub(crate) async fn submit(
    State(state): State<AppState>,
    page: Page,
    visitor: Visitor,
    sender: Sender,
    request: Request,
) -> Result<Response, ApiError> {
    let draft = form::draft(Form::from_request(request, &state).await?)?;
    let fields = Fields::from(&draft);
    let cookie = sender.cookie();
    match create::create(&state, draft, sender).await {
        Ok(created) => Ok(made(&format!("/submissions/{}", created.id), cookie)),
        Err(ApiError::Invalid(errors)) => {
            let errors = Errors::of_submission(errors);
            let mut response = render(&state, page, visitor, fields, errors, None).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(error),
    }
}
