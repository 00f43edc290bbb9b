//! The parts that all operations share: who may call them, the errors of each, headers, links and examples.

use domain::Level;
use serde_json::{Map, Value, json};
use web::problems::{self, ProblemType};

use super::examples;

/// The groups of operations.
pub(super) const TAGS: [(&str, &str); 9] = [
    ("submissions", "Submit, watch, read and end analyses."),
    ("settings", "The settings that apply without a restart."),
    ("prompts", "The prompts of the stages."),
    ("queue", "The queue of jobs."),
    ("session", "The admin's session in a browser."),
    ("agents", "The Model Context Protocol, for agents."),
    ("health", "For probes."),
    ("docs", "This document, and the page made of it."),
    ("pages", "The pages and the panel, for people."),
];

const ADMIN: [&str; 3] = ["adminToken", "adminHeader", "session"];
const OWNER: [&str; 3] = ["visitor", "ownerToken", "ownerHeader"];

pub(super) fn security_schemes() -> Value {
    let key = |place: &str, name: &str, description: &str| json!({ "type": "apiKey", "in": place, "name": name, "description": description });
    let bearer = |description: &str| json!({ "type": "http", "scheme": "bearer", "description": description });
    json!({
        "adminToken": bearer("SETTINGS_TOKEN. After five wrong tokens from one address, further ones wait for a quarter of an hour."),
        "adminHeader": key("header", "x-admin-token", "SETTINGS_TOKEN."),
        "session": key("cookie", "cc_session", "The admin's session, for a week after logging in."),
        "ownerToken": bearer("The `owner_token` of the answer that created the submission."),
        "ownerHeader": key("header", "x-owner-token", "The `owner_token` of the answer that created the submission."),
        "visitor": key("cookie", "cc_visitor", "The visitor that submitted, known by a signed cookie for a year."),
    })
}

/// A plain file name, as `domain::FileName` takes it.
const FILE_NAME: &str = r#"^[^ .\-/\\:"\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]([^/\\:"\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*[^ /\\:"\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff])?$"#;

const CURSOR: &str = "^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$";

/// Completes an operation.
pub(super) fn finish(path: &str, method: &str, operation: &mut Value) {
    let is_page = operation["tags"][0] == "pages";
    let is_guarded = expand_security(operation);
    describe_parameters(operation);
    if operation["operationId"] == "testSettings" {
        // An empty body tries the settings in use.
        operation["requestBody"]["required"] = false.into();
    }
    let changes = method != "get";
    let mut common = Vec::new();
    if changes || has_input(operation) {
        common.push(400);
    }
    if changes {
        common.push(403);
    }
    if is_guarded {
        common.push(429);
    }
    if !path.starts_with("/health/") {
        common.extend([421, 500, 503]);
    }
    let responses = &mut operation["responses"];
    for status in common {
        let status = status.to_string();
        if responses.get(&status).is_none() {
            responses[status] = json!({ "description": "" });
        }
    }
    if let Some(responses) = responses.as_object_mut() {
        responses.sort_keys();
        for (status, response) in responses {
            finish_response(status, response, is_page);
        }
    }
    let id = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    add_headers(&id, &mut operation["responses"]);
    if ["createSubmission", "regenerateSubmission"].contains(&id.as_str()) {
        operation["responses"]["202"]["links"] = links();
    }
    examples::add(&id, operation);
}

/// Replaces `admin` and `owner` by the ways to prove to be them; whether wrong tokens are told from right ones.
fn expand_security(operation: &mut Value) -> bool {
    let Some(given) = operation.get("security").and_then(Value::as_array) else {
        // For all.
        operation["security"] = json!([]);
        return false;
    };
    let mut all = Vec::new();
    for requirement in given {
        let ways: &[&[&str]] = if requirement.get("admin").is_some() {
            &[&ADMIN]
        } else if requirement.get("owner").is_some() {
            &[&OWNER, &ADMIN]
        } else {
            all.push(requirement.clone());
            continue;
        };
        let ways = ways.iter().flat_map(|ways| ways.iter());
        all.extend(ways.map(|way| json!({ *way: [] })));
    }
    let is_open = all
        .iter()
        .any(|requirement| requirement.as_object().is_some_and(Map::is_empty));
    operation["security"] = all.into();
    !is_open
}

fn has_input(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.into_iter().any(|parameter| {
        parameter["in"] == "path"
            || parameter["in"] == "query"
            || parameter["name"] == "Idempotency-Key"
    })
}

