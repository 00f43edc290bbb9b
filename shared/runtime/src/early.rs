//! Answers to requests that cannot be read at all. The HTTP library gives them before there is a request to route, with a status
//! and nothing else; here they become problem documents, as all others are.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;

/// Longest answer of the library's own.
const BARE_BYTES: usize = 512;

/// A connection on which the library's own answers are explained.
#[derive(Debug)]
pub(super) struct Explained<S> {
    stream: S,
    /// The document that takes the place of an answer, and how many of its bytes are written.
    document: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self {
            stream,
            document: None,
        }
    }
}

/// The problem document for an answer of the library's own; `None` for every other, as each of ours has the request's id.
fn explained(answer: &[u8]) -> Option<Vec<u8>> {
    if answer.len() > BARE_BYTES || !answer.starts_with(b"HTTP/1.") {
        return None;
    }
    let head = std::str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    let (code, title, detail) = match status {
        "400" => (
            "unreadable",
            "The request cannot be read",
            "The request line, a header or the length of the body is not valid HTTP.",
        ),
        "414" => (
            "address-too-long",
            "The address is too long",
            "Send long texts in the body.",
        ),
        "431" => (
            "headers-too-large",
            "The headers are too large",
            "Send fewer and shorter headers, at most 100; a browser may have to forget the cookies of this host.",
        ),
        _ => return None,
    };
    let mut lines = head.split("\r\n");
    let first = lines.next()?;
    let kept: Vec<&str> = lines
        .filter(|line| !line.starts_with("content-length: 0"))
        .collect();
    let is_bare = |line: &&str| line.starts_with("date: ") || line.starts_with("connection: ");
    if !kept.iter().all(is_bare) {
        return None;
    }
    let id = Uuid::new_v4();
    tracing::info!(http.status = status, error.code = code, request.id = %id, "answered what cannot be read");
    let body = json!({
        "type": format!("urn:code-checker:problem:{code}"),
        "title": title,
        "status": status.parse::<u16>().ok()?,
        "detail": detail,
    })
    .to_string();
    let mut headers = kept;
    let length = format!("content-length: {}", body.len());
    let id = format!("x-request-id: {id}");
    headers.extend([
        "content-type: application/problem+json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        &length,
        &id,
    ]);
    Some(format!("{first}\r\n{}\r\n\r\n{body}", headers.join("\r\n")).into_bytes())
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Writes the document; ready when all of it is.
    fn write_document(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((document, written)) = &mut self.document {
            if *written == document.len() {
                self.document = None;
                break;
            }
            let rest = &document[*written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *written += more,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.document.is_none() {
            this.document = explained(bytes).map(|document| (document, 0));
        }
        if this.document.is_none() {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        }
        ready!(this.write_document(context))?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        all: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = all {
            return self.poll_write(context, only);
        }
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, all)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\ndate: Fri, 27 Nov 2026 02:00:00 GMT\r\n\r\n";

    #[tokio::test]
    async fn a_bare_answer_is_explained_however_slowly_it_is_read() {
        let (ours, mut theirs) = tokio::io::duplex(7);
        let mut ours = Explained::new(ours);
        let write = async move {
            ours.write_all(BARE).await.unwrap();
            ours.write_all(b"more").await.unwrap();
        };
        let mut read = String::new();
        let (_, length) = tokio::join!(write, theirs.read_to_string(&mut read));
        length.unwrap();
        let (head, body) = read.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
        assert!(head.contains("connection: close\r\n") && head.contains("\r\nx-request-id: "));
        let body = body.strip_suffix("more").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["type"], "urn:code-checker:problem:headers-too-large");
    }

    #[test]
    fn every_other_answer_stays() {
        for answer in [
            &b"HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nmore",
            b"HTTP/1.1 400 Bad Request\r\n",
            b"HTTP/1.1",
            b"",
            b"\xff",
        ] {
            assert_eq!(explained(answer), None);
        }
    }
}
