//! Counters of this process, in the text format of Prometheus.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::Usage;
use prometheus::{
    CounterVec, Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry,
    TextEncoder, core::Collector,
};

/// The media type of the format.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds of a request: most take a few milliseconds, a submission with images up to some seconds.
const REQUEST_BUCKETS: &[f64] = &[
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// Seconds of a model's answer.
const MODEL_BUCKETS: &[f64] = &[
    0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0,
];
/// The outcomes of a job.
const JOB_OUTCOMES: [&str; 7] = [
    "completed",
    "failed",
    "retried",
    "postponed",
    "handed_back",
    "dropped",
    "obsolete",
];
/// Names of models that are told apart: an admin may try many.
const MODELS: usize = 32;
/// Longest label in bytes.
const LABEL_BYTES: usize = 100;

struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    jobs: IntCounterVec,
    stage_seconds: HistogramVec,
    model_calls: IntCounterVec,
    model_call_seconds: HistogramVec,
    model_retries: IntCounterVec,
    model_tokens: IntCounterVec,
    model_cost: CounterVec,
    models: Mutex<BTreeSet<String>>,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let count = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels);
            registered(&registry, counter)
        };
        let measure = |name: &str, help: &str, labels: &[&str], buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            registered(&registry, HistogramVec::new(options, labels))
        };
        let jobs = count(
            "code_checker_jobs_total",
            "Deliveries of jobs that this process has handled.",
            &["outcome"],
        );
        // A rate needs a value from before the first one.
        for outcome in JOB_OUTCOMES {
            jobs.with_label_values(&[outcome]);
        }
        Self {
            jobs,
            requests: count(
                "code_checker_http_requests_total",
                "Requests that were answered.",
                &["method", "route", "status"],
            ),
            request_seconds: measure(
                "code_checker_http_request_duration_seconds",
                "Time from a request's headers to the beginning of its answer.",
                &["method", "route"],
                REQUEST_BUCKETS,
            ),
            stage_seconds: measure(
                "code_checker_stage_duration_seconds",
                "Time of a stage, with all its calls to the model.",
                &["stage", "outcome"],
                MODEL_BUCKETS,
            ),
            model_calls: count(
                "code_checker_model_calls_total",
                "Calls to the model's endpoint, tests of the settings among them.",
                &["model", "outcome"],
            ),
            model_call_seconds: measure(
                "code_checker_model_call_duration_seconds",
                "Time of a call to the model's endpoint.",
                &["model"],
                MODEL_BUCKETS,
            ),
            model_retries: count(
                "code_checker_model_retries_total",
                "Calls that repeat an earlier one, by the failure of that.",
                &["model", "reason"],
            ),
            model_tokens: count(
                "code_checker_model_tokens_total",
                "Tokens; those of kind cached are among the prompt's, those of kind reasoning among the completion's.",
                &["model", "kind"],
            ),
            model_cost: registered(
                &registry,
                CounterVec::new(
                    Opts::new(
                        "code_checker_model_cost_dollars_total",
                        "Cost in US dollars, as far as the endpoint or the configured prices say.",
                    ),
                    &["model"],
                ),
            ),
            models: Mutex::default(),
            registry,
        }
    }

    /// The name of a model as a label.
    fn model(&self, name: &str) -> String {
        let name = domain::limits::cut(name, LABEL_BYTES);
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if !models.contains(name) {
            if models.len() >= MODELS {
                return "other".to_owned();
            }
            models.insert(name.to_owned());
        }
        name.to_owned()
    }
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> C {
    let collector = collector.expect("names and labels are those of the source");
    registry
        .register(Box::new(collector.clone()))
        .expect("each name is there once");
    collector
}

/// Counts a request; `route` is a template, never a path.
pub fn request(method: &str, route: &str, status: u16, time: Duration) {
    // Any word is a method.
    let method = match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
        _ => "other",
    };
    let status = status.to_string();
    let labels = [method, route, &status];
    METRICS.requests.with_label_values(&labels).inc();
    let seconds = METRICS.request_seconds.with_label_values(&labels[..2]);
    seconds.observe(time.as_secs_f64());
}

/// Counts a delivery of a job by its outcome.
pub fn job(outcome: &'static str) {
    METRICS.jobs.with_label_values(&[outcome]).inc();
}

/// Measures a stage.
pub fn stage(stage: &str, outcome: &'static str, time: Duration) {
    let seconds = METRICS.stage_seconds.with_label_values(&[stage, outcome]);
    seconds.observe(time.as_secs_f64());
}

/// A call to the model, counted when it ends or is dropped.
#[derive(Debug)]
pub struct ModelCall {
    model: String,
    started: Instant,
    outcome: &'static str,
}

impl ModelCall {
    /// Begins one.
    #[must_use]
    pub fn begin(model: &str) -> Self {
        Self {
            model: METRICS.model(model),
            started: Instant::now(),
            outcome: "abandoned",
        }
    }

    /// Counts what it used.
    pub fn used(&self, usage: &Usage) {
        for (kind, tokens) in [
            ("prompt", usage.prompt_tokens),
            ("completion", usage.completion_tokens),
            ("cached", usage.cached_tokens),
            ("reasoning", usage.reasoning_tokens),
        ] {
            let counter = METRICS.model_tokens.with_label_values(&[&self.model, kind]);
            counter.inc_by(tokens);
        }
        if let Some(cost) = usage.cost.filter(|cost| cost.is_finite() && *cost > 0.0) {
            let counter = METRICS.model_cost.with_label_values(&[&self.model]);
            counter.inc_by(cost);
        }
    }

    /// Ends it: `ok`, or the code of a failure.
    pub fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for ModelCall {
    fn drop(&mut self) {
        let labels = [self.model.as_str(), self.outcome];
        METRICS.model_calls.with_label_values(&labels).inc();
        let seconds = METRICS.model_call_seconds.with_label_values(&labels[..1]);
        seconds.observe(self.started.elapsed().as_secs_f64());
    }
}

/// Counts a repetition of a call.
pub fn retry(model: &str, reason: &'static str) {
    let labels = [METRICS.model(model).as_str(), reason].map(str::to_owned);
    METRICS.model_retries.with_label_values(&labels).inc();
}

/// A value that is read when it is asked for.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// Its name.
    pub name: &'static str,
    /// Says what it counts.
    pub help: &'static str,
    /// A name and a value, if it comes in several.
    pub label: Option<(&'static str, &'static str)>,
    /// The value.
    pub value: f64,
}

/// The counters of this process and these gauges. Gauges of one name must follow each other.
///
/// # Errors
/// When two gauges are the same.
pub fn render(gauges: &[Gauge]) -> Result<Vec<u8>, prometheus::Error> {
    let shown = Registry::new();
    for all in gauges.chunk_by(|a, b| a.name == b.name) {
        let Some(first) = all.first() else { continue };
        let names: Vec<_> = first.label.iter().map(|(name, _)| *name).collect();
        let vector = prometheus::GaugeVec::new(Opts::new(first.name, first.help), &names)?;
        for gauge in all {
            let values: Vec<_> = gauge.label.iter().map(|(_, value)| *value).collect();
            vector
                .get_metric_with_label_values(&values)?
                .set(gauge.value);
        }
        shown.register(Box::new(vector))?;
    }
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    encoder.encode(&METRICS.registry.gather(), &mut text)?;
    encoder.encode(&shown.gather(), &mut text)?;
    Ok(text)
}
