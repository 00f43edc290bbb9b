//! `POST /api/v1/check`: runs a program on samples, and hunts for an input on which it is wrong.

use std::fmt;

use actions::samples::{self, Check, Draft, HuntDraft, Sample};
use axum::{
    Json, Router,
    extract::{FromRequest as _, Request, State},
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::post,
};
use domain::limits;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use utoipa::ToSchema;
use web::{
    error::ApiError,
    http::{self, Paced, leave_room},
    state::AppState,
};

/// The route.
pub const PATH: &str = "/api/v1/check";

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// A program, the samples to run it on, and what tells on other inputs whether it is right.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCheck)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The program.
    code: String,
    /// Its language, as people or judges name it: `C++`, `GNU C++20`, `PyPy 3`.
    language: Option<String>,
    /// The samples; none are needed where there is a generator.
    #[schema(value_type = Vec<Sample>)]
    #[serde(default, deserialize_with = "few")]
    samples: Samples,
    /// Processor time of each run, in milliseconds; 2000 if left out.
    time_limit_ms: Option<i64>,
    /// Memory of each run, in MiB; 256 if left out.
    memory_limit_mb: Option<i64>,
    /// A program that is right, such as an accepted one or a slow and simple one: the hunt compares with it.
    reference_code: Option<String>,
    /// Its language, named as the program's is; if left out, that of the program or else the one that its text shows.
    reference_language: Option<String>,
    /// Text of a Python module that defines `case(g)`, which answers an input made of what it draws from `g`; without it, inputs like
    /// the samples are made.
    generator: Option<String>,
    /// Text of a Python module that defines `valid(text)`, which tells whether the problem allows an input.
    validator: Option<String>,
    /// Text of a Python module that defines `check(input, output, answer)`, which tells whether an output is right, where several are;
    /// `answer` is a right output, which the reference prints, or without a reference the output itself. It is tried on the samples
    /// first, so that at least one of them needs its output.
    checker: Option<String>,
}

/// Samples of a request: those that may be used, and how many there were.
#[derive(Debug, Default)]
struct Samples {
    kept: Vec<Sample>,
    sent: usize,
}

/// Keeps no more samples than there may be and counts the others: millions of empty ones fit into a body.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Samples, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Samples;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of samples, each with an `input` and perhaps an `output`")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Samples, A::Error> {
            let mut samples = Samples::default();
            while samples.sent < limits::GIVEN_SAMPLES {
                let Some(sample) = items.next_element()? else {
                    return Ok(samples);
                };
                samples.kept.push(sample);
                samples.sent += 1;
            }
            while items.next_element::<IgnoredAny>()?.is_some() {
                samples.sent += 1;
            }
            Ok(samples)
        }
    }
    deserializer.deserialize_any(Few)
}

/// Runs a program on samples, hunts for the smallest input on which it is wrong, and stores nothing.
///
/// The program is compiled once. Each run has its own verdict; those that there is no more time for are `SK`. With a `reference_code` or
/// a `checker` it is then run on inputs that the `generator` makes, or, without one, on inputs like the samples; a failing one is made as
/// small as it can be. Helpers that are of no use end the hunt as `unusable` with their `faults`. Where the judge has no time for the hunt,
/// `hunt_problem` says so beside the runs.
#[utoipa::path(
    post, path = PATH, operation_id = "check", tag = "submissions",
    request_body = Body,
    responses((status = 200, description = "The runs, and the hunt.", body = Check), (status = 413), (status = 415), (status = 422), (status = 429), (status = 503)),
    security((), ("visitor" = []), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    _: Paced,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let extensions = request.extensions().clone();
    let http::Json(body) = http::Json::<Body>::from_request(request, &state).await?;
    let draft = Draft {
        code: body.code,
        language: body.language.unwrap_or_default(),
        samples: body.samples.kept,
        samples_sent: body.samples.sent,
        time_limit_ms: body.time_limit_ms,
        memory_limit_mb: body.memory_limit_mb,
        hunt: HuntDraft {
            reference_code: body.reference_code,
            reference_language: body.reference_language,
            generator: body.generator,
            validator: body.validator,
            checker: body.checker,
        },
    };
    let turn = samples::turn().await?;
    // The runs take seconds.
    leave_room(&extensions);
    let check = samples::check(&state, draft, turn).await?;
    let unstored = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((unstored, Json(check)))
}
