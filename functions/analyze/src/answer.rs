//! Reading a model's JSON into our types, forgiving what does not matter.

use domain::limits;
use llm::schema_of;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Bytes of the parser's message that are passed on: it may repeat a whole value.
const MESSAGE_BYTES: usize = 300;

/// Reads `answer` as `T`, forgiving a form that is not the schema's where only one thing can be meant: a member that is null counts
/// as absent, a number is text where text is wanted, lines are a text, one object is a list of one, and a text that is JSON is
/// what it says.
///
/// # Errors
/// Says in words for the model what is wrong.
pub(crate) fn typed<T: DeserializeOwned + JsonSchema + 'static>(
    answer: Value,
) -> Result<T, String> {
    let fitted = fitted(answer, schema_of::<T>()).unwrap_or_default();
    serde_json::from_value(fitted).map_err(|error| {
        let message = error.to_string();
        format!(
            "it does not match the schema: {}.",
            limits::cut(&message, MESSAGE_BYTES)
        )
    })
}

/// The value in the form of a schema, as far as that is clear; none for null.
fn fitted(value: Value, schema: &Value) -> Option<Value> {
    if value.is_null() {
        return None;
    }
    let fitted = match (schema["type"].as_str().unwrap_or_default(), value) {
        ("object", Value::Object(members)) => members
            .into_iter()
            .filter_map(|(name, value)| {
                let value = fitted(value, &schema["properties"][&name])?;
                Some((name, value))
            })
            .collect(),
        ("object", Value::Array(mut items)) if items.len() == 1 => {
            return fitted(items.remove(0), schema);
        }
        ("array", Value::Array(items)) => items
            .into_iter()
            .filter_map(|item| fitted(item, &schema["items"]))
            .collect(),
        ("array", value @ Value::Object(_)) => {
            Value::Array(fitted(value, &schema["items"]).into_iter().collect())
        }
        ("array", Value::String(text)) if text.trim().is_empty() => Value::Array(Vec::new()),
        ("object" | "array", Value::String(text)) => match serde_json::from_str(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => return fitted(inner, schema),
            _ => Value::String(text),
        },
        ("string", Value::Array(items)) if items.iter().all(Value::is_string) => {
            let lines: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            Value::String(lines.join("\n"))
        }
        ("string", value @ (Value::Number(_) | Value::Bool(_))) => Value::String(value.to_string()),
        ("integer", Value::String(text)) => text.trim().parse::<u64>().ok()?.into(),
        ("boolean", Value::String(text)) => text.trim().to_lowercase().parse::<bool>().ok()?.into(),
        ("boolean", value) => value.as_bool()?.into(),
        ("integer", value) => value.as_u64()?.into(),
        (_, value) => value,
    };
    Some(fitted)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Outer {
        title: String,
        line: usize,
        items: Vec<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(default)]
    struct Inner {
        old: String,
    }

    #[test]
    fn a_form_that_can_mean_only_one_thing_is_forgiven() {
        let wanted = Outer {
            title: "2".to_owned(),
            line: 3,
            items: vec![Inner {
                old: "a\n b".to_owned(),
            }],
        };
        for answer in [
            json!({ "title": 2, "line": "3", "mood": null, "items": [null, { "old": "a\n b" }] }),
            json!({ "title": "2", "line": 3, "items": { "old": ["a", " b"] } }),
            json!({ "title": ["2"], "line": 3, "items": r#"[{"old": "a\n b"}]"# }),
            json!([{ "title": "2", "line": 3, "items": r#"{"old": "a\n b"}"# }]),
        ] {
            assert_eq!(
                typed::<Outer>(answer.clone()).as_ref(),
                Ok(&wanted),
                "{answer}"
            );
        }
        let empty = typed::<Outer>(json!({ "title": null, "line": "the third", "items": " " }));
        assert_eq!(empty, Ok(Outer::default()));
    }

    #[test]
    fn what_cannot_be_forgiven_is_said() {
        let error = typed::<Outer>(json!({ "items": "none" })).unwrap_err();
        assert!(
            error.starts_with("it does not match the schema: invalid type: string"),
            "{error}"
        );
    }
}
