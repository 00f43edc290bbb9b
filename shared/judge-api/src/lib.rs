//! The judge, which runs programs: its requests and answers, and the client.

mod client;
mod compare;
mod hunt;
mod language;

pub use client::{Client, Error};
pub use compare::{Comparison, compare};
pub use hunt::{
    GrowthAnswer, GrowthRequest, GrowthSize, HuntAnswer, HuntRequest, ReferenceProgram,
};
pub use language::Language;

use domain::{Outcome, RunLimits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The route that runs a program.
pub const RUN: &str = "/api/v1/judge/run";
/// The route that makes a change smaller.
pub const MINIMISE: &str = "/api/v1/judge/minimise";
/// The route that looks for an input on which a program is wrong.
pub const HUNT: &str = "/api/v1/judge/hunt";
/// The route that runs programs on larger and larger inputs.
pub const GROWTH: &str = "/api/v1/judge/growth";
/// The route that says what the judge can run.
pub const LANGUAGES: &str = "/api/v1/judge/languages";

/// Cases of one request.
pub const CASES: usize = 200;
/// Input, and expected output, of one case, in bytes.
pub const CASE_BYTES: usize = 1024 * 1024;
/// Output of one run that is answered, in bytes.
pub const OUTPUT_BYTES: usize = 16 * 1024;
/// Error output of one run that is answered, in bytes.
pub const ERRORS_BYTES: usize = 4 * 1024;
/// Compiler's messages that are answered, in bytes.
pub const COMPILER_BYTES: usize = 4 * 1024;
/// Time of a whole request, in milliseconds, if it says none.
pub const BUDGET_MS: u32 = 60_000;
/// The longest time of a whole request, in milliseconds.
pub const LONGEST_BUDGET_MS: u32 = 300_000;

/// An input, and the output that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Input.
    pub input: String,
    /// Expected output; without one the program only has to end in order.
    #[serde(default)]
    pub expected: Option<String>,
}

/// A program to run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Language of the program.
    pub language: Language,
    /// The program.
    pub code: String,
    /// The cases to run it on, 1 to 200.
    pub cases: Vec<Case>,
    /// Limits of each run.
    #[serde(default)]
    pub limits: RunLimits,
    /// Time of the whole request, in milliseconds: cases that it does not suffice for are `SK`.
    #[serde(default)]
    pub budget_ms: Option<u32>,
}

/// The runs of a program.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RunAnswer {
    /// Whether it compiled.
    pub compiled: bool,
    /// The compiler's messages, if it did not; of many the first.
    pub compiler: String,
    /// Time that compiling took, in milliseconds; 0 if the program was compiled before.
    pub compile_ms: u64,
    /// Its runs, one for each case in their order.
    pub cases: Vec<Outcome>,
}

/// A change to make smaller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimiseRequest {
    /// Language of both programs.
    pub language: Language,
    /// The program before the change.
    pub original: String,
    /// The program after it, which passes all cases.
    pub fixed: String,
    /// The tests, 1 to 200.
    pub cases: Vec<Case>,
    /// Limits of each run.
    #[serde(default)]
    pub limits: RunLimits,
    /// Time of the whole request, in milliseconds.
    #[serde(default)]
    pub budget_ms: Option<u32>,
}

/// The smallest part of a change that still passes all cases.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MinimiseAnswer {
    /// The program with that part of the change.
    pub code: String,
    /// Whether each line that is left has been shown to be needed; else the time or the number of compilations was used up, or the
    /// changed program does not pass the cases.
    pub complete: bool,
    /// Programs that were compiled.
    pub compiles: usize,
    /// The parts that are left, each with the reason why.
    pub parts: Vec<NeededPart>,
}

/// A part of a change without which a case fails.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NeededPart {
    /// First line of the original that it changes, from 1; where it only adds, the line before, which may be 0.
    pub start: usize,
    /// Last line of the original that it changes; one less than `start`, or 0, where it only adds.
    pub end: usize,
    /// Place in `cases` of one that fails without it, from 0.
    pub case: usize,
    /// The run without it.
    pub without: Outcome,
}

/// The languages that a judge can run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Capabilities {
    /// One for each language.
    pub languages: Vec<Capability>,
}

impl Capabilities {
    /// The one of a language.
    #[must_use]
    pub fn of(&self, language: Language) -> Option<&Capability> {
        self.languages
            .iter()
            .find(|known| known.language == language)
    }
}

/// A language that a judge can run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Capability {
    /// The language.
    pub language: Language,
    /// For people, with the version of the compiler or interpreter: `C++17 (g++ 12.2.0)`.
    pub title: String,
}
