//! One server: how it is started, asked and stopped.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use nix::sys::signal::Signal;

use super::{
    Error,
    launcher::{self, Program},
};

/// How long the kernel's signal to the servers of a killed CodeChecker may take to end them.
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    Ready,
    /// It is there, but recovers or loads its data.
    Starting,
    Silent,
}

#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) program: Program,
    /// Files that begin with the process id of the server that works in its folder.
    pub(super) pid_files: Vec<PathBuf>,
    /// Signals that end it, the gentlest first, each with the time it gets.
    pub(super) stop_signals: &'static [(Signal, Duration)],
    /// A client that asks whether it serves.
    pub(super) probe: (PathBuf, Vec<String>),
    pub(super) parse_probe: fn(&Output) -> Readiness,
}

impl Server {
    /// Waits until no server is left of an earlier run, and removes what it left in the way of the next.
    pub(super) fn clear(&self) -> Result<(), Error> {
        for file in &self.pid_files {
            let folder = &self.program.folder;
            let running = || pid_in(file).filter(|pid| works_in(*pid, folder));
            if let Some(pid) = running() {
                tracing::info!(
                    server = self.name,
                    pid,
                    "waiting for the one of an earlier run to end"
                );
            }
            let ended = launcher::wait_until(LEFTOVER_TIMEOUT, || running().is_none());
            if let Some(pid) = running().filter(|_| !ended) {
                return Err(Error::InUse {
                    server: self.name,
                    pid,
                    folder: folder.clone(),
                });
            }
            // PostgreSQL looks after a file whose process is gone, but not after one whose process id has passed to
            // another program, or to a zombie.
            if pid_in(file).is_some_and(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
                remove(file)?;
            }
        }
        Ok(())
    }

    pub(super) fn readiness(&self) -> Readiness {
        self.ask()
            .map_or(Readiness::Silent, |output| (self.parse_probe)(&output))
    }

    fn ask(&self) -> io::Result<Output> {
        let (program, args) = &self.probe;
        let mut child = Command::new(program)
            .args(args)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if launcher::wait(&mut child, PROBE_TIMEOUT)?.is_none() {
            child.kill()?;
        }
        child.wait_with_output()
    }
}

fn pid_in(file: &Path) -> Option<i32> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().next()?.trim().parse().ok()
}

/// Tells a server from a stranger with its old process id: both servers make their data folder the working folder. That
/// of a zombie cannot be read.
fn works_in(pid: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|found| found == folder)
}

fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", file.display()))(error))
        }
        _ => Ok(()),
    }
}
