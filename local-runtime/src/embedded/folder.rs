//! The data folder: its lock, its parts and its secrets.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use super::user::ChildUser;
use super::{Error, sockets};

const SHORTEST_TOKEN: usize = 16;

/// An open data folder, locked until this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    sockets: PathBuf,
    user: ChildUser,
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it before anything in it is touched.
    pub(super) fn open(data_dir: &Path, user: ChildUser) -> Result<Self, Error> {
        let root = std::path::absolute(data_dir)
            .map_err(Error::io(format!("find {}", data_dir.display())))?;
        refuse_blocked(&root, &user)?;
        if !root.exists() {
            let mode = if user.switch { 0o755 } else { 0o700 };
            DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(&root)
                .and_then(|()| fs::set_permissions(&root, fs::Permissions::from_mode(mode)))
                .map_err(Error::io(format!("make the folder {}", root.display())))?;
        }
        let root = root
            .canonicalize()
            .map_err(Error::io(format!("find {}", root.display())))?;
        refuse_blocked(&root, &user)?;
        let lock = lock(&root)?;
        let logs = root.join("logs");
        if !logs.is_dir() {
            make_private(&logs)?;
        }
        let sockets = sockets::place(&root, &user)?;
        Ok(Self {
            root,
            sockets,
            user,
            _lock: lock,
        })
    }

    pub(super) fn user(&self) -> &ChildUser {
        &self.user
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder of the unix sockets, always valid UTF-8.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// A folder that only the servers' user may enter.
    pub(super) fn private(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.root.join(name);
        private_folder(&path, &self.user)?;
        Ok(path)
    }

    /// A fresh log, with that of the previous start kept beside it.
    pub(super) fn rotated_log(&self, name: &str) -> Result<PathBuf, Error> {
        let log = self.root.join("logs").join(format!("{name}.log"));
        let previous = log.with_extension("log.1");
        match fs::rename(&log, &previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("rename {}", log.display()))(error))
            }
            _ => Ok(log),
        }
    }

    /// The admin token and its file; made at the first start.
    pub(super) fn settings_token(&self) -> Result<(SecretString, PathBuf), Error> {
        let file = self.root.join("settings-token");
        let kept = read(&file)?;
        let token = match kept.as_deref().map(str::trim) {
            None | Some("") => {
                let token = URL_SAFE_NO_PAD.encode(random()?);
                self.write(&file, &token)?;
                token
            }
            Some(token) if token.len() < SHORTEST_TOKEN => return Err(Error::ShortToken { file }),
            Some(token) => token.to_owned(),
        };
        Ok((token.into(), file))
    }

    /// The key that seals saved secrets; made at the first start and never replaced.
    pub(super) fn secret_key(&self) -> Result<SecretBox<[u8; 32]>, Error> {
        let file = self.root.join("secret-key");
        match read(&file)? {
            None => {
                let key = SecretBox::new(Box::new(random()?));
                self.write(&file, &STANDARD.encode(key.expose_secret()))?;
                Ok(key)
            }
            Some(text) => STANDARD
                .decode(text.trim())
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .map(|key| SecretBox::new(Box::new(key)))
                .ok_or(Error::SecretKey { file }),
        }
    }

    /// Renames and waits until the disk has it.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        fs::rename(from, to)
            .and_then(|()| File::open(&self.root)?.sync_all())
            .map_err(Error::io(format!(
                "rename {} to {}",
                from.display(),
                to.display()
            )))
    }

    /// Whole or not at all, and never readable by others, not even for a moment.
    fn write(&self, file: &Path, text: &str) -> Result<(), Error> {
        let fresh = file.with_extension("new");
        remove(&fresh)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)
            .and_then(|mut opened| {
                writeln!(opened, "{text}")?;
                opened.sync_all()
            })
            .map_err(Error::io(format!("write {}", fresh.display())))?;
        self.rename(&fresh, file)
    }
}

/// Removes a file that may not be there.
pub(super) fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove {}", file.display()))(error))
        }
        _ => Ok(()),
    }
}

/// Opens a log to append to.
pub(super) fn append(log: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log)
        .map_err(Error::io(format!("write {}", log.display())))
}

/// The end of a log, for a message.
pub(super) fn last_lines(log: &Path) -> String {
    let tail = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(2000)))?;
        let mut tail = Vec::new();
        file.take(2000).read_to_end(&mut tail)?;
        io::Result::Ok(tail)
    };
    let tail = tail().unwrap_or_default();
    let tail = String::from_utf8_lossy(&tail);
    let lines: Vec<&str> = tail
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    if lines.is_empty() {
        return "(nothing)".to_owned();
    }
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

/// Percent-encodes a path for a URL.
pub(super) fn url_path(path: &Path) -> String {
    path.as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => char::from(*byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn refuse_blocked(root: &Path, user: &ChildUser) -> Result<(), Error> {
    match user.blocked_at(root) {
        Some(blocked) => Err(Error::CannotEnter {
            user: user.name.clone(),
            blocked,
        }),
        None => Ok(()),
    }
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let action = || format!("lock {}", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(Error::io(action()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only decoration for the message.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim().parse::<u32>();
            return Err(Error::AlreadyRunning {
                folder: root.to_path_buf(),
                holder: holder.map_or(String::new(), |pid| format!(" (process {pid})")),
            });
        }
        Err(TryLockError::Error(source)) => return Err(Error::io(action())(source)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(Error::io(action()))?;
    Ok(file)
}

fn make_private(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(Error::io(format!("make the folder {}", path.display())))
}

/// Makes a folder that only the servers' user may enter, or makes sure that it is one.
pub(super) fn private_folder(path: &Path, user: &ChildUser) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() {
        make_private(path)?;
    }
    let action = || format!("prepare the folder {}", path.display());
    let found = fs::symlink_metadata(path).map_err(Error::io(action()))?;
    let not_private = || Error::NotPrivate {
        path: path.to_path_buf(),
    };
    if !found.is_dir() {
        return Err(not_private());
    }
    // Root's own: made just now, or by a start that was killed right here.
    if user.switch && found.uid() == 0 {
        lchown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .map_err(Error::io(action()))?;
    } else if found.uid() != user.uid.as_raw() {
        return Err(Error::WrongOwner {
            path: path.to_path_buf(),
            owner: found.uid(),
            expected: user.uid.as_raw(),
        });
    }
    if found.mode() & 0o077 != 0 {
        return Err(not_private());
    }
    Ok(())
}

fn read(file: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format!("read {}", file.display()))(error)),
    }
}

fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_a_url() {
        assert_eq!(
            url_path(Path::new("/a b/c%?&+é")),
            "/a%20b/c%25%3F%26%2B%C3%A9"
        );
    }
}
