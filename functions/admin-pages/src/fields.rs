//! The settings as fields of a form, drawn as the table of settings says.

use std::collections::HashMap;

use config::table::{Group, Kind, Scope, Variable, live_variables};
use site::Words;
use web::settings::{Change, Setting, Source};

/// The texts of the form, by the names of the fields.
pub(crate) type FormData = HashMap<String, String>;

/// The element that a value is typed or chosen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Password,
    Select,
    Area,
    /// A line of text, for this `inputmode`.
    Line(&'static str),
}

impl Control {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Secret => Self::Password,
            Kind::Flag | Kind::Choice(_) => Self::Select,
            Kind::Json => Self::Area,
            Kind::Endpoint | Kind::Address(_) => Self::Line("url"),
            Kind::Whole { .. } => Self::Line("numeric"),
            Kind::Decimal { .. } => Self::Line("decimal"),
            Kind::Text => Self::Line("text"),
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Line(mode) if matches!(mode.as_bytes(), b"numeric" | b"decimal"))
    }
}

/// Key of the heading of a group.
pub(crate) const fn group_key(group: Group) -> &'static str {
    match group {
        Group::Endpoint => "group.endpoint",
        Group::Work => "group.work",
        Group::Visitors => "group.visitors",
        Group::Advanced => "group.advanced",
    }
}

/// The settings of a group, in the order of the table.
pub(crate) fn of_group(group: Group) -> impl Iterator<Item = &'static Variable> {
    live_variables().filter(move |variable| variable.scope == Scope::Live(group))
}

/// The help of a field, with the limits of its value in place of `{min}` and `{max}`.
fn help(variable: &Variable, words: Words) -> String {
    let help = words
        .get(&format!("setting.{}.may", variable.name))
        .to_owned();
    match variable.limits() {
        Some((min, max)) => help
            .replace("{min}", &min.to_string())
            .replace("{max}", &max.to_string()),
        None => help,
    }
}

/// A setting as a field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) name: String,
    /// Says what it may be.
    pub(crate) may: String,
    pub(crate) control: Control,
    options: &'static [&'static str],
    /// The text in the field; empty for a secret.
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
        variable: &'static Variable,
        setting: Setting,
        form: Option<&FormData>,
        wrong: &[String],
        words: Words,
    ) -> Self {
        let key = variable.name;
        let in_use = setting.value.unwrap_or_default();
        let typed = match form.and_then(|form| form.get(key)) {
            _ if setting.secret => String::new(),
            Some(typed) => typed.clone(),
            None => in_use.clone(),
        };
        Self {
            key,
            name: words.get(&format!("setting.{key}")).to_owned(),
            may: help(variable, words),
            control: Control::of(variable.kind),
            options: variable.options(),
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
        self.options
            .iter()
            .map(|value| {
                let name = words.find(&format!("choice.{value}")).unwrap_or(value);
                (*value, name.to_owned(), *value == self.typed)
            })
            .collect()
    }
}

/// The fields of a form that differ from the values it was filled with. An emptied field goes back to the default; an empty one
/// for a secret leaves it as it is.
pub(crate) fn changes(form: &FormData) -> Vec<Change> {
    let mut changes = Vec::new();
    for variable in live_variables() {
        let key = variable.name;
        let Some(value) = form.get(key).map(|value| value.trim()) else {
            continue;
        };
        let was = form.get(&format!("was.{key}")).map_or("", |was| was.trim());
        let is_same = match variable.kind {
            Kind::Secret => value.is_empty(),
            _ => value == was,
        };
        if !is_same {
            changes.push(Change {
                key: key.to_owned(),
                value: (!value.is_empty()).then(|| value.to_owned()),
            });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use domain::AnswerLanguage;

    use super::*;

    #[test]
    fn every_setting_has_a_label_and_a_help_with_its_limits_in_every_language() {
        for language in AnswerLanguage::ALL {
            let words = Words(*language);
            for variable in live_variables() {
                let name = variable.name;
                assert!(words.find(&format!("setting.{name}")).is_some(), "{name}");
                let key = format!("setting.{name}.may");
                let text = words.find(&key).unwrap_or_else(|| panic!("{key}"));
                for limit in ["{min}", "{max}"] {
                    let is_number = variable.limits().is_some();
                    assert_eq!(text.contains(limit), is_number, "{key}: {limit}");
                }
            }
        }
    }

    #[test]
    fn a_field_is_drawn_as_the_table_says() {
        let words = Words(AnswerLanguage::English);
        let field = |name: &str| {
            let mut all = Group::ALL.into_iter().flat_map(of_group);
            let variable = all.find(|variable| variable.name == name).unwrap();
            let setting = Setting {
                key: variable.name,
                value: None,
                source: Source::Default,
                secret: variable.kind == Kind::Secret,
                problem: None,
                updated_at: None,
            };
            Field::new(variable, setting, None, &[], words)
        };
        let timeout = field("REQUEST_TIMEOUT_SECONDS");
        assert_eq!(timeout.may, "Whole seconds, from 1 to 3600.");
        assert_eq!(timeout.control, Control::Line("numeric"));
        assert!(timeout.control.is_number());
        assert_eq!(field("OPENAI_API_KEY").control, Control::Password);
        let streams = field("OPENAI_STREAM").choices(&words);
        let values: Vec<_> = streams.iter().map(|(value, ..)| *value).collect();
        assert_eq!(values, ["auto", "on", "off"]);
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
                Change {
                    key: "OPENAI_MODEL".to_owned(),
                    value: Some("other".to_owned()),
                },
                Change::reset("OPENAI_TEMPERATURE".to_owned()),
            ]
        );
    }
}
