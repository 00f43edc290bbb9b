//! `POST /api/v1/submissions`: stores a submission and queues its analysis.

use std::fmt;

use actions::{
    create::{self, Draft, DraftImage, Sender},
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
use domain::{AnswerLanguage, Verdict, limits};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
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
    /// Language of the answer; `en` if left out.
    #[schema(value_type = Option<AnswerLanguage>)]
    answer_language: Option<String>,
    /// An address to tell of the end of the analysis, where the server does so (`WEBHOOKS`).
    callback_url: Option<String>,
    /// Screenshots: PNG, JPEG, WebP or GIF as data URLs or in base64, known by their bytes.
    #[schema(value_type = Option<Vec<String>>)]
    #[serde(default, deserialize_with = "few")]
    images: Images,
}

/// Images of a request: those that may be used, and how many there were.
#[derive(Debug, Default)]
struct Images {
    kept: Vec<DraftImage>,
    sent: usize,
}

/// Keeps no more images than there may be and counts the others: millions of empty ones fit into a body.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Images, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Images;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of data URLs")
        }

        fn visit_unit<E>(self) -> Result<Images, E> {
            Ok(Images::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Images, A::Error> {
            let mut images = Images::default();
            while images.sent <= limits::IMAGES {
                let Some(image) = items.next_element()? else {
                    return Ok(images);
                };
                images.kept.push(image);
                images.sent += 1;
            }
            while items.next_element::<IgnoredAny>()?.is_some() {
                images.sent += 1;
            }
            Ok(images)
        }
    }
    deserializer.deserialize_any(Few)
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
        answer_language: body.answer_language,
        callback_url: body.callback_url,
        images_sent: body.images.sent,
        images: body.images.kept,
    }
}
