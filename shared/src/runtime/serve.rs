//! Plain HTTP.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, serve::ListenerExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Error, early::Explained};

/// How long requests that are being answered may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A bound listener.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens on all interfaces; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn bind(port: u16) -> Result<Self, Error> {
        // Dual-stack where there is IPv6, as in most containers; else IPv4 alone.
        let listener = match TcpListener::bind(("::", port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(("0.0.0.0", port))
                .await
                .map_err(|error| format!("PORT {port} cannot be listened on: {error}"))?,
        };
        Ok(Self(listener))
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A listener whose connections explain themselves.
struct Front(TcpListener);

impl axum::serve::Listener for Front {
    type Io = Explained<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, peer) = axum::serve::Listener::accept(&mut self.0).await;
        (Explained::new(stream), peer)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Serves until `stop` resolves, then cancels `stopping`, stops accepting, finishes what is being answered, and returns.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: Listener,
    app: Router,
    stopping: CancellationToken,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    tracing::info!(address = %listener.address()?, "listening");
    let stopped = stopping.clone();
    let server = axum::serve(
        // Only with this does axum take any listener for one with addresses.
        Front(listener.0).tap_io(|_| {}),
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        stop.await;
        stopped.cancel();
    });
    tokio::select! {
        outcome = server => outcome.map_err(Error::from),
        () = async { stopping.cancelled().await; tokio::time::sleep(DRAIN).await } => {
            tracing::warn!("requests that took too long were cut off");
            Ok(())
        }
    }
}
