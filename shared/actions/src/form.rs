//! A submission in a form.

use bytes::Bytes;
use utoipa::ToSchema;

use super::create::{Draft, DraftImage};
use domain::{AnswerLanguage, Verdict, limits, line_ends};
use web::{error::ApiError, http::Form};

/// A submission as a form. One of text, code and images is needed. Each field comes once at most, except `images`; a text may also
/// come as a file in UTF-8.
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
    for field in fields {
        let place = match field.name.as_str() {
            "text" => &mut draft.text,
            "code" => &mut draft.code,
            "language" => &mut draft.language,
            "verdict" => &mut draft.verdict,
            "failing_input" => &mut draft.failing_input,
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
                let fields = "text, code, language, verdict, failing_input, answer_language, callback_url and images";
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
        let text = String::from_utf8(field.bytes.into()).map_err(|_| {
            ApiError::field(pointer(), "is not valid UTF-8; save the file as UTF-8")
        })?;
        // Browsers send every end of a line as two characters, which no file of the sender's has: a patch would not apply. Other
        // programs make a third of them.
        *place = Some(if field.is_file {
            text
        } else {
            line_ends::typed(&text)
        });
    }
    Ok(draft)
}
