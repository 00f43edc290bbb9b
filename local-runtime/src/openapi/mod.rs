//! The API's document (OpenAPI 3.1): what stands beside each handler, and in one place what holds for all of them.

mod examples;
mod operations;
mod schemas;

use serde_json::{Value, json};
use utoipa::{OpenApi as _, openapi::OpenApi};

const DESCRIPTION: &str = "CodeChecker finds the bug in a program that fails an online judge, makes the smallest fix, and explains it.\n\n\
    Submit with `POST /api/v1/submissions`, then ask for the submission until its `status` is `COMPLETED`, `FAILED` or `CANCELLED`, or \
    watch its events. Every error is a problem document (RFC 9457) with a stable `type`. Every answer has an `x-request-id`: the one that \
    was sent, if it has 1 to 128 visible ASCII characters, or a new one. Times are RFC 3339 in UTC. Text is UTF-8, and its `maxLength` \
    holds for its bytes, which are as many as its characters where all of them are ASCII; none may hold NUL.";

/// Schemas that no handler names: those of every error, and of results that are stored as JSON.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    web::error::Problem,
    web::error::FieldError,
    domain::Problem,
    domain::Program,
    domain::HuntReport,
    domain::Analysis,
    domain::Verification
)))]
struct Common;

/// The operations of each function.
fn functions() -> [(&'static str, OpenApi); 28] {
    [
        ("admin-pages", admin_pages::Api::openapi()),
        ("companion", companion::Api::openapi()),
        ("health", health::Api::openapi()),
        ("mcp", mcp::Api::openapi()),
        ("metrics", metrics::Api::openapi()),
        ("openapi", ::openapi::Api::openapi()),
        ("pages", pages::Api::openapi()),
        ("prompts", prompts::Api::openapi()),
        ("queue", queue::Api::openapi()),
        ("session", session::Api::openapi()),
        ("settings", settings::Api::openapi()),
        ("settings-test", settings_test::Api::openapi()),
        ("submissions-cancel", submissions_cancel::Api::openapi()),
        ("submissions-check", submissions_check::Api::openapi()),
        ("submissions-clear", submissions_clear::Api::openapi()),
        (
            "submissions-counterexample",
            submissions_counterexample::Api::openapi(),
        ),
        ("submissions-create", submissions_create::Api::openapi()),
        ("submissions-delete", submissions_delete::Api::openapi()),
        ("submissions-events", submissions_events::Api::openapi()),
        ("submissions-get", submissions_get::Api::openapi()),
        ("submissions-image", submissions_image::Api::openapi()),
        ("submissions-list", submissions_list::Api::openapi()),
        ("submissions-patch", submissions_patch::Api::openapi()),
        ("submissions-prune", submissions_prune::Api::openapi()),
        (
            "submissions-regenerate",
            submissions_regenerate::Api::openapi(),
        ),
        ("submissions-report", submissions_report::Api::openapi()),
        ("submissions-retry", submissions_retry::Api::openapi()),
        ("submissions-settle", submissions_settle::Api::openapi()),
    ]
}

/// The document. Each operation names its function as `x-function`.
///
/// # Errors
/// When an annotation is no JSON, which a test would show.
pub fn document() -> serde_json::Result<Value> {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    let common = ("", Common::openapi());
    for (function, api) in functions().into_iter().chain([common]) {
        let api = serde_json::to_value(api)?;
        for (path, item) in members(&api["paths"]) {
            for (method, operation) in members(item) {
                let mut operation = operation.clone();
                operation["x-function"] = function.into();
                operations::finish(path, method, &mut operation);
                let item = paths.entry(path).or_insert_with(|| json!({}));
                item[method] = operation;
            }
        }
        for (name, schema) in members(&api["components"]["schemas"]) {
            schemas.insert(name.clone(), schema.clone());
        }
    }
    schemas::finish(&mut schemas);
    schemas.sort_keys();
    paths.sort_keys();
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "CodeChecker",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": operations::TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": operations::errors(),
            "headers": operations::headers(),
            "securitySchemes": operations::security_schemes(),
        },
    }))
}

/// The document as it is kept in `functions/openapi`.
///
/// # Errors
/// As for [`document`].
pub fn text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document()?).map(|text| text + "\n")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
