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
use domain::{Status, SubmissionId, Verdict, line_ends};
use serde::Deserialize;
use site::{Html, Icon, Page, Words};
use web::{
    error::{ApiError, FieldError},
    http::{Form, Query, Visitor},
    settings,
    state::AppState,
};

use crate::{
    example,
    history::{self, History},
    made,
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

/// The contents of the fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) text: String,
    pub(crate) code: String,
    pub(crate) language: String,
    pub(crate) verdict: String,
    pub(crate) failing_input: String,
    pub(crate) answer_language: String,
}

impl Fields {
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
            answer_language: text(&draft.answer_language),
        }
    }
}

impl From<Submission> for Fields {
    fn from(submission: Submission) -> Self {
        Self {
            // Browsers take each carriage return for an end of a line.
            text: line_ends::plain(&submission.text),
            code: line_ends::plain(&submission.code.unwrap_or_default()),
            language: submission.language.unwrap_or_default(),
            verdict: submission
                .verdict
                .map_or_else(String::new, |verdict| verdict.to_string()),
            failing_input: line_ends::plain(&submission.failing_input.unwrap_or_default()),
            answer_language: submission.answer_language.to_string(),
        }
    }
}

/// Mistakes in the fields.
#[derive(Debug, Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn any(&self) -> bool {
        !self.0.is_empty()
    }

    fn nothing(&self) -> bool {
        self.0.iter().all(|error| error.pointer.is_empty())
    }

    /// Key of the words for what is wrong with a field.
    fn of(&self, field: &str) -> Option<&'static str> {
        let of_field = |error: &FieldError| error.pointer.split('/').nth(1) == Some(field);
        let error = self.0.iter().find(|error| of_field(error))?;
        Some(match field {
            "text" => "invalid.text",
            "code" => "invalid.code",
            "failing_input" => "invalid.failing_input",
            "language" => "invalid.language",
            "verdict" => "invalid.verdict",
            "images" if error.pointer == "/images" => "invalid.images.many",
            "images" => "invalid.images",
            _ => "invalid.some",
        })
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    history: History,
    form: Fields,
    errors: Errors,
    vision: bool,
    languages: [&'static str; 18],
    answer_languages: Vec<(&'static str, &'static str)>,
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

async fn render(
    state: &AppState,
    page: Page,
    visitor: Visitor,
    mut form: Fields,
    errors: Errors,
) -> Result<Response, ApiError> {
    let history = history::newest(state, visitor, page.words, None).await?;
    if form.answer_language.is_empty() {
        page.words.0.as_str().clone_into(&mut form.answer_language);
    }
    Ok(Html(HomePage {
        history,
        form,
        errors,
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
        (None, Some(id)) => results::load(&state, id).await?.submission.into(),
        (None, None) => Fields::default(),
    };
    render(&state, page, visitor, form, Errors::default()).await
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
            let errors = Errors(errors);
            let mut response = render(&state, page, visitor, fields, errors).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(error),
    }
}
