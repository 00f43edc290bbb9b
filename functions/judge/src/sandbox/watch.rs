//! Watching the program: its time, memory and output, and its end with all that it may have started.

use std::{
    fs::File,
    io::{self, Read as _, Write},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::CommandExt as _,
    },
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, poll},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        signal::{SigSet, Signal, killpg},
        signalfd::{SfdFlags, SignalFd},
        time::TimeVal,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, SysconfVar, sysconf},
};
use rustix::process::{PidfdFlags, pidfd_open};

use super::{Error, Order, Profile, Report, Stopped, THREADS, processes, system};

/// How often time and memory are looked at, in milliseconds.
const TICK: u8 = 10;
/// Bytes that a read takes at once.
const CHUNK: usize = 64 * 1024;
/// Reads in a row.
const CHUNKS: usize = 8;

/// Runs the program of the order, and writes the report, the output and the error output to `to`. The program reads this process's
/// standard input.
///
/// # Errors
/// Only when the report cannot be made or written.
pub fn watch(order: &str, helper: &Path, mut to: impl Write) -> Result<(), Error> {
    // The judge calls the run off by this, and the kernel when the judge has died.
    let off = SigSet::from(Signal::SIGTERM);
    off.thread_block().map_err(system("waiting for a signal"))?;
    let off = SignalFd::with_flags(&off, SfdFlags::SFD_CLOEXEC)
        .map_err(system("waiting for a signal"))?;
    prctl::set_pdeathsig(Signal::SIGTERM).map_err(system("asking for the judge's end"))?;
    // Orphans of the program become this process's children, so that none gets away.
    prctl::set_child_subreaper(true).map_err(system("taking in orphans"))?;
    let parsed: Order = serde_json::from_str(order)?;
    let Some(ended) = Watched::start(order, &parsed, helper, off)?.until_the_end()? else {
        return Ok(());
    };
    let mut line = serde_json::to_vec(&ended.report)?;
    line.push(b'\n');
    for part in [&line, &ended.output, &ended.errors] {
        to.write_all(part).map_err(system("writing the report"))?;
    }
    to.flush().map_err(system("writing the report"))
}

struct Watched<'a> {
    order: &'a Order,
    mark: String,
    /// Readable when the run is called off.
    off: SignalFd,
    pid: Pid,
    /// Readable when the program has ended.
    end: OwnedFd,
    stdout: Option<File>,
    stderr: Option<File>,
    output: Vec<u8>,
    errors: Vec<u8>,
    /// Most pages in use at once.
    pages: u64,
    began: Instant,
    stopped: Option<Stopped>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Ended,
    CalledOff,
    /// Output, or a tick.
    Other,
}

struct Ended {
    report: Report,
    output: Vec<u8>,
    errors: Vec<u8>,
}

impl<'a> Watched<'a> {
    fn start(text: &str, order: &'a Order, helper: &Path, off: SignalFd) -> Result<Self, Error> {
        let mark = mark()?;
        let child = Command::new(helper)
            .args(["enter", &std::process::id().to_string(), &mark, text])
            .env_clear()
            .stdin(Stdio::inherit())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(system("starting the program"))?;
        let gone = || system("naming the program")(Errno::ESRCH);
        let pid = i32::try_from(child.id()).map_err(|_| gone())?;
        let process = rustix::process::Pid::from_raw(pid).ok_or_else(gone)?;
        Ok(Self {
            order,
            mark,
            off,
            pid: Pid::from_raw(pid),
            end: pidfd_open(process, PidfdFlags::empty())
                .map_err(system("watching the program"))?,
            stdout: child.stdout.map(OwnedFd::from).map(unblocked).transpose()?,
            stderr: child.stderr.map(OwnedFd::from).map(unblocked).transpose()?,
            output: Vec::new(),
            errors: Vec::new(),
            pages: 0,
            began: Instant::now(),
            stopped: None,
        })
    }

    /// `None` if the run was called off.
    fn until_the_end(mut self) -> Result<Option<Ended>, Error> {
        loop {
            let news = self.wait()?;
            if news == News::CalledOff {
                self.kill_all(true)?;
                return Ok(None);
            }
            self.read()?;
            if news == News::Ended {
                break;
            }
            self.stopped = self.excess();
            if self.stopped.is_some() {
                break;
            }
        }
        let status = self.kill_all(self.stopped.is_some())?;
        self.read()?;
        if self.stopped.is_none() && self.output.len() > self.order.output {
            self.stopped = Some(Stopped::Output);
        }
        Ok(Some(self.report(status)))
    }

    /// Waits for something to happen.
    fn wait(&self) -> Result<News, Error> {
        let mut ready = vec![
            PollFd::new(self.end.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.off.as_fd(), PollFlags::POLLIN),
        ];
        for pipe in [&self.stdout, &self.stderr].into_iter().flatten() {
            ready.push(PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut ready, TICK) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(system("waiting for the program")(error)),
        }
        let is_ready = |at: usize| ready[at].any().unwrap_or_default();
        Ok(match (is_ready(0), is_ready(1)) {
            (_, true) => News::CalledOff,
            (true, false) => News::Ended,
            (false, false) => News::Other,
        })
    }

