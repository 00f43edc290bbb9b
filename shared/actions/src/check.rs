//! The fields of a submission, checked before anything is stored.

use std::ops::RangeInclusive;

use super::create::{Draft, DraftImage, DraftSample};
use domain::{AnswerLanguage, GivenSample, Image, Verdict, decode, limits};
use web::error::{ApiError, FieldError};

/// A draft whose fields are right.
pub(super) struct Checked {
    pub(super) text: String,
    pub(super) code: Option<String>,
    pub(super) language: Option<String>,
    pub(super) verdict: Option<Verdict>,
    pub(super) failing_input: Option<String>,
    pub(super) samples: Vec<GivenSample>,
    pub(super) time_limit_ms: Option<i32>,
    pub(super) memory_limit_mb: Option<i32>,
    pub(super) reference_code: Option<String>,
    pub(super) answer_language: AnswerLanguage,
    pub(super) images: Vec<Image>,
}

/// Why a text cannot be stored.
pub(super) fn fault(value: &str, limit: usize) -> Option<String> {
    if value.len() > limit {
        return Some(format!(
            "has {} bytes, it may have at most {limit}",
            value.len()
        ));
    }
    let at = value.find('\0')?;
    Some(format!(
        "has a NUL character at byte {at}; send text without it"
    ))
}

/// Checks every field, and reports all that are wrong at once.
pub(super) fn check(draft: Draft, supports_vision: bool) -> Result<Checked, ApiError> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, detail: String| errors.push(FieldError::new(pointer, detail));

    // White space alone counts as nothing, but any other text is kept byte for byte.
    let present = |field: Option<String>| field.filter(|value| !value.trim().is_empty());
    let text = present(draft.text);
    let code = present(draft.code);
    let reference_code = present(draft.reference_code);
    let failing_input = draft.failing_input.filter(|value| !value.is_empty());
    let language = present(draft.language).map(|language| language.trim().to_owned());
    for (pointer, value, limit) in [
        ("/text", &text, limits::TEXT_BYTES),
        ("/code", &code, limits::CODE_BYTES),
        (
            "/failing_input",
            &failing_input,
            limits::FAILING_INPUT_BYTES,
        ),
        ("/reference_code", &reference_code, limits::CODE_BYTES),
    ] {
        let problem = value.as_deref().and_then(|value| fault(value, limit));
        problem
            .into_iter()
            .for_each(|problem| wrong(pointer, problem));
    }
    if let Some(language) = &language
        && (language.chars().count() > limits::LANGUAGE_CHARS
            || language.chars().any(char::is_control))
    {
        let limit = limits::LANGUAGE_CHARS;
        wrong(
            "/language",
            format!("must be the name of a programming language with at most {limit} characters"),
        );
    }
    let verdict = match present(draft.verdict).map(|verdict| verdict.trim().to_ascii_uppercase()) {
        None => None,
        Some(text) => {
            let verdict = Verdict::parse(&text);
            if verdict.is_none() {
                wrong(
                    "/verdict",
                    format!("must be {}, or be left out", Verdict::choices()),
                );
            }
            verdict
        }
    };
    let answer_language =
        match present(draft.answer_language).map(|language| language.trim().to_ascii_lowercase()) {
            None => AnswerLanguage::English,
            Some(text) => AnswerLanguage::parse(&text).unwrap_or_else(|| {
                wrong(
                    "/answer_language",
                    format!("must be {}", AnswerLanguage::choices()),
                );
                AnswerLanguage::English
            }),
        };

    let samples = check_samples(draft.samples, draft.samples_sent, &mut wrong);
    let mut number = |pointer: &str, given: Option<String>, range: RangeInclusive<u32>| {
        let given = present(given)?;
        let number = check_number(given.trim(), &range);
        if number.is_none() {
            let (least, most) = range.into_inner();
            wrong(
                pointer,
                format!("must be a whole number from {least} to {most}, or be left out"),
            );
        }
        number
    };
    let time_limit_ms = number("/time_limit_ms", draft.time_limit_ms, limits::RUN_TIME_MS);
    let memory_limit_mb = number(
        "/memory_limit_mb",
        draft.memory_limit_mb,
        limits::RUN_MEMORY_MB,
    );

    let sent = draft.images_sent.max(draft.images.len());
    let images = check_images(draft.images, sent, supports_vision, &mut wrong);
    if text.is_none() && code.is_none() && sent == 0 {
        wrong(
            "",
            "there is neither text, nor code, nor an image: send at least one of them".to_owned(),
        );
    }
    if !errors.is_empty() {
        return Err(ApiError::Invalid(errors));
    }
    Ok(Checked {
        text: text.unwrap_or_default(),
        code,
        language,
        verdict,
        failing_input,
        samples,
        time_limit_ms,
        memory_limit_mb,
        reference_code,
        answer_language,
        images,
    })
}

