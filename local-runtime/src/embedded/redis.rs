//! The embedded Redis, or Valkey.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::child::Launcher;
use super::folder::{Folder, append, last_lines, remove, url_path};
use super::keeper::{Answer, Server};
use super::{Error, orphans};

const SOCKET: &str = "redis.sock";
const PROCESSES: [&str; 2] = ["redis-server", "valkey-server"];
const PING_PATIENCE: Duration = Duration::from_secs(2);

const STOP: [(Signal, Duration); 2] = [
    (Signal::SIGTERM, Duration::from_secs(8)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];
const STOP_ORPHAN: [(Signal, Duration); 2] = [
    (Signal::SIGTERM, Duration::from_secs(30)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// What is accepted is in PostgreSQL already, so a second of jobs lost with the machine is found
/// again by the sweeper, and `everysec` is enough.
const SETTINGS: [(&str, &str); 12] = [
    ("--port", "0"),
    ("--unixsocketperm", "700"),
    ("--daemonize", "no"),
    ("--logfile", ""),
    ("--appendonly", "yes"),
    ("--appendfsync", "everysec"),
    ("--aof-load-truncated", "yes"),
    ("--auto-aof-rewrite-min-size", "16mb"),
    ("--save", ""),
    // BullMQ loses jobs under any policy that evicts.
    ("--maxmemory-policy", "noeviction"),
    ("--maxmemory", "128mb"),
    ("--databases", "1"),
];

/// What Redis says of an append-only file that no restart can read.
const UNREADABLE: [&str; 5] = [
    "Bad file format reading the append only file",
    "Unexpected end of file reading the append only file",
    "Can't handle RDB format version",
    "AOF manifest",
    "Error loading the RDB preamble",
];

/// A Redis whose folder is ready to be served.
pub(super) struct Redis {
    program: PathBuf,
    launcher: Launcher,
    data: PathBuf,
    socket: PathBuf,
    log: PathBuf,
}

impl Redis {
    pub(super) fn prepare(
        folder: &Folder,
        launcher: &Launcher,
        program: PathBuf,
    ) -> Result<Self, Error> {
        Ok(Self {
            program,
            launcher: launcher.clone(),
            data: folder.private("redis")?,
            socket: folder.sockets().join(SOCKET),
            log: folder.rotated_log("redis")?,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("unix://{}", url_path(&self.socket))
    }

    /// After a failed start: moves a queue that cannot be read out of the way, and says whether
    /// it did. The jobs in it come back from PostgreSQL.
    pub(super) fn queue_rescuer(&self) -> impl FnOnce() -> Result<bool, Error> + use<> {
        let (data, log) = (self.data.clone(), self.log.clone());
        move || {
            let said = last_lines(&log);
            if !UNREADABLE.iter().any(|complaint| said.contains(complaint)) {
                return Ok(false);
            }
            let aside = data.with_extension("unreadable");
            match fs::remove_dir_all(&aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io(format!("remove {}", aside.display()))(error));
                }
                _ => {}
            }
            tracing::warn!(
                "Redis could not read its queue, which is kept in {}; starting with an empty one",
                aside.display()
            );
            set_aside(&data, &aside).map_err(Error::io(format!("empty {}", data.display())))?;
            Ok(true)
        }
    }
}

/// Moves what a folder holds, so that the folder itself keeps its owner and mode.
fn set_aside(data: &Path, aside: &Path) -> io::Result<()> {
    fs::create_dir(aside)?;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        fs::rename(entry.path(), aside.join(entry.file_name()))?;
    }
    Ok(())
}

impl Server for Redis {
    fn name(&self) -> &'static str {
        "Redis"
    }

    fn log(&self) -> &Path {
        &self.log
    }

    /// Redis takes no lock: two of them on one append-only file would ruin it.
    fn clear(&self) -> Result<(), Error> {
        orphans::end(&self.data, &PROCESSES, &STOP_ORPHAN)?;
        remove(&self.socket)
    }

    fn spawn(&self) -> Result<Child, Error> {
        let mut args: Vec<OsString> = vec![
            "--dir".into(),
            self.data.clone().into(),
            "--unixsocket".into(),
            self.socket.clone().into(),
        ];
        args.extend(
            SETTINGS
                .iter()
                .flat_map(|(name, value)| [name.into(), value.into()]),
        );
        self.launcher.spawn(
            &self.program,
            args,
            &self.data,
            Signal::SIGTERM,
            append(&self.log)?,
        )
    }

    fn answer(&self) -> Answer {
        match ping(&self.socket) {
            Ok(true) => Answer::Ready,
            Ok(false) => Answer::Starting,
            Err(_) => Answer::Nothing,
        }
    }

    fn stop_signals(&self) -> &'static [(Signal, Duration)] {
        &STOP
    }
}

/// Whether it serves; false while it loads a large append-only file.
fn ping(socket: &Path) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PING_PATIENCE))?;
    stream.set_write_timeout(Some(PING_PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut reply = [0; 64];
    let length = stream.read(&mut reply)?;
    Ok(reply[..length].starts_with(b"+PONG"))
}
