//! Keeps one server running: start, readiness, restarts, stop.

use std::{
    process::{Child, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use nix::sys::signal::kill;

use super::{
    Error,
    launcher::{self, Launcher},
    log,
    server::{Readiness, Server},
};

/// How long a server may give no answer at all.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server that answers that it is starting may take, as a recovery after a crash can.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(300);
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// More ends than there are delays within this time mean that another restart would not help.
const EXIT_WINDOW: Duration = Duration::from_secs(60);
const RESTART_DELAYS: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(10),
];

/// Stops its server when it is dropped.
pub(super) struct Supervisor {
    pub(super) server: Server,
    launcher: Rc<Launcher>,
    child: Option<Child>,
    exits: Vec<Instant>,
    restart_at: Option<Instant>,
}

impl Supervisor {
    pub(super) fn new(server: Server, launcher: Rc<Launcher>) -> Self {
        Self {
            server,
            launcher,
            child: None,
            exits: Vec::new(),
            restart_at: None,
        }
    }

    /// Starts the server and waits until it is ready.
    pub(super) fn start(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        let mut child = self.spawn()?;
        let outcome = self.wait_until_ready(&mut child, began);
        self.child = Some(child);
        let Some(how) = outcome? else {
            if self.server.probe.is_some() {
                tracing::info!(
                    server = self.server.name,
                    duration_ms = began.elapsed().as_millis(),
                    "ready"
                );
            }
            return Ok(());
        };
        self.stop();
        let log = self.server.program.log.clone();
        Err(Error::Failed {
            program: self.server.name.to_owned(),
            how,
            tail: log::tail(&log),
            log,
        })
    }

    fn spawn(&self) -> Result<Child, Error> {
        self.server.clear()?;
        let (death_signal, _) = self.server.stop_signals[0];
        self.launcher
            .spawn(&self.server.program, death_signal, Stdio::null())
    }

    /// `None`, or why it did not become ready.
    fn wait_until_ready(&self, child: &mut Child, began: Instant) -> Result<Option<String>, Error> {
        let (mut answered, mut logged) = (began, began);
        loop {
            let status = child
                .try_wait()
                .map_err(Error::io(format!("watch {}", self.server.name)))?;
            if let Some(status) = status {
                return Ok(Some(status.to_string()));
            }
            match self.server.readiness() {
                Readiness::Ready => return Ok(None),
                Readiness::Starting => answered = Instant::now(),
                Readiness::Silent => {}
            }
            if answered.elapsed() > SILENCE_TIMEOUT || began.elapsed() > STARTUP_TIMEOUT {
                return Ok(Some(format!(
                    "not ready after {} s",
                    began.elapsed().as_secs()
                )));
            }
            if logged.elapsed() > PROGRESS_INTERVAL {
                logged = Instant::now();
                tracing::info!(
                    server = self.server.name,
                    log = %self.server.program.log.display(),
                    duration_ms = began.elapsed().as_millis(),
                    "still starting"
                );
            }
            launcher::pause();
        }
    }

    /// Restarts the server if it died; returns a reason once it gives up.
    pub(super) fn tick(&mut self) -> Option<String> {
        if let Some(child) = &mut self.child {
            let status = child.try_wait().ok().flatten()?;
            self.child = None;
            return self.plan_restart(&format!("ended ({status})"));
        }
        if self.restart_at.is_none_or(|at| Instant::now() < at) {
            return None;
        }
        self.restart_at = None;
        match self.spawn() {
            Ok(child) => {
                self.child = Some(child);
                tracing::info!(server = self.server.name, "started again");
                None
            }
            Err(error) => self.plan_restart(&format!("could not be started again: {error}")),
        }
    }

    fn plan_restart(&mut self, how: &str) -> Option<String> {
        let (name, log) = (self.server.name, &self.server.program.log);
        tracing::warn!(server = name, log = %log.display(), "{how}");
        self.exits.retain(|at| at.elapsed() < EXIT_WINDOW);
        if let Some(delay) = RESTART_DELAYS.get(self.exits.len()) {
            self.exits.push(Instant::now());
            self.restart_at = Some(Instant::now() + *delay);
            return None;
        }
        Some(format!(
            "{name} could not be kept running: it {how}, the {}th time within a minute; solve what it says in {}, the end of \
             which is: {}",
            RESTART_DELAYS.len() + 1,
            log.display(),
            log::tail(log)
        ))
    }

    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let name = self.server.name;
        for (signal, timeout) in self.server.stop_signals {
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            // Not waited for yet, so its id cannot have passed to another process.
            let _ = kill(launcher::pid_of(&child), *signal);
            if !matches!(launcher::wait(&mut child, *timeout), Ok(None)) {
                tracing::info!(server = name, "stopped");
                return;
            }
            tracing::warn!(server = name, %signal, seconds = timeout.as_secs(), "did not stop in time");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}
