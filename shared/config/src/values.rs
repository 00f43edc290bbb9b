//! Reading values as people paste them and programs pass them on.

use super::{ConfigError, invalid};

/// The value between two quotes of one kind. A shell takes them off; `docker run --env-file` and some panels of hosters leave
/// them, and no value of ours begins and ends with one.
pub fn unquoted(value: &str) -> Option<&str> {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// Names of hosts, also as people paste them: with a scheme, a port or a path.
pub(super) fn allowed_hosts(text: Option<&str>) -> Result<Vec<String>, ConfigError> {
    let entries = text.unwrap_or_default().split([',', ' ']).map(str::trim);
    entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let address = match entry.contains("://") {
                true => entry.to_owned(),
                false => format!("http://{entry}"),
            };
            let url = reqwest::Url::parse(&address).ok();
            let host = url.as_ref().and_then(reqwest::Url::host_str);
            let host = host.filter(|host| !host.contains('*'));
            let host = host.map(|host| host.trim_end_matches('.').to_owned());
            host.ok_or_else(|| {
                invalid(
                    "ALLOWED_HOSTS",
                    "must be names of hosts, separated by commas, such as check.example,www.check.example",
                )
            })
        })
        .collect()
}
