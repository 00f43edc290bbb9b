//! Reasons why the embedded servers do not run.

use std::{io, path::PathBuf};

/// Why the embedded servers do not run; each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not installed.
    #[error(
        "{program} was not found: install it ({packages}), or set DATABASE_URL and REDIS_URL to servers that run elsewhere"
    )]
    Missing {
        /// In words, with the versions that would do.
        program: String,
        /// The packages that have it.
        packages: &'static str,
    },
    /// The database was made by a major version that is not installed.
    #[error(
        "The database in {folder} was made by PostgreSQL {made_by}, but the PostgreSQL found is {installed}: install \
         PostgreSQL {made_by} as well (versions live side by side), or dump the database with {made_by} and restore it with \
         {installed}, or move {folder} away to start with an empty database"
    )]
    OtherMajor {
        /// The database folder.
        folder: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major versions installed.
        installed: String,
    },
    /// Another process holds the data folder.
    #[error(
        "CodeChecker is already running with the data folder {folder}{holder}: stop that one first, or set \
         CODE_CHECKER_DATA_DIR to another folder"
    )]
    AlreadyRunning {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, in brackets, when known.
        holder: String,
    },
    /// A server that this process did not start works in the data folder and does not end.
    #[error("Process {pid} is a {server} that already uses {folder}: end it, then start again")]
    InUse {
        /// The server.
        server: &'static str,
        /// Its process.
        pid: i32,
        /// The folder it works in.
        folder: PathBuf,
    },
    /// Root has no user to run the servers as.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody to run it as: create one, \
         or start CodeChecker as an ordinary user"
    )]
    NoUser,
    /// Something in the data folder, or on the way to it, cannot be used as it is.
    #[error("{path} {trouble}")]
    Unusable {
        /// A file or folder.
        path: PathBuf,
        /// The rest of the sentence that the path begins: the trouble, and how to end it.
        trouble: String,
    },
    /// A server, or a program that prepares its data, failed.
    #[error("{program} failed ({how}): solve what it says in {log}, the end of which is: {tail}")]
    Failed {
        /// A server's name or a program's path.
        program: String,
        /// How it ended, or how long it gave no sign of life.
        how: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
    /// The system refused.
    #[error("Could not {action}: check the permissions and the free space there")]
    Io {
        /// The attempt, as the rest of "Could not …".
        action: String,
        /// The system's own error.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: the attempted action completes "Could not ...".
    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
