//! Embedded mode: a PostgreSQL and a Redis (or Valkey) of our own as supervised child processes.
//!
//! [`start`] gives one thread to the supervisor. It starts both servers, restarts one that dies and
//! stops them in order; should the whole runtime be killed, the kernel stops them in its place.

mod child;
mod error;
mod folder;
mod keeper;
mod knock;
mod orphans;
mod postgres;
mod programs;
mod redis;
mod sockets;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use secrecy::{SecretBox, SecretString};
use tokio::sync::watch;

pub use child::{CHILD_COMMAND, run_child};
pub use error::Error;

use folder::Folder;
use keeper::Keeper;

/// How often the supervisor looks at its children.
const TICK: Duration = Duration::from_millis(200);

/// What [`start`] needs from outside.
#[derive(Debug)]
pub struct Options {
    /// The data folder; made at the first start.
    pub data_dir: PathBuf,
    /// The value of `PATH`, searched for the server programs before the usual places.
    pub search_path: Option<OsString>,
    /// Our own executable, which has to answer [`CHILD_COMMAND`] with [`run_child`].
    pub program: PathBuf,
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
    /// The key that seals saved secrets.
    pub secret_key: SecretBox<[u8; 32]>,
}

/// The running servers; dropping it stops them too.
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

    /// Stops Redis, then PostgreSQL, and returns when both are gone.
    pub fn stop(self) {
        drop(self);
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
/// start; whatever was started is stopped again.
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
    let outcome = reported.recv().unwrap_or(Err(Error::Supervisor));
    match outcome {
        Ok(endpoints) => Ok(Embedded {
            endpoints,
            failed,
            supervisor: Some((orders, thread)),
        }),
        Err(error) => {
            drop(orders);
            // A panic of the thread has become `Error::Supervisor` already.
            let _ = thread.join();
            Err(error)
        }
    }
}

fn supervise(
    options: Options,
    report: &Sender<Result<Endpoints, Error>>,
    inbox: &Receiver<()>,
    give_up: &watch::Sender<Option<String>>,
) {
    // Kept to the end of the thread: it holds the lock on the data folder.
    let (_folder, mut servers, endpoints) = match bring_up(options) {
        Ok(running) => running,
        Err(error) => {
            // `start` waits for this report before it does anything else.
            let _ = report.send(Err(error));
            return;
        }
    };
    let wanted = report.send(Ok(endpoints)).is_ok();
    while wanted && matches!(inbox.recv_timeout(TICK), Err(RecvTimeoutError::Timeout)) {
        for server in &mut servers {
            if let Some(reason) = server.tick() {
                tracing::error!("{reason}");
                give_up.send_replace(Some(reason));
            }
        }
    }
    stop_all(&mut servers);
}

type Running = (Folder, Vec<Keeper>, Endpoints);

fn bring_up(options: Options) -> Result<Running, Error> {
    let path = options.search_path.as_deref();
    let user = user::ChildUser::choose(&options.data_dir)?;
    let databases = programs::postgres(path)?;
    let redis_program = programs::redis(path)?;
    let folder = Folder::open(&options.data_dir, user)?;
    let launcher = child::Launcher::new(options.program, options.search_path, folder.user());

    let postgres = postgres::Postgres::prepare(&folder, &launcher, &databases)?;
    let redis = redis::Redis::prepare(&folder, &launcher, redis_program)?;
    let (settings_token, settings_token_file) = match options.settings_token {
        Some(token) => (token, None),
        None => {
            let (token, file) = folder.settings_token()?;
            (token, Some(file))
        }
    };
    let endpoints = Endpoints {
        database_url: postgres.url(),
        redis_url: redis.url(),
        settings_token,
        settings_token_file,
        secret_key: folder.secret_key()?,
    };

    let mut servers = Vec::new();
    match start_all(postgres, redis, &mut servers) {
        Ok(()) => Ok((folder, servers, endpoints)),
        Err(error) => {
            stop_all(&mut servers);
            Err(error)
        }
    }
}

fn start_all(
    postgres: postgres::Postgres,
    redis: redis::Redis,
    servers: &mut Vec<Keeper>,
) -> Result<(), Error> {
    let create_database = postgres.database_creator();
    let set_queue_aside = redis.queue_rescuer();
    servers.push(Keeper::new(Box::new(postgres)));
    servers.push(Keeper::new(Box::new(redis)));
    servers[0].start()?;
    create_database()?;
    match servers[1].start() {
        Err(error @ Error::Exited { .. }) => {
            if !set_queue_aside()? {
                return Err(error);
            }
            servers[1].start()
        }
        other => other,
    }
}

/// Redis first, so that nothing takes a job whose rows can no longer be written.
fn stop_all(servers: &mut [Keeper]) {
    for server in servers.iter_mut().rev() {
        server.stop();
    }
}
