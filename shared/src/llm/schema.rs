//! JSON schemas for answers, in the subset that strict endpoints take.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The schema of a type: every object closed and all its members required, nothing by reference, and no keyword that
/// some endpoint is known to refuse.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Value {
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
        /// What it is called.
        title: String,
        items: Vec<Inner>,
    }

    #[test]
    fn a_schema_is_closed_inlined_and_in_the_order_of_the_type() {
        let schema = schema_of::<Outer>();
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "title": { "description": "What it is called.", "type": "string" },
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
}
