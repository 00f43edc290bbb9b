//! Requests over a number of connections, each of which sends the next one as soon as the last is answered.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request,
    header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use serde_json::json;
use tokio::task::LocalSet;

use crate::{
    Result, print,
    target::{Sender, Target},
};

/// Different bodies that are told apart.
const MOST_BODIES: usize = 1000;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The server, http://HOST:PORT
    #[arg(long)]
    server: Target,
    /// Connections at once
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Seconds after which no more requests are sent
    #[arg(long, default_value_t = 3600.0)]
    seconds: f64,
    /// Requests after which no more are sent
    #[arg(long, default_value_t = u64::MAX)]
    requests: u64,
    /// Method of the requests
    #[arg(long, default_value = "GET")]
    method: Method,
    /// A header, as NAME:VALUE
    #[arg(long = "header")]
    headers: Vec<String>,
    /// A file with the body, which is JSON
    #[arg(long)]
    body: Option<PathBuf>,
    /// Paths, asked for in turn
    #[arg(required = true)]
    paths: Vec<String>,
}

/// Everything that the connections share.
struct Run {
    server: Target,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    paths: Vec<String>,
    left: Cell<u64>,
    sent: Cell<usize>,
    end: Instant,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    microseconds: Vec<u64>,
    statuses: BTreeMap<u16, u64>,
    errors: BTreeMap<String, u64>,
    bytes: u64,
    bodies: BTreeSet<u64>,
}

/// Sends the requests and prints what came of them.
pub(crate) async fn run(arguments: Arguments) -> Result {
    let connections = arguments.connections;
    let began = Instant::now();
    let run = Rc::new(Run::new(arguments, began)?);
    let tasks = LocalSet::new();
    for _ in 0..connections {
        let run = Rc::clone(&run);
        tasks.spawn_local(async move {
            while run.is_due() {
                if let Err(error) = run.on_one_connection().await {
                    *run.seen
                        .borrow_mut()
                        .errors
                        .entry(error.to_string())
                        .or_default() += 1;
                    // A server that refuses every connection must not be asked without a pause.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
    }
    tasks.await;
    let seconds = began.elapsed().as_secs_f64();
    let mut seen = run.seen.take();
    seen.microseconds.sort_unstable();
    print(&seen.summary(seconds))
}

impl Run {
    fn new(arguments: Arguments, began: Instant) -> Result<Self> {
        let mut headers = vec![(HOST, arguments.server.authority.parse()?)];
        let mut body = Bytes::new();
        if let Some(file) = arguments.body {
            body = std::fs::read(file)?.into();
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        for header in &arguments.headers {
            let (name, value) = header.split_once(':').ok_or("a header is NAME:VALUE")?;
            headers.push((name.parse()?, value.trim().parse()?));
        }
        Ok(Self {
            server: arguments.server,
            method: arguments.method,
            headers,
            body,
            paths: arguments.paths,
            left: Cell::new(arguments.requests),
            sent: Cell::new(0),
            end: began + Duration::try_from_secs_f64(arguments.seconds)?,
            seen: RefCell::default(),
        })
    }

    fn is_due(&self) -> bool {
        self.left.get() > 0 && Instant::now() < self.end
    }

    fn request(&self) -> Result<Request<Full<Bytes>>> {
        self.left.set(self.left.get() - 1);
        let number = self.sent.replace(self.sent.get() + 1);
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.paths[number % self.paths.len()].parse()?;
        request.headers_mut().extend(self.headers.iter().cloned());
        Ok(request)
    }

    async fn on_one_connection(&self) -> Result {
        let mut sender = self.server.connect().await?;
        while self.is_due() && sender.ready().await.is_ok() {
            self.ask(&mut sender).await?;
        }
        Ok(())
    }

    async fn ask(&self, sender: &mut Sender) -> Result {
        let request = self.request()?;
        let began = Instant::now();
        let answer = async {
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>((status, body))
        };
        let (status, body) = tokio::time::timeout(PATIENCE, answer).await??;
        let took = u64::try_from(began.elapsed().as_micros())?;
        let mut seen = self.seen.borrow_mut();
        seen.microseconds.push(took);
        *seen.statuses.entry(status).or_default() += 1;
        seen.bytes += body.len() as u64;
        if seen.bodies.len() < MOST_BODIES {
            let mut hasher = DefaultHasher::new();
            body.hash(&mut hasher);
            seen.bodies.insert(hasher.finish());
        }
        Ok(())
    }
}

impl Seen {
    /// Times in milliseconds, sizes in bytes of the body.
    fn summary(&self, seconds: f64) -> serde_json::Value {
        let count = self.microseconds.len();
        #[expect(clippy::cast_precision_loss, reason = "counts of one run")]
        let milliseconds = |share: usize| match count {
            0 => f64::NAN,
            _ => self.microseconds[(count * share / 100).min(count - 1)] as f64 / 1000.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of one run")]
        let (rate, bytes) = (
            count as f64 / seconds,
            self.bytes as f64 / count.max(1) as f64,
        );
        json!({
            "requests": count, "seconds": seconds, "per_second": rate,
            "p50_ms": milliseconds(50), "p99_ms": milliseconds(99), "max_ms": milliseconds(100),
            "bytes": bytes, "bodies": self.bodies.len(), "statuses": self.statuses, "errors": self.errors,
        })
    }
}
