//! A server to send requests to, and its connections.

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Result;

/// A connection's sending end.
pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// `http://HOST:PORT`, taken apart.
#[derive(Clone)]
pub(crate) struct Target {
    /// `HOST:PORT`.
    pub(crate) authority: String,
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(url: &str) -> std::result::Result<Self, String> {
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'));
        match authority {
            Some(authority) if authority.contains(':') && !authority.contains('/') => Ok(Self {
                authority: authority.to_owned(),
            }),
            _ => Err("must be http://HOST:PORT".to_owned()),
        }
    }
}

impl Target {
    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<Sender> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // How it ended is seen by whoever waits for an answer.
            connection.await.ok();
        });
        Ok(sender)
    }
}
