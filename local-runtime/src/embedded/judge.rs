//! The embedded judge, which runs programs. CodeChecker does without where it cannot run.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::sys::signal::Signal;

use super::{Error, folder::Folder, launcher::Program, server::Server, user::ChildUser};

const FOLDER: &str = "judge";
/// The judge and its helper.
const PROGRAMS: [&str; 2] = ["judge", "judge-run"];
/// Programs without one of which there is nothing to run, and where the judge looks for them.
const COMPILERS: [&str; 3] = ["gcc", "g++", "python3"];
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
const STOP_SIGNALS: [(Signal, Duration); 2] = [
    (Signal::SIGTERM, Duration::from_secs(8)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

pub(super) fn socket(sockets: &Path) -> PathBuf {
    sockets.join("judge.sock")
}

/// The judge beside this program, if it is there and has something to run.
pub(super) fn prepare(folder: &Folder, user: &ChildUser) -> Result<Option<Server>, Error> {
    let own = config::current_program().map_err(Error::io("find this program"))?;
    let programs = PROGRAMS.map(|name| own.with_file_name(name));
    if let Some(missing) = programs.iter().find(|program| !program.is_file()) {
        tracing::info!(
            "programs are not run here: there is no {}",
            missing.display()
        );
        return Ok(None);
    }
    let is_there = |name: &str| {
        FOLDERS
            .iter()
            .any(|folder| Path::new(folder).join(name).is_file())
    };
    if !COMPILERS.iter().any(|name| is_there(name)) {
        tracing::info!("programs are not run here: install g++ or python3, and start again");
        return Ok(None);
    }
    let data = folder.private(FOLDER)?;
    let judge = within_reach(folder, user, &programs)?;
    let socket = socket(&folder.sockets);
    let mut args = Vec::new();
    for (name, path) in [
        ("--socket", socket),
        ("--folder", data.clone()),
        ("--headers", data.join("headers")),
    ] {
        args.extend([name.into(), path.into()]);
    }
    Ok(Some(Server {
        name: "the judge",
        program: Program {
            path: judge,
            args,
            folder: data,
            log: folder.new_log("judge")?,
        },
        pid_files: Vec::new(),
        stop_signals: &STOP_SIGNALS,
        probe: None,
    }))
}

/// The judge's program where its user can reach it: root's programs may lie in a folder of root's own.
fn within_reach(
    folder: &Folder,
    user: &ChildUser,
    programs: &[PathBuf; 2],
) -> Result<PathBuf, Error> {
    if !user.switch {
        return Ok(programs[0].clone());
    }
    let place = folder.path("programs");
    let action = || format!("copy the judge to {}", place.display());
    fs::create_dir_all(&place)
        .and_then(|()| fs::set_permissions(&place, fs::Permissions::from_mode(0o755)))
        .map_err(Error::io(action()))?;
    for (name, program) in PROGRAMS.iter().zip(programs) {
        replace(program, &place.join(name)).map_err(Error::io(action()))?;
    }
    Ok(place.join(PROGRAMS[0]))
}

/// A running program cannot be written to, but its name can pass to another file.
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    let half = to.with_extension("half");
    fs::copy(from, &half)?;
    fs::set_permissions(&half, fs::Permissions::from_mode(0o755))?;
    fs::rename(&half, to)
}