    fn read(&mut self) -> Result<(), Error> {
        // One byte more tells that there was more.
        let most = self.order.output + 1;
        read_some(&mut self.stdout, |chunk| {
            let room = most - self.output.len();
            self.output
                .extend_from_slice(&chunk[..chunk.len().min(room)]);
        })?;
        let kept = self.order.errors;
        read_some(&mut self.stderr, |chunk| {
            self.errors.extend_from_slice(chunk);
            let surplus = self.errors.len().saturating_sub(kept);
            self.errors.drain(..surplus);
        })
    }

    /// The limit that the program is over.
    fn excess(&mut self) -> Option<Stopped> {
        if self.output.len() > self.order.output {
            return Some(Stopped::Output);
        }
        if self.began.elapsed() > Duration::from_millis(self.order.wall_ms) {
            return Some(Stopped::Wall);
        }
        let sums = processes::sums(self.pid.as_raw(), self.order.profile == Profile::Compiler);
        self.pages = self.pages.max(sums.pages);
        if sums.pages * page_kb() > self.order.memory_kb {
            return Some(Stopped::Memory);
        }
        if sums.threads > THREADS {
            return Some(Stopped::Threads);
        }
        (sums.ticks * 1000 / ticks_a_second() > self.order.cpu_ms).then_some(Stopped::Cpu)
    }

    /// Waits for the program and everything that it started, which ends with it; `now` does not let it end by itself.
    fn kill_all(&self, now: bool) -> Result<WaitStatus, Error> {
        let kill = || killpg(self.pid, Signal::SIGKILL);
        if now {
            // None can leave its group.
            let _ = kill();
        }
        let mut own = None;
        loop {
            let whom = own.map_or(Some(self.pid), |_| None);
            match waitpid(whom, Some(WaitPidFlag::__WALL)) {
                Ok(status) if own.is_none() => {
                    own = Some(status);
                    let _ = kill();
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => {
                    return own
                        .filter(|_| error == Errno::ECHILD)
                        .ok_or_else(|| system("waiting for the program")(error));
                }
            }
        }
    }

    fn report(self, status: WaitStatus) -> Ended {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
        let cpu_ms = usage.map_or(0, |usage| {
            milliseconds(usage.user_time()) + milliseconds(usage.system_time())
        });
        let most = usage.map_or(0, |usage| {
            u64::try_from(usage.max_rss()).unwrap_or_default()
        });
        let (exit_code, signal) = match status {
            WaitStatus::Exited(_, code) => (Some(code), None),
            WaitStatus::Signaled(_, signal, _) => (None, Some(signal as i32)),
            _ => (None, None),
        };
        let mut output = self.output;
        output.truncate(self.order.output);
        let errors = String::from_utf8_lossy(&self.errors);
        Ended {
            report: Report {
                not_started: errors.strip_prefix(&self.mark).map(str::to_owned),
                stopped: self.stopped,
                exit_code,
                signal,
                cpu_ms,
                memory_kb: most.max(self.pages * page_kb()),
                output: output.len(),
                errors: self.errors.len(),
            },
            output,
            errors: self.errors,
        }
    }
}

/// Begins the error output of a program that was not started. The program itself cannot know it.
fn mark() -> Result<String, Error> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(system("reading /dev/urandom"))?;
    Ok(format!("{:032x} ", u128::from_le_bytes(bytes)))
}

fn unblocked(pipe: OwnedFd) -> Result<File, Error> {
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(system("reading the output"))?;
    Ok(File::from(pipe))
}

/// Reads what is there, but of a flood only a part; at its end the pipe is closed.
fn read_some(pipe: &mut Option<File>, mut keep: impl FnMut(&[u8])) -> Result<(), Error> {
    let Some(file) = pipe else { return Ok(()) };
    let mut chunk = [0; CHUNK];
    for _ in 0..CHUNKS {
        match file.read(&mut chunk) {
            Ok(0) => {
                *pipe = None;
                return Ok(());
            }
            Ok(read) => keep(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(system("reading the output")(error)),
        }
    }
    Ok(())
}

fn milliseconds(time: TimeVal) -> u64 {
    let microseconds = time.tv_sec() * 1_000_000 + time.tv_usec();
    u64::try_from(microseconds)
        .unwrap_or_default()
        .div_ceil(1000)
}

fn page_kb() -> u64 {
    system_value(SysconfVar::PAGE_SIZE, 4096) / 1024
}

fn ticks_a_second() -> u64 {
    system_value(SysconfVar::CLK_TCK, 100)
}

fn system_value(name: SysconfVar, usual: u64) -> u64 {
    let value = sysconf(name).ok().flatten();
    value
        .and_then(|value| u64::try_from(value).ok())
        .unwrap_or(usual)
        .max(1)
}
