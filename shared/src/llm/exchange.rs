//! One call: a request is sent, and its answer read, whole or as it streams in.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use eventsource_stream::{EventStreamError, Eventsource as _};
use futures::{StreamExt as _, stream};
use reqwest::{RequestBuilder, Response, header::CONTENT_TYPE};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    Meter,
    error::Error,
    failure::{Headers, Said, inside},
    redact::Redactor,
    reply::Reply,
    request::Sent,
};
use crate::{Chain, domain::limits};

/// Bytes of an error that are read.
const ERROR_BYTES: usize = 64 * 1024;
/// Bytes of a stream that are read: each token brings a few hundred.
const STREAM_BYTES: usize = 64 * 1024 * 1024;
/// Wait for the usage after the last token: some servers leave the connection open.
const AFTER_THE_END: Duration = Duration::from_secs(5);

/// What a call needs to know.
pub(super) struct Call<'a> {
    pub(super) sent: &'a Sent,
    pub(super) redactor: &'a Redactor,
    pub(super) meter: &'a dyn Meter,
    pub(super) idle_timeout: Duration,
}

impl Call<'_> {
    /// Sends the request; what has arrived is in `reply` also when it fails or is given up.
    pub(super) async fn run(
        &self,
        request: RequestBuilder,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        let status = response.status();
        let headers = Headers::read(response.headers());
        let request_id = headers.request_id.as_deref();
        tracing::debug!(
            status = status.as_u16(),
            endpoint.request_id = request_id.map(|id| self.redactor.clean(id)),
            "the endpoint answers"
        );
        if !status.is_success() {
            let body = self.body(response, ERROR_BYTES, false).await?;
            let said = Said {
                status: status.as_u16(),
                headers: &headers,
                body: &String::from_utf8_lossy(&body),
                sent: self.sent,
                is_guess: false,
            };
            return Err(said.error(self.redactor));
        }
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if media_type.starts_with("text/event-stream") {
            reply.began = true;
            self.stream(response, &headers, reply).await
        } else {
            self.whole(response, &headers, reply).await
        }
    }

    /// Reads an answer that comes in one piece.
    async fn whole(
        &self,
        response: Response,
        headers: &Headers,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let body = self.body(response, limits::ANSWER_BYTES, true).await?;
        let text = String::from_utf8_lossy(&body);
        let Ok(json) = serde_json::from_str::<Value>(&text) else {
            return Err(Error::NotAnEndpoint(format!(
                "it answers with {}. Does OPENAI_BASE_URL end in /v1?",
                if text.trim_start().starts_with('<') {
                    "a page"
                } else {
                    "something that is not JSON"
                }
            )));
        };
        if let Some(error) = inside(&json, headers, self.sent, self.redactor) {
            return Err(error);
        }
        if json.pointer("/choices/0/message").is_none() {
            return Err(Error::NotAnEndpoint(
                "its answer has no choices[0].message.".to_owned(),
            ));
        }
        reply.began = true;
        reply.take(&json)
    }

    async fn body(
        &self,
        response: Response,
        limit: usize,
        must_fit: bool,
    ) -> Result<Vec<u8>, Error> {
        let body = capped(response, limit)
            .await
            .map_err(|error| self.unreachable(error))?;
        if must_fit && body.len() > limit {
            return Err(too_large());
        }
        Ok(body)
    }

    /// Reads server-sent events until the answer is complete.
    async fn stream(
        &self,
        response: Response,
        headers: &Headers,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        // A model that thinks is silent for as long as the call may take; once it writes, it writes on.
        let writes = AtomicBool::new(false);
        let writes = &writes;
        // Comments count as signs of life, so the silence is measured between bytes, not between events.
        let bytes = stream::unfold(Some((response, Read::default())), |state| async move {
            let (mut response, mut read) = state?;
            let silence = if writes.load(Ordering::Relaxed) {
                self.idle_timeout
            } else {
                Duration::MAX
            };
            match timeout(silence, response.chunk()).await {
                Ok(Ok(None)) => None,
                Ok(Ok(Some(chunk))) => match read.take(&chunk) {
                    Ok(()) => Some((Ok(chunk), Some((response, read)))),
                    Err(error) => Some((Err(error), None)),
                },
                Ok(Err(error)) => {
                    let why = Chain(&error.without_url()).to_string();
                    Some((Err(Error::Broken(self.redactor.clean(&why))), None))
                }
                Err(_) => {
                    let silence = format!("nothing came for {} s", self.idle_timeout.as_secs());
                    Some((Err(Error::Broken(silence)), None))
                }
            }
        });
        let mut events = std::pin::pin!(bytes.eventsource());
        loop {
            let next = if reply.is_finished() {
                // What was said is complete; of the rest only the usage is of interest.
                match timeout(AFTER_THE_END, events.next()).await {
                    Ok(Some(Ok(event))) => Some(Ok(event)),
                    _ => return Ok(()),
                }
            } else {
                events.next().await
            };
            let event = match next {
                Some(Ok(event)) => event,
                Some(Err(EventStreamError::Transport(error))) => return Err(error),
                Some(Err(error)) => {
                    return Err(Error::Broken(format!("it is not UTF-8 text ({error})")));
                }
                None => {
                    return Err(Error::Broken(
                        "the connection ended before the answer did".to_owned(),
                    ));
                }
            };
            let data = event.data.trim();
            if data == "[DONE]" {
                return Ok(());
            }
            if data.is_empty() {
                continue;
            }
            if self.take(data, &event.event, headers, reply)? {
                return Ok(());
            }
            if reply.received() > 0 {
                writes.store(true, Ordering::Relaxed);
                self.meter.received(reply.received());
            }
        }
    }

    /// Takes in one event, and tells whether it was the last one.
    fn take(
        &self,
        data: &str,
        kind: &str,
        headers: &Headers,
        reply: &mut Reply,
    ) -> Result<bool, Error> {
        let one = |text: &str, reply: &mut Reply| {
            let json = serde_json::from_str::<Value>(text).ok()?;
            Some(match inside(&json, headers, self.sent, self.redactor) {
                Some(error) => Err(error),
                None => reply.take(&json),
            })
        };
        if let Some(taken) = one(data, reply) {
            return taken.map(|()| false);
        }
        if kind == "error" {
            return Err(Error::Busy {
                status: 200,
                message: self.redactor.clean(data),
                retry_after: headers.retry_after,
            });
        }
        // Servers that leave out the blank line between two events.
        for line in data.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line == "[DONE]" {
                return Ok(true);
            }
            match one(line, reply) {
                Some(taken) => taken?,
                None => {
                    return Err(Error::Broken("a part of it is not JSON".to_owned()));
                }
            }
        }
        Ok(false)
    }

    /// Why there is no answer. The address may hold a key in its query, so it is left out.
    fn unreachable(&self, error: reqwest::Error) -> Error {
        let is_tls = is_tls(&error);
        let is_timeout = error.is_connect() && error.is_timeout();
        let why = self
            .redactor
            .clean(&Chain(&error.without_url()).to_string());
        if is_tls {
            Error::Tls(why)
        } else if is_timeout {
            Error::Unreachable(format!("no connection in 10 seconds ({why})"))
        } else {
            Error::Unreachable(why)
        }
    }
}

