//! A sample as it was sent.

use serde::Deserialize;

/// A sample that may lack a part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftSample {
    /// Input; none counts as an empty one.
    #[serde(default)]
    pub input: Option<String>,
    /// Expected output.
    #[serde(default)]
    pub output: Option<String>,
}

impl DraftSample {
    /// Whether there is nothing in it but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        [&self.input, &self.output]
            .iter()
            .all(|part| part.as_deref().unwrap_or_default().trim().is_empty())
    }
}
