//! Starts programs as the servers' user, with a signal for the day that this process dies.
//!
//! Both need a step between fork and exec, which only unsafe code could take here: `setpriv` takes it.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{Error, log, user::ChildUser};

/// A parent that died before `setpriv` asked for the signal sends none. `$0` is the parent that there should be.
const UNLESS_ORPHANED: &str = r#"[ "$PPID" = "$0" ] && exec "$@""#;
const POLL: Duration = Duration::from_millis(25);

/// A program with all that it is started with.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<OsString>,
    /// The working folder.
    pub(super) folder: PathBuf,
    /// Takes what it writes to stdout and stderr.
    pub(super) log: PathBuf,
}

#[derive(Debug)]
pub(super) struct Launcher {
    pub(super) setpriv: PathBuf,
    pub(super) search_path: Option<OsString>,
    pub(super) user: ChildUser,
}

impl Launcher {
    /// Starts a program, which gets `death_signal` when the calling thread ends.
    pub(super) fn spawn(
        &self,
        program: &Program,
        death_signal: Signal,
        stdin: Stdio,
    ) -> Result<Child, Error> {
        let action = format!("start {}", program.path.display());
        let log = log::append(&program.log)?;
        let mut command = Command::new(&self.setpriv);
        if self.user.switch {
            command
                .args(["--reuid", &self.user.uid.to_string()])
                .args(["--regid", &self.user.gid.to_string()])
                .arg("--init-groups");
        }
        command
            .args(["--pdeathsig", death_signal.as_str()])
            .args(["--", "/bin/sh", "-c", UNLESS_ORPHANED])
            .arg(std::process::id().to_string())
            .arg(&program.path)
            .args(&program.args)
            .current_dir(&program.folder)
            .env_clear()
            .env("LC_ALL", "C")
            .envs(self.search_path.as_ref().map(|path| ("PATH", path)))
            .stdin(stdin)
            // The terminal's Ctrl+C is for CodeChecker alone, which stops the servers in order.
            .process_group(0);
        log.try_clone()
            .and_then(|stdout| command.stdout(stdout).stderr(log).spawn())
            .map_err(Error::io(action))
    }

    /// Runs a program to its end.
    pub(super) fn run(
        &self,
        program: &Program,
        input: &str,
        timeout: Duration,
    ) -> Result<(), Error> {
        let mut child = self.spawn(program, Signal::SIGKILL, Stdio::piped())?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that reads none of it ends with a status that tells more.
            let _ = stdin.write_all(input.as_bytes());
        }
        let action = format!("wait for {}", program.path.display());
        let how = match wait(&mut child, timeout).map_err(Error::io(action))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => status.to_string(),
            None => {
                // Its own process group holds what it started in turn.
                let _ = killpg(pid_of(&child), Signal::SIGKILL);
                let _ = child.wait();
                format!("no end after {} s", timeout.as_secs())
            }
        };
        Err(Error::Failed {
            program: program.path.display().to_string(),
            how,
            tail: log::tail(&program.log),
            log: program.log.clone(),
        })
    }
}

/// Waits for a child's end; `None` after the timeout.
pub(super) fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let mut status = None;
    let ended = wait_until(timeout, || {
        status = child.try_wait().transpose();
        status.is_some()
    });
    if ended { status.transpose() } else { Ok(None) }
}

/// Whether the condition became true within the timeout.
pub(super) fn wait_until(timeout: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + timeout;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor has a thread of its own"
)]
pub(super) fn pause() {
    thread::sleep(POLL);
}

/// The process id of a child that nobody has waited for yet.
pub(super) fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("the kernel's process ids fit in an i32"))
}
