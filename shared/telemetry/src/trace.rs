//! Trace context (W3C): taken from a request, kept with its submission, and continued by the job.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    Context, Value,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{SpanContext, Status, TraceContextExt as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Name of the header.
pub const HEADER: &str = "traceparent";

/// Whether spans are exported.
static EXPORTED: AtomicBool = AtomicBool::new(false);

/// Says that spans are exported from now on.
pub fn set_exported() {
    EXPORTED.store(true, Ordering::Relaxed);
}

/// Whether spans are exported.
#[must_use]
pub fn is_exported() -> bool {
    EXPORTED.load(Ordering::Relaxed)
}

/// A span of some process that others continue. Its text is a `traceparent` of version 00.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceParent(SpanContext);

struct Header<'a>(&'a str);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == HEADER).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![HEADER]
    }
}

impl TraceParent {
    /// Reads a header's value; `None` if the standard does not allow it.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let propagator = TraceContextPropagator::new();
        let context = propagator.extract_with_context(&Context::new(), &Header(value));
        Self::of_context(&context)
    }

    /// The one of a span that is exported.
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        is_exported()
            .then(|| Self::of_context(&span.context()))
            .flatten()
    }

    fn of_context(context: &Context) -> Option<Self> {
        let context = context.span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }

    /// Has a span continue this one. It must not have been entered yet.
    pub fn continue_in(&self, span: &Span) {
        let parent = Context::new().with_remote_span_context(self.0.clone());
        // Without an exporter there is no trace to continue.
        let _ = span.set_parent(parent);
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (self.0.trace_id(), self.0.span_id());
        let flags = u8::from(self.0.is_sampled());
        write!(f, "00-{trace}-{span}-{flags:02x}")
    }
}

/// Begins the span of a request, which has the empty fields `trace.id`, `otel.name` and `otel.kind`, and answers the context that
/// its work continues: that of the span, or the client's own where no spans are exported.
pub fn begin_request(
    span: &Span,
    method: &str,
    route: &str,
    parent: Option<TraceParent>,
) -> Option<TraceParent> {
    if is_exported() {
        span.record("otel.name", format!("{method} {route}"));
        kind(span, "server");
        if let Some(parent) = &parent {
            parent.continue_in(span);
        }
        note(span, "http.request.method", method.to_owned());
        note(span, "http.route", route.to_owned());
    }
    let context = TraceParent::of(span).or(parent);
    if let Some(context) = &context {
        span.record("trace.id", context.trace_id());
    }
    context
}

/// Begins the span of a job, which has the empty fields `trace.id` and `otel.kind`, in the trace of a stored `traceparent`.
pub fn begin_job(span: &Span, traceparent: Option<&str>) {
    let parent = traceparent.and_then(TraceParent::parse);
    if let Some(parent) = &parent {
        parent.continue_in(span);
    }
    kind(span, "consumer");
    if let Some(context) = TraceParent::of(span).or(parent) {
        span.record("trace.id", context.trace_id());
    }
}

/// Says the part that a span has in a call between two services; it has the empty field `otel.kind`.
pub fn kind(span: &Span, kind: &'static str) {
    if is_exported() {
        span.record("otel.kind", kind);
    }
}

/// Sets an attribute of a span that is exported, and of no line of the log.
pub fn note(span: &Span, name: &'static str, value: impl Into<Value>) {
    if is_exported() {
        span.set_attribute(name, value);
    }
}

/// Marks a span as failed; `code` is one of our own.
pub fn fail(span: &Span, code: &'static str) {
    if is_exported() {
        span.set_attribute("error.type", code);
        span.set_status(Status::error(code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_as_the_standard_says_and_written_as_it_was() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = TraceParent::parse(text).unwrap();
        assert_eq!(parent.to_string(), text);
        assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let unsampled = text.replace("-01", "-00");
        assert_eq!(
            TraceParent::parse(&unsampled).unwrap().to_string(),
            unsampled
        );
        for wrong in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-ä-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
        assert_eq!(TraceParent::parse(&"0".repeat(100_000)), None);
    }

    #[test]
    fn nothing_happens_where_no_spans_are_exported() {
        let parent = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let span = tracing::info_span!("request");
        assert_eq!(begin_request(&span, "GET", "/", parent.clone()), parent);
        assert_eq!(begin_request(&span, "GET", "/", None), None);
        assert_eq!(TraceParent::of(&span), None);
    }
}
