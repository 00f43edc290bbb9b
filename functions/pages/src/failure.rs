//! Why a submission failed or waits, in words for the visitor and for the admin.

use actions::results::Results;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{FailureCode, StageState, Status};
use site::{Words, wait};

/// Why a submission failed.
pub(crate) struct FailureView {
    pub(crate) what: String,
    pub(crate) todo: String,
    /// Whether nothing is wrong: somebody stopped it.
    pub(crate) calm: bool,
    /// Whether only the admin can mend it.
    pub(crate) login: bool,
    /// Whether it has to be changed before it is submitted again.
    pub(crate) edit: bool,
    pub(crate) retry: Option<Wait>,
    pub(crate) detail: String,
    pub(crate) code: String,
    pub(crate) request_id: String,
}

/// Why a submission waits.
pub(crate) struct Waits {
    pub(crate) what: &'static str,
    pub(crate) until: Option<Wait>,
}

/// A moment to wait for.
pub(crate) struct Wait {
    /// RFC 3339.
    pub(crate) at: String,
    /// The time until then, which a script counts down.
    pub(crate) text: String,
    /// The words around it.
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

impl Wait {
    /// The wait until a moment within the words of this key, unless it has passed.
    fn until(at: Option<DateTime<Utc>>, key: &str, words: Words) -> Option<Self> {
        let at = at?;
        let left = at - Utc::now();
        let (before, after) = words.find(key)?.split_once("{}")?;
        (left.num_seconds() > 0).then(|| Self {
            at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            text: wait(words, left),
            before,
            after,
        })
    }
}

/// Whether only a change of the settings helps.
fn is_of_the_setup(code: &str) -> bool {
    [
        FailureCode::ModelUnauthorized,
        FailureCode::ModelNoCredit,
        FailureCode::ModelNotFound,
        FailureCode::ModelAddressNotFound,
        FailureCode::ModelNotAnEndpoint,
        FailureCode::ModelNoSecureConnection,
        FailureCode::ModelAccountLimit,
        FailureCode::ModelRegion,
        FailureCode::ModelTooWeak,
        FailureCode::ModelTooSlow,
    ]
    .iter()
    .any(|of| of.as_str() == code)
}

/// Whether the same again would end the same.
fn is_of_the_content(code: &str) -> bool {
    [
        FailureCode::NoCode,
        FailureCode::BadImage,
        FailureCode::ModelNoVision,
        FailureCode::ModelContextTooSmall,
        FailureCode::ModelContentFilter,
    ]
    .iter()
    .any(|of| of.as_str() == code)
}

/// Why a submission failed, if it did.
pub(crate) fn failure(results: &Results, is_admin: bool, words: Words) -> Option<FailureView> {
    let submission = &results.submission;
    let code = match submission.status {
        Status::Cancelled => "cancelled",
        _ => submission.error_code.as_deref()?,
    };
    let login = is_of_the_setup(code);
    let key = if login && !is_admin { "setup" } else { code };
    let text = |part: &str| {
        let own = words.find(&format!("failure.{key}.{part}"));
        let other = || words.find(&format!("failure.other.{part}"));
        own.or_else(other).unwrap_or_default().to_owned()
    };
    Some(FailureView {
        what: text("what"),
        todo: text("todo"),
        calm: submission.status == Status::Cancelled,
        login,
        edit: is_of_the_content(code),
        retry: Wait::until(
            submission
                .retry_at
                .filter(|_| submission.status == Status::Failed),
            "failure.again",
            words,
        ),
        detail: submission.error_detail.clone().unwrap_or_default(),
        request_id: submission.request_id.clone().unwrap_or_default(),
        code: code.to_owned(),
    })
}

/// Why a submission is put off, if it is.
pub(crate) fn waits_for(results: &Results, words: Words) -> Option<Waits> {
    let submission = &results.submission;
    let mut stages = results.stages.iter();
    let code = stages.find_map(|row| {
        let is_put_off = submission.status == Status::Queued && row.state == StageState::Pending;
        row.error_code.as_ref().filter(|_| is_put_off)
    })?;
    Some(Waits {
        what: words.find(&format!("failure.{code}.what"))?,
        until: Wait::until(submission.retry_at, "progress.again", words),
    })
}
