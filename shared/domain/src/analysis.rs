//! The results of the stages, as they are stored and answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A problem statement in its parts: Markdown with LaTeX maths; parts that it does not have are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Statement)]
pub struct Problem {
    /// Name of the problem.
    pub title: String,
    /// Time limit with its unit, as written.
    pub time_limit: String,
    /// Memory limit with its unit, as written.
    pub memory_limit: String,
    /// The story and the task.
    pub description: String,
    /// The form of the input, with the constraints.
    pub input_format: String,
    /// The form that the output must have.
    pub output_format: String,
    /// Examples, in order.
    pub samples: Vec<Sample>,
    /// Notes, hints and everything else.
    pub notes: String,
    /// Whether several outputs may be right for one input.
    pub any_answer: bool,
    /// Whether the program talks with another one.
    pub interactive: bool,
}

/// An example of a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Sample {
    /// Input, as it is to be typed.
    pub input: String,
    /// Output, as it must come.
    pub output: String,
    /// Why, if the statement says so.
    pub explanation: String,
}

/// Where the analysed bytes of a program come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// The code field.
    Code,
    /// A span of the text.
    Text,
    /// An image: read by the model, nothing to compare it with.
    Image,
}

/// The program that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Program {
    /// Programming language, as the user or else the model named it; may be empty.
    pub language: String,
    /// The bytes that are analysed, diffed and patched: the user's own, except from an image.
    pub code: String,
    /// Where `code` comes from.
    pub source: CodeSource,
    /// Where `code` stands in the text, in bytes: first and one past the last. The span includes anything that the page it was
    /// copied from had put around its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<[usize; 2]>)]
    pub span: Option<(usize, usize)>,
    /// Whether `code` is the user's own.
    pub verified: bool,
}

/// The bug and its smallest fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Analysis {
    /// Whether anything is wrong; `false` means "no bug found".
    pub bug_found: bool,
    /// Says in a few sentences what is wrong.
    pub summary: String,
    /// The changes, most important first; empty when no bug was found.
    pub fixes: Vec<Fix>,
    /// The whole program with the fixes; equal to the program's `code` when no bug was found.
    pub modified_code: String,
    /// Lines that only the fixed program has.
    pub lines_added: usize,
    /// Lines that only the submitted program has.
    pub lines_removed: usize,
}

impl Analysis {
    /// The fixes in the order of their lines, those without lines last: a reader meets them in the order of their numbers.
    #[must_use]
    pub fn fixes_by_line(&self) -> Vec<&Fix> {
        let mut fixes: Vec<_> = self.fixes.iter().collect();
        fixes.sort_by_key(|fix| fix.lines.map_or(usize::MAX, |lines| lines.start));
        fixes
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fix {
    /// Kind of mistake, in a few words.
    pub category: String,
    /// `critical`, `major` or `minor`.
    pub severity: String,
    /// Points at the spot without giving the fix away.
    pub hint: String,
    /// Why it is wrong and why the change makes it right, in Markdown.
    pub explanation: String,
    /// The lines as submitted.
    pub original_snippet: String,
    /// The lines as they should be.
    pub modified_snippet: String,
    /// Where `original_snippet` stands in the program's `original`; `None` if it is not there.
    pub lines: Option<Lines>,
}

/// A range of lines, counted from 1, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lines {
    /// First line.
    pub start: usize,
    /// Last line.
    pub end: usize,
}

/// Tokens that a stage used, over all its calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Usage {
    /// Tokens sent.
    pub prompt_tokens: u64,
    /// Tokens received, reasoning included.
    pub completion_tokens: u64,
    /// Tokens sent that the endpoint had cached.
    pub cached_tokens: u64,
    /// Tokens received that were hidden reasoning.
    pub reasoning_tokens: u64,
    /// Whether any part is our estimate, because the endpoint did not say.
    pub estimated: bool,
    /// Cost in US dollars, if the endpoint says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self
            .completion_tokens
            .saturating_add(other.completion_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
        self.estimated |= other.estimated;
        self.cost = match (self.cost, other.cost) {
            (None, None) => None,
            (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
        };
    }
}
