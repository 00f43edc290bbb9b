//! A container's check of its health.

use std::{
    io::{self, Write as _},
    net::TcpStream,
    time::Duration,
};

use config::Config;

use crate::Error;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the server of this machine, on PORT, whether it is ready.
///
/// # Errors
/// Says why it is not.
pub fn healthy() -> Result<(), Error> {
    let port = Config::from_env()?.http.port;
    let ask = || {
        let mut stream = TcpStream::connect(("localhost", port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(
            b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )?;
        io::read_to_string(stream)
    };
    let answer = ask().map_err(|error| format!("no answer on port {port}: {error}"))?;
    match answer.split_once("\r\n\r\n") {
        Some((head, _)) if head.starts_with("HTTP/1.1 200 ") => Ok(()),
        Some((_, body)) => Err(body.trim().into()),
        None => Err("no answer".into()),
    }
}
