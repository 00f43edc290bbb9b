//! One run of a program by the helper.

use std::{
    io::Write as _,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use crate::sandbox::{Order, Report, processes};

/// Time that the helper gets beyond the time of the run.
const GRACE: Duration = Duration::from_secs(10);
/// The longest first line of a report, in bytes.
const REPORT_BYTES: u64 = 64 * 1024;

/// Why a program was not run. None of this is the program's own doing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The system refused something.
    #[error("{0}")]
    System(&'static str, #[source] std::io::Error),
    /// The helper ended without a report.
    #[error("the helper has no report: {0}")]
    NoReport(String),
    /// The helper could not start the program.
    #[error("the program could not be started: {0}")]
    NotStarted(String),
}

fn system<E: Into<std::io::Error>>(step: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::System(step, error.into())
}

/// The end of a run.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) report: Report,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
}

/// Processes and threads that a user may have beyond those that it has.
const PROCESSES: u64 = 1024;

/// Starts programs in the sandbox.
#[derive(Debug)]
pub(crate) struct Helper {
    path: PathBuf,
    /// Processes and threads of this user when they were last counted: the kernel's limit is one for all of them.
    tasks: AtomicU64,
}

impl Helper {
    pub(crate) fn new(path: PathBuf) -> Self {
        let helper = Self {
            path,
            tasks: AtomicU64::new(0),
        };
        helper.count_tasks();
        helper
    }

    /// Counts anew how many processes and threads there are.
    pub(crate) fn count_tasks(&self) {
        self.tasks
            .store(processes::of_this_user(), Ordering::Relaxed);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a program to its end. Dropping the future ends the program.
    pub(crate) async fn run(&self, order: &Order, input: &[u8]) -> Result<Finished, Error> {
        let order = &Order {
            processes: self.tasks.load(Ordering::Relaxed) + PROCESSES,
            ..order.clone()
        };
        let text = serde_json::to_string(order).map_err(system("writing the order"))?;
        let child = Command::new(&self.path)
            .args(["watch", &text])
            .env_clear()
            .stdin(file_of(input)?)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(system("starting the helper"))?;
        let mut running = Running(child);
        let most = Duration::from_millis(order.wall_ms) + GRACE;
        match tokio::time::timeout(most, finish(&mut running.0, order)).await {
            Ok(finished) => finished,
            Err(_) => Err(Error::NoReport("it took too long".to_owned())),
        }
    }
}

/// The helper. It ends the program when it is told to end itself.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // Not waited for yet, so the id cannot have passed to another process.
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }
}

async fn finish(child: &mut Child, order: &Order) -> Result<Finished, Error> {
    let most = REPORT_BYTES + (order.output + order.errors) as u64;
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read = async {
        if let Some(stdout) = stdout {
            stdout.take(most).read_to_end(&mut output).await?;
        }
        std::io::Result::Ok(())
    };
    let complain = async {
        if let Some(stderr) = stderr {
            stderr.take(REPORT_BYTES).read_to_end(&mut errors).await?;
        }
        std::io::Result::Ok(())
    };
    tokio::try_join!(read, complain).map_err(system("reading the helper's report"))?;
    child
        .wait()
        .await
        .map_err(system("waiting for the helper"))?;
    let parts = parts(&mut output);
    let Some((report, errors)) = parts else {
        return Err(Error::NoReport(
            String::from_utf8_lossy(&errors).into_owned(),
        ));
    };
    Ok(Finished {
        report,
        output,
        errors,
    })
}

/// Takes the report and the error output off the output.
fn parts(all: &mut Vec<u8>) -> Option<(Report, Vec<u8>)> {
    let end = all.iter().position(|byte| *byte == b'\n')?;
    let report: Report = serde_json::from_slice(&all[..end]).ok()?;
    all.drain(..=end);
    (all.len() == report.output + report.errors).then(|| {
        let errors = all.split_off(report.output);
        (report, errors)
    })
}

/// A file without a name that nobody can change, open for reading alone.
fn file_of(input: &[u8]) -> Result<std::fs::File, Error> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("input", flags).map_err(system("making the input"))?;
    let mut memory = std::fs::File::from(memory);
    memory
        .write_all(input)
        .map_err(system("writing the input"))?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals).map_err(system("sealing the input"))?;
    std::fs::File::open(format!("/proc/self/fd/{}", memory.as_raw_fd()))
        .map_err(system("opening the input"))
}
