//! `POST /api/v1/submissions`: stores a submission and queues its analysis.

use std::{fmt, marker::PhantomData};

use actions::{
    create::{self, Draft, DraftImage, DraftSample, Sender},
    form,
    view::BASE,
};
use axum::{
    Router,
    extract::{FromRequest as _, Request, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::{AnswerLanguage, GivenSample, Verdict, limits};
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess, Visitor},
};
use utoipa::ToSchema;
use web::{error::ApiError, http::Form, state::AppState};

/// The route.
pub const PATH: &str = BASE;

/// The function's operations, for the API's document.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(handle))]
pub struct Api;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

/// A submission. One of text, code and images is needed; of the others, white space alone counts as nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSubmission)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The problem, and the code if it is in there too.
    text: Option<String>,
    /// The program.
    code: Option<String>,
    /// Programming language; if left out, CodeChecker detects it.
    language: Option<String>,
    /// The judge's verdict, in any case.
    #[schema(value_type = Option<Verdict>)]
    verdict: Option<String>,
    /// An input on which it fails.
    failing_input: Option<String>,
    /// Inputs with the outputs that belong to them: the program and its fix are run on them. If left out, those of the statement.
    #[schema(value_type = Option<Vec<GivenSample>>)]
    #[serde(default)]
    samples: Few<DraftSample, { limits::GIVEN_SAMPLES }>,
    /// Processor time that a run may take, in milliseconds; if left out, that of the statement.
    #[schema(value_type = Option<u32>, minimum = 100, maximum = 30000)]
    #[serde(default, deserialize_with = "numeral")]
    time_limit_ms: Option<String>,
    /// Memory that a run may take, in MiB; if left out, that of the statement.
    #[schema(value_type = Option<u32>, minimum = 16, maximum = 1024)]
    #[serde(default, deserialize_with = "numeral")]
    memory_limit_mb: Option<String>,
    /// A program that is right, such as an accepted one or a slow and simple one, to compare with. No model sees it.
    reference_code: Option<String>,
    /// Language of the answer; `en` if left out.
    #[schema(value_type = Option<AnswerLanguage>)]
    answer_language: Option<String>,
    /// An address to tell of the end of the analysis, where the server does so (`WEBHOOKS`).
    callback_url: Option<String>,
    /// Screenshots: PNG, JPEG, WebP or GIF as data URLs or in base64, known by their bytes.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default)]
    images: Few<DraftImage, { limits::IMAGES }>,
}

/// Items of a list, and how many there were. It keeps no more than one beyond `MOST` and counts the others: millions of empty ones
/// fit into a body.
#[derive(Debug)]
struct Few<T, const MOST: usize> {
    kept: Vec<T>,
    sent: usize,
}

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            sent: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for FewVisitor<T, MOST> {
    type Value = Few<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST}")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Few::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut few = Few::default();
        while few.sent <= MOST {
            let Some(item) = items.next_element()? else {
                return Ok(few);
            };
            few.kept.push(item);
            few.sent += 1;
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            few.sent += 1;
        }
        Ok(few)
    }
}

/// A number as it is written, whatever its size: the range is checked with the other fields.
fn numeral<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct Numeral;
    impl Visitor<'_> for Numeral {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let (time, memory) = (limits::RUN_TIME_MS, limits::RUN_MEMORY_MB);
            write!(
                f,
                "a whole number: {} to {} milliseconds, or {} to {} MiB",
                time.start(),
                time.end(),
                memory.start(),
                memory.end()
            )
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
            Ok(Some(number.to_string()))
        }
    }
    deserializer.deserialize_any(Numeral)
}

/// Stores a submission and queues its analysis.
///
/// A request with an `Idempotency-Key` that was sent within 24 hours gets the answer of the first.
#[utoipa::path(
    post, path = PATH, operation_id = "createSubmission", tag = "submissions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request safe to repeat: 1 to 255 printable ASCII characters, such as a UUID.")),
    request_body(content((Body = "application/json"), (form::Schema = "multipart/form-data"))),
    responses((status = 202, description = "It is stored and waits for a worker.", body = create::Body), (status = 413), (status = 415), (status = 422), (status = 429)),
    security((), ("visitor" = []), ("admin" = []))
)]
async fn handle(
    State(state): State<AppState>,
    sender: Sender,
    request: Request,
) -> Result<Response, ApiError> {
    let draft = if Form::is_sent_by(&request) {
        form::draft(Form::from_request(request, &state).await?)?
    } else {
        from_json(web::http::Json::from_request(request, &state).await?.0)
    };
    let cookie = sender.cookie();
    let created = create::create(&state, draft, sender).await?;

    let mut response = created.into_response();
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

fn from_json(body: Body) -> Draft {
    Draft {
        text: body.text,
        code: body.code,
        language: body.language,
        verdict: body.verdict,
        failing_input: body.failing_input,
        samples_sent: body.samples.sent,
        samples: body.samples.kept,
        time_limit_ms: body.time_limit_ms,
        memory_limit_mb: body.memory_limit_mb,
        reference_code: body.reference_code,
        answer_language: body.answer_language,
        callback_url: body.callback_url,
        images_sent: body.images.sent,
        images: body.images.kept,
    }
}
