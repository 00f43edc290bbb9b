//! Keeping one server running: start, readiness, restarts, stop.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use super::Error;
use super::child::pid_of;
use super::folder::last_lines;

/// How long a server may say nothing at all.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a server that says it is starting may take, as a recovery after a crash can.
const RECOVERY: Duration = Duration::from_secs(300);
const PROGRESS: Duration = Duration::from_secs(10);
/// So many ends within [`EXITS_WITHIN`] mean that another restart would not help.
const MOST_EXITS: usize = 5;
const EXITS_WITHIN: Duration = Duration::from_secs(60);
const BACKOFF: [Duration; MOST_EXITS - 1] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(10),
];

/// What a server says when asked whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Ready,
    Starting,
    Nothing,
}

/// A server that a [`Keeper`] can keep.
pub(super) trait Server {
    fn name(&self) -> &'static str;
    fn log(&self) -> &Path;
    /// Makes sure that no earlier process and nothing it left is in the way.
    fn clear(&self) -> Result<(), Error>;
    fn spawn(&self) -> Result<Child, Error>;
    fn answer(&self) -> Answer;
    /// Signals that end it, the gentlest first, each with the time it gets.
    fn stop_signals(&self) -> &'static [(Signal, Duration)];
}

/// Keeps one server running.
pub(super) struct Keeper {
    server: Box<dyn Server>,
    child: Option<Child>,
    exits: Vec<Instant>,
    restart_at: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(server: Box<dyn Server>) -> Self {
        Self {
            server,
            child: None,
            exits: Vec::new(),
            restart_at: None,
        }
    }

    /// Starts the server and waits until it answers.
    pub(super) fn start(&mut self) -> Result<(), Error> {
        self.server.clear()?;
        let child = self.child.insert(self.server.spawn()?);
        let name = self.server.name();
        let began = Instant::now();
        let mut heard = began;
        let mut told = began;
        loop {
            if let Some(status) = child
                .try_wait()
                .map_err(Error::io(format!("watch {name}")))?
            {
                self.child = None;
                return Err(Error::Exited {
                    server: name,
                    status,
                    log: self.server.log().to_path_buf(),
                    said: last_lines(self.server.log()),
                });
            }
            match self.server.answer() {
                Answer::Ready => break,
                Answer::Starting => heard = Instant::now(),
                Answer::Nothing => {}
            }
            if heard.elapsed() > SILENCE || began.elapsed() > RECOVERY {
                self.stop();
                return Err(Error::Silent {
                    server: name,
                    seconds: began.elapsed().as_secs(),
                    log: self.server.log().to_path_buf(),
                });
            }
            if told.elapsed() > PROGRESS {
                told = Instant::now();
                tracing::info!(
                    "{name} is still starting after {} s, see {}",
                    began.elapsed().as_secs(),
                    self.server.log().display()
                );
            }
            pause();
        }
        tracing::info!(duration_ms = began.elapsed().as_millis(), "{name} answers");
        Ok(())
    }

    /// Restarts the server if it died; a reason once that has been given up.
    pub(super) fn tick(&mut self) -> Option<String> {
        if let Some(child) = &mut self.child {
            let status = child.try_wait().ok().flatten()?;
            self.child = None;
            return self.ended(&format!("ended ({status})"));
        }
        if self.restart_at.is_none_or(|at| Instant::now() < at) {
            return None;
        }
        self.restart_at = None;
        match self.server.clear().and_then(|()| self.server.spawn()) {
            Ok(child) => {
                self.child = Some(child);
                tracing::info!("{} was started again", self.server.name());
                None
            }
            Err(error) => self.ended(&format!("could not be started again: {error}")),
        }
    }

    fn ended(&mut self, how: &str) -> Option<String> {
        let (name, log) = (self.server.name(), self.server.log());
        tracing::warn!("{name} {how}, see {}", log.display());
        self.exits.retain(|at| at.elapsed() < EXITS_WITHIN);
        self.exits.push(Instant::now());
        match BACKOFF.get(self.exits.len() - 1) {
            Some(backoff) => {
                self.restart_at = Some(Instant::now() + *backoff);
                None
            }
            None => Some(format!(
                "{name} could not be kept running: it {how}, the {MOST_EXITS}th time within a \
                 minute; solve what it says in {}, the end of which is: {}",
                log.display(),
                last_lines(log)
            )),
        }
    }

    /// Ends the server, by force if it takes too long.
    pub(super) fn stop(&mut self) {
        self.restart_at = None;
        let Some(mut child) = self.child.take() else {
            return;
        };
        let name = self.server.name();
        for (signal, patience) in self.server.stop_signals() {
            // Not waited for yet, so its id cannot have passed to another process.
            let _ = kill(pid_of(&child), *signal);
            let deadline = Instant::now() + *patience;
            while Instant::now() < deadline {
                if !matches!(child.try_wait(), Ok(None)) {
                    tracing::info!("{name} has stopped");
                    return;
                }
                pause();
            }
            tracing::warn!(
                "{name} did not stop within {} s of {signal}",
                patience.as_secs()
            );
        }
    }
}

/// The rhythm of every wait here.
#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor has a thread of its own"
)]
pub(super) fn pause() {
    std::thread::sleep(Duration::from_millis(25));
}
