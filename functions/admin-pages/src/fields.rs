//! The settings as fields of a form.

use std::collections::HashMap;

use config::SETTABLE;
use site::Words;
use web::settings::{SECRET, Setting, Source};

/// What was sent, by the names of the fields.
pub(crate) type Sent = HashMap<String, String>;

/// How a setting is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Address,
    Secret,
    Text,
    Number,
    Choice(&'static [&'static str]),
    Long,
}

/// What is needed to begin, and what is not, in the order of the form.
pub(crate) const GROUPS: [(&str, &[&str]); 3] = [
    (
        "group.endpoint",
        &[
            "OPENAI_BASE_URL",
            "OPENAI_API_KEY",
            "OPENAI_MODEL",
            "MODEL_SUPPORTS_VISION",
        ],
    ),
    (
        "group.work",
        &[
            "REQUEST_TIMEOUT_SECONDS",
            "MAX_CONCURRENT_ANALYSIS_TASKS",
            "LLM_MAX_CONCURRENCY",
        ],
    ),
    (
        "group.advanced",
        &[
            "OPENAI_CONTEXT_TOKENS",
            "OPENAI_MAX_OUTPUT_TOKENS",
            "OPENAI_PROTOCOL",
            "OPENAI_JSON_MODE",
            "OPENAI_STREAM",
            "OPENAI_TEMPERATURE",
            "OPENAI_REASONING_EFFORT",
            "OPENAI_EXTRA_BODY",
            "PRICE_INPUT_PER_MTOK",
            "PRICE_CACHED_PER_MTOK",
            "PRICE_OUTPUT_PER_MTOK",
        ],
    ),
];

fn kind(key: &str) -> Kind {
    match key {
        SECRET => Kind::Secret,
        "OPENAI_BASE_URL" => Kind::Address,
        "OPENAI_MODEL" | "OPENAI_REASONING_EFFORT" => Kind::Text,
        "OPENAI_EXTRA_BODY" => Kind::Long,
        "MODEL_SUPPORTS_VISION" => Kind::Choice(&["true", "false"]),
        "OPENAI_PROTOCOL" => Kind::Choice(&["auto", "chat_completions", "responses"]),
        "OPENAI_JSON_MODE" => Kind::Choice(&["auto", "json_schema", "json_object", "text"]),
        "OPENAI_STREAM" => Kind::Choice(&["auto", "on", "off"]),
        _ => Kind::Number,
    }
}

/// A setting as a field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) name: String,
    /// What it may be.
    pub(crate) may: String,
    pub(crate) kind: Kind,
    /// What is in the field; nothing for a secret.
    pub(crate) typed: String,
    /// The value in use; of a secret its end.
    pub(crate) in_use: String,
    pub(crate) source: Source,
    pub(crate) is_wrong: bool,
    /// Why the saved value is not used.
    pub(crate) problem: Option<String>,
}

impl Field {
    pub(crate) fn new(
        setting: Setting,
        sent: Option<&Sent>,
        wrong: &[String],
        words: Words,
    ) -> Self {
        let key = setting.key;
        let in_use = setting.value.unwrap_or_default();
        let typed = match sent.and_then(|sent| sent.get(key)) {
            _ if setting.secret => String::new(),
            Some(typed) => typed.clone(),
            None => in_use.clone(),
        };
        Self {
            key,
            name: words.get(&format!("setting.{key}")).to_owned(),
            may: words.get(&format!("setting.{key}.may")).to_owned(),
            kind: kind(key),
            typed,
            in_use,
            source: setting.source,
            is_wrong: wrong.iter().any(|wrong| wrong == key),
            problem: setting.problem,
        }
    }

    pub(crate) fn is_saved(&self) -> bool {
        self.source == Source::Saved || self.problem.is_some()
    }

    /// Key of where the value comes from.
    pub(crate) const fn source_key(&self) -> &'static str {
        match self.source {
            Source::Default => "source.default",
            Source::Environment => "source.environment",
            Source::Saved => "source.saved",
        }
    }

    /// The choices: value, name, and whether it is chosen.
    pub(crate) fn choices(&self, words: &Words) -> Vec<(&'static str, String, bool)> {
        let Kind::Choice(values) = self.kind else {
            return Vec::new();
        };
        values
            .iter()
            .map(|value| {
                let name = words.find(&format!("choice.{value}")).unwrap_or(value);
                (*value, name.to_owned(), *value == self.typed)
            })
            .collect()
    }
}

/// What is to change: what differs from what the form was filled with. An emptied field goes back to the default; an empty
/// one for a secret leaves it as it is.
pub(crate) fn changes(sent: &Sent) -> Vec<(String, Option<String>)> {
    let mut changes = Vec::new();
    for key in SETTABLE {
        let Some(value) = sent.get(*key).map(|value| value.trim()) else {
            continue;
        };
        let was = sent.get(&format!("was.{key}")).map_or("", |was| was.trim());
        let is_same = if *key == SECRET {
            value.is_empty()
        } else {
            value == was
        };
        if !is_same {
            let value = (!value.is_empty()).then(|| value.to_owned());
            changes.push(((*key).to_owned(), value));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn every_setting_is_a_field_with_words_in_every_language() {
        let mut fields: Vec<_> = GROUPS.iter().flat_map(|(_, keys)| *keys).collect();
        let mut settings: Vec<_> = SETTABLE.iter().collect();
        fields.sort_unstable();
        settings.sort_unstable();
        assert_eq!(fields, settings);
        for language in AnswerLanguage::ALL {
            for key in SETTABLE {
                for key in [format!("setting.{key}"), format!("setting.{key}.may")] {
                    assert!(Words(*language).find(&key).is_some(), "{key}");
                }
            }
        }
    }

    #[test]
    fn only_what_was_changed_is_saved() {
        let sent = [
            ("OPENAI_MODEL", "other "),
            ("was.OPENAI_MODEL", "one"),
            ("OPENAI_BASE_URL", "http://a/v1"),
            ("was.OPENAI_BASE_URL", "http://a/v1"),
            ("OPENAI_API_KEY", ""),
            ("OPENAI_TEMPERATURE", ""),
            ("was.OPENAI_TEMPERATURE", "0.2"),
            ("COLOUR", "red"),
        ];
        let sent = sent.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(
            changes(&sent.into()),
            [
                ("OPENAI_MODEL".to_owned(), Some("other".to_owned())),
                ("OPENAI_TEMPERATURE".to_owned(), None),
            ]
        );
    }
}
