//! The judge of one machine: its languages, its folder, and whose turn it is.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use config::crypto::sha256;
use domain::{Chain, Outcome, RunLimits};
use judge_api::{Capabilities, Capability, Case, Language};
use quick_cache::sync::Cache;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    probe,
    process::{Error, Finished, Helper},
    program::{self, Bounds, Compiled, Program},
    toolchain::{self, Toolchain},
};

/// Requests that wait for their turn.
const WAITING: usize = 32;
/// Compiled programs that are kept for another request: the fix of a program is run several times.
const COMPILED: usize = 8;
/// The largest one that is kept, in bytes: the folder may be small.
const KEPT_BYTES: u64 = 8 << 20;
/// The compilers' words when the folder is full, which is not the program's fault.
const NO_SPACE: &str = "No space left on device";
/// Processor time in milliseconds that the work of [`slowness`] takes on the machine whose speed counts as usual.
const USUAL_MS: f64 = 60.0;

/// The judge of this machine.
#[derive(Debug)]
pub struct Machine {
    helper: Helper,
    folder: TempDir,
    _lock: File,
    toolchains: RwLock<Vec<Toolchain>>,
    compiled: Cache<[u8; 32], Arc<Program>>,
    turns: Semaphore,
    waiting: AtomicUsize,
    /// How much slower than usual this machine is.
    scale: f64,
}

/// Too many wait already.
#[derive(Debug)]
pub(crate) struct Full;

impl Machine {
    /// Looks for languages, and for a hole in the sandbox, which is an error. `folder` takes the programs while they are run;
    /// `headers` may hold precompiled headers.
    ///
    /// # Errors
    /// Says why programs cannot be run safely here.
    pub async fn new(helper: PathBuf, folder: &Path, headers: &Path) -> Result<Self, String> {
        let helper = Helper::new(helper);
        let (folder, lock) = own_folder(folder)
            .map_err(|error| format!("cannot make a folder in {}: {error}", folder.display()))?;
        probe::refuse_holes(&helper, folder.path()).await?;
        let machine = Self {
            helper,
            folder,
            _lock: lock,
            toolchains: RwLock::default(),
            compiled: Cache::new(COMPILED),
            turns: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
            waiting: AtomicUsize::new(0),
            scale: slowness(),
        };
        machine.look_for_languages(headers).await;
        Ok(machine)
    }

    /// Finds out which languages can be run, as at the start.
    pub async fn look_for_languages(&self, headers: &Path) {
        let mut found = Vec::new();
        for toolchain in toolchain::find(headers) {
            found.extend(self.working(toolchain).await);
        }
        *self
            .toolchains
            .write()
            .unwrap_or_else(PoisonError::into_inner) = found;
    }

    fn toolchains(&self) -> RwLockReadGuard<'_, Vec<Toolchain>> {
        self.toolchains
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The toolchain, if it compiles and runs a program here.
    async fn working(&self, toolchain: Toolchain) -> Option<Toolchain> {
        let mut next = Some(toolchain);
        while let Some(toolchain) = next {
            match self.try_out(&toolchain).await {
                Ok(()) => return Some(toolchain),
                Err(why) => {
                    tracing::debug!(language = %toolchain.language, %why, "a toolchain does not work");
                    next = toolchain.plainer();
                    if next.is_none() {
                        tracing::warn!(language = %toolchain.language, %why, "cannot be run here");
                    }
                }
            }
        }
        None
    }

    async fn try_out(&self, toolchain: &Toolchain) -> Result<(), String> {
        let compiled = program::compile(
            &self.helper,
            toolchain,
            self.folder.path(),
            toolchain.example(),
        )
        .await;
        let program = match compiled.map_err(|error| Chain(&error).to_string())? {
            Compiled::Program(program) => program,
            Compiled::Refused(why) => return Err(why),
        };
        let case = Case {
            input: "21\n".to_owned(),
            expected: Some("42\n".to_owned()),
        };
        let limits = RunLimits {
            time_ms: 10_000,
            ..RunLimits::default()
        };
        let outcome = program
            .run(&self.helper, &case, limits, self.scale, Duration::MAX)
            .await
            .map_err(|error| Chain(&error).to_string())?;
        if outcome.is_accepted() {
            return Ok(());
        }
        Err(format!("{} {}", outcome.verdict, outcome.errors))
    }

