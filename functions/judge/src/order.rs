//! Orders with their usual limits.

use std::path::{Path, PathBuf};

use domain::RunLimits;
use judge_api::ERRORS_BYTES;

use crate::sandbox::{Order, Profile};

/// Processor time and memory of a compilation.
const COMPILE: RunLimits = RunLimits {
    time_ms: 20_000,
    memory_mb: 400,
};
/// Compilers ask for more memory than they use.
const COMPILE_ADDRESS_SPACE: u64 = 4 << 30;
/// The largest file that a compiler may write, in bytes.
const COMPILE_FILE: u64 = 32 << 20;
/// Output of a compiler that is read, in bytes.
const COMPILE_OUTPUT: usize = 64 * 1024;
/// The stack, in bytes: as much as deep recursions on large inputs need.
const STACK: u64 = 64 << 20;
/// Output of a program, in bytes, unless more is expected.
const OUTPUT: usize = 1 << 20;
/// Time that a run may take, in multiples of its processor time.
const WALL: u64 = 3;

/// An order for a compiler that writes into `folder`.
pub(crate) fn compile(
    program: &Path,
    arguments: Vec<String>,
    folder: &Path,
    readable: Vec<PathBuf>,
) -> Order {
    Order {
        profile: Profile::Compiler,
        program: program.to_owned(),
        arguments,
        environment: environment("C.UTF-8", &[("TMPDIR", folder)]),
        folder: folder.to_owned(),
        readable,
        writable: vec![folder.to_owned(), "/dev/null".into()],
        cpu_ms: COMPILE.time_ms.into(),
        wall_ms: u64::from(COMPILE.time_ms) * WALL,
        memory_kb: kb(COMPILE.memory_mb),
        address_space: Some(COMPILE_ADDRESS_SPACE),
        stack: STACK,
        file_size: COMPILE_FILE,
        output: COMPILE_OUTPUT,
        errors: COMPILE_OUTPUT,
        processes: 0,
    }
}

/// An order for a program; its limits are set for each run.
pub(crate) fn run(
    profile: Profile,
    program: &Path,
    arguments: Vec<String>,
    folder: &Path,
    readable: Vec<PathBuf>,
) -> Order {
    Order {
        profile,
        program: program.to_owned(),
        arguments,
        // A program that is linked statically finds no other locale.
        environment: environment(
            match profile {
                Profile::Native => "C",
                _ => "C.UTF-8",
            },
            &[],
        ),
        folder: folder.to_owned(),
        readable,
        writable: vec!["/dev/null".into()],
        cpu_ms: 0,
        wall_ms: 0,
        memory_kb: 0,
        address_space: None,
        stack: STACK,
        file_size: 0,
        output: OUTPUT,
        errors: ERRORS_BYTES,
        processes: 0,
    }
}

fn environment(locale: &str, more: &[(&str, &Path)]) -> Vec<(String, String)> {
    // Python would otherwise take the locale's encoding, and g++ would put quotation marks of the locale around names.
    let usual = [("LC_ALL", locale), ("PATH", "/usr/local/bin:/usr/bin:/bin")];
    let more = more
        .iter()
        .map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into_owned()));
    usual
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .chain(more)
        .collect()
}

const fn kb(mb: u32) -> u64 {
    mb as u64 * 1024
}

/// Limits of one run; `scale` is how much slower than usual this machine is.
pub(crate) fn limit(order: &mut Order, limits: RunLimits, scale: f64, expected: usize) {
    // Twice the time, to tell a program that is nearly fast enough from one that is far from it.
    let time = (f64::from(limits.time_ms) * scale).ceil() as u64;
    order.cpu_ms = 2 * time;
    order.wall_ms = order.cpu_ms * WALL + 1000;
    order.memory_kb = kb(limits.memory_mb);
    order.output = OUTPUT.max(2 * expected);
}
