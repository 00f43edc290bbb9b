//! The system calls of each kind of program. Any other is refused with EPERM, so that a program that only tries can go on.
//!
//! The number of a process stays the same when it becomes another program: a filter can name it.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction,
    SeccompCmpArgLen::{Dword, Qword},
    SeccompCmpOp::{Eq, MaskedEq},
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use super::{Error, Profile};

/// Reading, writing, memory, time, signals of its own, and its end.
const EVERY: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_openat,
    libc::SYS_readlinkat,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_setitimer,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_membarrier,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_restart_syscall,
    // It becomes the program by this, after which Landlock leaves it few files to become.
    libc::SYS_execve,
    // Answered by the second filter.
    libc::SYS_clone3,
];

/// Calls that only older architectures have beside newer ones.
#[cfg(target_arch = "x86_64")]
const EVERY_OF_ARCHITECTURE: &[i64] = &[
    libc::SYS_arch_prctl,
    libc::SYS_time,
    libc::SYS_open,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_dup2,
    libc::SYS_getrlimit,
    libc::SYS_alarm,
    libc::SYS_pause,
];
#[cfg(not(target_arch = "x86_64"))]
const EVERY_OF_ARCHITECTURE: &[i64] = &[];

/// An interpreter finds its files and has its own loop of events.
const MANAGED: &[i64] = &[
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_pipe2,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_mincore,
    libc::SYS_msync,
    libc::SYS_fadvise64,
    libc::SYS_ftruncate,
    libc::SYS_umask,
    libc::SYS_capget,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getpriority,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_get_mempolicy,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigpending,
    libc::SYS_pkey_alloc,
    libc::SYS_pkey_free,
    libc::SYS_pkey_mprotect,
    libc::SYS_unlinkat,
];

#[cfg(target_arch = "x86_64")]
const MANAGED_OF_ARCHITECTURE: &[i64] = &[
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_pipe,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_getpgrp,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const MANAGED_OF_ARCHITECTURE: &[i64] = &[];

/// A compiler starts others and writes files.
const COMPILER: &[i64] = &[
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fallocate,
    libc::SYS_utimensat,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_flock,
];

#[cfg(target_arch = "x86_64")]
const COMPILER_OF_ARCHITECTURE: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_chmod,
];
#[cfg(not(target_arch = "x86_64"))]
const COMPILER_OF_ARCHITECTURE: &[i64] = &[];

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: TargetArch = TargetArch::aarch64;

/// Flags of `clone` that make a namespace.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32 as u64;

/// Commands of `fcntl` that neither send signals nor watch folders.
const FCNTL: [i32; 8] = [
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
    libc::F_GETLK,
    libc::F_SETLK,
];

/// Requests of `ioctl` that ask whether something is a terminal, or set how it reads.
const IOCTL: [u64; 6] = [
    libc::TCGETS,
    libc::TIOCGWINSZ,
    libc::FIONBIO,
    libc::FIOCLEX,
    libc::FIONCLEX,
    libc::FIONREAD,
];

/// Options of `prctl` that name a thread or its memory, or only ask.
const PRCTL: [i32; 5] = [
    libc::PR_SET_NAME,
    libc::PR_GET_NAME,
    libc::PR_SET_VMA,
    libc::PR_GET_DUMPABLE,
    libc::PR_CAPBSET_READ,
];

/// The filters of a kind of program, for this process: all of them are to be applied, in this order.
pub(super) fn filters(profile: Profile) -> Result<[BpfProgram; 2], Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut allow = |calls: &[i64]| rules.extend(calls.iter().map(|call| (*call, Vec::new())));
    allow(EVERY);
    allow(EVERY_OF_ARCHITECTURE);
    if profile != Profile::Native {
        allow(MANAGED);
        allow(MANAGED_OF_ARCHITECTURE);
    }
    if profile == Profile::Compiler {
        allow(COMPILER);
        allow(COMPILER_OF_ARCHITECTURE);
    }
    rules.extend(conditional(profile)?);
    let known = filter(rules, errno(libc::EPERM), SeccompAction::Allow)?;
    // The C library then falls back to `clone`, whose flags a filter can see.
    let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let unknown = filter(unknown, SeccompAction::Allow, errno(libc::ENOSYS))?;
    // The last one also forbids to apply another.
    Ok([unknown, known])
}