    /// The languages that can be run here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        let toolchains = self.toolchains();
        let languages = toolchains.iter().map(|toolchain| Capability {
            language: toolchain.language,
            title: toolchain.title.clone(),
        });
        Capabilities {
            languages: languages.collect(),
        }
    }

    pub(crate) fn toolchain(&self, language: Language) -> Option<Toolchain> {
        let toolchains = self.toolchains();
        toolchains
            .iter()
            .find(|toolchain| toolchain.language == language)
            .cloned()
    }

    /// Waits for a turn: as many as there are processors have one at the same time.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Full> {
        self.helper.count_tasks();
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(turn);
        }
        let waiting = Waiting::new(&self.waiting).ok_or(Full)?;
        let turn = self.turns.acquire().await.map_err(|_| Full);
        drop(waiting);
        turn
    }

    /// A further turn for one who has one already, if nobody else wants it.
    pub(crate) fn spare_turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.try_acquire().ok()
    }

    /// Compiles a program, unless it was lately.
    pub(crate) async fn compile(
        &self,
        toolchain: &Toolchain,
        code: &str,
    ) -> Result<Compiled<Arc<Program>>, Error> {
        let key = sha256(
            &[toolchain.language.as_str(), "\0", code]
                .concat()
                .into_bytes(),
        );
        if let Some(program) = self.compiled.get(&key) {
            return Ok(Compiled::Program(program));
        }
        let make = || program::compile(&self.helper, toolchain, self.folder.path(), code);
        let compiled = match make().await? {
            Compiled::Refused(why) if why.contains(NO_SPACE) => {
                self.compiled.clear();
                make().await?
            }
            other => other,
        };
        match compiled {
            Compiled::Program(program) => {
                let program = Arc::new(program);
                if program.size() <= KEPT_BYTES {
                    self.compiled.insert(key, program.clone());
                }
                Ok(Compiled::Program(program))
            }
            Compiled::Refused(why) if why.contains(NO_SPACE) => Err(Error::System(
                "compiling",
                std::io::ErrorKind::StorageFull.into(),
            )),
            Compiled::Refused(why) => Ok(Compiled::Refused(why)),
        }
    }

    /// Runs a program on a case.
    pub(crate) async fn run(
        &self,
        program: &Program,
        case: &Case,
        limits: RunLimits,
        end: Instant,
    ) -> Result<Outcome, Error> {
        let left = end.saturating_duration_since(Instant::now());
        program
            .run(&self.helper, case, limits, self.scale, left)
            .await
    }
}

impl Machine {
    /// Runs a program on an input for all that it prints, which must not be more than so many bytes.
    pub(crate) async fn print(
        &self,
        program: &Program,
        input: &[u8],
        limits: RunLimits,
        output: usize,
        end: Instant,
    ) -> Result<Finished, Error> {
        let left = end.saturating_duration_since(Instant::now());
        let bounds = Bounds {
            limits,
            output,
            left,
        };
        program.print(&self.helper, input, bounds).await
    }
}

/// A new folder, locked for as long as the file lives. Those of judges that were killed are removed.
fn own_folder(parent: &Path) -> std::io::Result<(TempDir, File)> {
    const PREFIX: &str = "judge-";
    const LOCK: &str = "lock";
    for entry in fs::read_dir(parent)?.flatten() {
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let lock = File::open(entry.path().join(LOCK));
        if is_one && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
    let lock = File::create(folder.path().join(LOCK))?;
    lock.lock()?;
    Ok((folder, lock))
}

/// A place among those that wait, given back when it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Option<Self> {
        let one_more = |waiting| (waiting < WAITING).then_some(waiting + 1);
        count
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .ok()
            .map(|_| Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// How much slower than usual this machine is, from 1 to 4: the limits of problems are made for fast ones.
fn slowness() -> f64 {
    if cfg!(debug_assertions) {
        return 1.0;
    }
    let quickest = (0..3).map(|_| work_ms()).fold(f64::INFINITY, f64::min);
    (quickest / USUAL_MS).clamp(1.0, 4.0)
}

fn work_ms() -> f64 {
    let began = Instant::now();
    let mut state = 1_u64;
    for step in 0..40_000_000_u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(step ^ (state >> 33));
    }
    std::hint::black_box(state);
    began.elapsed().as_secs_f64() * 1000.0
}