/// What was read of a stream, in bytes.
#[derive(Default)]
struct Read {
    all: usize,
    line: usize,
}

impl Read {
    /// # Errors
    /// When there is more than any answer holds.
    fn take(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.all += chunk.len();
        self.line = match chunk.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => chunk.len() - at,
            None => self.line + chunk.len(),
        };
        if self.line > limits::ANSWER_BYTES {
            return Err(too_large());
        }
        if self.all > STREAM_BYTES {
            return Err(Error::NotAnEndpoint("its answer never ends.".to_owned()));
        }
        Ok(())
    }
}

fn too_large() -> Error {
    Error::NotAnEndpoint("its answer is larger than 4 MB.".to_owned())
}

/// The body, or little more than its first `limit` bytes.
///
/// # Errors
/// Those of the connection.
pub(super) async fn capped(mut response: Response, limit: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() <= limit
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a connection failed over TLS: tokio-rustls wraps its errors as invalid data, and hyper-rustls wraps those.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let mut io = error.downcast_ref::<std::io::Error>();
        while let Some(error) = io {
            if error.kind() == std::io::ErrorKind::InvalidData {
                return true;
            }
            // The source of such an error is that of the error within, which is left out.
            io = error.get_ref().and_then(|inner| inner.downcast_ref());
        }
        source = error.source();
    }
    false
}
