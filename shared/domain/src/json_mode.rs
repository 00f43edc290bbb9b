//! Ways to ask a model for JSON.

use super::stored_enum;

stored_enum! {
    /// Ways to ask a model for JSON, the strictest first.
    JsonMode {
        /// `response_format: json_schema`, strict.
        Schema = "json_schema",
        /// `response_format: json_object`.
        Object = "json_object",
        /// By the prompt alone.
        Text = "text",
    }
}

impl JsonMode {
    /// The next way to ask, for an endpoint that does not know this one.
    #[must_use]
    pub const fn below(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Text),
            Self::Text => None,
        }
    }
}
