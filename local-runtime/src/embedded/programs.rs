//! Where the server programs are.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// The oldest PostgreSQL that the migrations are written for.
const OLDEST_POSTGRES: u32 = 15;

/// Folders of one PostgreSQL each: a parent, what the version's folder starts with, and the rest.
const VERSIONED: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

const USUAL: [&str; 8] = [
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/opt/homebrew/bin",
    "/opt/homebrew/opt/redis/bin",
    "/opt/homebrew/opt/valkey/bin",
];

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PostgresPrograms {
    pub(super) major: u32,
    pub(super) postgres: PathBuf,
    pub(super) initdb: PathBuf,
    pub(super) createdb: PathBuf,
}

/// Every usable PostgreSQL, the preferred one first; never empty.
pub(super) fn postgres(search_path: Option<&OsStr>) -> Result<Vec<PostgresPrograms>, Error> {
    let mut found: Vec<PostgresPrograms> = Vec::new();
    let mut too_old = None;
    for folder in on_path(search_path).into_iter().chain(usual_places()) {
        let Some(programs) = inspect(&folder) else {
            continue;
        };
        if programs.major < OLDEST_POSTGRES {
            too_old.get_or_insert(programs);
        } else if !found
            .iter()
            .any(|other| other.postgres == programs.postgres)
        {
            found.push(programs);
        }
    }
    match (found.is_empty(), too_old) {
        (false, _) => Ok(found),
        (true, Some(old)) => Err(Error::TooOld {
            program: old.postgres,
            found: old.major,
        }),
        (true, None) => Err(Error::Missing {
            program: "PostgreSQL 15 or later, with its server programs (postgres, initdb, createdb),",
            packages: "postgresql and postgresql-contrib on Debian, Ubuntu, Fedora and Alpine, \
                       postgresql@17 with Homebrew",
        }),
    }
}

/// Redis, or Valkey, which speaks the same protocol.
pub(super) fn redis(search_path: Option<&OsStr>) -> Result<PathBuf, Error> {
    let folders: Vec<PathBuf> = on_path(search_path)
        .into_iter()
        .chain(USUAL.iter().map(PathBuf::from))
        .collect();
    ["redis-server", "valkey-server"]
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .ok_or(Error::Missing {
            program: "Redis or Valkey (redis-server or valkey-server)",
            packages: "redis-server on Debian and Ubuntu, valkey or redis on Fedora, redis on \
                       Alpine and with Homebrew",
        })
}

fn on_path(search_path: Option<&OsStr>) -> Vec<PathBuf> {
    search_path
        .unwrap_or_default()
        .as_bytes()
        .split(|byte| *byte == b':')
        .map(|folder| PathBuf::from(OsStr::from_bytes(folder)))
        .filter(|folder| folder.is_absolute())
        .collect()
}

/// The newest versions first.
fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .flat_map(|(parent, start, rest)| {
            let entries = fs::read_dir(parent).into_iter().flatten().flatten();
            entries.filter_map(move |entry| {
                let name = entry.file_name().into_string().ok()?;
                let version = name.strip_prefix(start)?.trim_start_matches(['@', '-']);
                Some((first_number(version).unwrap_or(0), entry.path().join(rest)))
            })
        })
        .collect();
    places.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    places
        .into_iter()
        .map(|(_, place)| place)
        .chain(USUAL.iter().map(PathBuf::from))
        .collect()
}

fn inspect(folder: &Path) -> Option<PostgresPrograms> {
    let named = folder.join("postgres");
    if !named.is_file() {
        return None;
    }
    // What is on the PATH may be a link into a folder that has the other programs as well.
    let postgres = named.canonicalize().ok()?;
    let beside = |name: &str| {
        [postgres.parent(), Some(folder)]
            .into_iter()
            .flatten()
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    };
    let (initdb, createdb) = (beside("initdb")?, beside("createdb")?);
    let output = Command::new(&postgres).arg("--version").output().ok()?;
    Some(PostgresPrograms {
        major: parse_version(&String::from_utf8_lossy(&output.stdout))?,
        postgres,
        initdb,
        createdb,
    })
}

/// The major version in the output of `postgres --version`.
fn parse_version(output: &str) -> Option<u32> {
    first_number(output.split_once("(PostgreSQL)")?.1.trim_start())
}

fn first_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
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
        let path = OsStr::new("/a::b:./c:/d");
        assert_eq!(
            on_path(Some(path)),
            [PathBuf::from("/a"), PathBuf::from("/d")]
        );
        assert_eq!(on_path(None), Vec::<PathBuf>::new());
    }
}
