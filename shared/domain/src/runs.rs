//! Runs of a program, and what they proved about its fix.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Analysis, Level, Lines, Tried, stored_enum};

stored_enum! {
    /// How one run of a program ended.
    RunVerdict {
        /// The output is the expected one; without one, the program ended in order.
        Accepted = "AC",
        /// Another output.
        WrongAnswer = "WA",
        /// More processor time than allowed.
        TimeLimit = "TLE",
        /// More memory than allowed.
        MemoryLimit = "MLE",
        /// It crashed, or its exit code was not 0.
        RuntimeError = "RE",
        /// More output than allowed.
        OutputLimit = "OLE",
        /// It was not compiled, so not run.
        CompileError = "CE",
        /// Not run, as the time of the whole request was used up.
        Skipped = "SK",
    }
}

/// One run of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// How it ended.
    pub verdict: RunVerdict,
    /// Processor time, in milliseconds.
    pub cpu_ms: u64,
    /// Most memory in use at once, in KiB.
    pub memory_kb: u64,
    /// Exit code, if the program ended by itself.
    pub exit_code: Option<i32>,
    /// Signal that ended it, in words.
    pub signal: Option<String>,
    /// Its output; of a long one the beginning.
    pub output: String,
    /// Whether there was more output than `output` has.
    pub output_cut: bool,
    /// The end of its error output.
    pub errors: String,
    /// Where the output first differs from the expected one.
    pub difference: Option<Difference>,
    /// Whether it took more processor time than the limit, though less than twice as much, which another machine may need.
    pub near_limit: bool,
    /// Whether the output is the expected one but for white space.
    pub white_space_differs: bool,
}

impl Outcome {
    /// A case that was not run.
    #[must_use]
    pub const fn not_run(verdict: RunVerdict) -> Self {
        Self {
            verdict,
            cpu_ms: 0,
            memory_kb: 0,
            exit_code: None,
            signal: None,
            output: String::new(),
            output_cut: false,
            errors: String::new(),
            difference: None,
            near_limit: false,
            white_space_differs: false,
        }
    }

    /// Whether the program was run and did as it should.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.verdict == RunVerdict::Accepted
    }

    /// Whether the program was run, or could not be compiled, and did not do as it should.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        !matches!(self.verdict, RunVerdict::Accepted | RunVerdict::Skipped)
    }
}

/// The first tokens that differ: ranges of bytes, first and one past the last; null where that side has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// In the expected output.
    #[schema(value_type = Option<[usize; 2]>)]
    pub expected: Option<(usize, usize)>,
    /// In the program's output.
    #[schema(value_type = Option<[usize; 2]>)]
    pub actual: Option<(usize, usize)>,
}

/// An input with the output that belongs to it, as the user gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenSample {
    /// Input.
    pub input: String,
    /// Expected output.
    pub output: String,
}

/// Limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunLimits {
    /// Processor time, in milliseconds.
    pub time_ms: u32,
    /// Memory, in MiB.
    pub memory_mb: u32,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            time_ms: 2000,
            memory_mb: 256,
        }
    }
}

stored_enum! {
    /// How much a fix is worth, by running it.
    FixStatus {
        /// The program failed a test, the fix passes all, and no part of it can go.
        Verified = "verified",
        /// It passes tests that the program fails, and fails none that the program passes; it is not proven.
        Improved = "improved",
        /// It does not compile, fails a test that the program passes, or passes none that the program fails.
        Failed = "failed",
        /// It could not be tested.
        Unverified = "unverified",
    }
}

