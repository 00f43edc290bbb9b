//! Submit.

use std::convert::Infallible;

use actions::{
    create::{self, Draft, Sender},
    form, results,
};
use askama::Template;
use axum::{
    extract::{FromRequest as _, FromRequestParts, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use db::submissions::Submission;
use domain::{RunLimits, SubmissionId, Verdict, line_ends};
use serde::Deserialize;
use site::{Html, Icon, Page, Words};
use web::{
    error::ApiError,
    http::{CompanionClient, Form, Query, Visitor},
    settings,
    state::AppState,
};

use crate::{
    budget,
    check::CheckView,
    example,
    history::{self, History},
    made,
    mistakes::Errors,
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

/// Keys of what the script says.
const SAID: [&str; 21] = [
    "submit.size",
    "submit.indented",
    "submit.cleared",
    "submit.undo",
    "submit.dismiss",
    "file.opened",
    "file.replaced",
    "file.pdf",
    "file.archive",
    "file.binary",
    "file.image",
    "file.large",
    "file.empty",
    "file.unread",
    "file.output",
    "file.taken",
    "file.samples",
    "file.many",
    "companion.filled",
    "companion.arrived",
    "companion.use",
];

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
        !self.samples.is_empty() || !self.reference_code.is_empty()
    }

    fn has_verdict(&self) -> bool {
        Verdict::parse(&self.verdict).is_some()
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.code.is_empty() && !self.has_tests()
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
    outcome: Option<CheckView>,
    /// Why submissions are refused for the rest of the day, if they are.
    closed: Option<String>,
    vision: bool,
    /// Whether a model is set up.
    is_set_up: bool,
    /// Whether the form takes problems from Competitive Companion.
    companion: bool,
    languages: [&'static str; 18],
    answer_languages: Vec<(&'static str, &'static str)>,
    /// Whether nobody chose the language of the answer yet.
    is_usual_answer: bool,
}

/// A limit of a run: id, key of the label, unit, value and usual value.
type Limit<'a> = (&'static str, &'static str, &'static str, &'a str, u32);

impl HomePage {
    /// Whether the visitor has seen nothing of CodeChecker yet.
    fn is_first(&self) -> bool {
        self.history.items.is_empty() && self.form.is_empty() && self.errors.banner().is_none()
    }

    fn limits(&self) -> [Limit<'_>; 2] {
        let usual = RunLimits::default();
        let Fields {
            time_limit_ms,
            memory_limit_mb,
            ..
        } = &self.form;
        let (time, memory) = (usual.time_ms, usual.memory_mb);
        [
            ("time_limit_ms", "problem.time", "ms", time_limit_ms, time),
            (
                "memory_limit_mb",
                "problem.memory",
                "MB",
                memory_limit_mb,
                memory,
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

/// The viewer of the form, and their way to it.
pub(crate) struct Viewer {
    page: Page,
    visitor: Visitor,
    /// Whether the form takes problems from Competitive Companion.
    companion: bool,
}

impl Viewer {
    pub(crate) const fn words(&self) -> Words {
        self.page.words
    }
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let Ok(page) = Page::from_request_parts(parts, state).await;
        Ok(Self {
            page,
            visitor: Visitor::from_request_parts(parts, state).await?,
            // The extension cannot send a password.
            companion: state.config.secrets.access_password.is_none()
                && CompanionClient::from_request_parts(parts, state)
                    .await
                    .is_ok(),
        })
    }
}

pub(crate) async fn render(
    state: &AppState,
    viewer: Viewer,
    mut form: Fields,
    errors: Errors,
    outcome: Option<CheckView>,
) -> Result<Response, ApiError> {
    let Viewer {
        page,
        visitor,
        companion,
    } = viewer;
    let history = history::newest(state, visitor, page.words, None).await?;
    let settings = settings::effective(state).await?;
    let model = &settings.model;
    let is_usual_answer = form.answer_language.is_empty();
    if is_usual_answer {
        page.words.0.as_str().clone_into(&mut form.answer_language);
    }
    Ok(Html(HomePage {
        history,
        form,
        errors,
        judge: state.judge.is_configured(),
        outcome,
        vision: model.supports_vision,
        is_set_up: model.is_set_up(),
        companion,
        is_usual_answer,
        closed: budget::notice(state, visitor, page.words).await?,
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
    viewer: Viewer,
    Query(query): Query<HomeQuery>,
) -> Result<Response, ApiError> {
    let form = match (query.example, query.from) {
        (Some(_), _) => example::fields(),
        (None, Some(id)) => results::load(&state, id, viewer.visitor.into())
            .await?
            .submission
            .into(),
        (None, None) => Fields::default(),
    };
    render(&state, viewer, form, Errors::default(), None).await
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
    viewer: Viewer,
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
            let mut response = render(&state, viewer, fields, errors, None).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(error),
    }
}
