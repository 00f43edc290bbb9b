//! Sizes that a submission may have. The migrations hold the same numbers as constraints.

/// Problem text, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 200 * 1024;
/// Code, in bytes of UTF-8; also the largest program that is taken from a model.
pub const CODE_BYTES: usize = 256 * 1024;
/// Failing input, in bytes of UTF-8.
pub const FAILING_INPUT_BYTES: usize = 64 * 1024;
/// Name of the programming language, in characters.
pub const LANGUAGE_CHARS: usize = 40;
/// Name of a file to patch, in characters.
pub const FILE_NAME_CHARS: usize = 100;
/// Images of one submission.
pub const IMAGES: usize = 5;
/// One image, in bytes.
pub const IMAGE_BYTES: usize = 2 * 1024 * 1024;
/// One image, in pixels.
pub const IMAGE_PIXELS: u64 = 12_000_000;
/// Longest side of an image, in pixels: scaling takes memory for each.
pub const IMAGE_SIDE: u32 = 65_535;
/// Parts of a form: a small body may hold a million, each of which takes more memory than there.
pub const FORM_PARTS: usize = 64;
/// The whole request body, in bytes.
pub const BODY_BYTES: usize = 16 * 1024 * 1024;
/// The whole request body where the handler runs in AWS Lambda, whose own limit is 6 MB after base64.
pub const FUNCTION_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Address of a webhook's receiver, in bytes.
pub const CALLBACK_URL_BYTES: usize = 2048;
/// Idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS: usize = 255;
/// Search text, in characters.
pub const SEARCH_CHARS: usize = 200;
/// Fixes that are kept of one analysis.
pub const FIXES: usize = 50;
/// Samples that are kept of one problem.
pub const SAMPLES: usize = 100;
/// Samples that a user may give.
pub const GIVEN_SAMPLES: usize = 20;
/// Input, and output, of one sample that a user gives, in bytes of UTF-8.
pub const SAMPLE_BYTES: usize = 64 * 1024;
/// Processor time of a run, in milliseconds: least and most.
pub const RUN_TIME_MS: std::ops::RangeInclusive<u32> = 100..=30_000;
/// Memory of a run, in MiB: least and most.
pub const RUN_MEMORY_MB: std::ops::RangeInclusive<u32> = 16..=1024;
/// Explanation of one fix, in bytes.
pub const EXPLANATION_BYTES: usize = 4 * 1024;
/// Answer of a model that is read at all, in bytes.
pub const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Unusable answer of a model that is kept for its owner, in bytes.
pub const RAW_ANSWER_BYTES: usize = 32 * 1024;
/// Title shown in lists, in bytes.
pub const TITLE_BYTES: usize = 1024;

/// The longest prefix of `text` that has at most `bytes` bytes and ends between two characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
