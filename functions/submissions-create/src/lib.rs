//! `POST /api/v1/submissions`: stores a submission and queues its analysis.

use axum::{
    Router,
    extract::{Extension, FromRequest as _, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use shared::{
    actions::{
        create::{self, Draft, DraftImage, Sender},
        view::BASE,
    },
    error::ApiError,
    http::{Form, RequestId, Visitor, is_admin},
    state::AppState,
};

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
    #[serde(default)]
    images: Vec<String>,
}

async fn handle(
    State(state): State<AppState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    visitor: Visitor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let draft = if Form::is_sent_by(&request) {
        from_form(Form::from_request(request, &state).await?)?
    } else {
        from_json(shared::http::Json::from_request(request, &state).await?.0)
    };
    let key_scope = match visitor.id() {
        _ if is_admin(&headers, &state) => "admin".to_owned(),
        Some(id) => format!("visitor:{id}"),
        None => "anybody".to_owned(),
    };
    let (visitor, cookie) = visitor.id_or_new(&state.keys);
    let idempotency_key = headers
        .get("idempotency-key")
        .map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    let sender = Sender {
        visitor,
        key_scope,
        idempotency_key,
        request_id: Some(request_id),
    };
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
        images: body.images.into_iter().map(DraftImage::DataUrl).collect(),
    }
}

fn from_form(Form(fields): Form) -> Result<Draft, ApiError> {
    let mut draft = Draft::default();
    for field in fields {
        let place = match field.name.as_str() {
            "text" => &mut draft.text,
            "code" => &mut draft.code,
            "language" => &mut draft.language,
            "verdict" => &mut draft.verdict,
            "failing_input" => &mut draft.failing_input,
            "answer_language" => &mut draft.answer_language,
            "images" => {
                // A browser sends a file input that is left empty as one empty file.
                if !field.bytes.is_empty() {
                    draft.images.push(DraftImage::File {
                        media_type: field.media_type,
                        bytes: field.bytes.into(),
                    });
                }
                continue;
            }
            other => {
                let fields =
                    "text, code, language, verdict, failing_input, answer_language and images";
                return Err(ApiError::field(
                    format!("/{other}"),
                    format!("is no field; there are {fields}"),
                ));
            }
        };
        let pointer = || format!("/{}", field.name);
        if place.is_some() {
            return Err(ApiError::field(pointer(), "is there twice; send it once"));
        }
        let text = String::from_utf8(field.bytes.into());
        *place = Some(text.map_err(|_| {
            ApiError::field(pointer(), "is not valid UTF-8; save the file as UTF-8")
        })?);
    }
    Ok(draft)
}
