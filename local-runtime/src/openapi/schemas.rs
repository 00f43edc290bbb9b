//! Completes schemas where annotations cannot: bounds that are constants of the code, and that answers leave nothing out.

use std::ops::RangeInclusive;

use domain::limits;
use serde_json::{Map, Value, json};
use web::{problems, prompts};

/// Schemas of requests, whose optional members may be left out.
const REQUESTS: [&str; 14] = [
    "Age",
    "DataForm",
    "Login",
    "LoginForm",
    "NewCheck",
    "NewPrompt",
    "NewSubmission",
    "PreferencesForm",
    "PromptForm",
    "RetryForm",
    "SampleToCheck",
    "SettleForm",
    "Settlement",
    "SubmissionForm",
];
/// Members that an answer leaves out when there is nothing to say.
const LEFT_OUT: [(&str, &str); 4] = [
    ("Problem", "errors"),
    ("Program", "span"),
    ("Readiness", "troubles"),
    ("Usage", "cost"),
];

/// Text that can be stored.
pub(super) const NO_NUL: &str = r"^[^\x00]*$";
/// Text that can be stored and holds more than white space.
const NOT_BLANK: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";
/// Base64 of an image's file as a data URL.
const DATA_URL: &str = "^data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$";

/// Completes the schemas.
pub(super) fn finish(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas.iter_mut() {
        if REQUESTS.contains(&name.as_str()) {
            continue;
        }
        let properties = schema["properties"].as_object();
        let required: Vec<_> = properties
            .into_iter()
            .flatten()
            .map(|(property, _)| property.clone())
            .filter(|property| !LEFT_OUT.contains(&(name, property)))
            .collect();
        if !required.is_empty() {
            schema["required"] = required.into();
        }
    }
    for form in ["NewSubmission", "SubmissionForm"] {
        for (field, bytes) in [
            ("text", limits::TEXT_BYTES),
            ("code", limits::CODE_BYTES),
            ("failing_input", limits::FAILING_INPUT_BYTES),
            ("reference_code", limits::CODE_BYTES),
            ("callback_url", limits::CALLBACK_URL_BYTES),
        ] {
            bound(
                schemas,
                form,
                field,
                json!({ "maxLength": bytes, "pattern": NO_NUL }),
            );
            append(
                schemas,
                form,
                field,
                &format!("At most {bytes} bytes of UTF-8, without NUL."),
            );
        }
        bound(
            schemas,
            form,
            "language",
            json!({ "maxLength": limits::LANGUAGE_CHARS, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$" }),
        );
        bound(
            schemas,
            form,
            "images",
            json!({ "maxItems": limits::IMAGES }),
        );
        let image = format!(
            "Each has at most {} bytes, {} pixels, and {} on a side.",
            limits::IMAGE_BYTES,
            limits::IMAGE_PIXELS,
            limits::IMAGE_SIDE
        );
        append(schemas, form, "images", &image);
    }
    bound(
        schemas,
        "NewSubmission",
        "samples",
        json!({ "maxItems": limits::GIVEN_SAMPLES }),
    );
    for (side, pattern) in [("input", NO_NUL), ("output", NOT_BLANK)] {
        let bounds = json!({ "maxLength": limits::SAMPLE_BYTES, "pattern": pattern });
        bound(schemas, "GivenSample", side, bounds);
        let field = format!("sample_{side}");
        let bounds = json!({ "maxItems": limits::GIVEN_SAMPLES });
        bound(schemas, "SubmissionForm", &field, bounds);
        let each = format!(
            "Each has at most {} bytes of UTF-8, without NUL.",
            limits::SAMPLE_BYTES
        );
        append(schemas, "SubmissionForm", &field, &each);
    }
    bound(
        schemas,
        "NewPrompt",
        "template",
        json!({ "minLength": 1, "maxLength": prompts::MAX_BYTES, "pattern": NOT_BLANK }),
    );
    append(
        schemas,
        "NewPrompt",
        "template",
        &format!(
            "At most {} bytes of UTF-8, without NUL.",
            prompts::MAX_BYTES
        ),
    );
    if let Some(schema) = schemas.get_mut("NewSubmission") {
        schema["properties"]["images"]["items"]["pattern"] = DATA_URL.into();
    }
    check(schemas);
    settlement(schemas);
    let types: Vec<_> = problems::ALL.iter().map(|kind| kind.urn()).collect();
    bound(schemas, "Problem", "type", json!({ "enum": types }));
    bound(
        schemas,
        "Problem",
        "status",
        json!({ "minimum": 400, "maximum": 599 }),
    );
    for (stage, result) in [
        ("Stage_Statement", "Statement"),
        ("Stage_Program", "Program"),
        ("Stage_HuntReport", "HuntReport"),
        ("Stage_Analysis", "Analysis"),
        ("Stage_Verification", "Verification"),
    ] {
        let result = json!({ "$ref": format!("#/components/schemas/{result}") });
        let result = json!({ "description": "The result of the stage.", "oneOf": [result, { "type": "null" }] });
        if let Some(schema) = schemas.get_mut(stage) {
            schema["properties"]["result"] = result;
        }
    }
    if let Some(values) = schemas.get_mut("SettingValues") {
        values["additionalProperties"] = json!({ "type": ["string", "number", "boolean", "null"] });
    }
}

/// Bounds of a program to run.
fn check(schemas: &mut Map<String, Value>) {
    let text = |bytes: usize| json!({ "maxLength": bytes, "pattern": NO_NUL });
    let range =
        |range: RangeInclusive<u32>| json!({ "minimum": range.start(), "maximum": range.end() });
    for (schema, field, bounds) in [
        (
            "NewCheck",
            "code",
            json!({ "minLength": 1, "maxLength": limits::CODE_BYTES, "pattern": NOT_BLANK }),
        ),
        (
            "NewCheck",
            "language",
            json!({ "maxLength": limits::LANGUAGE_CHARS }),
        ),
        (
            "NewCheck",
            "samples",
            json!({ "minItems": 1, "maxItems": limits::GIVEN_SAMPLES }),
        ),
        ("NewCheck", "time_limit_ms", range(limits::RUN_TIME_MS)),
        ("NewCheck", "memory_limit_mb", range(limits::RUN_MEMORY_MB)),
        ("SampleToCheck", "input", text(limits::SAMPLE_BYTES)),
        ("SampleToCheck", "output", text(limits::SAMPLE_BYTES)),
    ] {
        bound(schemas, schema, field, bounds);
    }
    for (schema, field, bytes) in [
        ("NewCheck", "code", limits::CODE_BYTES),
        ("SampleToCheck", "input", limits::SAMPLE_BYTES),
        ("SampleToCheck", "output", limits::SAMPLE_BYTES),
    ] {
        let sentence = format!("At most {bytes} bytes of UTF-8, without NUL.");
        append(schemas, schema, field, &sentence);
    }
}

/// Bounds of the answer to a dispute.
fn settlement(schemas: &mut Map<String, Value>) {
    let text = json!({ "maxLength": limits::SAMPLE_BYTES, "pattern": NO_NUL });
    bound(schemas, "Settlement", "output", text);
    let sentence = format!(
        "At most {} bytes of UTF-8, without NUL.",
        limits::SAMPLE_BYTES
    );
    append(schemas, "Settlement", "output", &sentence);
    if let Some(schema) = schemas.get_mut("Settlement") {
        schema["not"] = json!({
            "required": ["answer", "output"],
            "properties": { "answer": { "enum": ["first", "second"] }, "output": { "type": "string" } },
        });
    }
}

fn bound(schemas: &mut Map<String, Value>, name: &str, property: &str, bounds: Value) {
    if let Some(schema) = schemas
        .get_mut(name)
        .map(|schema| &mut schema["properties"][property])
    {
        for (key, value) in super::members(&bounds) {
            schema[key] = value.clone();
        }
    }
}

fn append(schemas: &mut Map<String, Value>, name: &str, property: &str, sentence: &str) {
    if let Some(schema) = schemas
        .get_mut(name)
        .map(|schema| &mut schema["properties"][property])
    {
        let before = schema["description"].as_str().unwrap_or_default();
        schema["description"] = format!("{before} {sentence}").into();
    }
}
