//! One call: a request is sent, and its answer read, whole or as it streams in.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource as _};
use futures::{StreamExt as _, stream};
use reqwest::{RequestBuilder, Response, header::CONTENT_TYPE};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    Meter,
    capabilities::Quirk,
    error::Error,
    failure::{ErrorReply, Headers, inside},
    redact::Redactor,
    repetition,
    reply::Reply,
    request::RequestParts,
    sizes::{StreamSize, capped, too_large},
};
use domain::{Chain, limits};

/// Bytes of an error that are read.
const ERROR_BYTES: usize = 64 * 1024;
/// Wait for the usage after the last token: some servers leave the connection open.
const AFTER_THE_END: Duration = Duration::from_secs(5);

/// A call with its circumstances.
pub(super) struct Call<'a> {
    pub(super) sent: &'a RequestParts,
    pub(super) redactor: &'a Redactor,
    pub(super) meter: &'a dyn Meter,
    pub(super) idle_timeout: Duration,
    /// The data of the question, which an answer may quote.
    pub(super) given: &'a str,
}

impl Call<'_> {
    /// Sends the request; `reply` holds everything that arrived, even if it fails or the caller gives up.
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
            let said = ErrorReply {
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
            .unwrap_or_default()
            .to_ascii_lowercase();
        let says_events = media_type.starts_with("text/event-stream");
        reply.began |= says_events;
        let answer = self.begun(response).await?;
        if answer.had_mark {
            reply.quirks.insert(Quirk::ByteOrderMark);
        }
        // Its first sign tells what it is, whatever the media type says.
        let is_events = match answer.begin.trim_ascii_start().first() {
            Some(b'{' | b'[' | b'"' | b'<') => false,
            Some(b':') => true,
            Some(_)
                if [&b"data"[..], b"event", b"id", b"retry"]
                    .iter()
                    .any(|field| answer.begin.trim_ascii_start().starts_with(field)) =>
            {
                true
            }
            _ => says_events,
        };
        if is_events != says_events {
            reply.quirks.insert(Quirk::MediaType);
        }
        if is_events {
            reply.began = true;
            self.stream(answer, &headers, reply).await
        } else {
            self.whole(answer, &headers, reply).await
        }
    }

    /// Reads up to the first signs of the answer, those that mean nothing left out.
    async fn begun(&self, mut response: Response) -> Result<Answer, Error> {
        let mut begin = Vec::new();
        let mut had_mark = false;
        loop {
            if let Some(rest) = begin.strip_prefix(BOM) {
                begin = rest.to_vec();
                had_mark = true;
            }
            if begin.len() > limits::ANSWER_BYTES {
                return Err(too_large());
            }
            let signs = begin.trim_ascii_start();
            let tells = |sign: &u8| matches!(sign, b'{' | b'[' | b'<' | b':');
            // Enough for the name of a field; the mark may come in pieces.
            let is_name = signs.len() >= 6 && !BOM.starts_with(&signs[..1]);
            if is_name || signs.first().is_some_and(tells) {
                break;
            }
            let chunk = response.chunk().await;
            match chunk.map_err(|error| self.broken(error))? {
                Some(chunk) => begin.extend_from_slice(&chunk),
                None => break,
            }
        }
        Ok(Answer {
            begin,
            had_mark,
            response,
        })
    }

    /// Reads an answer that comes in one piece.
    async fn whole(
        &self,
        answer: Answer,
        headers: &Headers,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        let mut body = answer.begin;
        let rest = self
            .body(answer.response, limits::ANSWER_BYTES, true)
            .await?;
        body.extend_from_slice(&rest);
        let text = String::from_utf8_lossy(&body);
        if text.trim().is_empty() {
            return Err(Error::Empty);
        }
        let Ok(json) = serde_json::from_str::<Value>(&text) else {
            return self.lines(&text, headers, reply);
        };
        if let Some(error) = inside(&json, headers, self.sent, self.redactor) {
            return Err(error);
        }
        if !Reply::is_answer(&json) {
            return Err(Error::NotAnEndpoint(
                "its answer has no choices.".to_owned(),
            ));
        }
        reply.began = true;
        reply.take(&json)
    }

    /// Reads a stream that came as a list of JSON objects, one a line.
    fn lines(&self, text: &str, headers: &Headers, reply: &mut Reply) -> Result<(), Error> {
        let no_endpoint = || {
            let what = if text.trim_start().starts_with('<') {
                "a page"
            } else {
                "something that is not JSON"
            };
            Error::NotAnEndpoint(format!(
                "it answers with {what}. Does OPENAI_BASE_URL end in /v1?"
            ))
        };
        let lines = text
            .lines()
            .map(|line| line.trim().trim_start_matches("data:").trim());
        let mut is_answer = false;
        for line in lines.filter(|line| !line.is_empty() && *line != "[DONE]") {
            let json = serde_json::from_str::<Value>(line).map_err(|_| no_endpoint())?;
            if let Some(error) = inside(&json, headers, self.sent, self.redactor) {
                return Err(error);
            }
            is_answer |= Reply::is_answer(&json);
            reply.take(&json)?;
        }
        if !is_answer {
            return Err(no_endpoint());
        }
        reply.quirks.insert(Quirk::MediaType);
        reply.began = true;
        Ok(())
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
        answer: Answer,
        headers: &Headers,
        reply: &mut Reply,
    ) -> Result<(), Error> {
        // A model that thinks is silent for as long as the call may take; once it writes, it writes on.
        let writes = AtomicBool::new(false);
        let writes = &writes;
        // Comments count as signs of life, so the silence is measured between bytes, not between events.
        let start = Some((answer.response, StreamSize::default()));
        let begin = stream::iter([Ok(Bytes::from(answer.begin))]);
        let rest = stream::unfold(start, |state| async move {
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
        let mut events = std::pin::pin!(begin.chain(rest).eventsource());
        let mut loops = [repetition::Watch::default(), repetition::Watch::default()];
        loop {
            let next = if reply.is_finished() {
                // The answer is complete; of the rest only the usage is of interest.
                match timeout(AFTER_THE_END, events.next()).await {
                    Ok(Some(Ok(event))) => Some(Ok(event)),
                    _ => return Ok(()),
                }
            } else {
                events.next().await
            };
            let event = match next {
                Some(Ok(event)) => event,
                Some(Err(EventStreamError::Transport(_))) | None if reply.is_whole() => {
                    reply.quirks.insert(Quirk::NoEndMark);
                    return Ok(());
                }
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
            if reply.has_content() {
                writes.store(true, Ordering::Relaxed);
            }
            if reply.received() > 0 {
                self.meter.received(reply.received());
            }
            for (watch, text) in loops.iter_mut().zip(reply.growing()) {
                if watch.sees_a_loop(text, self.given) {
                    return Err(Error::Repeats);
                }
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

    /// Why an answer ended before it had begun.
    fn broken(&self, error: reqwest::Error) -> Error {
        let why = Chain(&error.without_url()).to_string();
        Error::Broken(self.redactor.clean(&why))
    }

    /// Why there is no answer. The address may hold a key in its query, so it is left out.
    fn unreachable(&self, error: reqwest::Error) -> Error {
        let is_tls = is_tls(&error);
        let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
        let why = self
            .redactor
            .clean(&Chain(&error.without_url()).to_string());
        if is_tls {
            Error::Tls(why)
        } else if !is_connect {
            Error::HungUp(why)
        } else if is_timeout {
            Error::Unreachable(format!("no connection in 10 seconds ({why})"))
        } else {
            Error::Unreachable(why)
        }
    }
}

/// The mark that some programs put before the first character of a text, in UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// An answer whose first bytes have been read.
struct Answer {
    begin: Vec<u8>,
    had_mark: bool,
    response: Response,
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
