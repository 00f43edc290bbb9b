//! Embedded mode: a PostgreSQL and a Redis (or Valkey) of our own as supervised child processes.
//!
//! [`start`] gives one thread to the supervisor. It starts both servers, restarts one that dies and
//! stops them in order; should CodeChecker be killed, the kernel stops them in its place.

mod error;
mod folder;
mod judge;
mod launcher;
mod log;
mod postgres;
mod programs;
mod redis;
mod server;
mod sockets;
mod supervisor;
mod user;

use std::{
    ffi::OsString,
    os::unix::ffi::OsStrExt as _,
    panic,
    path::{Path, PathBuf},
    rc::Rc,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use secrecy::{SecretBox, SecretString};
use tokio::sync::watch;

pub use error::Error;

use folder::Folder;
use launcher::Launcher;
use supervisor::Supervisor;
use user::ChildUser;

/// How often the supervisor looks at its children.
const TICK: Duration = Duration::from_millis(200);

const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The choices that the caller of [`start`] makes.
#[derive(Debug)]
pub struct Options {
    /// The data folder, absolute; made at the first start.
    pub data_dir: PathBuf,
    /// The value of `PATH`, searched for the server programs.
    pub search_path: Option<OsString>,
    /// Whether to run a judge too.
    pub with_judge: bool,
    /// The admin token of the environment; without one the data folder's is read, or made.
    pub settings_token: Option<SecretString>,
}

/// Where the two servers answer, and the secrets of the data folder.
#[derive(Debug)]
pub struct Endpoints {
    /// A `postgres://` URL over a unix socket.
    pub database_url: String,
    /// A `unix://` URL.
    pub redis_url: String,
    /// The admin token.
    pub settings_token: SecretString,
    /// The file that keeps the admin token, unless the environment gave it.
    pub settings_token_file: Option<PathBuf>,
    /// The judge's socket, if there is a judge.
    pub judge: Option<PathBuf>,
    /// The key that seals saved secrets.
    pub secret_key: SecretBox<[u8; 32]>,
}

/// The running servers; dropping it stops Redis, then PostgreSQL, and returns when both are gone.
#[derive(Debug)]
pub struct Embedded {
    endpoints: Endpoints,
    failed: watch::Receiver<Option<String>>,
    supervisor: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Embedded {
    /// Where the servers answer.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Becomes a reason once a server could not be kept alive; closed when the supervisor ends.
    pub fn failed(&self) -> watch::Receiver<Option<String>> {
        self.failed.clone()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some((orders, thread)) = self.supervisor.take() {
            drop(orders);
            if thread.join().is_err() {
                tracing::error!("the supervisor of PostgreSQL and Redis ended in a panic");
            }
        }
    }
}

/// Starts both servers and returns when both answer.
///
/// Blocks for as long as that takes: seconds, or minutes while PostgreSQL recovers from a crash.
///
/// # Errors
/// When a program is missing, the data folder is in use or cannot be used, or a server does not
/// start; services already started are stopped again.
///
/// # Panics
/// When the supervisor's thread does.
pub fn start(options: Options) -> Result<Embedded, Error> {
    let (orders, inbox) = mpsc::channel();
    let (report, reported) = mpsc::channel();
    let (give_up, failed) = watch::channel(None);
    // The death signal fires when the thread that spawned a child ends, so the children need a
    // thread that lives exactly as long as they should.
    let thread = thread::Builder::new()
        .name("embedded".to_owned())
        .spawn(move || supervise(options, &report, &inbox, &give_up))
        .map_err(Error::io("start the supervisor thread"))?;
    match reported.recv() {
        Ok(Ok(endpoints)) => Ok(Embedded {
            endpoints,
            failed,
            supervisor: Some((orders, thread)),
        }),
        Ok(Err(error)) => Err(error),
        Err(_) => match thread.join() {
            Err(panic) => panic::resume_unwind(panic),
            Ok(()) => unreachable!("the supervisor reports before it ends"),
        },
    }
}

fn supervise(
    options: Options,
    report: &Sender<Result<Endpoints, Error>>,
    inbox: &Receiver<()>,
    give_up: &watch::Sender<Option<String>>,
) {
    let (mut running, endpoints) = match bring_up(options) {
        Ok(running) => running,
        Err(error) => {
            // `start` waits for this report before it does anything else.
            let _ = report.send(Err(error));
            return;
        }
    };
    let wanted = report.send(Ok(endpoints)).is_ok();
    while wanted && matches!(inbox.recv_timeout(TICK), Err(RecvTimeoutError::Timeout)) {
        for server in [&mut running.redis, &mut running.postgres] {
            if let Some(reason) = server.tick() {
                tracing::error!("{reason}");
                give_up.send_replace(Some(reason));
            }
        }
        if let Some(reason) = running.judge.as_mut().and_then(Supervisor::tick) {
            tracing::warn!("programs are not run any more: {reason}");
        }
    }
}

/// In the order in which they end: Redis before PostgreSQL, so that nothing takes a job whose rows can no longer be written, and the
/// lock on the data folder last.
struct Running {
    judge: Option<Supervisor>,
    redis: Supervisor,
    postgres: Supervisor,
    folder: Folder,
}

fn bring_up(options: Options) -> Result<(Running, Endpoints), Error> {
    let path = options.search_path.as_deref();
    let user = ChildUser::choose(&options.data_dir)?;
    let databases = programs::postgres(path)?;
    let redis_programs = programs::redis(path)?;
    let setpriv = programs::setpriv(path)?;
    let folder = Folder::open(&options.data_dir, &user)?;
    let launcher = Rc::new(Launcher {
        setpriv,
        search_path: options.search_path,
        user,
    });

    let postgres = postgres::prepare(&folder, &launcher, &databases)?;
    let redis = redis::prepare(&folder, redis_programs)?;
    let judge = match options.with_judge {
        true => judge::prepare(&folder, &launcher.user)?,
        false => None,
    };
    let (settings_token, settings_token_file) = match options.settings_token {
        Some(token) => (token, None),
        None => {
            let (token, file) = folder.settings_token()?;
            (token, Some(file))
        }
    };
    let endpoints = Endpoints {
        database_url: postgres::url(&folder.sockets),
        redis_url: redis::url(&folder.sockets),
        judge: judge.as_ref().map(|_| judge::socket(&folder.sockets)),
        settings_token,
        settings_token_file,
        secret_key: folder.secret_key()?,
    };

    let mut running = Running {
        judge: judge.map(|judge| Supervisor::new(judge, launcher.clone())),
        redis: Supervisor::new(redis, launcher.clone()),
        postgres: Supervisor::new(postgres, launcher),
        folder,
    };
    running.postgres.start()?;
    start_redis(&mut running.redis, &running.folder)?;
    if let Some(judge) = &mut running.judge {
        judge.start()?;
    }
    Ok((running, endpoints))
}

fn start_redis(redis: &mut Supervisor, folder: &Folder) -> Result<(), Error> {
    match redis.start() {
        Err(error @ Error::Failed { .. }) => {
            if !redis::set_unreadable_queue_aside(folder, &redis.server)? {
                return Err(error);
            }
            redis.start()
        }
        other => other,
    }
}

fn url_path(path: &Path) -> String {
    percent_encode(path.as_os_str().as_bytes(), PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_a_url() {
        assert_eq!(
            url_path(Path::new("/a b/c%?&+é")),
            "/a%20b/c%25%3F%26%2B%C3%A9"
        );
    }
}
