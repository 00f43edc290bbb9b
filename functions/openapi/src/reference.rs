//! The document as the page shows it: by groups, with every field in a row of its own.

use std::sync::LazyLock;

use serde_json::Value;

use crate::{
    document,
    fields::{self, Field},
};

/// A text in pieces, each with whether it is code.
pub(crate) type Text = Vec<(bool, String)>;

/// A document as the page shows it.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) version: String,
    pub(crate) description: Vec<Text>,
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) groups: Vec<Group>,
}

/// A way to prove who one is.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) name: String,
    pub(crate) how: String,
    pub(crate) description: Text,
}

/// Operations that belong together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) description: Text,
    pub(crate) operations: Vec<Operation>,
}

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) summary: Text,
    pub(crate) description: Option<Text>,
    /// Names of schemes, any of which will do.
    pub(crate) security: Vec<String>,
    pub(crate) is_open: bool,
    pub(crate) parameters: Vec<Field>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) curl: String,
}

/// A body in one media type.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) fields: Vec<Field>,
    /// An example, as indented JSON.
    pub(crate) example: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) description: Text,
    /// Codes of the problem types that it may have.
    pub(crate) problems: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) bodies: Vec<Body>,
}

/// Made at first use: a function that serves the document alone needs none.
pub(crate) static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| Reference::of(&serde_json::from_str(&document()).unwrap_or_default()));

/// Pieces of a text between backticks.
pub(crate) fn text(source: &str) -> Text {
    let pieces = source.split('`').enumerate();
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(at, piece)| (at % 2 == 1, piece.to_owned()))
        .collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The value that a reference leads to.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"]
        .as_str()
        .and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

impl Reference {
    fn of(document: &Value) -> Self {
        let info = &document["info"];
        let description = info["description"].as_str().unwrap_or_default();
        let schemes = document["components"]["securitySchemes"].as_object();
        Self {
            version: string(&info["version"]),
            description: description.split("\n\n").map(text).collect(),
            schemes: schemes
                .into_iter()
                .flatten()
                .map(|(name, scheme)| Scheme::of(name, scheme))
                .collect(),
            groups: list(&document["tags"])
                .iter()
                .map(|tag| Group::of(document, tag))
                .collect(),
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Scheme {
    fn of(name: &str, scheme: &Value) -> Self {
        let how = match scheme["in"].as_str() {
            Some("cookie") => format!("Cookie: {}=…", string(&scheme["name"])),
            Some(_) => format!("{}: …", string(&scheme["name"])),
            None => "Authorization: Bearer …".to_owned(),
        };
        Self {
            name: name.to_owned(),
            how,
            description: text(scheme["description"].as_str().unwrap_or_default()),
        }
    }
}

impl Group {
    fn of(document: &Value, tag: &Value) -> Self {
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == tag["name"] {
                    operations.push(Operation::of(document, method, path, operation));
                }
            }
        }
        Self {
            name: string(&tag["name"]),
            description: text(tag["description"].as_str().unwrap_or_default()),
            operations,
        }
    }
}

impl Operation {
    fn of(document: &Value, method: &str, path: &str, operation: &Value) -> Self {
        let method = method.to_ascii_uppercase();
        let mut security = Vec::new();
        let mut is_open = list(&operation["security"]).is_empty();
        for requirement in list(&operation["security"]) {
            let names: Vec<_> = requirement
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect();
            is_open |= names.is_empty();
            security.extend(names);
        }
        let responses = operation["responses"].as_object();
        Self {
            id: string(&operation["operationId"]),
            summary: text(operation["summary"].as_str().unwrap_or_default()),
            description: operation["description"].as_str().map(text),
            parameters: list(&operation["parameters"])
                .iter()
                .map(|parameter| Field::of_parameter(document, parameter))
                .collect(),
            bodies: bodies(document, &operation["requestBody"]["content"]),
            answers: responses
                .into_iter()
                .flatten()
                .map(|(status, response)| Answer::of(document, status, response))
                .collect(),
            curl: curl(&method, path, operation, is_open),
            method,
            path: path.to_owned(),
            security,
            is_open,
        }
    }
}

fn bodies(document: &Value, content: &Value) -> Vec<Body> {
    let content = content.as_object().into_iter().flatten();
    content
        .map(|(media_type, content)| Body {
            media_type: media_type.clone(),
            fields: fields::of_schema(document, &content["schema"]),
            example: content
                .get("example")
                .and_then(|example| serde_json::to_string_pretty(example).ok()),
        })
        .collect()
}

impl Answer {
    fn of(document: &Value, status: &str, response: &Value) -> Self {
        let response = resolve(document, response);
        let problems = response["content"]["application/problem+json"]["examples"].as_object();
        let problems: Vec<_> = problems
            .into_iter()
            .flatten()
            .map(|(code, _)| code.clone())
            .collect();
        let headers = response["headers"].as_object();
        Self {
            status: status.to_owned(),
            description: if problems.is_empty() {
                text(response["description"].as_str().unwrap_or_default())
            } else {
                Vec::new()
            },
            headers: headers
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
            bodies: if problems.is_empty() {
                bodies(document, &response["content"])
            } else {
                Vec::new()
            },
            problems,
        }
    }
}

/// A call of the operation in a shell.
fn curl(method: &str, path: &str, operation: &Value, is_open: bool) -> String {
    let mut lines = vec![format!("curl -X {method} 'http://localhost:3000{path}'")];
    if !is_open {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    let content = &operation["requestBody"]["content"];
    if let Some(json) = content.get("application/json") {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        let example = json
            .get("example")
            .map(ToString::to_string)
            .unwrap_or_default();
        lines.push(format!("-d '{}'", example.replace('\'', "'\\''")));
    } else if content.get("application/x-www-form-urlencoded").is_some() {
        lines.push("-d 'NAME=VALUE'".to_owned());
    } else if content.get("multipart/form-data").is_some() {
        lines.push("-F 'code=<solution.cpp'".to_owned());
    }
    lines.join(" \\\n  ")
}
