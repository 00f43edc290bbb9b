//! A look at the sandbox from within, before any program of somebody else is.

use std::{
    fs,
    net::{TcpStream, UdpSocket},
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Command, Stdio},
};

use nix::{sys::signal::kill, unistd::getppid};

use crate::{
    order,
    process::Helper,
    sandbox::{Order, Profile},
    toolchain,
};

/// Tries what no program may do, and names what it could. `secret` is a file that lies outside of the sandbox.
#[must_use]
pub fn probe(secret: &Path) -> Vec<&'static str> {
    let folder = secret.parent().unwrap_or(secret);
    let own = config::current_program().unwrap_or_default();
    let attempts: [(&str, bool); 11] = [
        ("read a file", fs::read(secret).is_ok()),
        ("list a folder", fs::read_dir(folder).is_ok()),
        ("write a file", fs::write(folder.join("mark"), "x").is_ok()),
        ("remove a file", fs::remove_file(secret).is_ok()),
        (
            "read its environment",
            fs::read("/proc/self/environ").is_ok() || fs::read("/proc/self/maps").is_ok(),
        ),
        (
            "use the network",
            UdpSocket::bind("127.0.0.1:0").is_ok()
                || refused_only_by_the_other_side(TcpStream::connect("127.0.0.1:9")),
        ),
        ("use a socket", UnixDatagram::unbound().is_ok()),
        (
            "use a pair of datagram sockets",
            UnixDatagram::pair().is_ok(),
        ),
        ("signal another process", kill(getppid(), None).is_ok()),
        (
            "start a process",
            Command::new(own)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok(),
        ),
        (
            "start a shell",
            Command::new("/bin/sh")
                .args(["-c", "exit 0"])
                .status()
                .is_ok(),
        ),
    ];
    let possible = attempts
        .into_iter()
        .filter(|(_, was_possible)| *was_possible);
    possible.map(|(what, _)| what).collect()
}

fn refused_only_by_the_other_side(connection: std::io::Result<TcpStream>) -> bool {
    match connection {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
    }
}

/// Runs [`probe`] as each kind of program.
///
/// # Errors
/// Says what was possible, or why it could not be tried.
pub(crate) async fn refuse_holes(helper: &Helper, folder: &Path) -> Result<(), String> {
    let secret = folder.join("secret");
    fs::write(&secret, "not for programs")
        .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    let place = folder.join("place");
    fs::create_dir(&place)
        .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    for profile in [Profile::Native, Profile::Managed, Profile::Compiler] {
        let finished = helper
            .run(&probe_order(helper, profile, &secret, &place), b"")
            .await
            .map_err(|error| {
                format!("the sandbox cannot be tried out: {}", domain::Chain(&error))
            })?;
        if let Some(why) = finished.report.not_started {
            return Err(format!("there is no sandbox here: {why}"));
        }
        let said = String::from_utf8_lossy(&finished.output).into_owned();
        // A compiler starts others, which are in the same sandbox.
        let holes = said
            .trim()
            .strip_prefix("possible:")
            .map(|holes| match profile {
                Profile::Compiler => holes.replace("start a process;", ""),
                _ => holes.to_owned(),
            });
        match holes {
            Some(holes) if holes.trim().is_empty() => {}
            Some(holes) => {
                return Err(format!(
                    "the sandbox has holes; a program could {}",
                    holes.trim()
                ));
            }
            None => {
                let errors = String::from_utf8_lossy(&finished.errors);
                return Err(format!("the sandbox cannot be tried out: {said}{errors}"));
            }
        }
    }
    Ok(())
}

fn probe_order(helper: &Helper, profile: Profile, secret: &Path, place: &Path) -> Order {
    let arguments = vec!["probe".to_owned(), secret.to_string_lossy().into_owned()];
    let readable = toolchain::libraries()
        .chain([helper.path().to_owned()])
        .collect();
    let mut order = order::run(profile, helper.path(), arguments, place, readable);
    order::limit(&mut order, domain::RunLimits::default(), 1.0, 0);
    order
}
