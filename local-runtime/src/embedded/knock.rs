//! Asking PostgreSQL whether it serves.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::postgres::{NAME, SOCKET};

const PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_REPLY: usize = 16 * 1024;

/// What it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knock {
    Open,
    /// It serves, but the database is still to be made.
    NoDatabase,
    /// It is starting or stopping.
    NotNow,
}

/// Connects by hand: a client program for each question would cost more than it tells.
pub(super) fn knock(sockets: &Path) -> io::Result<Knock> {
    let mut stream = UnixStream::connect(sockets.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&startup_message())?;
    let mut reply = Vec::new();
    let mut part = [0; 1024];
    loop {
        let length = stream.read(&mut part)?;
        if length == 0 || reply.len() > LONGEST_REPLY {
            return Err(io::ErrorKind::InvalidData.into());
        }
        reply.extend_from_slice(&part[..length]);
        if let Some(verdict) = parse_reply(&reply) {
            if verdict == Knock::Open {
                // Terminate; without it the log complains of a connection lost.
                stream.write_all(b"X\0\0\0\x04")?;
            }
            return Ok(verdict);
        }
    }
}

fn startup_message() -> Vec<u8> {
    let parameters = format!("user\0{NAME}\0database\0{NAME}\0\0");
    let length = u32::try_from(8 + parameters.len()).expect("two short names fit");
    let mut message = length.to_be_bytes().to_vec();
    message.extend_from_slice(&0x0003_0000_u32.to_be_bytes());
    message.extend_from_slice(parameters.as_bytes());
    message
}

/// A verdict, once the reply has the message that gives it.
fn parse_reply(mut reply: &[u8]) -> Option<Knock> {
    loop {
        let (kind, rest) = reply.split_first()?;
        let (length, _) = rest.split_first_chunk()?;
        let end = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let body = rest.get(4..end)?;
        match kind {
            // Authentication has passed before the database is looked for, so only this counts.
            b'Z' => return Some(Knock::Open),
            b'E' => return Some(parse_error(body)),
            _ => reply = rest.get(end..)?,
        }
    }
}

fn parse_error(body: &[u8]) -> Knock {
    let code = body
        .split(|byte| *byte == 0)
        .find_map(|field| field.strip_prefix(b"C"));
    match code {
        Some(b"3D000") => Knock::NoDatabase,
        Some(b"57P03") => Knock::NotNow,
        // Too many connections, say: it serves others.
        _ => Knock::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELCOME: &[u8] = b"R\0\0\0\x08\0\0\0\0";

    fn error(code: &str) -> Vec<u8> {
        let body = format!("SFATAL\0VFATAL\0C{code}\0Mwords\0\0");
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [b"E", length.as_slice(), body.as_bytes()].concat()
    }

    #[test]
    fn the_servers_first_words_are_understood() {
        assert_eq!(
            parse_reply(&[WELCOME, b"Z\0\0\0\x05I"].concat()),
            Some(Knock::Open)
        );
        assert_eq!(
            parse_reply(&[WELCOME, &error("3D000")].concat()),
            Some(Knock::NoDatabase)
        );
        assert_eq!(parse_reply(&error("57P03")), Some(Knock::NotNow));
        assert_eq!(parse_reply(&error("53300")), Some(Knock::Open));
    }

    #[test]
    fn half_a_reply_and_nonsense_give_no_verdict() {
        assert_eq!(parse_reply(WELCOME), None);
        assert_eq!(parse_reply(&error("57P03")[..9]), None);
        assert_eq!(parse_reply(b"E\0\0\0\0"), None);
        assert_eq!(parse_reply(b"HTTP/1.1 400 Bad Request"), None);
        assert_eq!(parse_reply(b""), None);
    }

    #[test]
    fn the_startup_message_states_its_own_length() {
        let message = startup_message();
        assert_eq!(
            message[..4],
            [0, 0, 0, u8::try_from(message.len()).unwrap()]
        );
    }
}
