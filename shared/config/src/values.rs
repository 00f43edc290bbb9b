//! Values of variables, read as their rows of the table say, and as people paste them and programs pass them on.

use std::collections::HashMap;

use reqwest::Url;
use serde_json::{Map, Value};

use crate::table::{Kind, Variable};

/// Longest text in characters.
const MAX_WORD: usize = 200;

/// A variable whose value cannot be used, without that value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {expected}")]
pub struct InvalidValue {
    /// The variable.
    pub name: &'static str,
    /// The end of the sentence that begins with the name.
    pub expected: String,
}

/// The values that are set, by the names of their variables.
pub(crate) struct Values<'a>(HashMap<&'static str, &'a str>);

impl<'a> Values<'a> {
    pub(crate) fn new(values: HashMap<&'static str, &'a str>) -> Self {
        Self(values)
    }

    /// The value that is set, white space included.
    pub(crate) fn given(&self, variable: &Variable) -> Option<&'a str> {
        self.0.get(variable.name).copied()
    }

    /// The value that is set or the default.
    pub(crate) fn text(&self, variable: &Variable) -> Option<&'a str> {
        self.given(variable).or(variable.default).map(str::trim)
    }

    fn parsed<T>(
        &self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, InvalidValue> {
        let parse = |text| parse(text).ok_or_else(|| variable.invalid());
        self.text(variable).map(parse).transpose()
    }

    /// A number of a variable that has a default.
    pub(crate) fn number<T: TryFrom<u64>>(&self, variable: &Variable) -> Result<T, InvalidValue> {
        self.number_if_set(variable)?
            .ok_or_else(|| variable.invalid())
    }

    pub(crate) fn number_if_set<T: TryFrom<u64>>(
        &self,
        variable: &Variable,
    ) -> Result<Option<T>, InvalidValue> {
        self.parsed(variable, |text| T::try_from(whole(variable, text)?).ok())
    }

    pub(crate) fn decimal(&self, variable: &Variable) -> Result<Option<f64>, InvalidValue> {
        self.parsed(variable, |text| decimal(variable, text))
    }

    pub(crate) fn flag(&self, variable: &Variable) -> Result<bool, InvalidValue> {
        let flag = self.parsed(variable, flag)?;
        flag.ok_or_else(|| variable.invalid())
    }

    pub(crate) fn choice(&self, variable: &Variable) -> Result<Option<&'static str>, InvalidValue> {
        self.parsed(variable, |text| {
            variable
                .options()
                .iter()
                .copied()
                .find(|option| *option == text)
        })
    }

    pub(crate) fn word(&self, variable: &Variable) -> Result<Option<String>, InvalidValue> {
        self.parsed(variable, |text| {
            let is_word = text.chars().count() <= MAX_WORD && !text.chars().any(char::is_control);
            is_word.then(|| text.to_owned())
        })
    }

    pub(crate) fn address(&self, variable: &Variable) -> Result<Option<Url>, InvalidValue> {
        self.parsed(variable, |text| address(variable, text))
    }

    pub(crate) fn json(&self, variable: &Variable) -> Result<Map<String, Value>, InvalidValue> {
        let members = self.parsed(variable, |text| serde_json::from_str(text).ok())?;
        Ok(members.unwrap_or_default())
    }

    /// Checks what the kind alone says.
    #[cfg(test)]
    pub(crate) fn check(&self, variable: &Variable) -> Result<(), InvalidValue> {
        match variable.kind {
            Kind::Whole { .. } => self.number_if_set::<u64>(variable).map(drop),
            Kind::Decimal { .. } => self.decimal(variable).map(drop),
            Kind::Flag => self.flag(variable).map(drop),
            Kind::Choice(_) => self.choice(variable).map(drop),
            Kind::Endpoint | Kind::Address(_) => self.address(variable).map(drop),
            Kind::Json => self.json(variable).map(drop),
            Kind::Text => self.word(variable).map(drop),
            Kind::Secret => Ok(()),
        }
    }
}

pub(crate) fn whole(variable: &Variable, text: &str) -> Option<u64> {
    let (min, max) = variable.limits()?;
    text.parse()
        .ok()
        .filter(|value| (min..=max).contains(value))
}

pub(crate) fn decimal(variable: &Variable, text: &str) -> Option<f64> {
    let Kind::Decimal { max } = variable.kind else {
        return None;
    };
    let value = text.parse().ok()?;
    (0.0..=f64::from(max)).contains(&value).then_some(value)
}

pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// An endpoint's address is tidied: a trailing slash and a pasted `/chat/completions` or `/responses` go.
pub(crate) fn address(variable: &Variable, text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let schemes = match variable.kind {
        Kind::Address(schemes) => schemes,
        _ => &["http", "https"],
    };
    // Only an address on the web must have a host: a socket has none, and PostgreSQL's may leave it out.
    let is_web = matches!(url.scheme(), "http" | "https");
    if !schemes.contains(&url.scheme()) || (is_web && !url.has_host()) {
        return None;
    }
    if variable.kind == Kind::Endpoint {
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let path = path
            .strip_suffix("/chat/completions")
            .or_else(|| path.strip_suffix("/responses"))
            .unwrap_or(path);
        let path = path.trim_end_matches('/').to_owned();
        url.set_path(&path);
    }
    Some(url)
}

/// The value between two quotes of one kind. A shell takes them off; `docker run --env-file` and some panels of hosters leave
/// them, and no value of ours begins and ends with one.
pub fn unquoted(value: &str) -> Option<&str> {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}
