//! A program that is ready to run, in a folder of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{Outcome, RunLimits, RunVerdict};
use judge_api::{COMPILER_BYTES, Case, Language};
use tempfile::TempDir;

use crate::{
    order,
    process::{Error, Finished, Helper},
    sandbox::{Order, Stopped},
    toolchain::Toolchain,
    verdict,
};

/// A program that is ready to run. Dropping it removes its folder.
#[derive(Debug)]
pub(crate) struct Program {
    language: Language,
    order: Order,
    _folder: TempDir,
}

/// A program, or why there is none.
#[derive(Clone, Debug)]
pub(crate) enum Compiled<P> {
    Program(P),
    /// The compiler's messages.
    Refused(String),
}

/// Compiles a program in a new folder within `root`.
pub(crate) async fn compile(
    helper: &Helper,
    toolchain: &Toolchain,
    root: &Path,
    code: &str,
) -> Result<Compiled<Program>, Error> {
    let system = |error| Error::System("making a folder for the program", error);
    let folder = tempfile::Builder::new().tempdir_in(root).map_err(system)?;
    let sources = folder.path().join("source");
    fs::create_dir(&sources).map_err(system)?;
    let file = toolchain.source_name(code);
    fs::write(sources.join(&file), plain(code)).map_err(system)?;
    let order = toolchain.compile_order(&sources, &file);
    let finished = helper.run(&order, b"").await?;
    let report = finished.report;
    if let Some(why) = report.not_started {
        return Err(Error::NotStarted(why));
    }
    if report.exit_code != Some(0) || report.stopped.is_some() {
        let stopped = report.stopped.map(|stopped| match stopped {
            Stopped::Cpu | Stopped::Wall => "The compiler needed too much time.\n",
            Stopped::Memory => "The compiler needed too much memory.\n",
            Stopped::Output => "The compiler wrote too much.\n",
            Stopped::Threads => "The compiler started too many threads.\n",
        });
        let said = [finished.errors, finished.output].concat();
        let said = String::from_utf8_lossy(&said);
        return Ok(Compiled::Refused(messages(stopped, &said, &sources)));
    }
    let built = toolchain.artifact(&sources, &file);
    // A compiler that was tricked into leaving a link there must not make the program see where it leads.
    is_own(&built).map_err(|error| Error::System("finding the compiled program", error))?;
    Ok(Compiled::Program(Program {
        language: toolchain.language,
        order: toolchain.run_order(&sources, &built),
        _folder: folder,
    }))
}

/// Some judges' pages put a mark of byte order first, which compilers of C do not always take.
fn plain(code: &str) -> &str {
    code.strip_prefix('\u{feff}').unwrap_or(code)
}

fn messages(stopped: Option<&str>, said: &str, folder: &Path) -> String {
    let said = without_folder(said.as_bytes(), folder);
    let all = format!("{}{}", stopped.unwrap_or_default(), said.trim_end());
    let all = if all.trim().is_empty() {
        "The compiler ended without a message.".to_owned()
    } else {
        all
    };
    domain::limits::cut(&all, COMPILER_BYTES).to_owned()
}

/// Messages name a file by its path, which means nothing to anybody.
fn without_folder(said: &[u8], folder: &Path) -> String {
    String::from_utf8_lossy(said).replace(&format!("{}/", folder.display()), "")
}

fn is_own(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_file() || found.is_dir() {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

impl Program {
    /// Bytes of the file that is run.
    pub(crate) fn size(&self) -> u64 {
        fs::metadata(&self.order.program).map_or(0, |found| found.len())
    }

    /// Runs it on a case, for at most the time that is left. `scale` is how much slower than usual this machine is.
    pub(crate) async fn run(
        &self,
        helper: &Helper,
        case: &Case,
        limits: RunLimits,
        scale: f64,
        left: Duration,
    ) -> Result<Outcome, Error> {
        let mut order = self.order.clone();
        let expected = case.expected.as_ref().map_or(0, String::len);
        order::limit(&mut order, limits, scale, expected);
        limit_memory(self.language, &mut order, limits.memory_mb);
        let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let is_cut = left < order.wall_ms;
        order.wall_ms = order.wall_ms.min(left);
        let mut finished = helper.run(&order, case.input.as_bytes()).await?;
        if is_cut && finished.report.stopped == Some(Stopped::Wall) {
            return Ok(Outcome::not_run(RunVerdict::Skipped));
        }
        finished.errors = without_folder(&finished.errors, &order.folder).into_bytes();
        verdict::outcome(finished, case, order.cpu_ms / 2, order.memory_kb)
    }
}

/// Bounds of a run whose output is read by the judge itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Processor time and memory.
    pub(crate) limits: RunLimits,
    /// Output, in bytes.
    pub(crate) output: usize,
    /// Time that is left for it.
    pub(crate) left: Duration,
}

impl Program {
    /// Runs it on an input for all that it prints.
    pub(crate) async fn print(
        &self,
        helper: &Helper,
        input: &[u8],
        bounds: Bounds,
    ) -> Result<Finished, Error> {
        let mut order = self.order.clone();
        let left = u64::try_from(bounds.left.as_millis()).unwrap_or(u64::MAX);
        order.cpu_ms = bounds.limits.time_ms.into();
        order.wall_ms = (2 * order.cpu_ms + 1000).min(left);
        order.memory_kb = u64::from(bounds.limits.memory_mb) * 1024;
        order.output = bounds.output;
        limit_memory(self.language, &mut order, bounds.limits.memory_mb);
        helper.run(&order, input).await
    }
}

/// Limits the memory as far as the language can do that itself.
fn limit_memory(language: Language, order: &mut Order, memory_mb: u32) {
    let memory = u64::from(memory_mb) << 20;
    match language {
        // They may declare arrays that they hardly use.
        Language::C | Language::Cpp17 | Language::Cpp20 => order.address_space = Some(8 << 30),
        Language::Python3 => order.address_space = Some(2 * memory + (512 << 20)),
        Language::Java => {
            // Most of it for the old generation: one large array is usual.
            let sizes = [format!("-Xmx{memory_mb}m"), "-XX:NewRatio=5".to_owned()];
            order.arguments.splice(0..0, sizes);
            order.memory_kb += OVERHEAD_KB;
        }
        Language::JavaScript => {
            let size = format!("--max-old-space-size={memory_mb}");
            order.arguments.insert(0, size);
            order.memory_kb += OVERHEAD_KB;
        }
    }
}

/// Memory of a virtual machine beside that of its program, in KiB.
const OVERHEAD_KB: u64 = 160 * 1024;

/// The outcome of all cases of a program that did not compile.
pub(crate) fn not_compiled(cases: &[Case]) -> Vec<Outcome> {
    vec![Outcome::not_run(RunVerdict::CompileError); cases.len()]
}

/// A path as an argument.
pub(crate) fn argument(path: impl Into<PathBuf>) -> String {
    path.into().to_string_lossy().into_owned()
}
