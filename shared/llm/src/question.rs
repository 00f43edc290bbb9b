//! A question and its answer.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::{picture::Picture, tokens};
use domain::JsonMode;

/// Tokens of an answer that even a short question may have; longer ones have more.
const LEAST_OUTPUT_TOKENS: u64 = 8192;

#[derive(Clone, Debug)]
pub struct Question {
    /// The task.
    pub system: String,
    /// A shorter task, for a model that lost itself in a loop over the whole one.
    pub brief: Option<String>,
    /// Worked examples: a small model follows them better than any words.
    pub examples: Vec<Turn>,
    /// The data.
    pub user: String,
    /// Pictures that belong to the data.
    pub pictures: Vec<Picture>,
    /// Name of the schema: letters, digits, `_` and `-`.
    pub schema_name: &'static str,
    /// Schema of the answer, as [`schema_of`](super::schema_of) makes it.
    pub schema: &'static Value,
}

impl Question {
    /// A question without examples and pictures.
    #[must_use]
    pub const fn new(
        schema_name: &'static str,
        schema: &'static Value,
        system: String,
        user: String,
    ) -> Self {
        Self {
            system,
            brief: None,
            examples: Vec::new(),
            user,
            pictures: Vec::new(),
            schema_name,
            schema,
        }
    }

    /// Tokens that its answer may have where the operator has set no limit: no answer quotes more than it was given, and one that
    /// goes beyond has lost itself.
    pub(super) fn output_tokens(&self) -> u64 {
        LEAST_OUTPUT_TOKENS + 2 * tokens::estimate(&self.user)
    }

    /// Tells one question from another.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        // The markers around the data are new each time, and as long.
        (self.schema_name, self.user.len()).hash(&mut hasher);
        let data = self.user.lines().filter(|line| !line.contains("data-"));
        data.for_each(|line| line.hash(&mut hasher));
        hasher.finish()
    }
}

/// A worked example.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The data, as in a question.
    pub user: String,
    /// The answer, which fits the schema.
    pub assistant: Value,
}

/// A usable answer.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The answer as the check returned it.
    pub value: T,
    /// The model that answered, as the endpoint names it.
    pub model: String,
    /// The way it was asked for JSON.
    pub mode: JsonMode,
    /// Ways of the endpoint and the model that are their own, in sentences.
    pub remarks: Vec<&'static str>,
}
