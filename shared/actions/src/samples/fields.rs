//! The fields of a check, looked at before anything is run.

use std::ops::RangeInclusive;

use domain::{RunLimits, detected, hunt::HELPER_BYTES, limits};
use judge_api::{Capabilities, Case, Language};
use web::error::{ApiError, FieldError};

use super::{Draft, HuntDraft, Sample};
use crate::check::fault;

/// A draft whose fields are right, but for the languages.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) code: String,
    language: String,
    pub(super) cases: Vec<Case>,
    pub(super) limits: RunLimits,
    pub(super) hunt: HuntDraft,
}

/// The languages of a check.
pub(super) struct Languages {
    pub(super) language: Language,
    /// With the version of the compiler or interpreter.
    pub(super) title: String,
    /// That of the reference, or the most likely one where nobody named it.
    pub(super) reference: Language,
    /// Another one that the reference may be of.
    pub(super) other: Option<Language>,
}

/// The languages of the program and of its reference, if the judge runs them.
pub(super) fn languages(draft: &Checked, known: &Capabilities) -> Result<Languages, ApiError> {
    let program = language("/language", &draft.language, known);
    // Most references are written in the language of the program.
    let named = draft.hunt.reference_language.as_ref();
    let reference = named.map(|name| language("/reference_language", name, known));
    let reference = reference.transpose();
    match (program, reference) {
        (Ok((language, title)), Ok(reference)) => Ok(Languages {
            other: if reference.is_none() {
                other(draft.hunt.reference_code.as_deref(), language, known)
            } else {
                None
            },
            reference: reference.map_or(language, |(reference, _)| reference),
            language,
            title,
        }),
        (program, reference) => {
            let errors = [program.err(), reference.err()];
            Err(ApiError::Invalid(errors.into_iter().flatten().collect()))
        }
    }
}

/// The language that a reference shows to be of, if it is not that of the program.
fn other(reference: Option<&str>, program: Language, known: &Capabilities) -> Option<Language> {
    let shown = Language::recognise(detected(reference?))?;
    let is_another = shown != program && known.of(shown).is_some();
    is_another.then_some(shown)
}

fn language(
    pointer: &str,
    name: &str,
    known: &Capabilities,
) -> Result<(Language, String), FieldError> {
    let found = Language::recognise(name).and_then(|language| known.of(language));
    found.map_or_else(
        || {
            let titles: Vec<_> = known.languages.iter().map(|one| &*one.title).collect();
            let runs = match titles.as_slice() {
                [] => "no language at the moment".to_owned(),
                titles => titles.join(", "),
            };
            let wrong = if name.trim().is_empty() {
                "is missing: name the language of the program"
            } else {
                "is not a language that the judge runs"
            };
            Err(FieldError::new(pointer, format!("{wrong}; it runs {runs}")))
        },
        |found| Ok((found.language, found.title.clone())),
    )
}

