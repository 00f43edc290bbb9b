//! A relay in front of Postgres or Redis that notes each statement or command on its way to the server.

use std::{
    collections::HashMap,
    mem,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

/// The server's kind.
#[derive(Clone, Copy)]
enum Protocol {
    Postgres,
    Redis,
}

/// A relay, until it is dropped.
pub(crate) struct Relay {
    folder: TempDir,
    noted: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Relay {
    /// One in front of the server with this socket. It notes the names of statements, and `ping` for each round trip without any.
    pub(crate) fn postgres(server: &Path) -> Self {
        Self::start(server, Protocol::Postgres)
    }

    /// One in front of the server with this socket. It notes the names of commands; those within scripts do not come by here.
    pub(crate) fn redis(server: &Path) -> Self {
        Self::start(server, Protocol::Redis)
    }

    fn start(server: &Path, protocol: Protocol) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let noted = Arc::<Mutex<Vec<String>>>::default();
        let (server, notes) = (server.to_path_buf(), Arc::clone(&noted));
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(relay(client, server.clone(), protocol, Arc::clone(&notes)));
            }
        });
        Self {
            folder,
            noted,
            accepting,
        }
    }

    /// The folder of its socket, as an address of Postgres names it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder().join(SOCKET)
    }

    /// How much has been noted since it was last taken.
    pub(crate) fn len(&self) -> usize {
        self.noted.lock().unwrap().len()
    }

    /// Everything noted since it was last taken.
    pub(crate) fn take(&self) -> Vec<String> {
        mem::take(&mut self.noted.lock().unwrap())
    }
}

/// Clients of Postgres know a folder and a port, and this is the socket of the usual one.
const SOCKET: &str = ".s.PGSQL.5432";

async fn relay(
    client: UnixStream,
    server: PathBuf,
    protocol: Protocol,
    noted: Arc<Mutex<Vec<String>>>,
) {
    let server = UnixStream::connect(server).await.unwrap();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await.ok() });
    let (mut buffer, mut reader) = (vec![0; 64 * 1024], Reader::new(protocol));
    while let Ok(size @ 1..) = from_client.read(&mut buffer).await {
        reader.read(&buffer[..size], &mut noted.lock().unwrap());
        if to_server.write_all(&buffer[..size]).await.is_err() {
            return;
        }
    }
}

/// Reads what a client sends on one connection.
struct Reader {
    protocol: Protocol,
    /// The beginning of a message that is not whole yet.
    rest: Vec<u8>,
    has_begun: bool,
    /// Names of prepared statements by those that the driver gave them.
    prepared: HashMap<Vec<u8>, String>,
    bound: String,
    is_ping: bool,
}

impl Reader {
    fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            rest: Vec::new(),
            has_begun: false,
            prepared: HashMap::new(),
            bound: String::new(),
            is_ping: true,
        }
    }

    fn read(&mut self, bytes: &[u8], noted: &mut Vec<String>) {
        self.rest.extend_from_slice(bytes);
        let mut rest = mem::take(&mut self.rest);
        let mut at = 0;
        while let Some(size) = match self.protocol {
            Protocol::Postgres => self.message(&rest[at..], noted),
            Protocol::Redis => command(&rest[at..], noted),
        } {
            at += size;
        }
        rest.drain(..at);
        self.rest = rest;
    }

    /// Reads one message of a client of Postgres, and answers its size:
    /// <https://www.postgresql.org/docs/15/protocol-message-formats.html>
    fn message(&mut self, bytes: &[u8], noted: &mut Vec<String>) -> Option<usize> {
        // The first message has no type.
        let head = usize::from(self.has_begun);
        let length = bytes.get(head..head + 4)?;
        let size = head + u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let body = bytes.get(head + 4..size)?;
        if !mem::replace(&mut self.has_begun, true) {
            return Some(size);
        }
        let mut strings = body.split(|byte| *byte == 0);
        let mut string = || strings.next().unwrap_or_default();
        match bytes[0] {
            b'Q' => noted.push(name(string())),
            b'P' => {
                let prepared = string().to_vec();
                self.prepared.insert(prepared, name(string()));
            }
            b'B' => {
                string();
                self.bound = self.prepared.get(string()).cloned().unwrap_or_default();
            }
            b'E' => noted.push(self.bound.clone()),
            b'S' if self.is_ping => noted.push("ping".to_owned()),
            _ => {}
        }
        self.is_ping = matches!(bytes[0], b'S' | b'Q');
        Some(size)
    }
}

/// The name that a statement's first line gives it, or its beginning.
fn name(statement: &[u8]) -> String {
    let statement = String::from_utf8_lossy(statement);
    let line = statement.trim().lines().next().unwrap_or_default();
    line.trim_start_matches("-- ").chars().take(60).collect()
}

/// Reads one command, and answers its size: <https://redis.io/docs/latest/develop/reference/protocol-spec/>
fn command(bytes: &[u8], noted: &mut Vec<String>) -> Option<usize> {
    let mut at = 0;
    let number = |at: &mut usize, mark: u8| {
        let end = *at
            + bytes
                .get(*at..)?
                .windows(2)
                .position(|pair| pair == b"\r\n")?;
        assert_eq!(bytes[*at], mark, "a command is an array of strings");
        let digits = std::str::from_utf8(&bytes[*at + 1..end]).unwrap();
        *at = end + 2;
        Some(digits.parse::<usize>().unwrap())
    };
    let count = number(&mut at, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let size = number(&mut at, b'$')?;
        words.push(bytes.get(at..at + size + 2)?.split_last_chunk::<2>()?.0);
        at += size + 2;
    }
    // A script is known by its hash alone.
    let name = String::from_utf8_lossy(words[0]).to_uppercase();
    noted.push(match words.get(1).filter(|_| name == "EVALSHA") {
        Some(hash) => format!("{name} {}", String::from_utf8_lossy(&hash[..8])),
        None => name,
    });
    Some(at)
}
