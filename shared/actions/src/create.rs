//! Storing a submission and queueing its analysis.

use std::time::Duration;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    budget::Allowance,
    check::{check, check_pixels},
    view::{Links, links},
};
pub use super::{draft_image::DraftImage, draft_sample::DraftSample};
use config::crypto::sha256;
use db::{
    idempotency_keys::{self, Use},
    images,
    submissions::{self, NewSubmission},
    webhooks,
};
use domain::{Image, Status, SubmissionId, Verdict, VisitorId, limits};
use web::{
    error::ApiError,
    http::{Paced, RequestId, Trace, Visitor},
    settings,
    state::AppState,
};

/// How long the answer waits for Redis, which stands still for a second when its disk is slow. A command that was sent is carried out
/// later; else the sweeper queues the job.
pub(super) const QUEUE_TIMEOUT: Duration = Duration::from_millis(500);

/// Purpose of the signature that is the owner's token.
pub(super) const OWNER_TOKEN: &str = "owner token";

/// A submission as it was sent, not checked yet.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Problem text.
    pub text: Option<String>,
    /// Code in a field of its own.
    pub code: Option<String>,
    /// Programming language.
    pub language: Option<String>,
    /// The judge's verdict.
    pub verdict: Option<String>,
    /// The input that fails.
    pub failing_input: Option<String>,
    /// Inputs with their outputs; of too many only some.
    pub samples: Vec<DraftSample>,
    /// How many samples were sent.
    pub samples_sent: usize,
    /// Processor time of a run in milliseconds, as written.
    pub time_limit_ms: Option<String>,
    /// Memory of a run in MiB, as written.
    pub memory_limit_mb: Option<String>,
    /// A program that is right, to compare with.
    pub reference_code: Option<String>,
    /// Language of the analysis.
    pub answer_language: Option<String>,
    /// Where to tell of its end.
    pub callback_url: Option<String>,
    /// Images; of too many only some.
    pub images: Vec<DraftImage>,
    /// How many images were sent.
    pub images_sent: usize,
}

#[derive(Clone, Debug)]
pub struct Sender {
    visitor: VisitorId,
    /// The cookie that makes a new visitor known.
    cookie: Option<HeaderValue>,
    /// The owner of the idempotency keys that it uses: a visitor known before, the admin, or anybody.
    key_scope: String,
    idempotency_key: Option<String>,
    request_id: String,
    trace: Trace,
    pace: Paced,
}

impl FromRequestParts<AppState> for Sender {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let Ok(visitor) = Visitor::from_request_parts(parts, state).await;
        let pace = Paced::from_request_parts(parts, state).await?;
        let request_id = parts.extensions.get::<RequestId>();
        let request_id = request_id.map(|id| id.0.clone()).unwrap_or_default();
        let Ok(trace) = Trace::from_request_parts(parts, state).await;
        let key_scope = match visitor.id() {
            _ if visitor.is_admin() => "admin".to_owned(),
            Some(id) => scope_of(id),
            None => ANYBODY.to_owned(),
        };
        let (visitor, cookie) = visitor.id_or_new(&state.keys);
        let idempotency_key = parts
            .headers
            .get("idempotency-key")
            .map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
        Ok(Self {
            visitor,
            cookie,
            key_scope,
            idempotency_key,
            request_id,
            trace,
            pace,
        })
    }
}

impl Sender {
    /// The cookie to answer with, for a visitor that was not known before.
    #[must_use]
    pub fn cookie(&self) -> Option<HeaderValue> {
        self.cookie.clone()
    }

    /// Where the sender's next request looks for the key, if that is elsewhere: it comes with the cookie of this answer, unless
    /// the answer is lost.
    fn next_key_scope(&self) -> Option<String> {
        (self.key_scope == ANYBODY).then(|| scope_of(self.visitor))
    }
}

/// The scope of keys whose senders are not known.
const ANYBODY: &str = "anybody";

fn scope_of(visitor: VisitorId) -> String {
    format!("visitor:{visitor}")
}

/// A submission that is stored.
#[derive(Clone, Debug)]
pub struct Created {
    /// Its id.
    pub id: SubmissionId,
    /// Where it is.
    pub status: Status,
    /// Number of its run.
    pub run: i32,
    /// Its version.
    pub version: i64,
    /// Lets its owner retry and cancel it; `None` when a repeated request finds it made with keys that are gone.
    pub owner_token: Option<String>,
}

