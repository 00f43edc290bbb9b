//! Who the servers run as.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User};

use super::Error;

/// The user of the child processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChildUser {
    pub(super) name: String,
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// Whether children have to change to it, which only root can do.
    pub(super) switch: bool,
}

impl ChildUser {
    /// Ourselves; as root, who owns the database already, or else `postgres`, or else `nobody`.
    pub(super) fn choose(data_dir: &Path) -> Result<Self, Error> {
        let own = Uid::effective();
        if !own.is_root() {
            return Ok(Self {
                name: own.to_string(),
                uid: own,
                gid: Gid::effective(),
                switch: false,
            });
        }
        // A user postgres may appear, with its package, after the database was made as nobody.
        let owner = fs::symlink_metadata(data_dir.join("postgres"))
            .ok()
            .filter(|found| found.is_dir() && found.uid() != 0)
            .and_then(|found| User::from_uid(Uid::from_raw(found.uid())).ok().flatten());
        owner
            .or_else(|| User::from_name("postgres").ok().flatten())
            .or_else(|| User::from_name("nobody").ok().flatten())
            .filter(|user| !user.uid.is_root())
            .map(|user| Self {
                name: user.name,
                uid: user.uid,
                gid: user.gid,
                switch: true,
            })
            .ok_or(Error::NoUser)
    }

    /// The first folder on the way to `path`, itself included, that this user may not enter.
    pub(super) fn blocked_at(&self, path: &Path) -> Option<PathBuf> {
        if !self.switch {
            return None;
        }
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        folders
            .into_iter()
            .find(|folder| {
                fs::metadata(folder)
                    .is_ok_and(|found| !self.may_enter(found.uid(), found.gid(), found.mode()))
            })
            .map(Path::to_path_buf)
    }

    fn may_enter(&self, owner: u32, group: u32, mode: u32) -> bool {
        let bit = if owner == self.uid.as_raw() {
            0o100
        } else if group == self.gid.as_raw() {
            0o010
        } else {
            0o001
        };
        mode & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bits_of_the_right_class_count() {
        let user = ChildUser {
            name: "postgres".to_owned(),
            uid: Uid::from_raw(101),
            gid: Gid::from_raw(104),
            switch: true,
        };
        assert!(user.may_enter(101, 0, 0o700));
        assert!(user.may_enter(0, 104, 0o710));
        assert!(user.may_enter(0, 0, 0o711));
        assert!(!user.may_enter(0, 0, 0o700));
        assert!(!user.may_enter(101, 0, 0o077));
    }
}