fn describe_parameters(operation: &mut Value) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let (description, bounds) = match parameter["name"].as_str().unwrap_or_default() {
            "id" => ("Id of the submission.", json!({})),
            "n" => (
                "Number of the image.",
                json!({ "minimum": 1, "maximum": domain::limits::IMAGES }),
            ),
            "stage" => ("Name of the stage.", json!({})),
            "key" => ("Name of the setting.", json!({})),
            // An empty one counts as none.
            "cursor" if parameter["in"] == "query" => {
                parameter["schema"] = json!({ "type": "string", "pattern": CURSOR });
                continue;
            }
            "q" => (
                "",
                json!({ "maxLength": domain::limits::SEARCH_CHARS, "pattern": super::schemas::NO_NUL }),
            ),
            "name" if parameter["in"] == "query" => (
                "",
                json!({ "minLength": 1, "maxLength": domain::limits::FILE_NAME_CHARS, "pattern": FILE_NAME }),
            ),
            "Idempotency-Key" => (
                "",
                json!({ "minLength": 1, "maxLength": domain::limits::IDEMPOTENCY_KEY_CHARS, "pattern": "^[!-~]([ -~]*[!-~])?$" }),
            ),
            _ => continue,
        };
        if parameter.get("description").is_none() {
            parameter["description"] = description.into();
        }
        for (name, bound) in super::members(&bounds) {
            parameter["schema"][name] = bound.clone();
        }
    }
    // A parameter that is left out is not sent as null.
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let kinds = parameter["schema"]["type"].as_array();
        let single = kinds
            .and_then(|kinds| kinds.iter().find(|kind| **kind != "null"))
            .cloned();
        if let Some(single) = single {
            parameter["schema"]["type"] = single;
        }
        let alternatives = parameter["schema"]["oneOf"].as_array();
        let other = alternatives
            .and_then(|all| all.iter().find(|schema| schema["type"] != "null"))
            .cloned();
        if let Some(other) = other {
            parameter["schema"] = other;
        }
    }
}

/// Gives an error without a body of its own the problem document, or the page that says it.
fn finish_response(status: &str, response: &mut Value, is_page: bool) {
    if status >= "400" && response.get("content").is_none() {
        let name = if is_page {
            "ErrorPage".to_owned()
        } else {
            format!("Problem{status}")
        };
        *response = json!({ "$ref": format!("#/components/responses/{name}") });
        return;
    }
    let content = response.get_mut("content").and_then(Value::as_object_mut);
    for (_, media_type) in content.into_iter().flatten() {
        if media_type.get("schema").is_none() {
            media_type["schema"] = json!({ "type": "string", "format": "binary" });
        }
    }
    response["headers"] = json!({ "x-request-id": { "$ref": "#/components/headers/RequestId" } });
}

fn add_headers(id: &str, responses: &mut Value) {
    const FILE: &[(&str, &str)] = &[
        ("content-disposition", "ContentDisposition"),
        ("cache-control", "CacheControl"),
    ];
    const CREATED: &[(&str, &str)] = &[("location", "Location"), ("cache-control", "CacheControl")];
    const TAGGED: &[(&str, &str)] = &[("etag", "ETag"), ("cache-control", "CacheControl")];
    const MEASURED: &[(&str, &str)] = &[
        ("ratelimit", "RateLimit"),
        ("ratelimit-policy", "RateLimitPolicy"),
    ];
    const SURE: &[(&str, &str)] = &[("x-counterexample-level", "CounterexampleLevel")];
    let headers: &[(&str, &[(&str, &str)])] = match id {
        "createSubmission" => &[("202", CREATED), ("202", MEASURED)],
        "regenerateSubmission" => &[("202", CREATED)],
        "check" => &[
            ("200", &[("cache-control", "CacheControl")]),
            ("200", MEASURED),
        ],
        "retrySubmission" => &[("202", MEASURED)],
        "getSubmission" | "getOpenApi" => &[("200", TAGGED), ("304", TAGGED)],
        "getSubmissionImage" => &[("200", TAGGED), ("200", FILE), ("304", TAGGED)],
        "getSubmissionCounterexample" => &[("200", FILE), ("200", SURE)],
        "getSubmissionPatch" | "getSubmissionReport" => &[("200", FILE)],
        "logIn" => &[("204", &[("set-cookie", "SetCookie")])],
        _ => &[],
    };
    for (status, names) in headers {
        for (name, component) in *names {
            responses[*status]["headers"][*name] =
                json!({ "$ref": format!("#/components/headers/{component}") });
        }
    }
}

