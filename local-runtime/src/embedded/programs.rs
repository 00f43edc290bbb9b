//! Where the server programs are: on the PATH, or else, for PostgreSQL, in the newest of the folders that
//! `postgresql-folders` lists. `services.sh` looks in the same order.

use std::{
    cmp::Reverse,
    collections::HashSet,
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::Error;

/// The oldest PostgreSQL that the migrations are written for.
const OLDEST_POSTGRES: u32 = 15;
/// Patterns of folders that hold one PostgreSQL each.
const POSTGRES_FOLDERS: &str = include_str!("../../postgresql-folders");

/// One installed PostgreSQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PostgresPrograms {
    pub(super) major: u32,
    /// Holds `postgres`, `initdb` and `pg_isready`.
    pub(super) folder: PathBuf,
}

/// Every usable PostgreSQL, the preferred one first; never empty.
pub(super) fn postgres(search_path: Option<&OsStr>) -> Result<Vec<PostgresPrograms>, Error> {
    let mut listed: Vec<_> = POSTGRES_FOLDERS
        .lines()
        .flat_map(matching)
        .filter_map(|folder| inspect(&folder))
        .collect();
    listed.sort_by_key(|programs| Reverse(programs.major));
    let (mut found, too_old): (Vec<_>, Vec<_>) = on_path(search_path)
        .filter_map(|folder| inspect(&folder))
        .chain(listed)
        .partition(|programs| programs.major >= OLDEST_POSTGRES);
    // One on the PATH is often one of the list too.
    let mut seen = HashSet::new();
    found.retain(|programs| seen.insert(programs.folder.clone()));
    if found.is_empty() {
        let instead = too_old.first().map_or(String::new(), |old| {
            format!(", not {} as in {},", old.major, old.folder.display())
        });
        return Err(Error::Missing {
            program: format!(
                "PostgreSQL {OLDEST_POSTGRES} or later{instead} with its programs postgres, initdb and pg_isready"
            ),
            packages: "postgresql and postgresql-contrib on Debian, Ubuntu, Fedora and Alpine",
        });
    }
    Ok(found)
}

/// The server and the client of Redis, or of Valkey, which speaks the same protocol.
pub(super) fn redis(search_path: Option<&OsStr>) -> Result<(PathBuf, PathBuf), Error> {
    [
        ("redis-server", "redis-cli"),
        ("valkey-server", "valkey-cli"),
    ]
    .into_iter()
    .find_map(|(server, client)| Some((find(search_path, server)?, find(search_path, client)?)))
    .ok_or_else(|| Error::Missing {
        program: "Redis or Valkey (redis-server and redis-cli, or valkey-server and valkey-cli)"
            .to_owned(),
        packages: "redis-server on Debian and Ubuntu, valkey or redis on Fedora, redis on Alpine",
    })
}

pub(super) fn setpriv(search_path: Option<&OsStr>) -> Result<PathBuf, Error> {
    find(search_path, "setpriv").ok_or_else(|| Error::Missing {
        program: "setpriv".to_owned(),
        packages: "util-linux, or setpriv on Alpine",
    })
}

fn find(search_path: Option<&OsStr>, program: &str) -> Option<PathBuf> {
    on_path(search_path)
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

fn on_path(search_path: Option<&OsStr>) -> impl Iterator<Item = PathBuf> {
    search_path
        .unwrap_or_default()
        .as_bytes()
        .split(|byte| *byte == b':')
        .map(|folder| PathBuf::from(OsStr::from_bytes(folder)))
        .filter(|folder| folder.is_absolute())
}

/// The folders that match a pattern with one `*` or none.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some((start, end)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = start.rsplit_once('/').unwrap_or(("", start));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .map(|name| PathBuf::from(format!("{parent}/{name}{end}")))
        .collect()
}

fn inspect(folder: &Path) -> Option<PostgresPrograms> {
    // The program on the PATH may be a link into a folder that has the others as well.
    let postgres = folder.join("postgres").canonicalize().ok()?;
    let folder = postgres.parent()?.to_path_buf();
    if !["initdb", "pg_isready"]
        .iter()
        .all(|program| folder.join(program).is_file())
    {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(PostgresPrograms { major, folder })
}

/// The major version in the output of `postgres --version`.
fn parse_version(output: &str) -> Option<u32> {
    let version = output.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_previews() {
        let debian = "postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)\n";
        assert_eq!(parse_version(debian), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_version("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_version("something else 15"), None);
    }

    #[test]
    fn a_relative_or_empty_search_path_entry_is_ignored() {
        let found: Vec<_> = on_path(Some(OsStr::new("/a::b:./c:/d"))).collect();
        assert_eq!(found, [PathBuf::from("/a"), PathBuf::from("/d")]);
        assert_eq!(on_path(None).count(), 0);
    }

    #[test]
    fn a_pattern_finds_the_folders_of_every_version() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["pgsql-15", "pgsql-16", "other"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut found = matching(&format!("{}/pgsql-*/bin", folder.path().display()));
        found.sort();
        let expected = ["pgsql-15/bin", "pgsql-16/bin"].map(|name| folder.path().join(name));
        assert_eq!(found, expected);
        assert_eq!(matching("/opt/bin"), [PathBuf::from("/opt/bin")]);
    }
}
