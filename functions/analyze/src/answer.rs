//! Reading a model's JSON into our types, forgiving what does not matter.

use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::domain::limits;

/// Bytes of the parser's message that are passed on: it may repeat a whole value.
const MESSAGE_BYTES: usize = 300;

/// Reads `answer` as `T`. A member that is null counts as absent, a number or truth value where text is wanted as its text.
///
/// # Errors
/// Says in words for the model what is wrong.
pub(crate) fn typed<T: DeserializeOwned>(answer: Value) -> Result<T, String> {
    let answer = without_nulls(answer);
    match serde_json::from_value(answer.clone()) {
        Ok(typed) => Ok(typed),
        Err(_) => serde_json::from_value(as_text(answer)).map_err(|error| {
            let message = error.to_string();
            format!(
                "it does not match the schema: {}.",
                limits::cut(&message, MESSAGE_BYTES)
            )
        }),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !item.is_null())
            .map(without_nulls)
            .collect(),
        other => other,
    }
}

fn as_text(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(truth) => Value::String(truth.to_string()),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, as_text(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(as_text).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::domain::Problem;

    use super::*;

    #[test]
    fn nulls_numbers_and_unknown_members_are_forgiven() {
        let problem: Problem = typed(json!({
            "title": "A + B", "time_limit": 2, "notes": null, "mood": "good",
            "samples": [null, { "input": 3, "output": "3" }]
        }))
        .unwrap();
        assert_eq!(
            (problem.time_limit.as_str(), problem.notes.as_str()),
            ("2", "")
        );
        assert_eq!(problem.samples[0].input, "3");
    }

    #[test]
    fn what_cannot_be_forgiven_is_said() {
        let error = typed::<Problem>(json!({ "samples": "none" })).unwrap_err();
        assert!(
            error.starts_with("it does not match the schema: invalid type: string"),
            "{error}"
        );
    }
}
