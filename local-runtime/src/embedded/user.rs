//! The user that the servers run as, and the folders that only this user may enter.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, lchown},
    path::Path,
};

use nix::unistd::{Gid, Uid, User};

use super::Error;

/// The user of the child processes.
#[derive(Debug, Clone)]
pub(super) struct ChildUser {
    pub(super) name: String,
    pub(super) uid: Uid,
    pub(super) gid: Gid,
    /// Whether children have to change to it, which only root can do.
    pub(super) switch: bool,
}

impl ChildUser {
    /// Ourselves; as root, the owner of the database, or else `postgres`, or else `nobody`.
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

    /// Fails for the first folder on the way to `path`, itself included, that this user may not enter.
    pub(super) fn check_access(&self, path: &Path) -> Result<(), Error> {
        let blocked = path.ancestors().filter(|folder| {
            fs::metadata(folder)
                .is_ok_and(|found| !self.may_enter(found.uid(), found.gid(), found.mode()))
        });
        match blocked.last() {
            Some(blocked) if self.switch => Err(Error::Unusable {
                path: blocked.to_path_buf(),
                trouble: format!(
                    "is closed to the user {name}, as whom the servers run: set CODE_CHECKER_DATA_DIR to a folder that \
                     {name} can reach (such as /var/lib/code-checker), or allow it with `chmod o+x {}`",
                    blocked.display(),
                    name = self.name,
                ),
            }),
            _ => Ok(()),
        }
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

    /// Makes a folder that only this user may enter, or makes sure that it is one.
    pub(super) fn private_folder(&self, path: &Path) -> Result<(), Error> {
        if fs::symlink_metadata(path).is_err() {
            make_private(path)?;
        }
        let action = || format!("prepare the folder {}", path.display());
        let found = fs::symlink_metadata(path).map_err(Error::io(action()))?;
        let unusable = |trouble: String| {
            Err(Error::Unusable {
                path: path.to_path_buf(),
                trouble,
            })
        };
        if !found.is_dir() || found.mode() & 0o077 != 0 {
            return unusable(
                "should be a folder that only the servers' user may enter, and is not: remove it, or set \
                 CODE_CHECKER_DATA_DIR to another folder"
                    .to_owned(),
            );
        }
        let (uid, gid) = (self.uid.as_raw(), self.gid.as_raw());
        // Root's own: made just now, or by a start that was killed right here.
        if self.switch && found.uid() == 0 {
            return lchown(path, Some(uid), Some(gid)).map_err(Error::io(action()));
        }
        if found.uid() != uid {
            return unusable(format!(
                "belongs to user id {}, but the servers would run as user id {uid}: start CodeChecker as its owner, or give \
                 it away with `chown -R {uid} {}`",
                found.uid(),
                path.display()
            ));
        }
        Ok(())
    }
}

pub(super) fn make_private(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(Error::io(format!("make the folder {}", path.display())))
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
