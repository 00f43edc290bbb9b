//! Limits for the size of an answer.

use reqwest::Response;

use super::error::Error;
use domain::limits;

/// Bytes of a stream that are read: each token brings a few hundred.
const STREAM_BYTES: usize = 64 * 1024 * 1024;

/// The bytes read of a stream, in all and of the line at hand.
#[derive(Default)]
pub(super) struct StreamSize {
    all: usize,
    line: usize,
}

impl StreamSize {
    /// # Errors
    /// When there is more than any answer holds.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<(), Error> {
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

pub(super) fn too_large() -> Error {
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
