//! One server: starting, asking and stopping it.

use std::{
    ffi::OsString,
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
    /// Asks whether it serves; nobody waits for one that has none.
    pub(super) probe: Option<Probe>,
}

/// A client that asks a server whether it serves.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) parse: fn(&Output) -> Readiness,
}

impl Server {
    /// Waits until no server is left of an earlier run, and removes what it left in the way of the next.
    pub(super) fn clear(&self) -> Result<(), Error> {
        let folder = &self.program.folder;
        for file in &self.pid_files {
            let mut owner = owner_of(file, folder);
            if let Owner::Server(pid) = owner {
                tracing::info!(
                    server = self.name,
                    pid,
                    "waiting for the one of an earlier run to end"
                );
                launcher::wait_until(LEFTOVER_TIMEOUT, || {
                    owner = owner_of(file, folder);
                    !matches!(owner, Owner::Server(_))
                });
            }
            match owner {
                Owner::Server(pid) => {
                    return Err(Error::InUse {
                        server: self.name,
                        pid,
                        folder: folder.clone(),
                    });
                }
                // PostgreSQL would refuse to start over it.
                Owner::Other => remove(file)?,
                Owner::None => {}
            }
        }
        Ok(())
    }

    pub(super) fn readiness(&self) -> Readiness {
        let Some(probe) = &self.probe else {
            return Readiness::Ready;
        };
        probe
            .ask()
            .map_or(Readiness::Silent, |output| (probe.parse)(&output))
    }
}

impl Probe {
    fn ask(&self) -> io::Result<Output> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
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

/// The process whose id is in a file.
enum Owner {
    Server(i32),
    /// A zombie, or a stranger that has got the id of an ended server.
    Other,
    /// None that lives, or none that can be judged: the server itself looks after the file.
    None,
}

fn owner_of(file: &Path, folder: &Path) -> Owner {
    let pid = fs::read_to_string(file)
        .ok()
        .and_then(|text| text.lines().next()?.trim().parse().ok());
    let Some(pid) = pid else {
        return Owner::None;
    };
    let process = PathBuf::from(format!("/proc/{pid}"));
    // Both servers make their data folder the working folder; a zombie has none.
    match fs::read_link(process.join("cwd")) {
        Ok(found) if found == folder => Owner::Server(pid),
        Ok(_) => Owner::Other,
        Err(error) if error.kind() == io::ErrorKind::NotFound && process.exists() => Owner::Other,
        Err(_) => Owner::None,
    }
}

fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", file.display()))(error))
        }
        _ => Ok(()),
    }
}
