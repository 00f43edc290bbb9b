//! Where the unix sockets go.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use nix::unistd::Uid;

use super::Error;
use super::folder::private_folder;
use super::user::ChildUser;

/// Socket addresses hold 104 bytes on some systems, and clients append a file name.
const LONGEST_PATH: usize = 99;
const LONGEST_NAME: &str = "/.s.PGSQL.5432";

/// The data folder's own `run`, or a short path where that would be too long for a socket.
pub(super) fn place(root: &Path, user: &ChildUser) -> Result<PathBuf, Error> {
    let own = root.join("run");
    if fits(&own) {
        private_folder(&own, user)?;
        return Ok(own);
    }
    // Only root can write to /run, where nobody could take the name before us.
    let bases: &[&str] = if user.switch {
        &["/run", "/var/run", "/tmp"]
    } else {
        &["/tmp"]
    };
    let base = bases.iter().map(Path::new).find(|base| base.is_dir());
    let short = base
        .unwrap_or(Path::new("/tmp"))
        .join(short_name(root, user.uid));
    private_folder(&short, user)?;
    Ok(short)
}

fn fits(folder: &Path) -> bool {
    let length = folder.as_os_str().len() + LONGEST_NAME.len();
    length <= LONGEST_PATH && folder.to_str().is_some()
}

fn short_name(root: &Path, uid: Uid) -> String {
    let mut text = root.as_os_str().as_bytes().to_vec();
    text.extend_from_slice(&uid.as_raw().to_be_bytes());
    let hash = digest::digest(&digest::SHA256, &text);
    let hex: String = hash.as_ref()[..8]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("code-checker-{hex}")
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
