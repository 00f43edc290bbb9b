//! The one `main` of every function: configuration, logs, then plain HTTP or AWS Lambda as the process finds itself.
//!
//! [`run`] is synchronous and takes the router by value: an asynchronous `main` would compile the HTTP and Lambda stack
//! again in every binary.

// The layout of the consumer's future is deeper than the default.
#![recursion_limit = "256"]

mod connections;
mod early;
mod healthy;
mod lambda;
mod otlp;
mod serve;
mod telemetry;

use std::time::Duration;

use axum::Router;
use futures::future::{BoxFuture, LocalBoxFuture};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use config::Config;
pub use healthy::healthy;
use job_queue as queue;
pub use serve::{Listener, serve};
pub use telemetry::init as init_telemetry;
use web::{http, settings, state::AppState};

/// Error at start-up or shutdown: printed, and the process exits with 1.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Result of a `main`.
#[derive(Debug)]
pub struct Result(std::result::Result<(), Error>);

impl std::process::Termination for Result {
    fn report(self) -> std::process::ExitCode {
        match self.0 {
            Ok(()) => std::process::ExitCode::SUCCESS,
            Err(error) => {
                use std::io::Write as _;
                // One line, whatever the log's format is or whether there is a log yet.
                let _ = writeln!(
                    std::io::stderr(),
                    "code-checker: {}",
                    domain::Chain(&*error)
                );
                std::process::ExitCode::FAILURE
            }
        }
    }
}

impl From<std::result::Result<(), Error>> for Result {
    fn from(result: std::result::Result<(), Error>) -> Self {
        Self(result)
    }
}

/// Connections to Postgres of one function.
const FUNCTION_CONNECTIONS: u32 = 2;

/// Runs an asynchronous main to its end on a runtime of its own.
///
/// # Errors
/// Those of `main`, or of making the runtime.
pub fn block_on(main: impl Future<Output = std::result::Result<(), Error>>) -> Result {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    Result(runtime.map_err(Error::from).and_then(|runtime| {
        let outcome = runtime.block_on(async {
            let outcome = main.await;
            otlp::flush().await;
            outcome
        });
        // A blocking call that never returns, such as a name look-up, must not hold the process.
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    }))
}

/// Runs one HTTP function until a signal stops it.
pub fn run(name: &'static str, routes: fn() -> Router<AppState>) -> Result {
    block_on(async move {
        let config = start(name)?;
        let port = config.http.port;
        let lambda = config.lambda;
        let state = AppState::new(config, FUNCTION_CONNECTIONS)?;
        let stopping = state.stopping.clone();
        let proxies = state.config.http.trusted_proxies.clone();
        let app = http::wrap(routes().merge(liveness(name)), &state);
        if let Some(lambda) = lambda {
            return lambda::serve(app, lambda).await;
        }
        serve(
            Listener::bind(port)?,
            app,
            proxies,
            stopping,
            shutdown_signal(),
        )
        .await
    })
}

/// Makes the handler of jobs.
pub type MakeHandler = fn(AppState) -> queue::Handler;
/// Runs beside the jobs until its token is cancelled.
pub type Background = fn(AppState, CancellationToken) -> BoxFuture<'static, ()>;

/// Makes up once for jobs that were lost.
pub type Sweep = fn(AppState) -> BoxFuture<'static, ()>;

/// The parts of the consumer.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Handles jobs.
    pub handler: MakeHandler,
    /// Runs beside them in a process that stays.
    pub background: Background,
    /// Runs before them in a function.
    pub sweep: Sweep,
}

/// The body of a function that serves no HTTP; the answer is JSON.
pub type Task = fn(AppState) -> LocalBoxFuture<'static, std::result::Result<Value, Error>>;

/// Runs a task for each invocation, and outside a function once.
pub fn run_task(name: &'static str, task: Task) -> Result {
    block_on(async move {
        let config = start(name)?;
        let lambda = config.lambda;
        let state = AppState::new(config, FUNCTION_CONNECTIONS)?;
        if lambda.is_some() {
            return lambda::invoked(move |_| task(state.clone())).await;
        }
        let done = task(state).await?;
        tracing::info!(%done, "done");
        Ok(())
    })
}

