//! Has relative relocations packed, a tenth of the program otherwise, where this machine's linker can and its C library reads them:
//! GNU's does from 2.36 on.

use std::{env, fs, io, path::PathBuf, process::Command};

const PACKED: &str = "-Wl,-z,pack-relative-relocs";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    // Another linker builds for another machine, as that of cargo-lambda does.
    let is_for_here = env::var_os("HOST") == env::var_os("TARGET")
        && env::var_os("RUSTC_LINKER").is_none()
        && env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|c_library| c_library == "gnu");
    if is_for_here && runs_packed()? {
        println!("cargo:rustc-link-arg-bins={PACKED}");
    }
    Ok(())
}

/// Whether a program that is linked so runs.
fn runs_packed() -> io::Result<bool> {
    let variable = |name| env::var_os(name).ok_or(io::ErrorKind::NotFound);
    let folder = PathBuf::from(variable("OUT_DIR")?);
    let (source, program) = (folder.join("trial.rs"), folder.join("trial"));
    fs::write(&source, "fn main() {}")?;
    let linked = Command::new(variable("RUSTC")?)
        .args(["-C", &format!("link-arg={PACKED}"), "-o"])
        .args([&program, &source])
        .status()?;
    Ok(linked.success()
        && Command::new(&program)
            .status()
            .is_ok_and(|run| run.success()))
}
