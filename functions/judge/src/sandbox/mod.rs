//! Running somebody else's program: the helper `judge-run`, which the judge starts once for each run.
//!
//! The judge starts `judge-run watch`, which starts `judge-run enter` and watches it. That one limits itself with rlimits, Landlock
//! and seccomp, none of which needs a right, and becomes the program. The watcher is small because the kernel counts the memory of
//! the process that starts a program as the program's own, and it waits for nothing else because only then do the kernel's sums of
//! ended children tell of this one program.

mod enter;
mod filter;
pub(crate) mod processes;
mod watch;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use enter::enter;
pub use watch::watch;

/// Kinds of programs, by the system calls that they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Machine code from C or C++: reads, writes, and asks for memory and the time.
    Native,
    /// An interpreter, which also looks for its own files and has threads.
    Managed,
    /// A compiler, which also starts programs and writes files.
    Compiler,
}

/// A program to run, with all that it may do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The kind of program.
    pub profile: Profile,
    /// The program's file.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Files and folders that it may read and execute.
    pub readable: Vec<PathBuf>,
    /// Folders that it may also write to.
    pub writable: Vec<PathBuf>,
    /// Processor time after which it is ended, in milliseconds.
    pub cpu_ms: u64,
    /// Time after which it is ended, in milliseconds.
    pub wall_ms: u64,
    /// Memory in use with which it is ended, in KiB.
    pub memory_kb: u64,
    /// Memory that one process may ask for, in bytes, where that can be limited.
    pub address_space: Option<u64>,
    /// The stack, in bytes.
    pub stack: u64,
    /// The largest file that it may write, in bytes.
    pub file_size: u64,
    /// Output with which it is ended, in bytes.
    pub output: usize,
    /// Error output of which the end is kept, in bytes.
    pub errors: usize,
    /// Processes and threads that its user may have.
    pub processes: u64,
}

/// Why a program was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// Too much processor time.
    Cpu,
    /// Too much time.
    Wall,
    /// Too much memory.
    Memory,
    /// Too much output.
    Output,
    /// Too many threads.
    Threads,
}

/// The end of a run: a line of JSON, after which come the output and the error output as they were written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Why it could not be started; nothing else counts then.
    pub not_started: Option<String>,
    /// Why it was ended from outside.
    pub stopped: Option<Stopped>,
    /// Exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// Processor time, in milliseconds.
    pub cpu_ms: u64,
    /// Most memory in use at once, in KiB.
    pub memory_kb: u64,
    /// Bytes of output that follow.
    pub output: usize,
    /// Bytes of error output that follow.
    pub errors: usize,
}

/// Threads of one program.
pub(crate) const THREADS: u64 = 64;

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step that the system refused.
    #[error("{0}: {1}")]
    System(&'static str, #[source] std::io::Error),
    /// The order cannot be read.
    #[error("the order is not one: {0}")]
    Order(#[from] serde_json::Error),
    /// Landlock.
    #[error("Landlock: {0}")]
    Landlock(#[from] landlock::RulesetError),
    /// The kernel has no Landlock, or it is switched off.
    #[error(
        "this kernel does not enforce Landlock: it needs Linux 5.13 or later with landlock among the security modules"
    )]
    NoLandlock,
    /// seccomp.
    #[error("seccomp: {0}")]
    Seccomp(#[from] seccompiler::Error),
    /// It was started by hand.
    #[error("this is a part of the judge, which starts it")]
    Usage,
    /// The process that watches it has ended.
    #[error("nobody watches it")]
    Orphaned,
}

fn system<E: Into<std::io::Error>>(step: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::System(step, error.into())
}
