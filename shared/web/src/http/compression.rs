//! Compresses answers. Those that many clients get alike, such as a page of a visitor without a history, are compressed once.

use std::{
    io::{self, Write as _},
    sync::LazyLock,
};

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use foldhash::fast::RandomState;
use quick_cache::{OptionsBuilder, Weighter, sync::Cache};

use crate::error::ApiError;

/// Bytes of all answers that are kept, plain and compressed.
const BYTES: u64 = 3 * 1024 * 1024;
/// Longest answer that is kept.
const LONGEST: u64 = 512 * 1024;
/// Shortest one that is compressed.
const SHORTEST: u64 = 1024;

static KEPT: LazyLock<Cache<Bytes, Bytes, Weight, RandomState>> = LazyLock::new(|| {
    let options = OptionsBuilder::new()
        .shards(1)
        // The rest is for new pages: without it they would be gone before their second viewer.
        .hot_allocation(0.5)
        .estimated_items_capacity(128)
        .weight_capacity(BYTES)
        .build()
        .expect("both capacities are given");
    Cache::with_options(options, Weight, Default::default(), Default::default())
});

#[derive(Clone)]
struct Weight;

impl Weighter<Bytes, Bytes> for Weight {
    fn weight(&self, plain: &Bytes, compressed: &Bytes) -> u64 {
        (plain.len() + compressed.len()) as u64
    }
}

/// Answers pages compressed to those who take it. The layer around this one compresses all other answers while they are sent.
pub(super) async fn compress_pages(request: Request, next: Next) -> Response {
    let takes_gzip = accepts(request.headers(), "gzip");
    let response = next.run(request).await;
    if !takes_gzip || !is_page(&response) {
        return response;
    }
    match compressed(response).await {
        Ok(response) => response,
        Err(error) => ApiError::Internal(Box::new(error)).into_response(),
    }
}

/// Whether a client names this coding among those that it takes. One that says it in another way, such as `*`, gets answers from the
/// layer around this one.
#[must_use]
pub fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(coding)
                && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

/// Whether the answer is a page that is there as a whole.
fn is_page(response: &Response) -> bool {
    let headers = response.headers();
    let media_type = headers.get(header::CONTENT_TYPE);
    let length = response.body().size_hint().exact();
    media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"))
        && !headers.contains_key(header::CONTENT_ENCODING)
        && length.is_some_and(|length| (SHORTEST..=LONGEST).contains(&length))
}

async fn compressed(response: Response) -> Result<Response, axum::Error> {
    let (mut parts, body) = response.into_parts();
    let plain = to_bytes(body, LONGEST as usize).await?;
    let compressed = match KEPT.get(&plain) {
        Some(compressed) => compressed,
        None => {
            let compressed = gzip(&plain).map_err(axum::Error::new)?;
            // Without the room that the rendering had to spare.
            KEPT.insert(Bytes::copy_from_slice(&plain), compressed.clone());
            compressed
        }
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(Response::from_parts(parts, Body::from(compressed)))
}

fn gzip(plain: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?.into_boxed_slice().into())
}

#[cfg(test)]
mod tests {
    use std::io::read_to_string;

    use flate2::read::GzDecoder;

    use super::*;

    fn answer(media_type: &'static str, text: &str) -> Response {
        ([(header::CONTENT_TYPE, media_type)], text.to_owned()).into_response()
    }

    #[tokio::test]
    async fn a_page_that_was_answered_before_is_not_compressed_again() {
        let mut bodies = Vec::new();
        for text in ["a page ", "a page ", "another "] {
            let text = text.repeat(500);
            let response = answer("text/html; charset=utf-8", &text);
            assert!(is_page(&response));
            let response = compressed(response).await.unwrap();
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
            assert_eq!(response.headers()[header::VARY], "accept-encoding");
            assert!(!is_page(&response));
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(read_to_string(GzDecoder::new(&*body)).unwrap(), text);
            bodies.push(body);
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr());
        assert_ne!(bodies[0], bodies[2]);
    }

    #[test]
    fn short_answers_and_those_that_are_no_pages_are_left_alone() {
        for (media_type, length) in [
            ("text/html", 10),
            ("application/json", 5000),
            ("text/event-stream", 5000),
        ] {
            assert!(!is_page(&answer(media_type, &"x".repeat(length))));
        }
    }
}
