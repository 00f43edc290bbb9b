//! `GET /api/v1/submissions/{id}/counterexample`: the smallest input on which the submitted program fails.

use actions::counterexample::{self, Form};
use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use domain::{SubmissionId, text_enum};
use serde::Deserialize;
use web::{
    error::{ApiError, FieldError},
    http::{PathId, Query, Visitor, attachment},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/submissions/{id}/counterexample";

/// Says how sure it is that the program is wrong.
const LEVEL: HeaderName = HeaderName::from_static("x-counterexample-level");

text_enum! {
    /// The text that is asked for.
    Asked {
        /// The input.
        Input = "0",
        /// Its right output.
        Expected = "1",
    }
}

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
    #[param(inline, value_type = Option<Form>)]
    format: Option<String>,
    /// `1` for the right output instead of the input; `0`, or left out, for the input.
    #[param(inline, value_type = Option<Asked>)]
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
        let of_expected = match self.expected.as_deref().map(Asked::parse) {
            None => Some(false),
            // A file of tests has both.
            Some(asked) if form != Some(Form::Prob) => asked.map(|asked| asked == Asked::Expected),
            Some(asked) => asked.filter(|asked| *asked == Asked::Input).map(|_| false),
        };
        if of_expected.is_none() {
            let rule = format!(
                "must be {}, and is left out for format=prob, which has both",
                Asked::choices()
            );
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
        (LEVEL, HeaderValue::from_static(file.level.as_str())),
    ];
    Ok((headers, file.text))
}
