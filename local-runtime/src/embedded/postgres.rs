//! The embedded PostgreSQL.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::child::Launcher;
use super::folder::{Folder, append, last_lines, remove, url_path};
use super::keeper::{Answer, Server, pause};
use super::knock::{Knock, knock};
use super::programs::PostgresPrograms;
use super::{Error, orphans};

/// The role and the database.
pub(super) const NAME: &str = "codechecker";
const PORT: &str = "5432";
pub(super) const SOCKET: &str = ".s.PGSQL.5432";
const PROCESSES: [&str; 2] = ["postgres", "postmaster"];
const INITDB_PATIENCE: Duration = Duration::from_secs(180);
const CREATEDB_PATIENCE: Duration = Duration::from_secs(60);

/// A fast shutdown, then one that leaves the work to the next start's recovery.
const STOP: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];
const STOP_ORPHAN: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(60)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// UTF-8 for the classes of characters, as pg_trgm ignores what plain C does not call a letter.
/// macOS knows only the last two.
const CTYPES: [&str; 4] = ["C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"];

/// Sized for a machine of 1 GB that runs everything; what is not named keeps its safe default.
const SETTINGS: [&str; 22] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "fsync=on",
    "synchronous_commit=on",
    "max_connections=40",
    "shared_buffers=48MB",
    "work_mem=4MB",
    "maintenance_work_mem=32MB",
    "effective_cache_size=256MB",
    "min_wal_size=64MB",
    "max_wal_size=256MB",
    "max_worker_processes=2",
    "max_parallel_workers_per_gather=0",
    "autovacuum_max_workers=1",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "log_destination=stderr",
    "log_checkpoints=off",
    "log_line_prefix=%m [%p] ",
];

/// A PostgreSQL whose folder is ready to be served.
pub(super) struct Postgres {
    programs: PostgresPrograms,
    launcher: Launcher,
    data: PathBuf,
    sockets: PathBuf,
    log: PathBuf,
    tool_log: PathBuf,
}

impl Postgres {
    /// Makes the database folder, or checks the one that is there.
    pub(super) fn prepare(
        folder: &Folder,
        launcher: &Launcher,
        installed: &[PostgresPrograms],
    ) -> Result<Self, Error> {
        let data = folder.path("postgres");
        let log = folder.rotated_log("postgres")?;
        let tool_log = folder.rotated_log("postgres-setup")?;
        let made_by = made_by(&data)?;
        let programs = match made_by {
            None => installed.first(),
            Some(major) => installed.iter().find(|programs| programs.major == major),
        };
        let Some(programs) = programs else {
            let majors: Vec<String> = installed.iter().map(|p| p.major.to_string()).collect();
            return Err(Error::OtherMajor {
                folder: data,
                made_by: made_by.unwrap_or_default(),
                installed: majors.join(" and "),
            });
        };
        if made_by.is_none() {
            initialise(folder, launcher, programs, &data, &tool_log)?;
        }
        folder.private("postgres")?;
        Ok(Self {
            programs: programs.clone(),
            launcher: launcher.clone(),
            data,
            sockets: folder.sockets().to_path_buf(),
            log,
            tool_log,
        })
    }

    /// For sqlx and libpq alike; the host before the path is only there because URLs need one.
    pub(super) fn url(&self) -> String {
        format!(
            "postgres://{NAME}@localhost/{NAME}?host={}&port={PORT}&sslmode=disable",
            url_path(&self.sockets)
        )
    }

    /// Makes the database if a start was killed before it did; to be called once the server runs.
    pub(super) fn database_creator(&self) -> impl FnOnce() -> Result<(), Error> + use<> {
        let launcher = self.launcher.clone();
        let createdb = self.programs.createdb.clone();
        let (data, sockets) = (self.data.clone(), self.sockets.clone());
        let log = self.tool_log.clone();
        move || {
            if knock(&sockets).ok() != Some(Knock::NoDatabase) {
                return Ok(());
            }
            let mut args: Vec<OsString> = vec!["--host".into(), sockets.into()];
            args.extend(
                ["--port", PORT, "--username", NAME, "--no-password", NAME].map(Into::into),
            );
            let output = append(&log)?;
            launcher.run(&createdb, args, &data, (&log, output), CREATEDB_PATIENCE)
        }
    }
}

