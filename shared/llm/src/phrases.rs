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
