//! A submission in a form.

use bytes::Bytes;
use utoipa::ToSchema;

use super::create::{Draft, DraftImage, DraftSample};
use domain::{AnswerLanguage, Verdict, limits, line_ends};
use web::{
    error::ApiError,
    http::{Form, FormField},
};

/// A submission as a form. One of text, code and images is needed. Each field comes once at most, except `images`, `sample_input` and
/// `sample_output`; a text may also come as a file in UTF-8.
#[derive(Debug, ToSchema)]
#[schema(as = SubmissionForm)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of the form that `draft` reads")]
pub struct Schema {
    /// The problem, and the code if it is in there too.
    text: Option<String>,
    /// The program.
    code: Option<String>,
    /// Programming language; if left out, CodeChecker detects it.
    language: Option<String>,
    /// The judge's verdict, in any case.
    #[schema(inline)]
    verdict: Option<Verdict>,
    /// An input on which it fails.
    failing_input: Option<String>,
    /// Inputs of samples, each with the output at the same place among `sample_output`; a pair of blanks counts as none.
    sample_input: Option<Vec<String>>,
    /// Outputs of samples.
    sample_output: Option<Vec<String>>,
    /// Processor time that a run may take, in milliseconds.
    #[schema(minimum = 100, maximum = 30000)]
    time_limit_ms: Option<u32>,
    /// Memory that a run may take, in MiB.
    #[schema(minimum = 16, maximum = 1024)]
    memory_limit_mb: Option<u32>,
    /// A program that is right, such as an accepted one or a slow and simple one, to compare with. No model sees it.
    reference_code: Option<String>,
    /// Language of the answer; `en` if left out.
    #[schema(inline)]
    answer_language: Option<AnswerLanguage>,
    /// An address to tell of the end of the analysis, where the server does so (`WEBHOOKS`).
    callback_url: Option<String>,
    /// Screenshots: PNG, JPEG, WebP or GIF, known by their bytes; an empty one counts as none.
    #[schema(value_type = Option<Vec<String>>, format = Binary)]
    images: Option<Vec<Bytes>>,
}

/// An image, as a file or as the data URL of one.
fn image(bytes: Bytes) -> DraftImage {
    match std::str::from_utf8(&bytes) {
        Ok(text)
            if text
                .trim_start()
                .get(..5)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) =>
        {
            DraftImage::from_text(text)
        }
        _ => DraftImage::File(bytes),
    }
}

/// The draft in a form.
///
/// # Errors
/// [`ApiError::Invalid`] when a field is unknown, there twice, or no text.
pub fn draft(Form(fields): Form) -> Result<Draft, ApiError> {
    let mut draft = Draft::default();
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for field in fields {
        let place = match field.name.as_str() {
            "text" => &mut draft.text,
            "code" => &mut draft.code,
            "language" => &mut draft.language,
            "verdict" => &mut draft.verdict,
            "failing_input" => &mut draft.failing_input,
            "time_limit_ms" => &mut draft.time_limit_ms,
            "memory_limit_mb" => &mut draft.memory_limit_mb,
            "reference_code" => &mut draft.reference_code,
            "sample_input" => {
                inputs.push(text(field)?);
                continue;
            }
            "sample_output" => {
                outputs.push(text(field)?);
                continue;
            }
            "answer_language" => &mut draft.answer_language,
            "callback_url" => &mut draft.callback_url,
            "images" => {
                // A browser sends a file input that is left empty as one empty file.
                if !field.bytes.is_empty() {
                    draft.images_sent += 1;
                    draft.images.push(image(field.bytes));
                }
                continue;
            }
            other => {
                let other = limits::cut(other, 60);
                let fields = "text, code, language, verdict, failing_input, sample_input, sample_output, time_limit_ms, \
                    memory_limit_mb, reference_code, answer_language, callback_url and images";
                return Err(ApiError::field(
                    format!("/{other}"),
                    format!("is not a field; the fields are {fields}"),
                ));
            }
        };
        let pointer = || format!("/{}", field.name);
        if place.is_some() {
            return Err(ApiError::field(pointer(), "is there twice; send it once"));
        }
        *place = Some(text(field)?);
    }
    draft.samples = paired(inputs, outputs);
    draft.samples_sent = draft.samples.len();
    Ok(draft)
}

/// The text of a field.
fn text(field: FormField) -> Result<String, ApiError> {
    let text = String::from_utf8(field.bytes.into()).map_err(|_| {
        let pointer = format!("/{}", field.name);
        ApiError::field(pointer, "is not valid UTF-8; save the file as UTF-8")
    })?;
    // Browsers send every end of a line as two characters, which no file of the sender's has: a patch would not apply. Other
    // programs make a third of them.
    Ok(if field.is_file {
        text
    } else {
        line_ends::typed(&text)
    })
}

/// Each input with the output at the same place, but for pairs of blanks.
fn paired(inputs: Vec<String>, outputs: Vec<String>) -> Vec<DraftSample> {
    let count = inputs.len().max(outputs.len());
    let (mut inputs, mut outputs) = (inputs.into_iter(), outputs.into_iter());
    let pairs = (0..count).map(|_| DraftSample {
        input: inputs.next(),
        output: outputs.next(),
    });
    pairs.filter(|pair| !pair.is_blank()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, text: &str) -> FormField {
        FormField {
            name: name.to_owned(),
            bytes: Bytes::copy_from_slice(text.as_bytes()),
            is_file: false,
        }
    }

    #[test]
    fn samples_are_paired_in_their_order_and_blank_pairs_are_left_out() {
        let form = Form(vec![
            field("sample_input", "1 2\r\n"),
            field("sample_output", "3"),
            field("sample_input", ""),
            field("sample_output", " \r\n"),
            field("sample_input", "5"),
            field("time_limit_ms", "1000"),
        ]);
        let draft = draft(form).unwrap();
        let part = |text: &str| Some(text.to_owned());
        let samples = [
            DraftSample {
                input: part("1 2\n"),
                output: part("3"),
            },
            DraftSample {
                input: part("5"),
                output: None,
            },
        ];
        assert_eq!(draft.samples, samples);
        assert_eq!(draft.samples_sent, 2);
        assert_eq!(draft.time_limit_ms.as_deref(), Some("1000"));
    }
}
