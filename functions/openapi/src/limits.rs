//! The bounds that the server keeps, for the page.

use std::ops::RangeInclusive;

use domain::limits;

/// Each bound: of what, how much, and the problem that says it.
pub(crate) fn all() -> Vec<(&'static str, String, &'static str)> {
    let bytes = |count: usize| format!("{count} bytes");
    let range = |range: &RangeInclusive<u32>| format!("{} to {}", range.start(), range.end());
    let characters = |count: usize| format!("{count} characters");
    vec![
        ("text", bytes(limits::TEXT_BYTES), "invalid"),
        ("code", bytes(limits::CODE_BYTES), "invalid"),
        ("failing_input", bytes(limits::FAILING_INPUT_BYTES), "invalid"),
        ("samples", format!("{} samples, each side {}", limits::GIVEN_SAMPLES, bytes(limits::SAMPLE_BYTES)), "invalid"),
        ("time_limit_ms", range(&limits::RUN_TIME_MS), "invalid"),
        ("memory_limit_mb", range(&limits::RUN_MEMORY_MB), "invalid"),
        ("reference_code", bytes(limits::CODE_BYTES), "invalid"),
        ("language", characters(limits::LANGUAGE_CHARS), "invalid"),
        ("images", format!("{} images", limits::IMAGES), "invalid"),
        (
            "an image",
            format!("{} bytes, {} pixels, {} on a side", limits::IMAGE_BYTES, limits::IMAGE_PIXELS, limits::IMAGE_SIDE),
            "invalid",
        ),
        (
            "the body of a submission",
            format!("{} bytes; {} where it is a function in AWS Lambda", limits::BODY_BYTES, limits::FUNCTION_BODY_BYTES),
            "too-large",
        ),
        ("any other body", bytes(512 * 1024), "too-large"),
        ("depth of JSON", "128 levels".to_owned(), "unreadable"),
        ("time of a body", "10 seconds, and one more for each 16384 bytes, up to 60".to_owned(), "unreadable"),
        ("callback_url", bytes(limits::CALLBACK_URL_BYTES), "invalid"),
        ("parts of a form", limits::FORM_PARTS.to_string(), "unreadable"),
        ("a prompt", bytes(web::prompts::MAX_BYTES), "invalid"),
        ("Idempotency-Key", characters(limits::IDEMPOTENCY_KEY_CHARS), "unreadable"),
        ("q, the search text", characters(limits::SEARCH_CHARS), "invalid"),
        ("name, the file to patch", characters(limits::FILE_NAME_CHARS), "invalid"),
        ("limit, the submissions of a page", "1 to 100".to_owned(), "invalid"),
        (
            "submissions and retries",
            "SUBMISSIONS_PER_MINUTE (20) from a visitor, three times as many at once, twenty times as many from an address".to_owned(),
            "too-many-attempts",
        ),
        ("wrong tokens", "5 from an address in a quarter of an hour".to_owned(), "too-many-attempts"),
        ("waiting submissions", "MAX_QUEUED (1000)".to_owned(), "unavailable"),
        ("large bodies at once", "25165824 bytes, 18874368 from one client".to_owned(), "unavailable"),
    ]
}
