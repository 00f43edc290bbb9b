//! The types that everything else speaks in: ids, the submission and its states, the results of each stage, and all limits.
//! It uses no database, network or file; only decoding an image takes a thread and its turn.

pub mod analysis;
mod chain;
mod detection;
mod dispute;
mod failing;
pub mod failure;
pub mod file_name;
mod growth;
pub mod hunt;
pub mod ids;
pub mod images;
pub mod json_mode;
pub mod language;
pub mod limits;
pub mod line_ends;
pub mod protocol;
pub mod reveal;
pub mod runs;
pub mod submission;

pub use analysis::{Analysis, CodeSource, Fix, Lines, Problem, Program, Sample, Usage};
pub use chain::{Chain, printable};
pub use detection::detected;
pub use dispute::Excerpt;
pub use failing::Failing;
pub use failure::FailureCode;
pub use file_name::FileName;
pub use growth::Growth;
pub use hunt::{
    Counterexample, Dispute, GrowthRun, GrowthStep, HelperFault, HelperKind, Helpers, Hunt,
    HuntEnding, HuntReport, InputKind, Level, Tried, UnusableHelper,
};
pub use ids::{SubmissionId, VisitorId};
pub use images::{Image, ImageError, MediaType, decode};
pub use json_mode::JsonMode;
pub use protocol::Protocol;
pub use reveal::{Reveal, RevealAfter, Rung, Shown};
pub use runs::{
    Difference, FixReason, FixStatus, GivenSample, NeededChange, Outcome, RunLimits, RunVerdict,
    Test, TestSource, Verification,
};
pub use submission::{AnswerLanguage, CallbackState, StageName, StageState, Status, Verdict};

#[doc(hidden)]
pub use utoipa;

/// An enum of texts, with one spelling everywhere.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of the definition.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The one spelling of this value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value spelt `text` exactly.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }

            /// All spellings, `A, B or C`, for messages that say what a field may be.
            #[must_use]
            pub fn choices() -> String {
                let all: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                match all.split_last() {
                    Some((last, [])) => (*last).to_owned(),
                    Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
                    None => String::new(),
                }
            }
        }

        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::Schema> {
                $crate::utoipa::openapi::ObjectBuilder::new()
                    .schema_type($crate::utoipa::openapi::Type::String)
                    .enum_values(Some([$($text),+]))
                    .into()
            }
        }

        impl $crate::utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// A [`text_enum`] that is kept as its text in the database and in JSON.
macro_rules! stored_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $crate::text_enum! {
            $(#[$meta])*
            #[derive(serde::Serialize, serde::Deserialize, sqlx::Type)]
            #[sqlx(type_name = "text")]
            $name {
                $($(#[$variant_meta])* #[serde(rename = $text)] #[sqlx(rename = $text)] $variant = $text,)+
            }
        }
    };
}
use stored_enum;
