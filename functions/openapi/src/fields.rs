//! The fields of schemas, each in a row with its whole name.

use serde_json::Value;

use crate::reference::{Text, resolve, text};

/// Levels of objects in each other that are shown.
const DEPTH: usize = 6;

/// A field or a parameter.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its name, with those of the objects that it is in; `[]` after that of a list.
    pub(crate) name: String,
    /// Where a parameter is: `path`, `query` or `header`.
    pub(crate) place: String,
    pub(crate) kind: String,
    pub(crate) is_required: bool,
    pub(crate) note: Text,
}

impl Field {
    pub(crate) fn of_parameter(document: &Value, parameter: &Value) -> Self {
        let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let schema = &parameter["schema"];
        Self {
            name: string(&parameter["name"]),
            place: string(&parameter["in"]),
            kind: kind(document, schema),
            is_required: parameter["required"] == true,
            note: note(document, schema, parameter["description"].as_str()),
        }
    }
}

/// The fields of a schema.
pub(crate) fn of_schema(document: &Value, schema: &Value) -> Vec<Field> {
    let mut all = Vec::new();
    collect(document, schema, "", DEPTH, &mut all);
    all
}

fn collect(document: &Value, schema: &Value, prefix: &str, depth: usize, all: &mut Vec<Field>) {
    let schema = value_of(document, schema);
    if schema["items"].is_object() {
        return collect(
            document,
            &schema["items"],
            &format!("{prefix}[]"),
            depth,
            all,
        );
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect(document, part, prefix, depth, all);
    }
    let Some(rest) = depth.checked_sub(1) else {
        return;
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let name = match prefix {
            "" => name.clone(),
            prefix => format!("{prefix}.{name}"),
        };
        let required = schema["required"].as_array().into_iter().flatten();
        let own = name.rsplit('.').next().unwrap_or_default();
        all.push(Field {
            place: String::new(),
            kind: kind(document, property),
            is_required: required.into_iter().any(|required| required == own),
            note: note(document, property, property["description"].as_str()),
            name: name.clone(),
        });
        collect(document, property, &name, rest, all);
    }
}

/// A schema without its reference, and without null as the alternative.
fn value_of<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolve(document, schema);
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let mut alternatives = alternatives.filter(|schema| schema["type"] != "null");
    match alternatives.next() {
        Some(value) => resolve(document, value),
        None => schema,
    }
}

fn is_nullable(schema: &Value) -> bool {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let types = schema["type"].as_array().into_iter().flatten();
    alternatives
        .into_iter()
        .any(|schema| schema["type"] == "null")
        || types.into_iter().any(|kind| kind == "null")
}

fn kind(document: &Value, schema: &Value) -> String {
    let value = value_of(document, schema);
    let types = match &value["type"] {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .filter(|kind| *kind != "null")
            .collect(),
        Value::String(kind) => vec![kind.as_str()],
        _ => vec!["any"],
    };
    let mut kind = types.join(" or ");
    if value["items"].is_object() {
        kind = format!("{kind} of {}", self::kind(document, &value["items"]));
    }
    if let Some(format) = value["format"].as_str() {
        kind = format!("{kind} ({format})");
    }
    if is_nullable(schema) || is_nullable(resolve(document, schema)) {
        kind.push_str(" or null");
    }
    kind
}

/// A field with the values that it may have.
fn note(document: &Value, schema: &Value, description: Option<&str>) -> Text {
    let value = value_of(document, schema);
    let description = description
        .or(value["description"].as_str())
        .unwrap_or_default();
    let mut parts = vec![description.to_owned()];
    if let Some(choices) = value["enum"].as_array() {
        let choices: Vec<_> = choices
            .iter()
            .filter_map(Value::as_str)
            .map(|choice| format!("`{choice}`"))
            .collect();
        parts.push(format!("One of {}.", choices.join(", ")));
    }
    for (key, before, after) in [
        ("minimum", "At least ", "."),
        ("maximum", "At most ", "."),
        ("minLength", "At least ", " characters."),
        ("maxLength", "At most ", " characters."),
        ("maxItems", "At most ", " items."),
        ("default", "Default: ", "."),
    ] {
        let bound = value.get(key).or(schema.get(key));
        // Bytes of a text are told in words.
        let is_told = |bound: &Value| description.contains(&format!("{bound} bytes"));
        parts.extend(
            bound
                .filter(|bound| **bound != 0 && !is_told(bound))
                .map(|bound| format!("{before}{bound}{after}")),
        );
    }
    text(&parts.join(" "))
}
