//! The variables of an environment, with secrets from the files and the JSON object that hold them.

use std::collections::HashMap;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    ConfigError,
    table::{SECRETS_JSON, TABLE, Variable},
    values::{InvalidValue, Values, unquoted},
};

/// The values that an environment sets, by the names in the table. An empty value counts as not set.
pub(crate) struct Environment(HashMap<&'static str, SecretString>);

impl Environment {
    pub(crate) fn read(
        vars: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut vars: HashMap<String, String> = vars
            .into_iter()
            .map(|(name, value)| match unquoted(&value) {
                Some(inner) => (name, inner.to_owned()),
                None => (name, value),
            })
            .filter(|(_, value)| !value.trim().is_empty())
            .collect();
        let mut set = HashMap::new();
        for variable in TABLE {
            let name = variable.name;
            let mut value = vars.remove(name);
            if variable.takes_file()
                && let Some(path) = vars.remove(&format!("{name}_FILE"))
            {
                if value.is_some() {
                    return Err(ConfigError::Both(name));
                }
                let text = std::fs::read_to_string(path.trim())
                    .map_err(|error| ConfigError::File(name, error.kind()))?;
                let text = unquoted(&text).unwrap_or_else(|| text.trim());
                value = Some(text.to_owned());
            }
            if let Some(value) = value {
                set.insert(name, SecretString::from(value));
            }
        }
        take_out_secrets(&mut set)?;
        Ok(Self(set))
    }

    pub(crate) fn values(&self) -> Values<'_> {
        let values = self.0.iter();
        Values::new(
            values
                .map(|(name, value)| (*name, value.expose_secret()))
                .collect(),
        )
    }

    /// The values of the variables that the panel can change.
    pub(crate) fn into_live(mut self) -> HashMap<&'static str, SecretString> {
        self.0
            .retain(|name, _| crate::table::live_variable(name).is_some());
        self.0
    }
}

fn held() -> impl Iterator<Item = &'static Variable> {
    TABLE
        .iter()
        .filter(|variable| variable.takes_file() && variable.name != SECRETS_JSON.name)
}

/// Puts each secret that `SECRETS_JSON` holds where the variable of its name would be.
fn take_out_secrets(set: &mut HashMap<&'static str, SecretString>) -> Result<(), InvalidValue> {
    let Some(text) = set.remove(SECRETS_JSON.name) else {
        return Ok(());
    };
    let wrong = || {
        let names: Vec<_> = held().map(|variable| variable.name).collect();
        let expected = format!(
            "must be a JSON object of strings named {}",
            names.join(", ")
        );
        SECRETS_JSON.refused(expected)
    };
    let values: HashMap<String, String> =
        serde_json::from_str(text.expose_secret()).map_err(|_| wrong())?;
    for (name, value) in values {
        let variable = held().find(|known| known.name == name).ok_or_else(wrong)?;
        if value.trim().is_empty() {
            continue;
        }
        if set.contains_key(variable.name) {
            let expected = format!("holds {name}, which is also set on its own: keep one of them");
            return Err(SECRETS_JSON.refused(expected));
        }
        set.insert(variable.name, SecretString::from(value));
    }
    Ok(())
}
