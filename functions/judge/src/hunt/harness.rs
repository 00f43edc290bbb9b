//! Running the helpers of a hunt: all jobs of one batch in one process.

use std::{sync::Arc, time::Instant};

use domain::limits::SAMPLE_BYTES;
use domain::{HelperFault, HelperKind, Helpers, RunLimits, UnusableHelper};
use judge_api::{CASE_BYTES, Language};
use serde::{Deserialize, Serialize};

use super::fault;
use crate::{
    Machine,
    process::{Error, Finished},
    program::{Compiled, Program},
    sandbox::Stopped,
};

const SOURCE: &str = concat!(include_str!("choices.py"), include_str!("harness.py"));
/// Limits of one batch.
const LIMITS: RunLimits = RunLimits {
    time_ms: 8000,
    memory_mb: 256,
};
/// Output of one batch, in bytes.
const OUTPUT: usize = 16 << 20;
/// Time of one call of a helper, in seconds.
const CALL: f64 = 0.5;

/// One number of a tape.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Choice {
    pub(super) value: i64,
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) kind: Kind,
    /// The place in the generator that drew it.
    pub(super) site: u64,
}

/// Kinds of choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A number of things.
    Size,
    /// A number of test cases.
    Cases,
    /// A value.
    Num,
    /// A place in a list.
    Pick,
    /// A place among those that are left.
    Place,
    /// A letter.
    Letter,
    /// The parent of a vertex.
    Parent,
    /// Whether something has another name or stands the other way round.
    Turn,
}

/// How a generator is to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// The largest size.
    pub(super) size: u64,
    /// Whether each size is as large as that.
    pub(super) exact: bool,
    pub(super) values: Values,
    /// How far from the simplest number small values may be.
    pub(super) width: u64,
    pub(super) cases: u64,
    pub(super) shape: Shape,
}

/// How values are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Values {
    Small,
    Edge,
    Full,
    Mixed,
    Equal,
    Rising,
    Falling,
}

/// Shapes of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    Any,
    Path,
    Star,
}

/// Work for the helpers.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub(super) enum Job {
    /// An input by a plan.
    Make { plan: Plan, solve: bool },
    /// The input of a tape.
    Replay { tape: Vec<i64> },
    /// All inputs of a scale, if they are not too many.
    Every { scale: u64, most: usize },
    /// An input that is there already.
    Look { text: String, solve: bool },
    /// An output.
    Check {
        input: String,
        output: String,
        answer: String,
    },
}

/// A helper's answer, or how it failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Reply<T> {
    Fault { fault: Failed, detail: String },
    Answer(T),
}

impl<T> Reply<T> {
    pub(super) const fn answer(&self) -> Option<&T> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Fault { .. } => None,
        }
    }

    /// The fault of a helper that should have answered.
    pub(super) fn fault(&self, helper: HelperKind, place: usize) -> Option<UnusableHelper> {
        match self {
            Self::Answer(_) => None,
            Self::Fault { fault: how, detail } => {
                Some(fault(helper, place, how.in_words(), detail))
            }
        }
    }
}

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Failed {
    Late,
    Much,
    Error,
}

impl Failed {
    const fn in_words(self) -> HelperFault {
        match self {
            Self::Late => HelperFault::Endless,
            Self::Much => HelperFault::TooMuchOutput,
            Self::Error => HelperFault::Raises,
        }
    }
}

/// An input with all that the helpers say about it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Input {
    pub(super) text: String,
    /// Of each validator.
    pub(super) valid: Vec<Reply<bool>>,
    /// Of each reference, if the input is allowed.
    #[serde(default)]
    pub(super) answers: Vec<Reply<String>>,
    /// The sum of the sizes that were drawn for a large one.
    #[serde(default)]
    pub(super) size: u64,
    /// The choices that it was made of; none for one that was given.
    #[serde(default)]
    pub(super) tape: Vec<Choice>,
}

impl Input {
    fn is_bounded(&self) -> bool {
        let mut answers = self.answers.iter().filter_map(Reply::answer);
        self.text.len() <= CASE_BYTES && answers.all(|answer| answer.len() <= SAMPLE_BYTES)
    }

    /// Whether every validator accepts it; one that raises refuses it.
    pub(super) fn is_allowed(&self) -> bool {
        self.valid
            .iter()
            .all(|answer| answer.answer() == Some(&true))
    }
}

/// One line of the harness.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    Input(Input),
    Checked {
        right: bool,
    },
    /// Whether there were no more inputs of a scale.
    End {
        end: bool,
    },
    Fault {
        fault: Failed,
        detail: String,
    },
}