/// The answer for a submission that is stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedSubmission)]
pub struct Body {
    /// Its id.
    id: SubmissionId,
    /// Where it is: `QUEUED`, or further for a repeated request.
    status: Status,
    /// Number of its run, from 1.
    run: i32,
    /// Rises with each change.
    version: i64,
    /// Lets its owner retry and cancel it. Null when a repeated request finds it made with keys that are gone.
    owner_token: Option<String>,
    /// Addresses that belong to it.
    links: Links,
}

impl IntoResponse for Created {
    /// 202 with `Location`.
    fn into_response(self) -> Response {
        let links = links(self.id);
        let location = HeaderValue::from_str(&links.this).ok();
        let Self {
            id,
            status,
            run,
            version,
            owner_token,
        } = self;
        let body = Body {
            id,
            status,
            run,
            version,
            owner_token,
            links,
        };
        let mut response = (StatusCode::ACCEPTED, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(location.map(|location| (header::LOCATION, location)));
        response
    }
}

/// Checks a draft, stores it, and queues its analysis.
///
/// # Errors
/// [`ApiError::Invalid`] with every field that is wrong; [`ApiError::IdempotencyKeyReused`]; [`ApiError::BudgetUsed`] and
/// [`ApiError::DailyLimit`]; those of the database.
/// Redis being away is no error: the sweeper queues what is stored.
pub async fn create(state: &AppState, draft: Draft, sender: Sender) -> Result<Created, ApiError> {
    let key = sender
        .idempotency_key
        .as_deref()
        .map(idempotency_key)
        .transpose()?;
    // A submission without images need not ask for the settings.
    let supports_vision =
        draft.images_sent == 0 || settings::effective(state).await?.model.supports_vision;
    let callback_url = draft.callback_url.clone();
    let checked = check(draft, supports_vision)?;
    let callback = callback(state, callback_url).await?;
    let most = state.config.http.max_queued;
    match state.crowd.waiting(&state.db, most).await? {
        queued if queued >= most => return Err(ApiError::QueueFull),
        queued if queued >= most / 2 => sender.pace.in_a_crowd(&state.pace)?,
        _ => {}
    }
    check_pixels(&checked.images).await?;
    let id = SubmissionId::generate();
    let owner_token = state.keys.sign(OWNER_TOKEN, &id.to_string());
    let new = NewSubmission {
        id,
        text: checked.text,
        code: checked.code,
        language: checked.language,
        verdict: checked.verdict,
        failing_input: checked.failing_input,
        samples: checked.samples,
        time_limit_ms: checked.time_limit_ms,
        memory_limit_mb: checked.memory_limit_mb,
        reference_code: checked.reference_code,
        answer_language: checked.answer_language,
        image_count: i16::try_from(checked.images.len()).unwrap_or(i16::MAX),
        visitor: Some(sender.visitor),
        is_unlimited: sender.pace.is_admin(),
        owner_token_hash: sha256(owner_token.as_bytes()),
        request_id: Some(sender.request_id.clone()),
        traceparent: sender.trace.0.as_ref().map(ToString::to_string),
    };

    let allowance = Allowance::of(state, &sender.pace).await?;
    let is_alone = key.is_none() && callback.is_none() && checked.images.is_empty();
    if is_alone && !allowance.is_limited() {
        // One statement is a transaction of its own.
        submissions::insert(&state.db, &new).await?;
        return Ok(queued(state, id, owner_token).await);
    }
    let mut transaction = db::begin(&state.db).await?;
    if let Some(key) = key {
        let hash = body_hash(&new, callback.as_ref(), &checked.images);
        let scope = &sender.key_scope;
        let used = idempotency_keys::take(&mut transaction, scope, key, &hash, id).await?;
        let made = match used {
            Use::First => id,
            Use::Same(known) => known,
            Use::OtherBody => return Err(ApiError::IdempotencyKeyReused),
        };
        if let Some(scope) = sender.next_key_scope() {
            idempotency_keys::take(&mut transaction, &scope, key, &hash, made).await?;
        }
        if let Use::Same(known) = used {
            transaction.commit().await?;
            return repeated(state, known).await;
        }
    }
    // Not before a request is known to be new: one that was answered before has that answer.
    let visitor = Some(sender.visitor);
    let taken = allowance.take(&mut transaction, state, &sender.pace, visitor);
    taken.await?;
    submissions::insert(&mut *transaction, &new).await?;
    for (position, image) in (1..).zip(&checked.images) {
        images::insert(&mut *transaction, id, position, image).await?;
    }
    if let Some(url) = &callback {
        webhooks::insert(&mut *transaction, id, url.as_str()).await?;
    }
    transaction.commit().await?;

    Ok(queued(state, id, owner_token).await)
}

/// Queues a submission that is stored.
async fn queued(state: &AppState, id: SubmissionId, owner_token: String) -> Created {
    super::runs::queue(state, id, 1).await;
    Created {
        id,
        status: Status::Queued,
        run: 1,
        version: 1,
        owner_token: Some(owner_token),
    }
}

/// The address to tell, if one was given that may be called.
async fn callback(state: &AppState, given: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(given) = given.filter(|url| !url.trim().is_empty()) else {
        return Ok(None);
    };
    match webhook::check(state.config.webhooks.as_ref(), given.trim()).await {
        Ok(url) => Ok(Some(url.into())),
        Err(refused) => Err(ApiError::field("/callback_url", refused.to_string())),
    }
}

/// The answer to a request that was answered before.
async fn repeated(state: &AppState, id: SubmissionId) -> Result<Created, ApiError> {
    let known = submissions::find(&state.db, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    let owner_token = state.keys.sign(OWNER_TOKEN, &id.to_string());
    let still_valid =
        known.owner_token_hash.as_deref() == Some(&sha256(owner_token.as_bytes())[..]);
    Ok(Created {
        id,
        status: known.status,
        run: known.run,
        version: known.version,
        owner_token: still_valid.then_some(owner_token),
    })
}

fn idempotency_key(key: &str) -> Result<&str, ApiError> {
    let key = key.trim();
    let usable = (1..=limits::IDEMPOTENCY_KEY_CHARS).contains(&key.len())
        && key.bytes().all(|b| (b' '..=b'~').contains(&b));
    if usable {
        Ok(key)
    } else {
        Err(ApiError::Unreadable(format!(
            "The Idempotency-Key header must have 1 to {} printable ASCII characters; a UUID is a good choice.",
            limits::IDEMPOTENCY_KEY_CHARS
        )))
    }
}

/// Hash of what was sent, the same for JSON and for a form with any boundary.
fn body_hash(new: &NewSubmission, callback: Option<&String>, images: &[Image]) -> [u8; 32] {
    let fields = [
        Some(new.text.as_str()),
        new.code.as_deref(),
        new.language.as_deref(),
        new.verdict.map(Verdict::as_str),
        new.failing_input.as_deref(),
        Some(new.answer_language.as_str()),
    ];
    // A request without these has the hash that it had before there were any. Each of the later ones comes with its name.
    let later = tests_and_limits(new);
    let fields = fields
        .into_iter()
        .chain(callback.map(|url| Some(url.as_str())))
        .chain(later.iter().map(|part| Some(part.as_str())));
    let mut all = Vec::new();
    for field in fields {
        all.extend_from_slice(
            &field
                .map_or(u64::MAX, |field| field.len() as u64)
                .to_le_bytes(),
        );
        all.extend_from_slice(field.unwrap_or_default().as_bytes());
    }
    for image in images {
        all.extend_from_slice(&sha256(&image.bytes));
    }
    sha256(&all)
}

/// The fields that tell how programs are run, as far as they were sent: each its name and its value.
fn tests_and_limits(new: &NewSubmission) -> Vec<String> {
    let mut parts = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        parts.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    for sample in &new.samples {
        put("sample_input", Some(sample.input.clone()));
        put("sample_output", Some(sample.output.clone()));
    }
    put(
        "time_limit_ms",
        new.time_limit_ms.map(|limit| limit.to_string()),
    );
    put(
        "memory_limit_mb",
        new.memory_limit_mb.map(|limit| limit.to_string()),
    );
    put("reference_code", new.reference_code.clone());
    parts
}

#[cfg(test)]
#[path = "create_tests.rs"]
mod tests;
