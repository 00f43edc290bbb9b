//! What can keep the embedded servers from running.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why the embedded servers do not run; each message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A server program is not installed.
    #[error(
        "{program} was not found on the PATH or in the usual places: install it ({packages}), or \
         set DATABASE_URL and REDIS_URL to servers that run elsewhere"
    )]
    Missing {
        /// What is missing.
        program: &'static str,
        /// The packages that have it.
        packages: &'static str,
    },
    /// The only PostgreSQL there is, is too old.
    #[error(
        "{program} is PostgreSQL {found}, which is too old: install PostgreSQL 15 or later, or set \
         DATABASE_URL and REDIS_URL to servers that run elsewhere"
    )]
    TooOld {
        /// The server program found.
        program: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// The database was made by another major version.
    #[error(
        "The database in {folder} was made by PostgreSQL {made_by}, but the PostgreSQL found is \
         {installed}: install PostgreSQL {made_by} as well (versions live side by side), or dump \
         the database with {made_by} and restore it with {installed}, or move {folder} away to \
         start with an empty database"
    )]
    OtherMajor {
        /// The database folder.
        folder: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The major versions installed.
        installed: String,
    },
    /// The database folder holds something else.
    #[error(
        "{folder} is not empty and holds no PostgreSQL database (its file PG_VERSION is missing or \
         unreadable): restore it from a backup, or move it away to start with an empty database"
    )]
    NotADatabase {
        /// The database folder.
        folder: PathBuf,
    },
    /// Another process holds the data folder.
    #[error(
        "CodeChecker is already running with the data folder {folder}{holder}: stop that one \
         first, or set CODE_CHECKER_DATA_DIR to another folder"
    )]
    AlreadyRunning {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, in brackets, when known.
        holder: String,
    },
    /// Root has no one to run the servers as.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody \
         to run it as: create one, or start CodeChecker as an ordinary user"
    )]
    NoUser,
    /// The servers' user cannot reach the data folder.
    #[error(
        "The servers run as the user {user}, who may not enter {blocked}: set CODE_CHECKER_DATA_DIR \
         to a folder that {user} can reach (such as /var/lib/code-checker), or allow it with \
         `chmod o+x {blocked}`"
    )]
    CannotEnter {
        /// Who the servers run as.
        user: String,
        /// The folder in the way.
        blocked: PathBuf,
    },
    /// A folder belongs to someone else.
    #[error(
        "{path} belongs to user id {owner}, but the servers would run as user id {expected}: start \
         CodeChecker as its owner, or give it away with `chown -R {expected} {path}`"
    )]
    WrongOwner {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who should own it.
        expected: u32,
    },
    /// A folder for sockets is something else, or open to others.
    #[error(
        "{path} should be a folder that only the servers' user may enter, and is not: remove it, \
         or set CODE_CHECKER_DATA_DIR to a folder with a shorter path"
    )]
    NotPrivate {
        /// The path.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("Could not {action}: check the permissions and the free space there")]
    Io {
        /// What was attempted.
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// The admin token of the data folder is too short.
    #[error(
        "{file} holds fewer than 16 characters: write a longer token there, or remove the file"
    )]
    ShortToken {
        /// The file.
        file: PathBuf,
    },
    /// The sealing key cannot be read.
    #[error(
        "{file} does not hold 32 bytes in base64: restore it from a backup, or remove it and enter \
         the saved API key again"
    )]
    SecretKey {
        /// The file.
        file: PathBuf,
    },
    /// The system's random number generator failed.
    #[error("The system gave no random bytes: start again once its random number generator works")]
    Random,
    /// A tool that prepares the database failed.
    #[error("{tool} failed ({status}): solve what it says in {log}, the end of which is: {said}")]
    Tool {
        /// The tool.
        tool: String,
        /// How it ended.
        status: String,
        /// Its output.
        log: PathBuf,
        /// The end of its output.
        said: String,
    },
    /// A server ended instead of starting.
    #[error(
        "{server} did not start ({status}): solve what it says in {log}, the end of which is: {said}"
    )]
    Exited {
        /// The server.
        server: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        said: String,
    },
    /// A server runs but does not answer.
    #[error(
        "{server} did not answer within {seconds} s: see {log} for what keeps it, and start again"
    )]
    Silent {
        /// The server.
        server: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// A server of an earlier run cannot be stopped.
    #[error(
        "Process {pid}, left over from an earlier run, still uses {folder}: end it, then start again"
    )]
    Orphan {
        /// The process.
        pid: i32,
        /// The folder it works in.
        folder: PathBuf,
    },
    /// The supervisor thread ended in a panic.
    #[error(
        "The supervisor of PostgreSQL and Redis ended unexpectedly: report this with the log above it"
    )]
    Supervisor,
    /// The hidden subcommand was called by hand.
    #[error(
        "This subcommand starts the servers of the embedded mode and is not meant to be called by hand"
    )]
    ChildUsage,
    /// The runtime died before its child was ready.
    #[error("The process that started this server is gone: start CodeChecker again")]
    ParentGone,
    /// The child could not become the servers' user.
    #[error("Could not become user id {uid}: start CodeChecker as root or as an ordinary user")]
    SwitchUser {
        /// The user.
        uid: u32,
        /// What the system said.
        source: nix::Error,
    },
    /// The child could not become the program.
    #[error(
        "Could not run {program}: check that it is installed and that its folders can be entered"
    )]
    Exec {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: the attempted action completes "Could not ...".
    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let action = action.into();
        move |source| Error::Io { action, source }
    }
}