/// Checks every field but whether the judge runs the languages, and reports all that are wrong at once.
pub(super) fn checked(draft: Draft) -> Result<Checked, ApiError> {
    let hunt = draft.hunt.without_blanks();
    let mut errors = Vec::new();
    let mut wrong = |pointer: &str, detail: String| errors.push(FieldError::new(pointer, detail));
    if draft.code.trim().is_empty() {
        wrong("/code", "is empty: send the program".to_owned());
    } else if let Some(detail) = fault(&draft.code, limits::CODE_BYTES) {
        wrong("/code", detail);
    }
    check_language("/language", &draft.language, &mut wrong);
    let sent = draft.samples_sent.max(draft.samples.len());
    check_samples(&draft.samples, sent, &hunt, &mut wrong);
    let mut limit = |pointer: &str, value: Option<i64>, usual: u32, range: RangeInclusive<u32>| {
        let Some(value) = value else {
            return usual;
        };
        let fits = u32::try_from(value)
            .ok()
            .filter(|value| range.contains(value));
        fits.unwrap_or_else(|| {
            let (least, most) = (range.start(), range.end());
            wrong(
                pointer,
                format!("must be from {least} to {most}, or be left out for {usual}"),
            );
            usual
        })
    };
    let usual = RunLimits::default();
    let limits = RunLimits {
        time_ms: limit(
            "/time_limit_ms",
            draft.time_limit_ms,
            usual.time_ms,
            limits::RUN_TIME_MS,
        ),
        memory_mb: limit(
            "/memory_limit_mb",
            draft.memory_limit_mb,
            usual.memory_mb,
            limits::RUN_MEMORY_MB,
        ),
    };
    check_hunt(&hunt, &mut wrong);
    let has_output = draft.samples.iter().any(|sample| sample.output.is_some());
    if hunt.checker.is_some() && !has_output {
        wrong(
            "/checker",
            "has nothing to be tried on: send at least one sample with its output".to_owned(),
        );
    }
    if !errors.is_empty() {
        return Err(ApiError::Invalid(errors));
    }
    Ok(Checked {
        code: draft.code,
        language: draft.language,
        cases: draft.samples.into_iter().map(Case::from).collect(),
        limits,
        hunt,
    })
}

fn check_language(pointer: &str, name: &str, wrong: &mut impl FnMut(&str, String)) {
    if name.chars().count() > limits::LANGUAGE_CHARS {
        let most = limits::LANGUAGE_CHARS;
        wrong(
            pointer,
            format!("must be the name of a programming language with at most {most} characters"),
        );
    }
}

/// Checks the samples; `sent` is how many there were, of which not all may have been kept.
fn check_samples(
    samples: &[Sample],
    sent: usize,
    hunt: &HuntDraft,
    wrong: &mut impl FnMut(&str, String),
) {
    let most = limits::GIVEN_SAMPLES;
    if sent > most {
        wrong(
            "/samples",
            format!("has {sent} samples, it may have at most {most}"),
        );
        return;
    }
    if sent == 0 && !(hunt.can_tell() && hunt.generator.is_some()) {
        let detail = if hunt.can_tell() {
            "is empty: inputs are made after at least one sample, or by a generator"
        } else {
            "is empty: send at least one sample with its input"
        };
        wrong("/samples", detail.to_owned());
    }
    for (index, sample) in samples.iter().enumerate() {
        let sides = [
            ("input", Some(&sample.input)),
            ("output", sample.output.as_ref()),
        ];
        for (side, text) in sides {
            let detail = text.and_then(|text| fault(text, limits::SAMPLE_BYTES));
            if let Some(detail) = detail {
                wrong(&format!("/samples/{index}/{side}"), detail);
            }
        }
    }
}

fn check_hunt(hunt: &HuntDraft, wrong: &mut impl FnMut(&str, String)) {
    let helpers = [
        ("/generator", &hunt.generator),
        ("/validator", &hunt.validator),
        ("/checker", &hunt.checker),
    ];
    let reference = ("/reference_code", &hunt.reference_code);
    let texts = helpers.map(|(pointer, text)| (pointer, text, HELPER_BYTES));
    for (pointer, text, most) in [(reference.0, reference.1, limits::CODE_BYTES)]
        .into_iter()
        .chain(texts)
    {
        let detail = text.as_deref().and_then(|text| fault(text, most));
        if let Some(detail) = detail {
            wrong(pointer, detail);
        }
    }
    if let Some(language) = &hunt.reference_language {
        check_language("/reference_language", language, wrong);
        if hunt.reference_code.is_none() {
            wrong(
                "/reference_language",
                "is the language of a program that is not there: send it as reference_code, or leave this out"
                    .to_owned(),
            );
        }
    }
    if hunt.can_tell() {
        return;
    }
    for (pointer, text) in helpers {
        if text.is_some() {
            wrong(
                pointer,
                "is of no use alone: send a reference_code or a checker too, which tells what is right"
                    .to_owned(),
            );
        }
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
