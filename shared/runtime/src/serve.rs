//! Plain HTTP.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{
    Error,
    connections::{self, Places, Seldom},
    early::Explained,
};

/// How long requests under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// How long a request's first lines may take, and how long a connection may be without one.
const HEADER_TIME: Duration = Duration::from_secs(30);
/// Connections that wait to be accepted. One more is dropped, and comes again after a second; the system may allow fewer
/// (`net.core.somaxconn`, 4096 on Linux).
const BACKLOG: u32 = 4096;
/// Pause after a connection could not be accepted.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// A bound listener.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens on all interfaces; port 0 takes a free one.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn bind(port: u16) -> Result<Self, Error> {
        // Dual-stack where there is IPv6, as in most containers; else IPv4 alone.
        let listener = listen((Ipv6Addr::UNSPECIFIED, port).into())
            .or_else(|_| listen((Ipv4Addr::UNSPECIFIED, port).into()));
        let listener =
            listener.map_err(|error| format!("cannot listen on PORT {port}: {error}"))?;
        // Said here, so that a caller's own words may follow it.
        tracing::info!(address = %listener.local_addr()?, "listening");
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

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Else a restart would wait for connections of before to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` resolves, then cancels `stopping`, stops accepting, finishes what is being answered, and returns.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: Listener,
    app: Router,
    proxies: Vec<IpNet>,
    stopping: CancellationToken,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let places = Places::new(connections::limit(), proxies);
    let graceful = GracefulShutdown::new();
    let (mut full, mut failing) = (Seldom::default(), Seldom::default());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.0.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.take(peer.ip()) {
                Some((place, wait)) => {
                    // An answer in small pieces, such as events, is to arrive at once.
                    let _ = stream.set_nodelay(true);
                    let connection = connection(stream, peer, app.clone());
                    let connection = graceful.watch(connection);
                    tokio::spawn(async move {
                        tokio::time::sleep(wait).await;
                        // A client that breaks off is none of our trouble.
                        let _ = connection.await;
                        drop(place);
                    });
                }
                None if full.is_due() => {
                    tracing::warn!(peer = %peer.ip(), "too many connections, in all or from this address; new ones are closed");
                }
                None => {}
            },
            Err(error) => {
                if failing.is_due() {
                    tracing::warn!(%error, "connections cannot be accepted");
                }
                // Out of files, most likely: some are closed soon.
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    stopping.cancel();
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests that took too long were cut off");
    }
    Ok(())
}

/// Answers the requests of one connection.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let service =
        hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().oneshot(request)
        });
    http1::Builder::new()
        .timer(TokioTimer::new())
        // Also between two requests.
        .header_read_timeout(HEADER_TIME)
        .serve_connection(TokioIo::new(Explained::new(stream)), service)
}
