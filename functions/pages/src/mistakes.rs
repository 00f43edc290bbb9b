//! Mistakes in the fields of the form, in the visitor's words.

use site::Words;
use web::error::FieldError;

/// Mistakes in the fields.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    fields: Vec<FieldError>,
    /// The languages that the judge runs, where the program was to be run rather than submitted.
    judge: Option<String>,
    /// Key of the words for what is not the visitor's mistake.
    trouble: Option<&'static str>,
}

impl Errors {
    /// Those of a submission.
    pub(crate) fn of_submission(fields: Vec<FieldError>) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    /// Those of a program that was to be run by a judge of these languages.
    pub(crate) fn of_check(fields: Vec<FieldError>, languages: String) -> Self {
        Self {
            fields,
            judge: Some(languages),
            trouble: None,
        }
    }

    /// No mistake, and yet nothing was done.
    pub(crate) fn trouble(words: &'static str) -> Self {
        Self {
            trouble: Some(words),
            ..Self::default()
        }
    }

    /// Key of the words that say it above all fields.
    pub(crate) fn banner(&self) -> Option<&'static str> {
        let is_of_all = |error: &FieldError| error.pointer.is_empty();
        Some(match (self.trouble, &self.judge) {
            (Some(trouble), _) => trouble,
            (None, _) if self.fields.is_empty() => return None,
            (None, Some(_)) => "invalid.check",
            (None, None) if self.fields.iter().all(is_of_all) => "invalid.nothing",
            (None, None) => "invalid.some",
        })
    }

    /// Whether a field is wrong.
    pub(crate) fn has(&self, field: &str) -> bool {
        let is_missing =
            matches!(field, "text" | "code") && self.banner() == Some("invalid.nothing");
        is_missing || self.first(field).is_some()
    }

    fn first(&self, field: &str) -> Option<&FieldError> {
        let of_field = |error: &&FieldError| error.pointer.split('/').nth(1) == Some(field);
        self.fields.iter().find(of_field)
    }

    /// Says what is wrong with a field.
    pub(crate) fn text(&self, field: &str, words: &Words) -> Option<String> {
        let error = self.first(field)?;
        let key = match (field, &self.judge) {
            ("language", Some(languages)) => {
                return Some(words.fill("invalid.run.language", languages));
            }
            ("code", Some(_)) if error.detail.starts_with("is empty") => "invalid.run.code",
            ("images", _) if error.pointer == "/images" => "invalid.images.many",
            (
                "text" | "code" | "failing_input" | "language" | "verdict" | "images" | "samples"
                | "time_limit_ms" | "memory_limit_mb" | "reference_code",
                _,
            ) => return words.find(&format!("invalid.{field}")).map(str::to_owned),
            _ => "invalid.some",
        };
        Some(words.get(key).to_owned())
    }
}
