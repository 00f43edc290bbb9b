//! Errors of the HTTP side: each is a problem document (RFC 9457, `application/problem+json`).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problems::{self, ProblemType},
    settings,
};
use domain::Chain;
use job_queue as queue;

/// A mistake in one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, such as `/images/0`; a query parameter's name without the slash.
    pub pointer: String,
    /// Says what is wrong and what the field may be.
    pub detail: String,
}

impl FieldError {
    /// An error at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400: the request cannot be read.
    #[error("the request cannot be read: {0}")]
    Unreadable(String),
    /// 403: sent by a page of another site.
    #[error("a page of another site sent it")]
    ForeignForm,
    /// 421: the request is for another host.
    #[error("the host is not one of ALLOWED_HOSTS")]
    UnknownHost,
    /// 422: it can be read, and these fields are wrong.
    #[error("fields of the request are invalid")]
    Invalid(Vec<FieldError>),
    /// 401: the admin's token is missing or wrong.
    #[error("the admin's token is missing or wrong")]
    Unauthorized,
    /// 401: the server's password is missing or wrong.
    #[error("the server's password is missing or wrong")]
    AccessRequired,
    /// 403: the submission is somebody else's.
    #[error("the submission is somebody else's")]
    NotOwner,
    /// 403: visitors may not see the fix, or not before this time.
    #[error("the fix is not released")]
    NotRevealed(Option<DateTime<Utc>>),
    /// 404.
    #[error("not found: {0}")]
    NotFound(String),
    /// 405.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// 409, with the obstacle.
    #[error("conflict: {0}")]
    Conflict(String),
    /// 429, with the seconds to wait.
    #[error("too many attempts")]
    TooManyAttempts(u64),
    /// 429: the day's tokens are used up; with the seconds until midnight UTC.
    #[error("the day's tokens are used up")]
    BudgetUsed(u64),
    /// 429: the client has sent a day's submissions; with the seconds until midnight UTC.
    #[error("the day's submissions are used up")]
    DailyLimit(u64),
    /// 413, with the limit in bytes.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// 415, with the accepted media types.
    #[error("unsupported media type")]
    UnsupportedMediaType(&'static str),
    /// 422: the idempotency key was used with another body.
    #[error("the idempotency key was used with another body")]
    IdempotencyKeyReused,
    /// 503: the database does not answer.
    #[error("the database does not answer")]
    Unavailable(#[source] db::Error),
    /// 503: too many large requests at once.
    #[error("too many large requests at once")]
    Busy,
    /// 503: too many submissions wait.
    #[error("too many submissions wait")]
    QueueFull,
    /// 503: Redis does not answer.
    #[error("the queue does not answer")]
    QueueUnavailable(#[source] queue::Error),
    /// 503: there is no judge, or it does not answer; 500: it refuses what it is asked.
    #[error(transparent)]
    Judge(#[from] judge_api::Error),
    /// 501: the platform cannot stream answers.
    #[error("answers cannot be streamed here")]
    CannotStream,
    /// 500: our fault.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A short, stable code of an error, kept in the response's extensions for the access log.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCode(pub &'static str);

/// The limit in bytes that a body is over, kept in the response's extensions for the page that says so.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        if error.is_transient() {
            Self::Unavailable(error)
        } else {
            Self::Internal(Box::new(error))
        }
    }
}

impl From<settings::SaveError> for ApiError {
    fn from(error: settings::SaveError) -> Self {
        match error {
            settings::SaveError::Invalid(errors) | settings::SaveError::OtherServer(errors) => {
                Self::Invalid(errors.into_iter().map(FieldError::from).collect())
            }
            settings::SaveError::Database(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        db::Error::from(error).into()
    }
}

impl From<queue::Error> for ApiError {
    fn from(error: queue::Error) -> Self {
        Self::QueueUnavailable(error)
    }
}

impl ApiError {
    /// One invalid field.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }

    /// No submission of this id.
    #[must_use]
    pub fn no_submission() -> Self {
        Self::NotFound("There is no submission with this id. It may have been deleted.".to_owned())
    }

    /// Its type, whose documents have one code, status and title.
    #[must_use]
    pub fn problem(&self) -> &'static ProblemType {
        match self {
            Self::Unreadable(_) => &problems::UNREADABLE,
            Self::ForeignForm => &problems::FOREIGN_FORM,
            Self::UnknownHost => &problems::UNKNOWN_HOST,
            Self::Invalid(_) => &problems::INVALID,
            Self::Unauthorized => &problems::UNAUTHORIZED,
            Self::AccessRequired => &problems::ACCESS_REQUIRED,
            Self::NotOwner => &problems::NOT_OWNER,
            Self::NotRevealed(_) => &problems::NOT_REVEALED,
            Self::NotFound(_) => &problems::NOT_FOUND,
            Self::MethodNotAllowed => &problems::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => &problems::CONFLICT,
            Self::TooManyAttempts(_) => &problems::TOO_MANY_ATTEMPTS,
            Self::BudgetUsed(_) => &problems::BUDGET_USED,
            Self::DailyLimit(_) => &problems::DAILY_LIMIT,
            Self::TooLarge(_) => &problems::TOO_LARGE,
            Self::UnsupportedMediaType(_) => &problems::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyKeyReused => &problems::IDEMPOTENCY_KEY_REUSED,
            Self::Unavailable(_) | Self::QueueUnavailable(_) | Self::QueueFull | Self::Busy => {
                &problems::UNAVAILABLE
            }
            Self::Judge(judge_api::Error::NotConfigured) => &problems::NO_JUDGE,
            Self::Judge(judge_api::Error::Away(_) | judge_api::Error::Busy) => {
                &problems::UNAVAILABLE
            }
            Self::Judge(_) => &problems::INTERNAL,
            Self::CannotStream => &problems::CANNOT_STREAM,
            Self::Internal(_) => &problems::INTERNAL,
        }
    }

    /// The words for the client; a 5xx gives away nothing internal.
    fn detail(&self) -> String {
        match self {
            Self::Unreadable(detail) | Self::NotFound(detail) | Self::Conflict(detail) => detail.clone(),
            Self::Unauthorized => {
                "Send the admin's token (SETTINGS_TOKEN) as Authorization: Bearer or as x-admin-token, or log in.".to_owned()
            }
            Self::AccessRequired => {
                "This server asks for a password: send it (ACCESS_PASSWORD) as Authorization: Bearer. In a browser, open /access. The \
                 admin's token and session will do as well."
                    .to_owned()
            }
            Self::NotOwner => {
                "Only its submitter and the admin may do this: send the visitor's cookie, or the owner_token as \
                 Authorization: Bearer or as x-owner-token."
                    .to_owned()
            }
            Self::NotRevealed(Some(from)) => format!(
                "Visitors of this server see the fix from {} on.",
                from.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
            Self::NotRevealed(None) => "Visitors of this server do not see the fix (REVEAL).".to_owned(),
            Self::TooManyAttempts(seconds) => format!("Wait {seconds} seconds before the next attempt."),
            Self::BudgetUsed(seconds) => format!(
                "This server has used the tokens that it may use in a day (DAILY_TOKEN_BUDGET). Nothing was stored; the next day \
                 begins at midnight UTC, in {seconds} seconds."
            ),
            Self::DailyLimit(seconds) => format!(
                "You have sent as many submissions and retries as this server takes from one visitor in a day \
                 (DAILY_SUBMISSIONS_PER_VISITOR). Nothing was stored; the next day begins at midnight UTC, in {seconds} seconds."
            ),
            Self::QueueFull => {
                "So many submissions are waiting that yours would wait a very long time. Nothing was stored; try again later."
                    .to_owned()
            }
            Self::Busy => "Too many large requests are arriving at once; try again in a moment.".to_owned(),
            Self::QueueUnavailable(error) => format!(
                "Redis {}. The change may have been made all the same: look before you try again.",
                error.trouble()
            ),
            Self::Invalid(errors) => match errors.as_slice() {
                [only] => format!("{}: {}", only.pointer, only.detail),
                errors => format!("{} fields are not valid; see errors.", errors.len()),
            },
            Self::MethodNotAllowed => {
                "This address does not accept this method; the Allow header lists those it accepts.".to_owned()
            }
            Self::TooLarge(limit) => {
                format!("The whole body may have at most {limit} bytes. Send less, for instance fewer or smaller images.")
            }
            Self::UnsupportedMediaType(accepted) => format!("The Content-Type must be {accepted}."),
            Self::IdempotencyKeyReused => {
                "This Idempotency-Key was used with another body in the last 24 hours. Use a new key for a new request."
                    .to_owned()
            }
            // The connection may have been lost after a commit arrived.
            Self::Unavailable(error) => format!(
                "PostgreSQL {}: try again in a moment. Your request may have been stored all the same: look at the history \
                 first, or send it again with the same Idempotency-Key.",
                error.trouble()
            ),
            Self::ForeignForm => {
                "A page at another address sent this request. A proxy in between must pass on the Host header."
                    .to_owned()
            }
            Self::UnknownHost => {
                "The Host header names neither an IP address nor localhost nor one of ALLOWED_HOSTS.".to_owned()
            }
            Self::CannotStream => "This function is behind a gateway that waits for whole answers. Ask for the submission \
                                   repeatedly instead, or call a function that streams."
                .to_owned(),
            Self::Judge(judge_api::Error::NotConfigured) => {
                "This server runs no programs. Its admin sets JUDGE_URL to a judge, starts the service judge of the stack, or \
                 installs a compiler where everything runs in one process."
                    .to_owned()
            }
            Self::Judge(judge_api::Error::Busy) => {
                "The judge runs as many programs as it can; try again in a moment.".to_owned()
            }
            Self::Judge(judge_api::Error::Away(_)) => {
                "The judge does not answer; try again in a moment.".to_owned()
            }
            Self::Internal(_) | Self::Judge(_) => {
                "The error was logged under the id in the x-request-id header.".to_owned()
            }
        }
    }
}

/// The body of each error: a problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Problem {
    /// Names the kind of problem, for ever the same.
    r#type: String,
    /// The kind of problem in a few words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// Says what is wrong this time, and what to do.
    detail: String,
    /// Each field that is wrong, of a problem of the type `invalid`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let kind = self.problem();
        let status = kind.status;
        // A platform that cannot stream has not failed; a page there asks once for each submission that it shows. Nor has a server
        // without a judge.
        let is_choice = matches!(
            self,
            Self::CannotStream | Self::Judge(judge_api::Error::NotConfigured)
        );
        if status.is_server_error() && !is_choice {
            tracing::error!(error.code = kind.code, error = %Chain(&self), "the request failed");
        }
        let code = ErrorCode(kind.code);
        let retry_after = match &self {
            Self::TooManyAttempts(seconds)
            | Self::BudgetUsed(seconds)
            | Self::DailyLimit(seconds) => Some(*seconds),
            Self::QueueFull => Some(60),
            // Somebody has to set one up.
            Self::Judge(judge_api::Error::NotConfigured) => Some(3600),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(5),
            _ => None,
        };
        let limit = match &self {
            Self::TooLarge(limit) => Some(Limit(*limit)),
            _ => None,
        };
        let problem = Problem {
            r#type: kind.urn(),
            title: kind.title,
            status: status.as_u16(),
            detail: self.detail(),
            errors: match self {
                Self::Invalid(errors) => errors,
                _ => Vec::new(),
            },
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
            .extend(retry_after.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(code);
        if let Some(limit) = limit {
            response.extensions_mut().insert(limit);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection may be lost after the request sent over it has been carried out.
    #[test]
    fn a_service_that_does_not_answer_is_not_said_to_have_done_nothing() {
        let errors = [
            ApiError::Unavailable(db::Error::from(sqlx::Error::PoolTimedOut)),
            ApiError::QueueUnavailable(queue::Error::NotConfigured),
        ];
        for error in errors {
            assert!(!error.detail().contains("Nothing was"), "{error}");
            assert!(error.detail().contains("all the same"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_message_of_a_panic_in_a_task_is_not_repeated() {
        let error = tokio::spawn(async { panic!("{}", "a user's program") })
            .await
            .unwrap_err();
        let error = ApiError::Internal(Box::new(error));
        assert_eq!(
            domain::Chain(&error).to_string(),
            "internal error: a task panicked"
        );
    }
}
