//! The hunt for the smallest input on which a program is wrong.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Outcome, Test, TestSource, stored_enum};

/// Validators of one hunt.
pub const VALIDATORS: usize = 3;
/// References written from the statement of one hunt.
pub const REFERENCES: usize = 2;
/// One helper, in bytes of UTF-8.
pub const HELPER_BYTES: usize = 32 * 1024;

/// Functions in Python that a hunt needs; each is the text of a module of its own, and an empty one is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Helpers {
    /// Defines `case(g)`, which answers an input made of what it draws from `g`. Without it, inputs like the samples are made.
    pub generator: String,
    /// Each defines `valid(text)`, which tells whether the problem allows an input; at most 3, of which the best is used.
    pub validators: Vec<String>,
    /// Each defines `solve(text)`, which answers the right output; at most 2, written independently.
    pub references: Vec<String>,
    /// Defines `check(input, output, answer)`, which tells whether an output is right, where several are; `answer` is a right one.
    pub checker: String,
}

stored_enum! {
    /// How a hunt ended.
    HuntEnding {
        /// With an input on which the program is wrong.
        Found = "found",
        /// With an input on which the references disagree.
        Disputed = "disputed",
        /// The program was right on every input.
        NothingFound = "nothing_found",
        /// The helpers are of no use, as `faults` says.
        Unusable = "unusable",
    }
}

stored_enum! {
    /// How sure it is that the program is wrong on an input.
    Level {
        /// The user or the statement gives the output.
        Given = "given",
        /// The reference program that the user gave prints the output.
        Reference = "reference",
        /// Two programs that were written from the statement independently print the output.
        Agreed = "agreed",
        /// A checker refuses the output, or the program ends without one on an input that is allowed.
        Checked = "checked",
        /// One program that was written from the statement prints the output.
        Suggested = "suggested",
    }
}

impl Level {
    /// Whether a fix that is right on such inputs may count as proven.
    #[must_use]
    pub fn is_proof(self) -> bool {
        self != Self::Suggested
    }
}

stored_enum! {
    /// Kinds of inputs that a hunt tries, in their order.
    InputKind {
        /// The samples and the input on which the program fails.
        Known = "known",
        /// All of the smallest.
        Tiny = "tiny",
        /// Random ones of sizes from 1 to 10.
        Ladder = "ladder",
        /// Small ones with the least and the greatest values.
        Extreme = "extreme",
        /// Equal and sorted values, stars and paths.
        Structured = "structured",
        /// Large ones, for the time alone.
        Large = "large",
    }
}

/// Inputs of one kind that were tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tried {
    /// Their kind.
    pub kind: InputKind,
    /// How many.
    pub inputs: usize,
}

/// An input on which the program is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counterexample {
    /// The input.
    pub input: String,
    /// A right output.
    pub expected: Option<String>,
    /// The program's run.
    pub outcome: Outcome,
    /// How sure that is.
    pub level: Level,
    /// Tokens of the input as it was found.
    pub tokens_found: usize,
    /// Tokens of the input after it was made smaller.
    pub tokens: usize,
}

/// A small input on which two references disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dispute {
    /// The input.
    pub input: String,
    /// The output of the first reference.
    pub first: String,
    /// The output of the second.
    pub second: String,
}

stored_enum! {
    /// Kinds of helpers.
    HelperKind {
        /// Makes inputs.
        Generator = "generator",
        /// Tells which inputs are allowed.
        Validator = "validator",
        /// Answers inputs.
        Reference = "reference",
        /// Tells which outputs are right.
        Checker = "checker",
    }
}