pub(super) fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({ "description": description, "required": true, "schema": schema });
    let text = || json!({ "type": "string" });
    json!({
        "RequestId": header("Id of the request, as in the log.", json!({ "type": "string", "minLength": 1, "maxLength": 128 })),
        "RetryAfter": header("Seconds to wait.", json!({ "type": "integer", "minimum": 1 })),
        "ETag": header("Send it as `If-None-Match`, to get 304 while nothing has changed.", json!({ "type": "string", "pattern": "^(W/)?\".*\"$" })),
        "Location": header("Address of the submission.", json!({ "type": "string", "format": "uri-reference" })),
        "ContentDisposition": header("Whether to save the file, and under which name.", text()),
        "CacheControl": header("Says who may keep the answer.", text()),
        "SetCookie": header("The session's cookie.", text()),
        "RateLimit": { "description": "The requests that are left, and when there are more; missing where there is no limit.", "schema": text() },
        "RateLimitPolicy": { "description": "The limits that the request counts towards.", "schema": text() },
        "CounterexampleLevel": header(
            "How sure it is that the program is wrong: `given` or `reference`, confirmed by the user's output or program; `agreed` or \
             `checked`, corroborated; or `suggested`, which has to be checked by hand.",
            json!({ "type": "string", "enum": Level::ALL }),
        ),
        "WwwAuthenticate": header("`Bearer`.", text()),
    })
}

fn links() -> Value {
    let of = |operation: &str, description: &str| json!({ "operationId": operation, "parameters": { "id": "$response.body#/id" }, "description": description });
    json!({
        "submission": of("getSubmission", "The submission."),
        "cancel": of("cancelSubmission", "Stops it."),
        "retry": of("retrySubmission", "Runs it again."),
        "patch": of("getSubmissionPatch", "Its fix."),
        "report": of("getSubmissionReport", "All of it as a document."),
        "delete": of("deleteSubmission", "Deletes it."),
    })
}

/// One response for each status of an error, and the page for people.
pub(super) fn errors() -> Value {
    let mut responses = Map::new();
    for kind in problems::ALL {
        let status = kind.status.as_u16();
        let name = format!("Problem{status}");
        let of_status = || {
            problems::ALL
                .iter()
                .filter(|other| other.status == kind.status)
        };
        if responses.contains_key(&name) {
            continue;
        }
        let meanings: Vec<_> = of_status()
            .map(|kind| format!("`{}`: {} {}", kind.code, kind.meaning, kind.remedy))
            .collect();
        let mut headers = json!({
            "x-request-id": { "$ref": "#/components/headers/RequestId" },
            "cache-control": { "$ref": "#/components/headers/CacheControl" },
        });
        if [429, 503].contains(&status) {
            headers["retry-after"] = json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        if status == 401 {
            headers["www-authenticate"] = json!({ "$ref": "#/components/headers/WwwAuthenticate" });
        }
        let examples: Map<_, _> = of_status()
            .map(|kind| {
                (
                    kind.code.to_owned(),
                    json!({ "summary": kind.title, "value": example(kind) }),
                )
            })
            .collect();
        let content =
            json!({ "schema": { "$ref": "#/components/schemas/Problem" }, "examples": examples });
        responses.insert(
            name,
            json!({ "description": meanings.join("\n\n"), "headers": headers, "content": { "application/problem+json": content } }),
        );
    }
    responses.insert(
        "ErrorPage".to_owned(),
        json!({
            "description": "A page that says what is wrong, in the visitor's language.",
            "headers": { "x-request-id": { "$ref": "#/components/headers/RequestId" } },
            "content": { "text/html": { "schema": { "type": "string" } } },
        }),
    );
    responses.into()
}

fn example(kind: &ProblemType) -> Value {
    let mut problem = json!({
        "type": kind.urn(),
        "title": kind.title,
        "status": kind.status.as_u16(),
        "detail": kind.meaning,
    });
    if kind.code == "invalid" {
        let detail = "must be WA, TLE, MLE, RE, CE or PE, or be left out";
        problem["detail"] = format!("/verdict: {detail}").into();
        problem["errors"] = json!([{ "pointer": "/verdict", "detail": detail }]);
    }
    problem
}
