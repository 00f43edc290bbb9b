//! A problem as the extension sends it, and as the form gets it.

use std::fmt;

use domain::limits;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use web::error::{ApiError, FieldError};

/// Bytes of a name or an address.
const WORDS_BYTES: usize = 2048;

/// A problem as the extension sends it. Other members say how a program is to be set up, which is not done here.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = CompanionProblem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    /// The problem's title.
    name: String,
    /// The judge and the contest.
    #[serde(default)]
    group: String,
    /// Where the problem is.
    #[serde(default)]
    url: String,
    /// In milliseconds.
    time_limit: Option<f64>,
    /// In MiB.
    memory_limit: Option<f64>,
    /// The samples; the first 20 count.
    #[serde(default, deserialize_with = "few")]
    #[schema(value_type = Vec<Test>)]
    tests: Vec<Test>,
}

/// A sample.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[schema(as = CompanionTest)]
pub(crate) struct Test {
    /// At most 64 KB.
    input: String,
    /// At most 64 KB.
    #[serde(default)]
    output: String,
}

/// A problem as the form gets it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ImportedProblem)]
pub(crate) struct Problem {
    /// The problem's title.
    name: String,
    /// The judge and the contest.
    group: String,
    /// An http or https address, or nothing.
    url: String,
    /// In milliseconds, as near as a run may have it.
    time_limit_ms: Option<u32>,
    /// In MiB, as near as a run may have it.
    memory_limit_mb: Option<u32>,
    /// The samples.
    samples: Vec<Test>,
}

/// Keeps no more samples than there may be.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Test>, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Vec<Test>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of samples, each with an `input` and an `output`")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Test>, A::Error> {
            let mut tests = Vec::new();
            while tests.len() < limits::GIVEN_SAMPLES {
                let Some(test) = items.next_element()? else {
                    return Ok(tests);
                };
                tests.push(test);
            }
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(tests)
        }
    }
    deserializer.deserialize_any(Few)
}

impl TryFrom<Sent> for Problem {
    type Error = ApiError;

    fn try_from(sent: Sent) -> Result<Self, ApiError> {
        let mut errors = Vec::new();
        let name = line(&sent.name);
        if name.is_empty() {
            errors.push(FieldError::new("/name", "must be the title of a problem"));
        }
        for (index, test) in sent.tests.iter().enumerate() {
            for (side, text) in [("input", &test.input), ("output", &test.output)] {
                if text.len() > limits::SAMPLE_BYTES || text.contains('\0') {
                    let detail = format!(
                        "may have at most {} bytes, without NUL characters",
                        limits::SAMPLE_BYTES
                    );
                    errors.push(FieldError::new(format!("/tests/{index}/{side}"), detail));
                }
            }
        }
        if !errors.is_empty() {
            return Err(ApiError::Invalid(errors));
        }
        let url = line(&sent.url);
        let is_address = url.starts_with("https://") || url.starts_with("http://");
        Ok(Self {
            name,
            group: line(&sent.group),
            url: if is_address { url } else { String::new() },
            time_limit_ms: clamped(sent.time_limit, limits::RUN_TIME_MS),
            memory_limit_mb: clamped(sent.memory_limit, limits::RUN_MEMORY_MB),
            samples: sent.tests,
        })
    }
}

/// The text on one line, and not too long.
fn line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    limits::cut(&words.join(" "), WORDS_BYTES).to_owned()
}

/// The nearest limit that a run may have. Judges that tell none are said to have 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped to the range of a u32"
)]
fn clamped(limit: Option<f64>, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let limit = limit.filter(|limit| *limit > 0.0)?;
    Some(limit.clamp(f64::from(*range.start()), f64::from(*range.end())) as u32)
}
