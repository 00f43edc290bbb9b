//! Why the work has no result.

use std::time::Duration;

use domain::FailureCode;

/// Why the work has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The model.
    #[error(transparent)]
    Model(#[from] llm::Error),
    /// The database, or a lost lease.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The submission holds no program.
    #[error(
        "No program was found in the submission. Paste the code into the code field and submit again."
    )]
    NoCode,
    /// Our own program panicked.
    #[error("Something went wrong on our side; the log of the worker says what.")]
    Crashed,
    /// The whole job took too long.
    #[error("The analysis took longer than {} seconds. Retry it, or raise REQUEST_TIMEOUT_SECONDS.", .0.as_secs())]
    Deadline(Duration),
}

impl Failure {
    pub(crate) fn code(&self) -> FailureCode {
        match self {
            Self::Model(error) => error.code(),
            Self::Database(_) => FailureCode::Database,
            Self::NoCode => FailureCode::NoCode,
            Self::Crashed => FailureCode::Crashed,
            Self::Deadline(_) => FailureCode::Deadline,
        }
    }

    pub(crate) fn detail(&self) -> String {
        detail(self)
    }

    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Model(error) => error.is_transient(),
            Self::Database(_) | Self::Deadline(_) | Self::Crashed => true,
            Self::NoCode => false,
        }
    }

    /// How long to wait for an endpoint that is away, where it asks for a wait; `None` for another failure.
    pub(crate) fn wait(&self) -> Option<Option<Duration>> {
        match self {
            Self::Model(error) if error.is_away() => Some(error.retry_after()),
            _ => None,
        }
    }

    /// How long the endpoint asks to wait.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Model(error) => error.retry_after(),
            _ => None,
        }
    }
}

/// The words of an error. Postgres has no place for NUL.
pub(crate) fn detail(error: &impl std::error::Error) -> String {
    error.to_string().replace('\0', "")
}

/// Both results, or the failure that decides: one for good before one that may pass.
pub(crate) fn both<A, B>(a: Result<A, Failure>, b: Result<B, Failure>) -> Result<(A, B), Failure> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(if b.is_transient() { a } else { b }),
        (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
    }
}