/// Runs the queue's consumer: as a function until nothing is left to do, else until it is told to stop, with a listener for
/// health checks beside it.
pub fn run_consumer(name: &'static str, work: Work) -> Result {
    block_on(async move {
        let config = start(name)?;
        let port = config.http.port;
        let lambda = config.lambda;
        let connections = u32::try_from(config.worker.concurrency)
            .unwrap_or(u32::MAX)
            .saturating_add(2);
        let state = AppState::new(config, connections)?;
        if lambda.is_some() {
            return lambda::consume(state, work).await;
        }
        let listener = Listener::bind(port)?;
        let app = http::wrap(liveness(name), &state);
        let Work {
            handler,
            background,
            ..
        } = work;
        serve_and_consume(listener, app, state, handler, background, shutdown_signal()).await
    })
}

/// Serves and runs jobs until `stop` resolves; then stops both in good order, at the same time.
///
/// # Errors
/// When no Redis is configured, or the listener fails.
pub async fn serve_and_consume(
    listener: Listener,
    app: Router,
    state: AppState,
    handler: MakeHandler,
    background: Background,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::result::Result<(), Error> {
    let redis = state
        .config
        .redis
        .clone()
        .ok_or(queue::Error::NotConfigured)?;
    let worker = state.config.worker;
    let stopping = state.stopping.clone();
    let background = tokio::spawn(background(state.clone(), stopping.clone()));
    let queue = state.queue.clone();
    tokio::spawn(async move {
        if let Ok(Some(policy)) = queue.evicts(QUEUE_TIMEOUT).await {
            tracing::warn!(
                policy,
                "Redis throws data away when it is full, jobs included: set its maxmemory-policy to noeviction"
            );
        }
    });
    let consumer = queue::Consumer::start(redis, worker.concurrency, handler(state.clone()));
    let proxies = state.config.http.trusted_proxies.clone();
    let served = serve(listener, app, proxies, stopping.clone(), stop);
    let consumed = async {
        follow_settings(&state, &consumer).await;
        consumer.stop(worker.shutdown_grace).await;
    };
    // Whichever ends on its own stops the others too.
    let served = async {
        let outcome = served.await;
        stopping.cancel();
        outcome
    };
    let background = async {
        let outcome = background.await;
        stopping.cancel();
        outcome
    };
    let (served, (), background) = tokio::join!(served, consumed, background);
    state.db.close().await;
    background?;
    served
}

/// Longest wait for Redis to say how it is set up.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a running consumer reads the settings that it follows.
const FOLLOW: Duration = Duration::from_secs(2);

/// Keeps the consumer's concurrency as it is set, until the process stops.
async fn follow_settings(state: &AppState, consumer: &queue::Consumer) {
    let mut ticks = tokio::time::interval(FOLLOW);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while state
        .stopping
        .run_until_cancelled(ticks.tick())
        .await
        .is_some()
    {
        match state
            .stopping
            .run_until_cancelled(settings::effective(state))
            .await
        {
            Some(Ok(settings)) => consumer.set_concurrency(settings.worker.concurrency),
            Some(Err(error)) => {
                tracing::debug!(error = %domain::Chain(&error), "the settings cannot be read")
            }
            None => {}
        }
    }
}

fn start(name: &'static str) -> std::result::Result<Config, Error> {
    let config = Config::from_env()?;
    telemetry::init(&config)?;
    tracing::info!(function = name, "starting");
    Ok(config)
}

/// Whether a function that runs alone lives: `GET /health/live`, which the function `health` answers itself, and where OpenFaaS
/// asks.
fn liveness(name: &str) -> Router<AppState> {
    let live = || axum::routing::get(|| async { "ok" });
    let routes = Router::new()
        .route("/_/health", live())
        .route("/_/ready", live());
    if name == "health" {
        routes
    } else {
        routes.route("/health/live", live())
    }
}

/// Resolves at the first SIGTERM or SIGINT; the second ends the process.
pub fn shutdown_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    let interrupt = signal(SignalKind::interrupt());
    async move {
        let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else {
            tracing::warn!("cannot listen for signals; the process ends only when it is killed");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping; a second signal stops at once");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(1);
        });
    }
}
