//! The logs of the servers and of the programs that prepare their data.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::Error;

/// Bytes.
const TAIL: u64 = 2000;
const TAIL_LINES: usize = 3;

/// Keeps the log of the previous start beside the new one.
pub(super) fn rotate(log: &Path) -> Result<(), Error> {
    match fs::rename(log, log.with_extension("log.1")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("rename {}", log.display()))(error))
        }
        _ => Ok(()),
    }
}

pub(super) fn append(log: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log)
        .map_err(Error::io(format!("write {}", log.display())))
}

/// The end of a log in one line, for a message.
pub(super) fn tail(log: &Path) -> String {
    let bytes = read_end(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return "(nothing)".to_owned();
    }
    lines[lines.len().saturating_sub(TAIL_LINES)..].join(" | ")
}

fn read_end(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut end = Vec::new();
    file.take(TAIL).read_to_end(&mut end)?;
    Ok(end)
}