impl Server for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn log(&self) -> &Path {
        &self.log
    }

    fn clear(&self) -> Result<(), Error> {
        orphans::end(&self.data, &PROCESSES, &STOP_ORPHAN)?;
        // With no process left these are stale, but PostgreSQL would refuse to start over them
        // where their process id now belongs to a zombie or to a stranger.
        remove(&self.data.join("postmaster.pid"))?;
        remove(&self.sockets.join(SOCKET))?;
        remove(&self.sockets.join(format!("{SOCKET}.lock")))
    }

    fn spawn(&self) -> Result<Child, Error> {
        let directories = self.sockets.to_string_lossy().replace('"', "\"\"");
        let mut args: Vec<OsString> = vec!["-D".into(), self.data.clone().into()];
        args.push("-c".into());
        args.push(format!("unix_socket_directories=\"{directories}\"").into());
        args.extend(
            SETTINGS
                .iter()
                .flat_map(|setting| ["-c".into(), setting.into()]),
        );
        self.launcher.spawn(
            &self.programs.postgres,
            args,
            &self.data,
            Signal::SIGINT,
            append(&self.log)?,
        )
    }

    fn answer(&self) -> Answer {
        match knock(&self.sockets) {
            Ok(Knock::Open | Knock::NoDatabase) => Answer::Ready,
            Ok(Knock::NotNow) => Answer::Starting,
            Err(_) => Answer::Nothing,
        }
    }

    fn stop_signals(&self) -> &'static [(Signal, Duration)] {
        &STOP
    }
}

/// The major version that made a database folder, or nothing for a folder that is still to be made.
fn made_by(data: &Path) -> Result<Option<u32>, Error> {
    let not_a_database = || Error::NotADatabase {
        folder: data.to_path_buf(),
    };
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(version) => version
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| not_a_database()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let empty = fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
            if empty {
                Ok(None)
            } else {
                Err(not_a_database())
            }
        }
        Err(error) => Err(Error::io(format!(
            "read {}",
            data.join("PG_VERSION").display()
        ))(error)),
    }
}

/// Makes the database beside its place and moves it there, so that one half made is never used.
fn initialise(
    folder: &Folder,
    launcher: &Launcher,
    programs: &PostgresPrograms,
    data: &Path,
    log: &Path,
) -> Result<(), Error> {
    tracing::info!(
        "making a PostgreSQL {} database in {}",
        programs.major,
        data.display()
    );
    let mut outcome = Ok(());
    for ctype in CTYPES {
        clear_half_made(&folder.path("postgres.new"))?;
        let fresh = folder.private("postgres.new")?;
        let mut args: Vec<OsString> = vec!["--pgdata".into(), fresh.clone().into()];
        args.extend(
            [
                "--username",
                NAME,
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--lc-ctype",
                ctype,
            ]
            .map(Into::into),
        );
        args.extend(
            [
                "--auth-local",
                "trust",
                "--auth-host",
                "reject",
                "--data-checksums",
            ]
            .map(Into::into),
        );
        let output = append(log)?;
        outcome = launcher.run(
            &programs.initdb,
            args,
            &fresh,
            (log, output),
            INITDB_PATIENCE,
        );
        match &outcome {
            Ok(()) => return folder.rename(&fresh, data),
            Err(_) if last_lines(log).contains("locale") => {}
            Err(_) => break,
        }
    }
    outcome
}

/// A process of a killed initdb may go on writing for a moment.
fn clear_half_made(fresh: &Path) -> Result<(), Error> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match fs::remove_dir_all(fresh) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) if Instant::now() < deadline => pause(),
            Err(error) => return Err(Error::io(format!("remove {}", fresh.display()))(error)),
        }
    }
}
