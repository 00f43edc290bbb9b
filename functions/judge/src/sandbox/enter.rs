//! Entering the sandbox: limits this process for good, and becomes the program.

use std::{
    convert::Infallible,
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope, path_beneath_rules,
};
use nix::{
    sys::{
        prctl,
        resource::{Resource, setrlimit},
        signal::Signal,
        stat::{Mode, umask},
    },
    unistd::{Pid, chdir, getppid},
};

use super::{Error, Order, filter, system};

/// The newest version that is asked for; an older kernel does what it knows of it.
const LANDLOCK: ABI = ABI::V7;
/// Files that a program may have open.
const OPEN_FILES: u64 = 64;
/// Files that a compiler or an interpreter may have open.
const MANY_OPEN_FILES: u64 = 512;

/// Becomes the program of the order, if the process `watcher` still watches.
///
/// # Errors
/// [`Error`]; a step that fails leaves nothing running.
pub fn enter(order: &str, watcher: i32) -> Result<Infallible, Error> {
    let order: Order = serde_json::from_str(order)?;
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(system("asking for the watcher's end"))?;
    if getppid() != Pid::from_raw(watcher) {
        return Err(Error::Orphaned);
    }
    umask(Mode::from_bits_truncate(0o077));
    limit(&order)?;
    prctl::set_no_new_privs().map_err(system("giving up privileges"))?;
    restrict_files(&order)?;
    let mut command = Command::new(&order.program);
    command
        .args(&order.arguments)
        .env_clear()
        .envs(order.environment)
        .stdin(Stdio::inherit());
    chdir(&order.folder).map_err(system("entering its folder"))?;
    for filter in filter::filters(order.profile)? {
        seccompiler::apply_filter(&filter)?;
    }
    Err(Error::System("starting the program", command.exec()))
}

fn limit(order: &Order) -> Result<(), Error> {
    let files = match order.profile {
        super::Profile::Native => OPEN_FILES,
        _ => MANY_OPEN_FILES,
    };
    let mut limits = vec![
        // The watcher ends it earlier, unless it has been stopped itself.
        (Resource::RLIMIT_CPU, order.cpu_ms.div_ceil(1000) + 1),
        (Resource::RLIMIT_STACK, order.stack),
        (Resource::RLIMIT_FSIZE, order.file_size),
        (Resource::RLIMIT_NOFILE, files),
        (Resource::RLIMIT_NPROC, order.processes),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_MEMLOCK, 0),
        (Resource::RLIMIT_MSGQUEUE, 0),
        (Resource::RLIMIT_SIGPENDING, 64),
    ];
    limits.extend(
        order
            .address_space
            .map(|bytes| (Resource::RLIMIT_AS, bytes)),
    );
    for (resource, most) in limits {
        setrlimit(resource, most, most).map_err(system("setting its limits"))?;
    }
    Ok(())
}

fn restrict_files(order: &Order) -> Result<(), Error> {
    let read: BitFlags<AccessFs> = AccessFs::from_read(LANDLOCK);
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rules(path_beneath_rules(&order.readable, read))?
        .add_rules(path_beneath_rules(&order.writable, write))?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(Error::NoLandlock),
        _ => Ok(()),
    }
}
