//! The hunt for the smallest input on which a program is wrong.

use domain::{GrowthRun, Helpers, Hunt, RunLimits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Case, Language};

/// A program that is known to be right: an accepted one, or a slow and simple one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceProgram {
    /// Its language.
    pub language: Language,
    /// The program.
    pub code: String,
}

/// A program to find a failing input for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HuntRequest {
    /// Language of the program.
    pub language: Language,
    /// The program.
    pub code: String,
    /// Inputs that are known, such as samples, 0 to 200: helpers are tried on them, and inputs without a generator are made after
    /// them.
    pub cases: Vec<Case>,
    /// Limits of each run.
    #[serde(default)]
    pub limits: RunLimits,
    /// A program that is right; without it, `helpers` has a reference or a checker.
    #[serde(default)]
    pub reference: Option<ReferenceProgram>,
    /// Functions that make, check and answer inputs.
    #[serde(default)]
    pub helpers: Helpers,
    /// Whether several outputs may be right, so that only a checker can tell.
    #[serde(default)]
    pub any_answer: bool,
    /// Chooses the random inputs: the same number makes the same ones.
    #[serde(default)]
    pub seed: u64,
    /// Time of the whole request, in milliseconds.
    #[serde(default)]
    pub budget_ms: Option<u32>,
}

/// The result of a hunt.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HuntAnswer {
    /// Whether the program compiled; if not, nothing was tried.
    pub compiled: bool,
    /// The compiler's messages, if it did not.
    pub compiler: String,
    /// The result.
    pub hunt: Hunt,
    /// Some of the inputs on which the program is right or whose output is known, with it: tests for another program.
    pub cases: Vec<Case>,
}

/// Programs whose time is to be measured on larger and larger inputs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthRequest {
    /// Language of the programs.
    pub language: Language,
    /// The programs, 1 or 2.
    pub programs: Vec<String>,
    /// Inputs after which others are made where there is no generator.
    pub cases: Vec<Case>,
    /// Limits of each run.
    #[serde(default)]
    pub limits: RunLimits,
    /// A generator, and perhaps a validator.
    #[serde(default)]
    pub helpers: Helpers,
    /// Time of the whole request, in milliseconds.
    #[serde(default)]
    pub budget_ms: Option<u32>,
}

/// Times of programs on larger and larger inputs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrowthAnswer {
    /// The smallest size, and then n, 2n, 4n and 8n, or more where the program is slow early; the last is the largest that the problem
    /// allows or that fits.
    pub sizes: Vec<GrowthSize>,
}

/// Runs on an input of one size.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GrowthSize {
    /// The sum of the sizes that the generator drew.
    pub size: u64,
    /// Bytes of the input.
    pub bytes: usize,
    /// A run of each program in their order; none where a smaller input took too long already.
    pub runs: Vec<Option<GrowthRun>>,
}
