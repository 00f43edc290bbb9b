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
use domain::limits;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use web::{error::ApiError, http::Form, state::AppState};

/// The route.
pub const PATH: &str = BASE;

/// The function's routes.
pub fn router() -> Router<AppState> {
    Router::new().route(PATH, post(handle))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: Option<String>,
    code: Option<String>,
    language: Option<String>,
    verdict: Option<String>,
    failing_input: Option<String>,
    answer_language: Option<String>,
    callback_url: Option<String>,
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
