//! Server processes that an earlier, killed run has left in a folder.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Error, keeper};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
}

/// Ends every process called one of `names` that works in `folder`; returns when none is left.
///
/// After a kill of the runtime they are stopping already, and are only waited for: the first
/// signal is the one that the kernel has sent them.
pub(super) fn end(
    folder: &Path,
    names: &[&str],
    signals: &[(Signal, Duration)],
) -> Result<(), Error> {
    for (signal, patience) in signals {
        let found = living(folder, names)?;
        if found.is_empty() {
            return Ok(());
        }
        tracing::info!(
            "waiting for {} left over in {} to stop ({} processes)",
            names.join(" or "),
            folder.display(),
            found.len()
        );
        for process in &found {
            let leads = !found.iter().any(|other| other.pid == process.parent);
            if leads || *signal == Signal::SIGKILL {
                // It may just have ended, which is what is wanted.
                let _ = kill(Pid::from_raw(process.pid), *signal);
            }
        }
        let deadline = Instant::now() + *patience;
        while Instant::now() < deadline && !living(folder, names)?.is_empty() {
            keeper::pause();
        }
    }
    match living(folder, names)?.first() {
        Some(process) => Err(Error::Orphan {
            pid: process.pid,
            folder: folder.to_path_buf(),
        }),
        None => Ok(()),
    }
}

/// A zombie does not count, nor does a stranger who has taken over an old process id.
#[cfg(target_os = "linux")]
fn living(folder: &Path, names: &[&str]) -> Result<Vec<Process>, Error> {
    use std::fs;

    let found = fs::read_dir("/proc")
        .map_err(Error::io("list the processes in /proc"))?
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let pid = path.file_name()?.to_str()?.parse().ok()?;
            // Unreadable for a zombie.
            if fs::read_link(path.join("cwd")).ok()? != folder {
                return None;
            }
            let stat = fs::read(path.join("stat")).ok()?;
            let (name, parent) = parse_stat(&String::from_utf8_lossy(&stat))?;
            let ours = names.contains(&name.as_str()) || {
                let command = fs::read(path.join("cmdline")).ok()?;
                command.split(|byte| *byte == 0).nth(1) == Some(super::CHILD_COMMAND.as_bytes())
            };
            ours.then_some(Process { pid, parent })
        })
        .collect();
    Ok(found)
}

/// The name and parent in a line of `/proc/PID/stat`, unless the process is a zombie.
#[cfg(target_os = "linux")]
fn parse_stat(stat: &str) -> Option<(String, i32)> {
    let (_, rest) = stat.split_once('(')?;
    // The name itself may hold brackets.
    let (name, rest) = rest.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then(|| (name.to_owned(), parent))
}

/// Where there is no /proc, the command line names the folder (of Redis, in its socket's path).
#[cfg(not(target_os = "linux"))]
fn living(folder: &Path, names: &[&str]) -> Result<Vec<Process>, Error> {
    let listing = std::process::Command::new("/bin/ps")
        .args(["-axww", "-o", "pid=,ppid=,stat=,command="])
        .output()
        .map_err(Error::io("list the processes with ps"))?;
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    let folder = folder.to_string_lossy();
    Ok(listing
        .lines()
        .filter_map(|line| parse_ps(line, &folder, names))
        .collect())
}

#[cfg(any(test, not(target_os = "linux")))]
fn parse_ps(line: &str, folder: &str, names: &[&str]) -> Option<Process> {
    let mut fields = line.split_whitespace();
    let pid = fields.next()?.parse().ok()?;
    let parent = fields.next()?.parse().ok()?;
    let state = fields.next()?;
    let program = fields.next()?.rsplit('/').next()?;
    let ours = names.contains(&program) || fields.next() == Some(super::CHILD_COMMAND);
    (ours && !state.starts_with('Z') && line.contains(folder)).then_some(Process { pid, parent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_with_brackets_and_blanks_is_read_and_a_zombie_skipped() {
        assert_eq!(
            parse_stat("12 (a) S (b) R 7 12 12 0"),
            Some(("a) S (b".to_owned(), 7))
        );
        assert_eq!(parse_stat("12 (postgres) Z 7 12 12 0"), None);
        assert_eq!(parse_stat("12 (postgres"), None);
    }

    #[test]
    fn ps_counts_the_servers_of_this_folder_alone() {
        let names = ["postgres"];
        let parse = |line| parse_ps(line, "/d/postgres", &names);
        let found = parse(" 12  1 Ss  /usr/bin/postgres -D /d/postgres -c port=5432");
        assert_eq!(found, Some(Process { pid: 12, parent: 1 }));
        assert_eq!(parse(" 12  1 Z  /usr/bin/postgres -D /d/postgres"), None);
        assert_eq!(parse(" 12  1 S  /usr/bin/postgres -D /other"), None);
        assert_eq!(parse(" 12  1 S  vi /d/postgres/postgresql.conf"), None);
    }
}
