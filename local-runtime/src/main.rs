//! `code-checker`: serves every function and runs the jobs.

mod welcome;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::{ExitCode, Termination as _},
    time::Duration,
};

use config::{Config, EmbeddedConfig, JudgeConfig, Role};
use domain::Chain;
use local_runtime::embedded::{self, Embedded};
use nix::unistd::Uid;
use runtime::{Error, Listener};
use secrecy::{ExposeSecret as _, SecretSlice};
use tokio_util::sync::CancellationToken;
use web::{http, state::AppState};

const USAGE: &str = "\
CodeChecker finds the bug in a program that fails an online judge.

usage: code-checker            serve on PORT (3000) and run the jobs, or one of them as CODE_CHECKER_ROLE says
       code-checker migrate    bring the database's tables up to date, and end
       code-checker healthy    end with 0 if the server on PORT is ready, else with 1
       code-checker ask        submit a program to a server and show its bug here; code-checker ask --help tells how
       code-checker --version

Without DATABASE_URL and REDIS_URL it runs a PostgreSQL and a Redis of its own; see README.md for every variable.
";

/// How long the database may take to come up before the start fails.
const DATABASE_STARTUP_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECTIONS: u32 = 10;

fn main() -> ExitCode {
    let mut arguments = config::arguments();
    let command = arguments.next();
    if command.as_ref().is_some_and(|command| command == "ask") {
        return ask::run(arguments);
    }
    run(command).report()
}

fn run(command: Option<OsString>) -> runtime::Result {
    match command.as_ref().and_then(|command| command.to_str()) {
        None if command.is_none() => runtime::block_on(serve()),
        Some("migrate") => runtime::block_on(migrate()),
        Some("healthy") => runtime::healthy().into(),
        Some("--version") => say(&format!("code-checker {}\n", env!("CARGO_PKG_VERSION"))).into(),
        Some("--help" | "-h") => say(USAGE).into(),
        _ => {
            let unknown = command.unwrap_or_default();
            Err(Error::from(format!(
                "there is no command {}; try --help",
                unknown.display()
            )))
            .into()
        }
    }
}

fn say(text: &str) -> Result<(), Error> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

async fn serve() -> Result<(), Error> {
    let mut config = Config::from_env()?;
    runtime::init_telemetry(&config)?;
    let embedded = match (&config.database, &config.redis) {
        (Some(_), Some(_)) => None,
        (None, None) if config.role != Role::All => {
            return Err("CODE_CHECKER_ROLE must be all where CodeChecker runs a database and a Redis itself: set DATABASE_URL \
                        and REDIS_URL to share them with others"
                .into());
        }
        (None, None) => Some(start_embedded(&mut config).await?),
        (Some(_), None) => {
            return Err("DATABASE_URL is set, but REDIS_URL is not: set both to use services of your own, or neither to \
                        have them run here"
                .into());
        }
        (None, Some(_)) => {
            return Err("REDIS_URL is set, but DATABASE_URL is not: set both to use services of your own, or neither to \
                        have them run here"
                .into());
        }
    };
    let failed = CancellationToken::new();
    let watched = embedded
        .as_ref()
        .map(|embedded| tokio::spawn(watch(embedded.failed(), failed.clone())));
    let outcome = serve_with(config, failed).await;
    let failure = match watched {
        Some(watched) if watched.is_finished() => watched.await?,
        _ => None,
    };
    if let Some(embedded) = embedded {
        tokio::task::spawn_blocking(|| drop(embedded)).await?;
    }
    match failure {
        Some(reason) => Err(reason.into()),
        None => outcome,
    }
}

/// Waits for the reason why an embedded service could not be kept alive.
async fn watch(
    mut failed: tokio::sync::watch::Receiver<Option<String>>,
    stop: CancellationToken,
) -> Option<String> {
    let reason = failed.wait_for(Option::is_some).await.ok()?.clone();
    stop.cancel();
    reason
}

async fn serve_with(config: Config, failed: CancellationToken) -> Result<(), Error> {
    let port = config.http.port;
    let role = config.role;
    let state = AppState::new(config, CONNECTIONS)?;
    migrate_when_up(&state).await?;
    let routes = match role {
        Role::All | Role::Web => local_runtime::router(),
        Role::Worker => health::router().merge(metrics::router()),
    };
    let app = http::wrap(routes, &state);
    let listener = Listener::bind(port)?;
    let port = listener.address()?.port();
    tokio::spawn(welcome::say(state.clone(), port));
    let signal = runtime::shutdown_signal();
    let stop = async move {
        tokio::select! {
            () = signal => {}
            () = failed.cancelled_owned() => {}
        }
    };
    if role == Role::Web {
        let proxies = state.config.http.trusted_proxies.clone();
        let outcome = runtime::serve(listener, app, proxies, state.stopping.clone(), stop).await;
        state.db.close().await;
        return outcome;
    }
    runtime::serve_and_consume(
        listener,
        app,
        state,
        analyze::handler,
        analyze::background,
        stop,
    )
    .await
}

async fn migrate_when_up(state: &AppState) -> Result<(), Error> {
    let started = std::time::Instant::now();
    loop {
        match db::migrate(&state.db).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() && started.elapsed() < DATABASE_STARTUP_TIMEOUT => {
                tracing::warn!(error = %Chain(&error), "waiting for the database");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn migrate() -> Result<(), Error> {
    let config = Config::from_env()?;
    runtime::init_telemetry(&config)?;
    let state = AppState::new(config, 1)?;
    migrate_when_up(&state).await?;
    tracing::info!("the database is up to date");
    Ok(())
}

async fn start_embedded(config: &mut Config) -> Result<Embedded, Error> {
    let options = embedded::Options {
        data_dir: data_dir(&config.embedded)?,
        search_path: config.embedded.search_path.clone().map(OsString::from),
        with_judge: config.judge.is_none(),
        settings_token: config.secrets.settings_token.clone(),
    };
    let embedded = tokio::task::spawn_blocking(|| embedded::start(options)).await??;
    let endpoints = embedded.endpoints();
    config.use_embedded(
        &endpoints.database_url,
        &endpoints.redis_url,
        endpoints.settings_token.clone(),
        SecretSlice::from(endpoints.secret_key.expose_secret().to_vec()),
    )?;
    config.judge = config
        .judge
        .take()
        .or_else(|| endpoints.judge.clone().map(JudgeConfig::Socket));
    config
        .embedded
        .settings_token_file
        .clone_from(&endpoints.settings_token_file);
    Ok(embedded)
}

fn data_dir(config: &EmbeddedConfig) -> Result<PathBuf, Error> {
    if let Some(data_dir) = &config.data_dir {
        return Ok(std::path::absolute(data_dir)?);
    }
    if Uid::effective().is_root() {
        return Ok(PathBuf::from("/var/lib/code-checker"));
    }
    let user = config
        .user_data_dir
        .as_ref()
        .ok_or("CODE_CHECKER_DATA_DIR must name a folder: there is no HOME")?;
    Ok(std::path::absolute(user.join("code-checker"))?)
}
