//! `GET /api/v1/submissions/{id}/counterexample`: the smallest input on which the submitted program fails.

use actions::counterexample::{self, Form};
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use domain::SubmissionId;
use serde::Deserialize;
use web::{
    error::{ApiError, FieldError},
    http::{PathId, Query, Visitor, attachment},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/counterexample";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, get(handle))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// `input`, which is the default, or `prob`: a file of tests of the Competitive Programming Helper for Visual Studio Code.
    format: Option<String>,
    /// `1` for the right output instead of the input; `0`, or left out, for the input.
    expected: Option<String>,
}

impl Parameters {
    /// The form, and whether the right output is asked for.
    fn checked(&self) -> Result<(Form, bool), ApiError> {
        let mut errors = Vec::new();
        let form = self
            .format
            .as_deref()
            .map_or(Some(Form::Input), Form::parse);
        if form.is_none() {
            let rule = format!("must be {}, or be left out", Form::choices());
            errors.push(FieldError::new("format", rule));
        }
        let of_expected = match self.expected.as_deref() {
            None | Some("0") => Some(false),
            // A file of tests has both.
            Some("1") if form != Some(Form::Prob) => Some(true),
            _ => None,
        };
        if of_expected.is_none() {
            let rule = "must be 1 for the right output, which has the format input, or be left out";
            errors.push(FieldError::new("expected", rule));
        }
        form.zip(of_expected).ok_or(ApiError::Invalid(errors))
    }
}

/// Answers the smallest input on which the submitted program fails: that of the hunt, or else the shortest test that it fails.
///
/// Before there is one it is a `conflict`, and so is a right output that is not known.
#[utoipa::path(
    get, path = PATH, operation_id = "getSubmissionCounterexample", tag = "submissions",
    params(("id" = SubmissionId, Path), Parameters),
    responses((status = 200, description = "The input, its right output, or the file of tests.", content((String = "text/plain"), (String = "application/json"))), (status = 403), (status = 404), (status = 409), (status = 422)),
    security((), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    PathId(id): PathId,
    visitor: Visitor,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, ApiError> {
    let (form, of_expected) = parameters.checked()?;
    let file =
        counterexample::counterexample(&state, id, form, of_expected, visitor.into()).await?;
    let (media_type, disposition) = match form {
        Form::Input => (
            "text/plain; charset=utf-8",
            HeaderValue::from_static("inline"),
        ),
        Form::Prob => ("application/json", attachment(&file.name)),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
        // A retry may find another one.
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    Ok((headers, file.text))
}
