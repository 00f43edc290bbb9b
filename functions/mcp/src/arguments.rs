//! The arguments of the tools, with their schemas. Doc comments of fields are read by agents.

use actions::create::{Draft, DraftImage, DraftSample};
use domain::{AnswerLanguage, FileName, SubmissionId, Verdict, limits};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use web::{error::ApiError, http::parse_value};

/// Seconds that one call may wait at most: many clients give up after a minute.
pub(crate) const MOST_SECONDS: u64 = 50;

/// Reads the arguments of a call.
///
/// # Errors
/// [`ApiError::Invalid`] with a pointer to the argument.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    arguments: Option<Map<String, Value>>,
) -> Result<T, ApiError> {
    parse_value(Value::Object(arguments.unwrap_or_default()))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_nulls)]
pub(crate) struct Submit {
    /// The problem statement, as text or Markdown. The program may stand in it if there is no code. The limit counts
    /// bytes of UTF-8.
    #[schemars(with = "String", length(max = limits::TEXT_BYTES))]
    #[serde(default)]
    text: Option<String>,
    /// The program that fails, whole and byte for byte as its file is: the patch will be for these bytes. The
    /// limit counts bytes of UTF-8.
    #[schemars(with = "String", length(max = limits::CODE_BYTES))]
    #[serde(default)]
    code: Option<String>,
    /// Programming language, such as C++ or Python 3; it is detected if left out.
    #[schemars(with = "String", length(max = limits::LANGUAGE_CHARS))]
    #[serde(default)]
    language: Option<String>,
    /// The judge's verdict: wrong answer, time or memory limit exceeded, runtime or compile error, presentation error.
    #[schemars(with = "String", extend("enum" = names(Verdict::ALL, Verdict::as_str)))]
    #[serde(default)]
    verdict: Option<String>,
    /// An input for which the program fails, if one is known. The limit counts bytes of UTF-8.
    #[schemars(with = "String", length(max = limits::FAILING_INPUT_BYTES))]
    #[serde(default)]
    failing_input: Option<String>,
    /// Inputs with the outputs that belong to them: the program and its fix are run on them. Those of the statement are used if
    /// there are none. The limits count bytes of UTF-8.
    #[schemars(with = "Vec<Sample>", length(max = limits::GIVEN_SAMPLES))]
    #[serde(default)]
    samples: Option<Vec<DraftSample>>,
    /// Processor time that a run may take, in milliseconds; that of the statement if left out.
    #[schemars(with = "u32", range(min = *limits::RUN_TIME_MS.start(), max = *limits::RUN_TIME_MS.end()))]
    #[serde(default)]
    time_limit_ms: Option<Number>,
    /// Memory that a run may take, in MiB; that of the statement if left out.
    #[schemars(with = "u32", range(min = *limits::RUN_MEMORY_MB.start(), max = *limits::RUN_MEMORY_MB.end()))]
    #[serde(default)]
    memory_limit_mb: Option<Number>,
    /// A program that is right, such as an accepted one or a slow and simple one, to compare the fix with; no model sees it.
    /// The limit counts bytes of UTF-8.
    #[schemars(with = "String", length(max = limits::CODE_BYTES))]
    #[serde(default)]
    reference_code: Option<String>,
    /// Language of the summary and the explanations.
    #[schemars(with = "String", extend("enum" = names(AnswerLanguage::ALL, AnswerLanguage::as_str)))]
    #[serde(default)]
    answer_language: Option<String>,
    /// Screenshots of the problem (PNG, JPEG, WebP or GIF, 2 MB each) as data URLs such as data:image/png;base64,….
    #[schemars(with = "Vec<String>", length(max = limits::IMAGES))]
    #[serde(default)]
    images: Option<Vec<DraftImage>>,
}

/// The schema of a sample.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `DraftSample` reads")]
struct Sample {
    /// The input, as it is typed.
    #[schemars(length(max = limits::SAMPLE_BYTES))]
    input: String,
    /// The output that must come.
    #[schemars(length(min = 1, max = limits::SAMPLE_BYTES))]
    output: String,
}