stored_enum! {
    /// Faults of a helper.
    HelperFault {
        /// It is not there.
        Missing = "missing",
        /// It is no Python, lacks its function, raises, or answers something of another type.
        Raises = "raises",
        /// It does not end in time.
        Endless = "endless",
        /// It prints or answers too much.
        TooMuchOutput = "too_much_output",
        /// It makes inputs that the validator refuses.
        InvalidInputs = "invalid_inputs",
        /// It makes hardly more than one input, or none that is small.
        NoVariety = "no_variety",
        /// It refuses a sample, or answers it wrongly.
        WrongOnSample = "wrong_on_sample",
        /// It accepts inputs or outputs that are broken.
        AcceptsEverything = "accepts_everything",
        /// It is the program itself.
        SameProgram = "same_program",
        /// It does not compile, or its language cannot be run here.
        CannotRun = "cannot_run",
    }
}

/// A helper that is of no use, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusableHelper {
    /// Its kind.
    pub helper: HelperKind,
    /// Its place among those of its kind, from 0.
    pub place: usize,
    /// Its fault.
    pub fault: HelperFault,
    /// More about it, such as the error that it raised or the input that it made.
    pub detail: String,
}

/// Runs of a program and of its fix on an input of one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrowthStep {
    /// The sum of the sizes that the generator drew.
    pub size: u64,
    /// Bytes of the input.
    pub bytes: usize,
    /// The program's run; none where a smaller input took too long already.
    pub before: Option<GrowthRun>,
    /// The fix's run.
    pub after: Option<GrowthRun>,
}

/// A run for its time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrowthRun {
    /// How it ended.
    pub verdict: super::RunVerdict,
    /// Processor time, in milliseconds.
    pub cpu_ms: u64,
}

/// A hunt's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hunt {
    /// How it ended.
    pub ending: HuntEnding,
    /// Whether the inputs were made after the samples alone, so that the problem may not allow each.
    pub guessed: bool,
    /// The smallest input on which the program is wrong.
    pub counterexample: Option<Counterexample>,
    /// The smallest input on which the references disagree.
    pub dispute: Option<Dispute>,
    /// The inputs that were tried, by their kinds.
    pub tried: Vec<Tried>,
    /// Helpers that were of no use.
    pub faults: Vec<UnusableHelper>,
    /// Inputs on which the program was wrong once and right the next time.
    #[serde(default)]
    pub unsteady: usize,
    /// Whether there was time for all inputs that were planned.
    #[serde(default)]
    pub complete: bool,
}

impl Hunt {
    /// The input on which the program is wrong, where the hunt ended with one.
    #[must_use]
    pub fn found(&self) -> Option<&Counterexample> {
        let counterexample = self.counterexample.as_ref();
        counterexample.filter(|_| self.ending == HuntEnding::Found)
    }

    /// The dispute that the user may settle. It is open however the hunt ended: the references may disagree later, about the fix.
    #[must_use]
    pub const fn open_dispute(&self) -> Option<&Dispute> {
        self.dispute.as_ref()
    }

    /// The input on which the program is wrong, as a test.
    #[must_use]
    pub fn test(&self) -> Option<Test> {
        self.found().map(|found| Test {
            source: TestSource::Hunt,
            number: 1,
            input: found.input.clone(),
            expected: found.expected.clone(),
            by_reference: found.level == Level::Reference,
            level: Some(found.level),
            before: Some(found.outcome.clone()),
            after: None,
        })
    }

    /// Inputs that were made and answered: neither the known ones nor those for the time alone.
    #[must_use]
    pub fn answered(&self) -> usize {
        let is_answered =
            |tried: &&Tried| !matches!(tried.kind, InputKind::Known | InputKind::Large);
        self.tried
            .iter()
            .filter(is_answered)
            .map(|tried| tried.inputs)
            .sum()
    }

    /// Inputs that were tried, of all kinds.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.tried.iter().map(|tried| tried.inputs).sum()
    }
}

/// All that the stage `hunt` stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HuntReport {
    /// The hunt.
    #[serde(flatten)]
    pub hunt: Hunt,
    /// Times on larger and larger inputs, where the program may be too slow.
    #[serde(default)]
    pub growth: Vec<GrowthStep>,
    /// The helpers that a model wrote. A reference solves the problem: nobody but the worker is shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub helpers: Option<Helpers>,
}
