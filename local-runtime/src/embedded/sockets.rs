//! Where the unix sockets go.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use nix::unistd::Uid;

use super::{Error, user::ChildUser};

/// Bytes: an address holds 108, some clients less.
const LONGEST_PATH: usize = 99;
const LONGEST_NAME: &str = "/.s.PGSQL.5432";

/// The data folder's own `run`, or a short path where that would be too long for a socket.
pub(super) fn place(root: &Path, user: &ChildUser) -> Result<PathBuf, Error> {
    let own = root.join("run");
    let folder = if fits(&own) {
        own
    } else {
        // Only root can write to /run, where nobody could take the name first.
        let base = if user.switch && Path::new("/run").is_dir() {
            "/run"
        } else {
            "/tmp"
        };
        Path::new(base).join(short_name(root, user.uid))
    };
    user.private_folder(&folder)?;
    Ok(folder)
}

fn fits(folder: &Path) -> bool {
    let length = folder.as_os_str().len() + LONGEST_NAME.len();
    length <= LONGEST_PATH && folder.to_str().is_some()
}

fn short_name(root: &Path, uid: Uid) -> String {
    let text = [root.as_os_str().as_bytes(), &uid.as_raw().to_be_bytes()].concat();
    let hash = digest::digest(&digest::SHA256, &text);
    let start = hash.as_ref().first_chunk().expect("the hash has 32 bytes");
    format!("code-checker-{:016x}", u64::from_be_bytes(*start))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn a_socket_path_stays_under_a_hundred_bytes() {
        assert!(fits(&Path::new("/").join("d".repeat(84))));
        assert!(!fits(&Path::new("/").join("d".repeat(85))));
        assert!(!fits(Path::new(OsStr::from_bytes(b"/d\xff"))));
    }

    #[test]
    fn each_data_folder_and_user_has_a_short_name_of_its_own() {
        let name = short_name(Path::new("/a"), Uid::from_raw(1));
        assert_eq!(name.len(), "code-checker-0123456789abcdef".len());
        assert_ne!(name, short_name(Path::new("/b"), Uid::from_raw(1)));
        assert_ne!(name, short_name(Path::new("/a"), Uid::from_raw(2)));
    }
}