impl From<Submit> for Draft {
    fn from(submit: Submit) -> Self {
        let samples = submit.samples.unwrap_or_default();
        let images = submit.images.unwrap_or_default();
        Self {
            text: submit.text,
            code: submit.code,
            language: submit.language,
            verdict: submit.verdict,
            failing_input: submit.failing_input,
            samples_sent: samples.len(),
            samples,
            time_limit_ms: submit.time_limit_ms.map(|limit| limit.to_string()),
            memory_limit_mb: submit.memory_limit_mb.map(|limit| limit.to_string()),
            reference_code: submit.reference_code,
            answer_language: submit.answer_language,
            // An agent waits.
            callback_url: None,
            images_sent: images.len(),
            images,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_nulls)]
pub(crate) struct Wait {
    /// The id that submit answered.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    /// Seconds to wait at most; 0 only looks.
    #[schemars(range(max = MOST_SECONDS))]
    #[serde(default = "half_a_minute")]
    timeout_seconds: u64,
}

const fn half_a_minute() -> u64 {
    30
}

impl Wait {
    /// The submission and the seconds to wait for it.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub(crate) fn checked(&self) -> Result<(SubmissionId, u64), ApiError> {
        if self.timeout_seconds > MOST_SECONDS {
            let rule = format!("must be from 0 to {MOST_SECONDS}");
            return Err(ApiError::field("/timeout_seconds", rule));
        }
        Ok((submission(&self.id)?, self.timeout_seconds))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_nulls)]
pub(crate) struct GetPatch {
    /// The id that submit answered.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    /// Plain name of the file that the patch is for, such as main.cpp, without folders; solution with the extension of the
    /// language if left out.
    #[schemars(with = "String", length(min = 1, max = limits::FILE_NAME_CHARS))]
    #[serde(default)]
    name: Option<String>,
}

impl GetPatch {
    /// The submission and the file.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub(crate) fn checked(&self) -> Result<(SubmissionId, Option<FileName>), ApiError> {
        let file = match &self.name {
            None => None,
            Some(name) => {
                let name = FileName::parse(name);
                Some(name.ok_or_else(|| ApiError::field("/name", FileName::RULE))?)
            }
        };
        Ok((submission(&self.id)?, file))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_nulls)]
pub(crate) struct Cancel {
    /// The id that submit answered.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    /// The owner_token that submit answered; the admin sends a token of its own with the request and leaves this out.
    #[schemars(with = "String")]
    #[serde(default)]
    pub(crate) owner_token: Option<String>,
}

impl Cancel {
    /// The submission.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub(crate) fn submission(&self) -> Result<SubmissionId, ApiError> {
        submission(&self.id)
    }
}

fn submission(id: &str) -> Result<SubmissionId, ApiError> {
    id.parse().map_err(|_| {
        ApiError::field(
            "/id",
            "must be a UUID such as 019a3b5e-7c1d-7f00-8000-000000000000: the id that submit answered",
        )
    })
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| name(*value)).collect()
}

/// Takes out the defaults of arguments that may be left out: null, which is none of their types.
fn without_nulls(schema: &mut Schema) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for argument in properties.into_iter().flat_map(Map::values_mut) {
        if let Some(argument) = argument.as_object_mut()
            && argument.get("default").is_some_and(Value::is_null)
        {
            argument.remove("default");
        }
    }
}

#[cfg(test)]
mod tests {
    use rmcp::handler::server::tool::schema_for_input;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_says_of_each_argument_what_it_may_be() {
        let schema = schema_for_input::<Submit>().unwrap();
        let arguments = schema["properties"].as_object().unwrap();
        let bounds = |name: &str| {
            let mut argument = arguments[name].clone();
            argument.as_object_mut().unwrap().remove("description");
            argument
        };
        assert_eq!(
            bounds("language"),
            json!({ "type": "string", "maxLength": limits::LANGUAGE_CHARS })
        );
        assert_eq!(
            bounds("answer_language"),
            json!({ "type": "string", "enum": ["en", "zh", "de"] })
        );
        assert_eq!(
            bounds("images"),
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": limits::IMAGES })
        );
        let schema = schema_for_input::<GetPatch>().unwrap();
        assert_eq!(schema["required"], json!(["id"]));
        assert_eq!(schema["properties"]["id"]["format"], "uuid");
    }
}
