//! Words by which endpoints say what they refuse.

use super::error::Feature;

/// Words by which an error names a part of the request. An error about another part names none of them.
pub(super) const NAMES: &[(Feature, &[&str])] = &[
    (
        Feature::ResponseFormat,
        &[
            "response_format",
            "response_schema",
            "responseschema",
            "json_schema",
            "json_object",
            "json mode",
            "structured output",
            "grammar",
            "invalid schema",
            "unsupported schema",
            "additionalproperties",
            "guided",
        ],
    ),
    (
        Feature::SchemaBounds,
        &["maxlength", "maxitems", "number of repetitions"],
    ),
    (Feature::LimitName, &["max_tokens", "max_completion_tokens"]),
    (Feature::Temperature, &["temperature"]),
    (
        Feature::ReasoningEffort,
        &["reasoning_effort", "reasoning effort", "reasoning.effort"],
    ),
    (Feature::StreamOptions, &["stream_options", "include_usage"]),
    (
        Feature::Stream,
        &[
            "streaming",
            "`stream`",
            "'stream'",
            "\"stream\"",
            "/ stream",
            "stream is",
            "stream=",
            "stream: ",
            "support stream",
        ],
    ),
    (
        Feature::SystemRole,
        &[
            "system role",
            "system message",
            "system prompt",
            "system instruction",
            "role system",
            "'system'",
            "\"system\"",
            "`system`",
            "role: system",
            "role: input should be",
            "developer instruction",
            "roles must alternate",
            "invalid role",
            "unsupported role",
            "unknown role",
            "role must be",
            "only user and assistant",
            "only user, assistant",
        ],
    ),
    (
        Feature::Chat,
        &[
            "v1/responses",
            "/responses",
            "responses api",
            "responses endpoint",
        ],
    ),
];

/// That a part of a request is unknown.
pub(super) const UNKNOWN: &[&str] = &[
    "unsupported",
    "not support",
    "unknown",
    "unrecognized",
    "unexpected",
    "not permitted",
    "not allowed",
    "deprecated",
    "instead",
    "invalid parameter",
    "additional properties",
    "extra fields",
];

/// That a role is unknown.
pub(super) const NO_ROLE: &[&str] = &[
    "support",
    "not enabled",
    "not allowed",
    "only user",
    "alternate",
    "invalid",
    "unknown",
    "unexpected",
    "should be",
    "must be",
];

pub(super) const NO_VISION: &[&str] = &[
    "image input",
    "support image",
    "image_url is",
    "`image_url`",
    "'image_url'",
    "multimodal",
    "support vision",
    "at most 0 image",
    "content must be a string",
];

/// The picture is at fault, not the model.
pub(super) const BAD_PICTURE: &[&str] =
    &["invalid image", "unsupported image", "image_parse_error"];

/// That the endpoint does not serve this part of the world.
pub(super) const NO_REGION: &[&str] = &[
    "unsupported_country",
    "country, region, or territory",
    "not available in your country",
    "not available in your region",
    "not supported in your country",
    "not supported in your region",
    "user location is not supported",
];

/// Words for a question that has more tokens than the context.
pub(super) const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context",
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "maximum prompt length",
    "too many tokens",
    "maximum number of tokens",
];

/// Where `word` begins in `text`, unless that is in the middle of a longer word.
pub(super) fn word_in(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

/// That a question has more tokens than the account may send a minute; that it has sent too many passes.
pub(super) fn is_over_the_accounts_limit(lower: &str) -> bool {
    let is_a_minute = ["tokens per min", "tokens-per-minute", "(tpm)"];
    if !is_a_minute.iter().any(|phrase| lower.contains(phrase)) {
        return false;
    }
    let after = |word: &str| numbers(&lower[lower.rfind(word)? + word.len()..]).next();
    lower.contains("request too large")
        || after("requested")
            .zip(after("limit "))
            .is_some_and(|(requested, limit)| requested > limit)
}

/// That a limit for the answer is too high, not that its name is unknown.
pub(super) fn is_about_the_limit(lower: &str) -> bool {
    let names = [
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "maxoutputtokens",
        "max_new_tokens",
    ];
    let is_named =
        names.iter().any(|name| lower.contains(name)) || lower.contains("in the completion");
    let is_unknown = [
        "instead",
        "unsupported parameter",
        "unknown",
        "unrecognized",
    ];
    let is_too_high = [
        "too large",
        "too high",
        "at most",
        "less than",
        "greater than",
        "exceed",
        "maximum",
        "range",
        "between",
        "in the completion",
    ];
    is_named
        && !is_unknown.iter().any(|phrase| lower.contains(phrase))
        && is_too_high.iter().any(|phrase| lower.contains(phrase))
}

/// The whole numbers in a text, commas within them left out.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split(|c: char| !c.is_ascii_digit() && c != ',')
        .filter_map(|word| word.trim_matches(',').replace(',', "").parse().ok())
}

pub(super) fn is_about_the_model(lower: &str) -> bool {
    (lower.contains("model") || lower.contains("deployment"))
        && [
            "model_not_found",
            "deploymentnotfound",
            "not found",
            "not exist",
            "not a valid model",
            "unknown model",
            "no such model",
            "invalid model",
            "not a chat model",
        ]
        .iter()
        .any(|phrase| lower.contains(phrase))
}
