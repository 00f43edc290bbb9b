//! Exports spans by OTLP over HTTP, where a collector is configured.
//!
//! The library collects them on a thread of its own, drops those for which there is no room, and never holds what is measured.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Tracer},
};
use tokio::runtime::Handle;

use super::{Error, connections::Seldom};
use config::TracesConfig;
use domain::Chain;

/// Longest time of an export.
const EXPORT: Duration = Duration::from_secs(10);
/// Longest that an export waits for more spans.
const DELAY: Duration = Duration::from_secs(2);
/// Spans that wait to be exported.
const WAITING: usize = 2048;
/// Longest wait for the last export.
const FLUSH: Duration = Duration::from_secs(3);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// A tracer whose spans are exported.
///
/// # Errors
/// When there is no HTTP client, or the process has a tracer already.
pub(super) fn tracer(config: &TracesConfig) -> Result<Tracer, Error> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(config)?)
        .with_endpoint(config.endpoint.0.as_str())
        .with_timeout(EXPORT)
        .build()?;
    // Everything is said here: the library would read the environment.
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(WAITING)
        .with_max_export_batch_size(WAITING / 4)
        .with_scheduled_delay(DELAY)
        .build();
    let batches = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build();
    let resource = Resource::builder_empty()
        .with_service_name(config.service.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_resource(resource)
        // They would be the lines of the log.
        .with_max_events_per_span(0)
        .with_span_processor(batches)
        .build();
    let tracer = provider.tracer("code-checker");
    PROVIDER
        .set(provider)
        .map_err(|_| "spans are exported already")?;
    Ok(tracer)
}

/// Exports the spans that wait, as far as the collector takes them in time.
pub(super) async fn flush() {
    if let Some(provider) = PROVIDER.get() {
        let flush = tokio::task::spawn_blocking(|| provider.force_flush());
        // An export that fails says so itself.
        let _ = tokio::time::timeout(FLUSH, flush).await;
    }
}

/// Sends exports on the process's runtime: the library's thread has none.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
    failing: Mutex<Seldom>,
}

impl Client {
    fn new(config: &TracesConfig) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(EXPORT)
            .default_headers(config.headers.clone())
            .user_agent(concat!("CodeChecker/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            runtime: Handle::try_current()?,
            failing: Mutex::default(),
        })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        // The client takes its timers from the runtime as soon as it is called.
        let sent = self
            .runtime
            .spawn(async move { http.execute(request).await });
        let sent = sent.await?;
        let response = sent
            .and_then(reqwest::Response::error_for_status)
            .map_err(reqwest::Error::without_url)?;
        // The body could only say why a collector refuses some of the spans.
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        Ok(answer)
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        if let Err(error) = &sent {
            let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
            if failing.is_due() {
                tracing::warn!(error = %Chain(&**error), "spans cannot be exported");
            }
        }
        sent
    }
}
