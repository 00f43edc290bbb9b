//! The embedded Redis, or Valkey.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use nix::sys::signal::Signal;

use super::{
    Error,
    folder::Folder,
    launcher::Program,
    log,
    server::{Probe, Readiness, Server},
    url_path,
};

const FOLDER: &str = "redis";
const STOP_SIGNALS: [(Signal, Duration); 2] = [
    (Signal::SIGTERM, Duration::from_secs(8)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// Accepted submissions are in PostgreSQL already, so a second of jobs lost with the machine is found
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

/// Redis' messages about an append-only file that no restart can read.
const UNREADABLE: [&str; 5] = [
    "Bad file format reading the append only file",
    "Unexpected end of file reading the append only file",
    "Can't handle RDB format version",
    "AOF manifest",
    "Error loading the RDB preamble",
];

pub(super) fn url(sockets: &Path) -> String {
    format!("unix://{}", url_path(&socket(sockets)))
}

fn socket(sockets: &Path) -> PathBuf {
    sockets.join("redis.sock")
}

pub(super) fn prepare(
    folder: &Folder,
    (server, client): (PathBuf, PathBuf),
) -> Result<Server, Error> {
    let data = folder.private(FOLDER)?;
    let socket = socket(&folder.sockets);
    // Redis takes no lock, and two of them would ruin one append-only file.
    let pid_file = data.join("redis.pid");
    let mut args: Vec<OsString> = Vec::new();
    for (name, path) in [
        ("--dir", &data),
        ("--unixsocket", &socket),
        ("--pidfile", &pid_file),
    ] {
        args.extend([name.into(), path.into()]);
    }
    args.extend(
        SETTINGS
            .iter()
            .flat_map(|(name, value)| [name.into(), value.into()]),
    );
    Ok(Server {
        name: "Redis",
        program: Program {
            path: server,
            args,
            folder: data,
            log: folder.new_log("redis")?,
        },
        pid_files: vec![pid_file],
        stop_signals: &STOP_SIGNALS,
        probe: Some(Probe {
            program: client,
            args: vec!["-s".into(), socket.into(), "ping".into()],
            parse: parse_probe,
        }),
    })
}

fn parse_probe(output: &Output) -> Readiness {
    match output.stdout.trim_ascii() {
        b"PONG" => Readiness::Ready,
        // It loads a large append-only file.
        answer if answer.starts_with(b"LOADING") => Readiness::Starting,
        _ => Readiness::Silent,
    }
}

/// After a failed start: moves a queue that cannot be read out of the way, and answers whether it did. The jobs in it come
/// back from PostgreSQL.
pub(super) fn set_unreadable_queue_aside(folder: &Folder, server: &Server) -> Result<bool, Error> {
    let tail = log::tail(&server.program.log);
    if !UNREADABLE.iter().any(|message| tail.contains(message)) {
        return Ok(false);
    }
    let aside = folder.path("redis.unreadable");
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io(format!("remove {}", aside.display()))(error));
        }
        _ => {}
    }
    folder.rename(&server.program.folder, &aside)?;
    folder.private(FOLDER)?;
    tracing::warn!(
        kept = %aside.display(),
        "Redis could not read its queue: starting with an empty one"
    );
    Ok(true)
}