stored_enum! {
    /// Why a fix is not `verified`.
    FixReason {
        /// No judge is there, or it did not answer.
        NoJudge = "no_judge",
        /// The judge does not run programs of this language.
        Language = "language",
        /// There is neither a sample nor another input whose output is known.
        NoTests = "no_tests",
        /// The program talks with another one.
        Interactive = "interactive",
        /// Several outputs are right, and nothing here tells which.
        NeedsChecker = "needs_checker",
        /// The reference contradicts a test, or references contradict each other.
        Disputed = "disputed",
        /// The submitted program passes all tests.
        NotReproduced = "not_reproduced",
        /// The time for running programs was used up.
        Budget = "budget",
        /// The program reads or writes files.
        FileIo = "file_io",
        /// It still fails tests.
        StillFails = "still_fails",
        /// It is right on the tests, but nothing shows that it is right on other inputs.
        NotGeneral = "not_general",
        /// It writes most of the program anew.
        Rewritten = "rewritten",
        /// It does not compile.
        CompileError = "compile_error",
        /// It fails a test that the program passes.
        BreaksTest = "breaks_test",
        /// It passes no test that the program fails.
        NoEffect = "no_effect",
        /// It ends in time on large inputs where the submitted program does not, which no test shows.
        InTime = "in_time",
        /// It is right on all tests, but only one program that a model wrote says that the submitted one is wrong.
        Suggested = "suggested",
        /// It is right on all tests, but the problem may not allow the input on which the submitted program fails.
        Guessed = "guessed",
    }
}

stored_enum! {
    /// Where a test comes from.
    TestSource {
        /// A sample that the user gave.
        Given = "given",
        /// A sample of the statement.
        Statement = "statement",
        /// The input on which the program fails, as the user says.
        FailingInput = "failing_input",
        /// The hunt found it.
        Hunt = "hunt",
        /// References disagreed on it, and the user said which output is right.
        Settled = "settled",
    }
}

/// A test, and how the programs did on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Test {
    /// Where it comes from.
    pub source: TestSource,
    /// Its number among those of its source, from 1.
    pub number: usize,
    /// Input.
    pub input: String,
    /// Expected output, if it is known.
    pub expected: Option<String>,
    /// Whether `expected` is the output of the reference program that the user gave.
    pub by_reference: bool,
    /// How sure it is that the submitted program or a fix is wrong on it, where the hunt found it.
    #[serde(default)]
    pub level: Option<Level>,
    /// The submitted program's run.
    pub before: Option<Outcome>,
    /// The fixed program's run.
    pub after: Option<Outcome>,
}

/// A change that is needed: without it, the program fails a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NeededChange {
    /// The lines of the submitted program that it changes; where it only adds, the line before.
    pub lines: Lines,
    /// Place in `tests` of one that fails without it, from 0.
    pub test: usize,
    /// The run without it.
    pub without: Outcome,
}

/// The runs of the program and its fix, and their result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Verification {
    /// How much the fix is worth; null while that is not known, and where there is no fix.
    pub status: Option<FixStatus>,
    /// Why it is not `verified`.
    pub reason: Option<FixReason>,
    /// The language as which the programs were run, with the version of its compiler; empty if they were not run.
    pub language: String,
    /// The limits of each run.
    pub limits: Option<RunLimits>,
    /// The compiler's messages about the submitted program, if it does not compile.
    pub compiler: String,
    /// The compiler's messages about the fix, if it does not compile.
    pub fix_compiler: String,
    /// The tests.
    pub tests: Vec<Test>,
    /// Further inputs on which the fix was tried: of a hunt, or made from the tests' own.
    pub fresh_inputs: usize,
    /// Inputs on which the fix was hunted, by their kinds; `fresh_inputs` counts them too.
    pub hunted: Vec<Tried>,
    /// Whether the reference program decided on the further inputs.
    pub by_reference: bool,
    /// Fixes that were asked for after the first one had failed a test.
    pub repairs: usize,
    /// Lines of the fix that proved to be unneeded and were left out.
    pub lines_dropped: usize,
    /// Why each change that is left is needed.
    pub changes: Vec<NeededChange>,
    /// The fix after repairs and without unneeded changes, where it is another than the analysis's.
    pub analysis: Option<Analysis>,
}

impl Verification {
    /// The tests of a verification; none before there is one.
    #[must_use]
    pub fn tests_of(verification: Option<&Self>) -> &[Test] {
        verification.map_or(&[], |verification| &verification.tests)
    }
}
