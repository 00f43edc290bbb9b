//! Reading and checking an answer.

use std::sync::Arc;

use serde_json::Value;

use super::{capabilities::Quirk, error::Error, extract, question::Question, redact::Redactor};

/// Says of an answer what it is, or what is wrong with it; it is told whether it is the last one.
pub(super) type Check<T> = Arc<dyn Fn(Value, bool) -> Result<T, String> + Send + Sync>;

/// The judgement of an answer.
pub(super) enum Judged<T> {
    Right(T, Vec<Quirk>),
    /// Why the likeliest object in it is none, and whether there is one at all.
    Wrong {
        content: String,
        reason: String,
        is_json: bool,
    },
}

/// Reads and checks an answer, off the threads that others wait for: megabytes of it may take a second.
pub(super) async fn judge<T: Send + 'static>(
    content: String,
    question: &Question,
    redactor: &Arc<Redactor>,
    check: Check<T>,
    is_last: bool,
) -> Result<Judged<T>, Error> {
    let schema = question.schema;
    let redactor = redactor.clone();
    let judged = tokio::task::spawn_blocking(move || {
        let candidates = match extract::candidates(&content, schema) {
            Ok(candidates) => candidates,
            Err(reason) => {
                return Judged::Wrong {
                    content,
                    reason,
                    is_json: false,
                };
            }
        };
        let mut first = None;
        for mut candidate in candidates {
            redactor.clean_value(&mut candidate.value);
            match check(candidate.value, is_last) {
                Ok(value) => return Judged::Right(value, candidate.quirks),
                Err(reason) => {
                    first.get_or_insert(reason);
                }
            }
        }
        Judged::Wrong {
            content,
            reason: first.unwrap_or_default(),
            is_json: true,
        }
    });
    match judged.await {
        Ok(judged) => Ok(judged),
        // A panic in it is one of the whole work.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Error::Stopped(Box::new(error))),
        },
    }
}
