//! Runs a program on its samples from the page.

use actions::{
    create, form,
    samples::{self, Check, Draft, HuntDraft, HuntProblem, Sample},
};
use axum::{
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    response::Response,
};
use site::Words;
use web::{
    error::ApiError,
    http::{Form, Paced, leave_room},
    state::AppState,
};

use crate::{
    home::{Fields, Viewer, render},
    hunted::HuntView,
    mistakes::Errors,
    verdicts::RunsView,
    worth::Evidence,
};

/// A program's runs, and the hunt for an input on which it is wrong.
pub(crate) struct CheckView {
    pub(crate) runs: RunsView,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) hunt: Option<HuntView>,
    /// Why there was no hunt.
    pub(crate) hunt_problem: Option<&'static str>,
}

impl CheckView {
    fn of(check: Check, words: Words) -> Self {
        let hunt = check.hunt.as_ref();
        Self {
            // The runs on samples speak for themselves.
            evidence: hunt.and_then(|hunt| Evidence::of(Some(hunt), &[], words)),
            hunt: hunt.map(|hunt| HuntView::checked(hunt, words)),
            hunt_problem: check.hunt_problem.map(|problem| {
                words.get(match problem {
                    HuntProblem::Busy => "check.hunt.busy",
                    HuntProblem::Away => "check.hunt.away",
                    HuntProblem::Time => "check.hunt.time",
                })
            }),
            runs: RunsView::checked(check, words),
        }
    }
}

/// The program and its samples, out of a form that has more.
fn draft(draft: create::Draft) -> Draft {
    // One that is no number is out of every range.
    let number = |text: Option<String>| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(text.trim().parse().unwrap_or(-1))
    };
    Draft {
        code: draft.code.unwrap_or_default(),
        language: draft.language.unwrap_or_default(),
        samples_sent: draft.samples_sent,
        samples: draft
            .samples
            .into_iter()
            .map(|sample| Sample {
                input: sample.input.unwrap_or_default(),
                output: sample.output.filter(|output| !output.trim().is_empty()),
            })
            .collect(),
        time_limit_ms: number(draft.time_limit_ms),
        memory_limit_mb: number(draft.memory_limit_mb),
        hunt: HuntDraft {
            reference_code: draft.reference_code,
            ..HuntDraft::default()
        },
    }
}

/// Runs the program on the samples, and shows the form again with what came of it.
#[utoipa::path(
    post, path = crate::CHECK, operation_id = "checkFromPage", tag = "pages",
    request_body(content = form::Schema, content_type = "multipart/form-data"),
    responses((status = 200, description = "The page with the verdicts.", content_type = "text/html", body = String), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String), (status = 429), (status = 503, description = "The page again, as the judge is busy or away.", content_type = "text/html", body = String)),
    security((), ("visitor" = []), ("admin" = []))
)]
pub(crate) async fn run(
    State(state): State<AppState>,
    viewer: Viewer,
    _: Paced,
    request: Request,
) -> Result<Response, ApiError> {
    let extensions = request.extensions().clone();
    let sent = form::draft(Form::from_request(request, &state).await?)?;
    let fields = Fields::from(&sent);
    let checked = async {
        let turn = samples::turn().await?;
        leave_room(&extensions);
        samples::check(&state, draft(sent), turn).await
    };
    let (status, errors, outcome) = match checked.await {
        Ok(check) => {
            let words = viewer.words();
            let view = move || CheckView::of(check, words);
            let view = tokio::task::spawn_blocking(view).await;
            let view = view.map_err(|error| ApiError::Internal(Box::new(error)))?;
            (StatusCode::OK, Errors::default(), Some(view))
        }
        Err(ApiError::Invalid(errors)) => {
            let languages = state
                .judge
                .known_languages()
                .await
                .unwrap_or_default()
                .languages;
            let titles: Vec<_> = languages.into_iter().map(|one| one.title).collect();
            let errors = Errors::of_check(errors, titles.join(", "));
            (StatusCode::UNPROCESSABLE_ENTITY, errors, None)
        }
        Err(ApiError::Judge(error)) if trouble(&error).is_some() => {
            let errors = trouble(&error).map(Errors::trouble).unwrap_or_default();
            (StatusCode::SERVICE_UNAVAILABLE, errors, None)
        }
        Err(error) => return Err(error),
    };
    let mut response = render(&state, viewer, fields, errors, outcome).await?;
    *response.status_mut() = status;
    Ok(response)
}

/// Key of the words for a judge that does not run the program.
const fn trouble(error: &judge_api::Error) -> Option<&'static str> {
    match error {
        judge_api::Error::NotConfigured => Some("check.none"),
        judge_api::Error::Busy => Some("check.busy"),
        judge_api::Error::Away(_) => Some("check.away"),
        _ => None,
    }
}
