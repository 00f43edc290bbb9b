//! The embedded PostgreSQL.

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
    launcher::{self, Launcher, Program},
    programs::PostgresPrograms,
    server::{Probe, Readiness, Server},
    url_path,
};

/// The role and the database.
const NAME: &str = "codechecker";
const PORT: &str = "5432";
const INITDB_TIMEOUT: Duration = Duration::from_secs(180);
const CREATE_DATABASE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a process of a killed initdb may go on writing.
const INITDB_END_TIMEOUT: Duration = Duration::from_secs(10);

/// A fast shutdown, then one that leaves the work to the next start's recovery.
const STOP_SIGNALS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// C for the order, but UTF-8 for the classes of characters, as pg_trgm ignores what plain C does not call a letter.
const INITDB_ARGS: [&str; 13] = [
    "--username",
    NAME,
    "--encoding",
    "UTF8",
    "--locale",
    "C",
    "--lc-ctype",
    "C.UTF-8",
    "--auth-local",
    "trust",
    "--auth-host",
    "reject",
    "--data-checksums",
];

/// Sized for a machine of 1 GB that runs everything; settings not named here keep their safe defaults.
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

/// For sqlx and libpq alike; the host before the path is only there because URLs need one.
pub(super) fn url(sockets: &Path) -> String {
    format!(
        "postgres://{NAME}@localhost/{NAME}?host={}&port={PORT}&sslmode=disable",
        url_path(sockets)
    )
}

/// Makes the database, or checks the one that is there.
pub(super) fn prepare(
    folder: &Folder,
    launcher: &Launcher,
    installed: &[PostgresPrograms],
) -> Result<Server, Error> {
    let data = folder.path("postgres");
    let log = folder.new_log("postgres")?;
    let setup_log = folder.new_log("postgres-setup")?;
    let made_by = made_by(&data)?;
    let programs = match made_by {
        None => installed.first(),
        Some(major) => installed.iter().find(|programs| programs.major == major),
    };
    let Some(programs) = programs else {
        let majors: Vec<_> = installed.iter().map(|p| p.major.to_string()).collect();
        return Err(Error::OtherMajor {
            folder: data,
            made_by: made_by.unwrap_or_default(),
            installed: majors.join(" and "),
        });
    };
    if made_by.is_none() {
        initialise(folder, launcher, programs, setup_log)?;
    }
    folder.private("postgres")?;
    let sockets = &folder.sockets;
    Ok(Server {
        name: "PostgreSQL",
        pid_files: vec![
            data.join("postmaster.pid"),
            sockets.join(format!(".s.PGSQL.{PORT}.lock")),
        ],
        program: Program {
            path: programs.folder.join("postgres"),
            args: server_args(&data, sockets),
            folder: data,
            log,
        },
        stop_signals: &STOP_SIGNALS,
        probe: Some(Probe {
            program: programs.folder.join("pg_isready"),
            args: probe_args(sockets),
            parse: parse_probe,
        }),
    })
}

fn server_args(data: &Path, sockets: &Path) -> Vec<OsString> {
    let sockets = sockets.to_string_lossy().replace('"', "\"\"");
    let sockets = format!("unix_socket_directories=\"{sockets}\"");
    let settings = SETTINGS.into_iter().map(OsString::from);
    let settings = settings.chain([sockets.into()]);
    [OsString::from("-D"), data.into()]
        .into_iter()
        .chain(settings.flat_map(|setting| ["-c".into(), setting]))
        .collect()
}

fn probe_args(sockets: &Path) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--host".into(), sockets.into()];
    // The names keep its log free of a role that does not exist.
    args.extend(
        [
            "--port",
            PORT,
            "--username",
            NAME,
            "--dbname",
            NAME,
            "--timeout",
            "2",
        ]
        .map(Into::into),
    );
    args
}

fn parse_probe(output: &Output) -> Readiness {
    match output.status.code() {
        Some(0) => Readiness::Ready,
        Some(1) => Readiness::Starting,
        _ => Readiness::Silent,
    }
}

/// The major version that made a database folder, or nothing for a folder that is still to be made.
fn made_by(data: &Path) -> Result<Option<u32>, Error> {
    let file = data.join("PG_VERSION");
    let is_empty = || fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    let version = match fs::read_to_string(&file) {
        Ok(version) => version.trim().parse().ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if is_empty() {
                return Ok(None);
            }
            None
        }
        Err(error) => return Err(Error::io(format!("read {}", file.display()))(error)),
    };
    version.map(Some).ok_or_else(|| Error::Unusable {
        path: data.to_path_buf(),
        trouble: "is not empty and holds no PostgreSQL database (its file PG_VERSION is missing or unreadable): restore it \
                  from a backup, or move it away to start with an empty database"
            .to_owned(),
    })
}

/// Makes the database beside its place and moves it there, so that one half made is never used.
fn initialise(
    folder: &Folder,
    launcher: &Launcher,
    programs: &PostgresPrograms,
    log: PathBuf,
) -> Result<(), Error> {
    tracing::info!(major = programs.major, "making a PostgreSQL database");
    clear_half_made(&folder.path("postgres.new"))?;
    let fresh = folder.private("postgres.new")?;
    let mut initdb = Program {
        path: programs.folder.join("initdb"),
        args: vec!["--pgdata".into(), fresh.clone().into()],
        folder: fresh.clone(),
        log: log.clone(),
    };
    initdb.args.extend(INITDB_ARGS.map(OsString::from));
    launcher.run(&initdb, "", INITDB_TIMEOUT)?;
    let create_database = Program {
        path: programs.folder.join("postgres"),
        args: [
            "--single",
            "-c",
            "exit_on_error=true",
            "-D",
            ".",
            "postgres",
        ]
        .map(OsString::from)
        .into(),
        folder: fresh.clone(),
        log,
    };
    launcher.run(
        &create_database,
        &format!("CREATE DATABASE {NAME}\n"),
        CREATE_DATABASE_TIMEOUT,
    )?;
    folder.rename(&fresh, &folder.path("postgres"))
}

fn clear_half_made(fresh: &Path) -> Result<(), Error> {
    let mut outcome = Ok(());
    launcher::wait_until(INITDB_END_TIMEOUT, || {
        outcome = match fs::remove_dir_all(fresh) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        outcome.is_ok()
    });
    outcome.map_err(Error::io(format!("remove {}", fresh.display())))
}
