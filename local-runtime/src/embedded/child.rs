//! Starting a program as the servers' user, with a signal for the day its parent dies.
//!
//! That needs a step between fork and exec, which only unsafe code could take inside our process.
//! So the runtime starts itself once more with [`CHILD_COMMAND`], and that process takes the step
//! and then becomes the program.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::folder::last_lines;
use super::user::ChildUser;
use super::{Error, keeper};

/// The hidden subcommand that [`run_child`] serves.
pub const CHILD_COMMAND: &str = "embedded-child";

/// Becomes the program that the arguments after [`CHILD_COMMAND`] describe; returns only on error.
///
/// Call it before any thread is started.
pub fn run_child(args: impl Iterator<Item = OsString>) -> Error {
    match Request::parse(args) {
        Some(request) => request.run(),
        None => Error::ChildUsage,
    }
}

#[derive(Debug, PartialEq)]
struct Request {
    parent: u32,
    user: Option<(u32, u32)>,
    death_signal: Signal,
    program: OsString,
    args: Vec<OsString>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        let (mut parent, mut user, mut death_signal) = (None, None, None);
        loop {
            let name = args.next()?;
            if name == "--" {
                break;
            }
            let value = args.next()?.into_string().ok()?;
            match name.to_str()? {
                "--parent" => parent = Some(value.parse().ok()?),
                "--user" => {
                    let (uid, gid) = value.split_once(':')?;
                    user = Some((uid.parse().ok()?, gid.parse().ok()?));
                }
                "--death-signal" => {
                    death_signal = Some(Signal::try_from(value.parse::<i32>().ok()?).ok()?);
                }
                _ => return None,
            }
        }
        Some(Self {
            parent: parent?,
            user,
            death_signal: death_signal?,
            program: args.next()?,
            args: args.collect(),
        })
    }

    fn run(self) -> Error {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if let Some((uid, gid)) = self.user
            && let Err(source) = switch_user(&mut command, uid, gid)
        {
            return Error::SwitchUser { uid, source };
        }
        // Changing the user clears the death signal, hence only now.
        #[cfg(target_os = "linux")]
        if let Err(errno) = nix::sys::prctl::set_pdeathsig(self.death_signal) {
            return Error::io("ask for a signal at the parent's death")(errno.into());
        }
        // A parent that died before the line above sends nothing.
        if parent_id() != self.parent {
            return Error::ParentGone;
        }
        Error::Exec {
            source: command.exec(),
            program: self.program.into(),
        }
    }
}

#[cfg(target_os = "linux")]
fn switch_user(_: &mut Command, uid: u32, gid: u32) -> nix::Result<()> {
    use nix::unistd::{Gid, Uid, User, getgrouplist, setgid, setgroups, setuid};

    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    // A group such as ssl-cert can be what lets the user read its own files.
    let groups = User::from_uid(uid)?
        .and_then(|user| std::ffi::CString::new(user.name).ok())
        .and_then(|name| getgrouplist(&name, gid).ok())
        .unwrap_or_else(|| vec![gid]);
    setgroups(&groups)?;
    setgid(gid)?;
    setuid(uid)
}

/// Left to the standard library, as nothing needs doing between the change and the exec.
#[cfg(not(target_os = "linux"))]
fn switch_user(command: &mut Command, uid: u32, gid: u32) -> nix::Result<()> {
    command.uid(uid).gid(gid);
    Ok(())
}

/// Starts programs through [`CHILD_COMMAND`].
#[derive(Debug, Clone)]
pub(super) struct Launcher {
    own_program: PathBuf,
    search_path: Option<OsString>,
    user: ChildUser,
}

impl Launcher {
    pub(super) fn new(
        own_program: PathBuf,
        search_path: Option<OsString>,
        user: &ChildUser,
    ) -> Self {
        Self {
            own_program,
            search_path,
            user: user.clone(),
        }
    }

    /// Starts a program with its output going to `log`.
    ///
    /// The caller's thread is the parent whose end sends `death_signal`.
    pub(super) fn spawn<I, S>(
        &self,
        program: &Path,
        args: I,
        folder: &Path,
        death_signal: Signal,
        log: File,
    ) -> Result<Child, Error>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let action = || format!("start {}", program.display());
        let mut command = Command::new(&self.own_program);
        command
            .arg(CHILD_COMMAND)
            .args(["--parent", &std::process::id().to_string()])
            .args(["--death-signal", &(death_signal as i32).to_string()]);
        if self.user.switch {
            command.args(["--user", &format!("{}:{}", self.user.uid, self.user.gid)]);
        }
        command
            .arg("--")
            .arg(program)
            .args(args)
            .current_dir(folder)
            .env_clear()
            // PostgreSQL on macOS does not start without a valid locale.
            .env("LC_ALL", "C")
            .envs(self.search_path.as_ref().map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(Error::io(action()))?)
            .stderr(log)
            // The terminal's Ctrl+C is for the runtime alone, which stops the servers in order.
            .process_group(0);
        command.spawn().map_err(Error::io(action()))
    }

    /// Runs a program to its end.
    pub(super) fn run<I, S>(
        &self,
        program: &Path,
        args: I,
        folder: &Path,
        log: (&Path, File),
        patience: Duration,
    ) -> Result<(), Error>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let (log_path, log) = log;
        let failed = |status: String| Error::Tool {
            tool: program.display().to_string(),
            status,
            log: log_path.to_path_buf(),
            said: last_lines(log_path),
        };
        let mut child = self.spawn(program, args, folder, Signal::SIGKILL, log)?;
        let deadline = Instant::now() + patience;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(failed(status.to_string())),
                Ok(None) if Instant::now() < deadline => keeper::pause(),
                Ok(None) => {
                    // Its own process group holds what it started in turn.
                    let _ = killpg(pid_of(&child), Signal::SIGKILL);
                    let _ = child.wait();
                    return Err(failed(format!("no end after {} s", patience.as_secs())));
                }
                Err(source) => return Err(Error::io("wait for a child process")(source)),
            }
        }
    }
}

/// The process id of a child that has not been waited for.
pub(super) fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("the kernel's process ids fit in an i32"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Request> {
        Request::parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn arguments_after_the_dashes_are_the_programs_own() {
        let request = parse("--parent 7 --user 101:104 --death-signal 2 -- /bin/x --user -- y");
        assert_eq!(
            request,
            Some(Request {
                parent: 7,
                user: Some((101, 104)),
                death_signal: Signal::SIGINT,
                program: "/bin/x".into(),
                args: ["--user", "--", "y"].map(OsString::from).into(),
            })
        );
    }

    #[test]
    fn an_incomplete_call_is_refused() {
        assert_eq!(parse("--parent 7 -- /bin/x"), None);
        assert_eq!(parse("--death-signal 2 -- /bin/x"), None);
        assert_eq!(parse("--parent 7 --death-signal 2 --"), None);
        assert_eq!(parse("--parent 7 --death-signal 999 -- /bin/x"), None);
        assert_eq!(parse("--what 7"), None);
    }
}
