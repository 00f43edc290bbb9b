//! JSON schemas for answers, in the subset that strict endpoints take.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The schemas that were made, one for each type of answer.
static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, &'static Value>>> = LazyLock::new(RwLock::default);

/// The schema of a type: every object closed and all its members required, nothing by reference, and no keyword that
/// some endpoint is known to refuse. It is made once.
#[must_use]
pub fn schema_of<T: JsonSchema + 'static>() -> &'static Value {
    let id = TypeId::of::<T>();
    let made = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = made.get(&id).copied() {
        return schema;
    }
    drop(made);
    let mut made = SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
    made.entry(id)
        .or_insert_with(|| Box::leak(Box::new(generate::<T>())))
}

fn generate<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    tidy(&mut schema);
    schema
}

fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for keyword in [
                "$schema", "title", "format", "default", "minimum", "maximum",
            ] {
                // A member of the answer may have one of these names: then its value is a schema, not a keyword's value.
                if object.get(keyword).is_some_and(|value| !value.is_object()) {
                    object.shift_remove(keyword);
                }
            }
            let names = match object.get("properties") {
                Some(Value::Object(properties)) => {
                    Some(properties.keys().cloned().collect::<Vec<_>>())
                }
                _ => None,
            };
            if let Some(names) = names {
                object.insert("required".to_owned(), names.into());
                object.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// The schema without bounds of length and number, for endpoints that refuse them.
pub(super) fn without_bounds(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => object
            .iter()
            .filter(|(keyword, value)| {
                // A member of the answer may have one of these names: then its value is a schema.
                !matches!(keyword.as_str(), "maxLength" | "maxItems") || value.is_object()
            })
            .map(|(keyword, value)| (keyword.clone(), without_bounds(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_bounds).collect(),
        other => other.clone(),
    }
}

/// The form of an answer as people write it down: an object whose values say what stands in their place. A fifth of the schema's
/// length, and easier on a small model.
pub(super) fn outline(schema: &Value) -> Value {
    let says = || {
        schema["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    match schema["type"].as_str() {
        Some("object") => schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), outline(schema)))
            .collect(),
        Some("array") => Value::Array(vec![outline(&schema["items"])]),
        Some("integer" | "number") => Value::String(format!("(number) {}", says())),
        _ => Value::String(says()),
    }
}

/// The members of the answer that are lists of objects, with the names that those have.
pub(super) fn lists(schema: &Value) -> Vec<(&str, Vec<&str>)> {
    let members = schema["properties"].as_object().into_iter().flatten();
    members
        .filter_map(|(name, member)| {
            let item = member["items"]["properties"].as_object()?;
            Some((name.as_str(), item.keys().map(String::as_str).collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        count: u32,
    }

    #[derive(Default, JsonSchema)]
    #[serde(default)]
    struct Outer {
        /// Its name.
        title: String,
        items: Vec<Inner>,
    }

    #[test]
    fn a_schema_is_closed_inlined_and_in_the_order_of_the_type() {
        let schema = schema_of::<Outer>();
        assert_eq!(
            *schema,
            json!({
                "type": "object",
                "properties": {
                    "title": { "description": "Its name.", "type": "string" },
                    "items": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": { "count": { "type": "integer" } },
                            "required": ["count"],
                            "additionalProperties": false
                        }
                    }
                },
                "required": ["title", "items"],
                "additionalProperties": false
            })
        );
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["title", "items"]);
    }

    #[test]
    fn an_outline_says_what_stands_where() {
        let schema = schema_of::<Outer>();
        assert_eq!(
            outline(schema),
            json!({ "title": "Its name.", "items": [{ "count": "(number) " }] })
        );
        assert_eq!(lists(schema), [("items", vec!["count"])]);
    }

    #[test]
    fn the_schema_of_a_type_is_made_once() {
        assert!(std::ptr::eq(schema_of::<Outer>(), schema_of::<Outer>()));
        assert_ne!(schema_of::<Outer>(), schema_of::<Inner>());
    }

    #[test]
    fn bounds_are_taken_out() {
        let schema = json!({ "properties": { "maxItems": { "type": "array", "maxItems": 2, "items": { "maxLength": 3 } } } });
        assert_eq!(
            without_bounds(&schema),
            json!({ "properties": { "maxItems": { "type": "array", "items": {} } } })
        );
    }
}
