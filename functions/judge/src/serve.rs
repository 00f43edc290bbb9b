//! The judge as a process: on a port, or on a socket of its own machine.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use config::Config;
use runtime::{Error, Listener};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use crate::{Machine, api, toolchain};

const USAGE: &str = "usage: judge [--socket FILE] [--folder FOLDER] [--headers FOLDER], judge healthy, or judge headers FOLDER";

/// How the judge is started.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// The socket to listen on, instead of PORT.
    socket: Option<PathBuf>,
    /// Takes the programs while they are run.
    folder: PathBuf,
    /// Holds precompiled headers, which are made where they are missing.
    headers: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let mut options = Self {
            socket: None,
            folder: PathBuf::from("/tmp"),
            headers: None,
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().map(PathBuf::from).ok_or(USAGE)?;
            match name.to_str() {
                Some("--socket") => options.socket = Some(value),
                Some("--folder") => options.folder = value,
                Some("--headers") => options.headers = Some(value),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// The judge's `main`.
pub fn main() -> runtime::Result {
    let mut arguments = config::arguments().peekable();
    if arguments.next_if(|first| first == "headers").is_some() {
        let folder = arguments.next().map(PathBuf::from).ok_or(USAGE);
        let built = folder.map(|folder| toolchain::build_headers(&folder));
        return built
            .map_err(Error::from)
            .and_then(|built| built.map(drop).map_err(Error::from))
            .into();
    }
    if arguments.next_if(|first| first == "healthy").is_some() {
        return runtime::healthy().into();
    }
    runtime::block_on(async { serve(Options::parse(arguments)?).await })
}

async fn serve(options: Options) -> Result<(), Error> {
    let config = Config::from_env()?;
    runtime::init_telemetry(&config)?;
    let helper = config::current_program()?.with_file_name("judge-run");
    let headers = options.headers.clone().unwrap_or_default();
    let machine = Arc::new(Machine::new(helper, &options.folder, &headers).await?);
    say(&machine);
    if let Some(headers) = options.headers {
        tokio::spawn(with_headers(machine.clone(), headers));
    }
    let app = api::router(machine);
    match options.socket {
        Some(path) => on_socket(&path, app).await,
        None => {
            let listener = Listener::bind(config.http.port)?;
            tracing::info!("the judge is on port {}", listener.address()?.port());
            runtime::serve(
                listener,
                app,
                config.http.trusted_proxies,
                CancellationToken::new(),
                runtime::shutdown_signal(),
            )
            .await
        }
    }
}

fn say(machine: &Machine) {
    let languages = machine.capabilities().languages;
    if languages.is_empty() {
        tracing::warn!("there is no language to run: install g++ or python3");
        return;
    }
    let titles: Vec<_> = languages
        .into_iter()
        .map(|language| language.title)
        .collect();
    tracing::info!("programs can be run in {}", titles.join(", "));
}

/// Makes missing headers, which takes seconds, and uses them from then on.
async fn with_headers(machine: Arc<Machine>, headers: PathBuf) {
    let folder = headers.clone();
    match tokio::task::spawn_blocking(move || toolchain::build_headers(&folder)).await {
        Ok(Ok(true)) => machine.look_for_languages(&headers).await,
        Ok(Ok(false)) => {}
        Ok(Err(why)) => {
            tracing::warn!(%why, "C++ compiles more slowly, without precompiled headers")
        }
        Err(error) => {
            tracing::warn!(%error, "C++ compiles more slowly, without precompiled headers")
        }
    }
}

async fn on_socket(path: &Path, app: Router) -> Result<(), Error> {
    // One that an earlier run has left.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    tracing::info!("the judge is on {}", path.display());
    Ok(axum::serve(listener, app)
        .with_graceful_shutdown(runtime::shutdown_signal())
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, Error> {
        Options::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn options_are_pairs() {
        let options = parse(&["--socket", "/s", "--headers", "/h"]).unwrap();
        assert_eq!(options.socket, Some("/s".into()));
        assert_eq!(options.folder, PathBuf::from("/tmp"));
        for wrong in [&["--socket"][..], &["--nothing", "x"], &["x"]] {
            assert!(parse(wrong).is_err());
        }
    }
}