/// The number that a text says, if it is in the range.
fn check_number(text: &str, range: &RangeInclusive<u32>) -> Option<i32> {
    let number: u32 = text.parse().ok()?;
    let number = Some(number).filter(|number| range.contains(number))?;
    i32::try_from(number).ok()
}

/// The samples; `sent` is how many there were, of which not all may have been kept.
fn check_samples(
    drafts: Vec<DraftSample>,
    sent: usize,
    wrong: &mut impl FnMut(&str, String),
) -> Vec<GivenSample> {
    let sent = sent.max(drafts.len());
    if sent > limits::GIVEN_SAMPLES {
        wrong(
            "/samples",
            format!(
                "has {sent} samples, it may have at most {}",
                limits::GIVEN_SAMPLES
            ),
        );
        return Vec::new();
    }
    let mut samples = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let input = draft.input.unwrap_or_default();
        let output = draft.output.filter(|output| !output.trim().is_empty());
        let parts = [("input", Some(&input)), ("output", output.as_ref())];
        for (name, part) in parts {
            let problem = part.and_then(|part| fault(part, limits::SAMPLE_BYTES));
            problem
                .into_iter()
                .for_each(|problem| wrong(&format!("/samples/{index}/{name}"), problem));
        }
        match output {
            Some(output) => samples.push(GivenSample { input, output }),
            None => wrong(
                &format!("/samples/{index}/output"),
                "is missing: a sample is an input with its output; an input whose output is not known goes into failing_input"
                    .to_owned(),
            ),
        }
    }
    samples
}

/// The images that can be used; `sent` is how many there were, of which not all may have been kept.
fn check_images(
    drafts: Vec<DraftImage>,
    sent: usize,
    supports_vision: bool,
    wrong: &mut impl FnMut(&str, String),
) -> Vec<Image> {
    let mut images = Vec::with_capacity(drafts.len());
    if sent > 0 && !supports_vision {
        wrong(
            "/images",
            "cannot be used: the configured model does not read images; send the problem as text"
                .to_owned(),
        );
    } else if sent > limits::IMAGES {
        wrong(
            "/images",
            format!("has {sent} images, it may have at most {}", limits::IMAGES),
        );
    } else {
        for (index, image) in drafts.into_iter().enumerate() {
            match check_image(image) {
                Ok(image) => images.push(image),
                Err(error) => wrong(&format!("/images/{index}"), error),
            }
        }
    }
    images
}

fn check_image(image: DraftImage) -> Result<Image, String> {
    match image {
        DraftImage::File(bytes) => Image::parse(bytes).map_err(|error| error.to_string()),
        DraftImage::Unreadable(why) => Err(why),
    }
}

/// Looks at the images as the model will: the user had better hear of a broken one now than during the analysis.
pub(super) async fn check_pixels(images: &[Image]) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    for (index, image) in images.iter().enumerate() {
        if let Err(error) = decode(image.media_type, image.bytes.clone(), |_, _| ()).await {
            errors.push(FieldError::new(
                format!("/images/{index}"),
                error.to_string(),
            ));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ApiError::Invalid(errors))
    }
}
