//! The data folder: its lock, its parts and its secrets.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use tempfile::NamedTempFile;

use super::{
    Error, log, sockets,
    user::{self, ChildUser},
};

const SHORTEST_TOKEN: usize = 16;

/// An open data folder, locked until this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// The folder of the unix sockets, always valid UTF-8.
    pub(super) sockets: PathBuf,
    user: ChildUser,
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it before anything in it is touched.
    pub(super) fn open(data_dir: &Path, user: &ChildUser) -> Result<Self, Error> {
        user.check_access(data_dir)?;
        if !data_dir.exists() {
            let mode = if user.switch { 0o755 } else { 0o700 };
            DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(data_dir)
                .and_then(|()| fs::set_permissions(data_dir, Permissions::from_mode(mode)))
                .map_err(Error::io(format!("make the folder {}", data_dir.display())))?;
        }
        let root = data_dir
            .canonicalize()
            .map_err(Error::io(format!("find {}", data_dir.display())))?;
        user.check_access(&root)?;
        let lock = lock(&root)?;
        let logs = root.join("logs");
        if !logs.is_dir() {
            user::make_private(&logs)?;
        }
        Ok(Self {
            sockets: sockets::place(&root, user)?,
            root,
            user: user.clone(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A folder that only the servers' user may enter.
    pub(super) fn private(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.root.join(name);
        self.user.private_folder(&path)?;
        Ok(path)
    }

    /// A fresh log, with that of the previous start kept beside it.
    pub(super) fn new_log(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.root.join("logs").join(format!("{name}.log"));
        log::rotate(&path)?;
        Ok(path)
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
            Some(token) if token.len() < SHORTEST_TOKEN => {
                return Err(Error::Unusable {
                    path: file,
                    trouble: format!(
                        "holds fewer than {SHORTEST_TOKEN} characters: write a longer token there, or remove the file"
                    ),
                });
            }
            Some(token) => token.to_owned(),
        };
        Ok((token.into(), file))
    }

    /// The key that seals saved secrets; made at the first start and never replaced.
    pub(super) fn secret_key(&self) -> Result<SecretBox<[u8; 32]>, Error> {
        let file = self.root.join("secret-key");
        let Some(text) = read(&file)? else {
            let key = SecretBox::new(Box::new(random()?));
            self.write(&file, &STANDARD.encode(key.expose_secret()))?;
            return Ok(key);
        };
        STANDARD
            .decode(text.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(|key| SecretBox::new(Box::new(key)))
            .ok_or_else(|| Error::Unusable {
                path: file,
                trouble: "does not hold 32 bytes in base64: restore it from a backup, or remove it and enter the saved API \
                          key again"
                    .to_owned(),
            })
    }

    /// Renames and waits until the disk has it.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        fs::rename(from, to)
            .and_then(|()| self.sync())
            .map_err(Error::io(format!(
                "rename {} to {}",
                from.display(),
                to.display()
            )))
    }

    /// Whole or not at all, and never readable by others.
    fn write(&self, file: &Path, text: &str) -> Result<(), Error> {
        let write = || {
            let mut fresh = NamedTempFile::new_in(&self.root)?;
            writeln!(fresh, "{text}")?;
            fresh.as_file().sync_all()?;
            fresh.persist(file)?;
            self.sync()
        };
        write().map_err(Error::io(format!("write {}", file.display())))
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()
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
            // Only decoration for the message.
            let holder = io::read_to_string(file).unwrap_or_default();
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

fn read(file: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format!("read {}", file.display()))(error)),
    }
}

fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)
        .map_err(|error| Error::io("get random bytes from the system")(io::Error::other(error)))?;
    Ok(bytes)
}
