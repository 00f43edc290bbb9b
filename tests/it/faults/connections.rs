//! Clients that hold on to what they have: connections, headers and bodies that never end.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{app::App, app::prefix, model::Model};

fn address(app: &App, ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, app.url.rsplit(':').next().unwrap().parse().unwrap())
}

fn here() -> IpAddr {
    IpAddr::from([127, 0, 0, 1])
}

/// An address of this machine that is not its own to itself. Nothing is sent.
fn from_outside() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

/// Everything until the server closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(80), stream.read_to_end(&mut answer));
    // A reset is an end too.
    let _ = read.await.expect("the connection is still open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_never_ends_is_given_up(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let address = address(&app, here());
    let open = async |bytes: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    };
    let mut header = open("GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-half: ").await;
    let mut idle = open("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut body = open(
        "POST /api/v1/submissions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: 1000000\r\n\r\n{",
    )
    .await;
    let started = Instant::now();
    let (header, idle, body) = tokio::join!(rest(&mut header), rest(&mut idle), rest(&mut body));
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(!header.contains("200 OK"), "{header}");
    assert!(idle.contains("200 OK"), "{idle}");
    assert!(body.contains("came too slowly"), "{body}");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn one_address_does_not_take_every_connection(pool: PgPool) {
    let Some(outside) = from_outside() else {
        return;
    };
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mut held = Vec::new();
    let mut closed = 0;
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address(&app, outside)).await.unwrap();
        if stream.write_all(b"GET / HTTP/1.1\r\n").await.is_err() {
            closed += 1;
        }
        held.push(stream);
    }
    // Those who came too late are turned away at once.
    for stream in &mut held[260..] {
        let mut byte = [0];
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut byte));
        if matches!(read.await, Ok(Ok(0) | Err(_))) {
            closed += 1;
        }
    }
    assert!(closed >= 30, "{closed}");
    // The machine's own question is answered, and others are too.
    let live = app.get("/health/live").await;
    assert_eq!(live.status(), 200);
    drop(held);
    app.stop().await;
}