/// Calls that are allowed with some arguments.
fn conditional(profile: Profile) -> Result<Vec<(i64, Vec<SeccompRule>)>, Error> {
    let own = u64::from(std::process::id());
    let zero = |index| SeccompCondition::new(index, Qword, Eq, 0);
    let any_of = |index, values: &[u64]| -> Result<Vec<SeccompRule>, Error> {
        let rules = values.iter().map(|value| {
            let condition = SeccompCondition::new(index, Dword, Eq, *value)?;
            SeccompRule::new(vec![condition])
        });
        rules
            .collect::<Result<_, seccompiler::BackendError>>()
            .map_err(backend)
    };
    let all_of = |conditions: Vec<Result<SeccompCondition, _>>| -> Result<Vec<SeccompRule>, Error> {
        let conditions: Result<_, seccompiler::BackendError> = conditions.into_iter().collect();
        let rule = conditions.and_then(SeccompRule::new).map_err(backend)?;
        Ok(vec![rule])
    };
    let stack = SeccompCondition::new(1, Dword, Eq, u64::from(libc::RLIMIT_STACK));
    let thread = libc::CLONE_THREAD as u64;
    let clone = match profile {
        Profile::Compiler => SeccompCondition::new(0, Qword, MaskedEq(NAMESPACES), 0),
        _ => SeccompCondition::new(0, Qword, MaskedEq(thread | NAMESPACES), thread),
    };
    let mut calls = vec![
        (libc::SYS_clone, all_of(vec![clone])?),
        (
            libc::SYS_fcntl,
            any_of(1, &FCNTL.map(|command| command as u64))?,
        ),
        (libc::SYS_ioctl, any_of(1, &IOCTL)?),
        (
            libc::SYS_prctl,
            any_of(0, &PRCTL.map(|option| option as u64))?,
        ),
        (libc::SYS_kill, any_of(0, &[own])?),
        (libc::SYS_tgkill, any_of(0, &[own])?),
        // Asks for a limit of its own, or sets that of its stack, as programs with deep recursions do.
        (
            libc::SYS_prlimit64,
            [
                all_of(vec![zero(0), zero(2)])?,
                all_of(vec![zero(0), stack])?,
            ]
            .concat(),
        ),
    ];
    if profile == Profile::Native {
        // Of an open file, not of a path.
        let flag = libc::AT_EMPTY_PATH as u64;
        let of_file = SeccompCondition::new(3, Dword, MaskedEq(flag), flag);
        calls.push((libc::SYS_newfstatat, all_of(vec![of_file])?));
    } else {
        // A pair of streams is bound to itself; datagrams could be sent to any socket with a path.
        let local = SeccompCondition::new(0, Dword, Eq, libc::AF_UNIX as u64);
        let stream = SeccompCondition::new(1, Dword, MaskedEq(0xf), libc::SOCK_STREAM as u64);
        calls.push((libc::SYS_socketpair, all_of(vec![local, stream])?));
    }
    Ok(calls)
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matching: SeccompAction,
) -> Result<BpfProgram, Error> {
    let filter = SeccompFilter::new(rules, otherwise, matching, ARCHITECTURE).map_err(backend)?;
    filter.try_into().map_err(backend)
}

const fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number as u32)
}

fn backend(error: seccompiler::BackendError) -> Error {
    Error::Seccomp(seccompiler::Error::Backend(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_its_filters() {
        for profile in [Profile::Native, Profile::Managed, Profile::Compiler] {
            let [unknown, known] = filters(profile).unwrap();
            assert!(known.len() > unknown.len());
        }
    }
}