impl Job {
    /// The same without the references' answers.
    pub(super) fn unanswered(self) -> Self {
        match self {
            Self::Make { plan, .. } => Self::Make { plan, solve: false },
            other => other,
        }
    }
}

impl Line {
    pub(super) fn input(self) -> Option<Input> {
        match self {
            // A helper may have printed it in the harness's place.
            Self::Input(input) if input.is_bounded() => Some(input),
            _ => None,
        }
    }

    /// The answer of a checker that did not fail.
    pub(super) const fn is_right(&self) -> Option<bool> {
        match self {
            Self::Checked { right } => Some(*right),
            _ => None,
        }
    }
}

/// The lines of a batch, and the helper that ended it early.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) lines: Vec<Line>,
    pub(super) ended_by: Option<UnusableHelper>,
}

impl Batch {
    /// The first fault of a helper in it.
    pub(super) fn fault(&self, helper: HelperKind) -> Option<UnusableHelper> {
        let first = self.lines.iter().find_map(|line| match line {
            Line::Fault { fault: how, detail } => Some(fault(helper, 0, how.in_words(), detail)),
            _ => None,
        });
        first.or_else(|| self.ended_by.clone())
    }

    pub(super) fn inputs(self) -> impl Iterator<Item = Input> {
        self.lines.into_iter().filter_map(Line::input)
    }
}

#[derive(Serialize)]
struct Order<'a> {
    helpers: &'a Helpers,
    seconds: f64,
    jobs: &'a [Job],
}

/// The harness, ready to run.
#[derive(Debug)]
pub(super) struct Harness<'a> {
    machine: &'a Machine,
    program: Arc<Program>,
}

impl<'a> Harness<'a> {
    /// None where there is no Python.
    pub(super) async fn new(machine: &'a Machine) -> Result<Option<Self>, Error> {
        let Some(python) = machine.toolchain(Language::Python3) else {
            return Ok(None);
        };
        Ok(match machine.compile(&python, SOURCE).await? {
            Compiled::Program(program) => Some(Self { machine, program }),
            Compiled::Refused(_) => None,
        })
    }

    /// Does all jobs, as far as the helpers allow and there is time.
    pub(super) async fn run(
        &self,
        helpers: &Helpers,
        jobs: &[Job],
        end: Instant,
    ) -> Result<Batch, Error> {
        let order = Order {
            helpers,
            seconds: CALL,
            jobs,
        };
        let order = serde_json::to_vec(&order)
            .map_err(|error| Error::System("writing the helpers' jobs", error.into()))?;
        let finished = self
            .machine
            .print(&self.program, &order, LIMITS, OUTPUT, end)
            .await?;
        if let Some(why) = finished.report.not_started {
            return Err(Error::NotStarted(why));
        }
        let out_of_time = Instant::now() >= end;
        let lines = finished.output.split(|byte| *byte == b'\n');
        // A line that the process did not finish is none.
        let mut lines: Vec<Line> = lines
            .map_while(|line| serde_json::from_slice(line).ok())
            .collect();
        // The lines are a helper's to forge, but never more than were asked for.
        let every = jobs.iter().any(|job| matches!(job, Job::Every { .. }));
        if !every {
            lines.truncate(jobs.len());
        }
        let ends = lines
            .iter()
            .filter(|line| !every || matches!(line, Line::End { .. }));
        let is_whole = ends.count() == jobs.len();
        Ok(Batch {
            ended_by: (!is_whole && !out_of_time).then(|| culprit(&finished)),
            lines,
        })
    }
}

/// The helper that was running when the process ended, and how it ended it.
fn culprit(finished: &Finished) -> UnusableHelper {
    let said = String::from_utf8_lossy(&finished.errors);
    let mark = said.lines().rev().find_map(|line| {
        let (kind, place) = line.split_once(' ')?;
        Some((HelperKind::parse(kind)?, place.parse().ok()?))
    });
    let (helper, place) = mark.unwrap_or((HelperKind::Generator, 0));
    let is_late = said.lines().next_back() == Some("late");
    let (how, detail) = match finished.report.stopped {
        None if is_late => (HelperFault::Endless, "it takes too long"),
        Some(Stopped::Cpu | Stopped::Wall) => (HelperFault::Endless, "it takes too long"),
        Some(Stopped::Output) => (HelperFault::TooMuchOutput, "it prints too much"),
        Some(Stopped::Memory) => (HelperFault::Raises, "it takes too much memory"),
        Some(Stopped::Threads) => (HelperFault::Raises, "it starts too many threads"),
        None => (HelperFault::Raises, "it ends the process that calls it"),
    };
    fault(helper, place, how, detail)
}
