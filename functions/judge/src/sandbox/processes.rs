//! A process and its descendants, as /proc tells of them.

use std::{fs, os::unix::fs::MetadataExt as _};

use nix::unistd::getuid;

/// Processes that are looked at: a compiler has five at most.
const MOST: usize = 64;

/// Sums over a process and its descendants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Processor time, in ticks.
    pub(super) ticks: u64,
    /// Memory in use, in pages.
    pub(super) pages: u64,
    pub(super) threads: u64,
}

/// Adds up a process, and where it may have started others, those too.
pub(super) fn sums(pid: i32, with_descendants: bool) -> Sums {
    let mut sums = Sums::default();
    let mut left = vec![pid];
    let mut seen = 0;
    while let Some(pid) = left.pop() {
        seen += 1;
        if let Some(own) = fs::read_to_string(format!("/proc/{pid}/stat"))
            .ok()
            .as_deref()
            .and_then(parse)
        {
            sums.ticks += own.ticks;
            sums.pages += own.pages;
            sums.threads += own.threads;
        }
        if with_descendants && seen < MOST {
            left.extend(children(pid));
        }
    }
    sums
}

/// Processes and threads of the user of this process.
pub(crate) fn of_this_user() -> u64 {
    let user = getuid().as_raw();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = all.filter(|entry| entry.metadata().is_ok_and(|found| found.uid() == user));
    let threads = own.filter_map(|entry| {
        let line = fs::read_to_string(entry.path().join("stat")).ok()?;
        Some(parse(&line)?.threads)
    });
    threads.sum()
}

fn children(pid: i32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Reads a line of `/proc/PID/stat` (proc_pid_stat(5)), whose second field is a name in parentheses that may hold anything.
fn parse(line: &str) -> Option<Sums> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    // The third field is the first of these.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Sums {
        ticks: (14..=17).filter_map(field).sum(),
        threads: field(20)?,
        pages: field(24)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_pretend_to_be_fields() {
        let line = "7 (a) R 1 (b)) S 1 7 7 0 -1 0 0 0 0 0 11 22 33 44 20 0 3 0 5 6 77 8";
        let sums = parse(line).unwrap();
        assert_eq!((sums.ticks, sums.threads, sums.pages), (110, 3, 77));
        assert_eq!(parse("7 (a"), None);
    }

    #[test]
    fn this_process_is_found() {
        let own = sums(i32::try_from(std::process::id()).unwrap(), true);
        assert!(own.pages > 0 && own.threads > 0);
    }
}
