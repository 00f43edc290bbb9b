//! Reading values as people paste them and programs pass them on.

/// The value between two quotes of one kind. A shell takes them off; `docker run --env-file` and some panels of hosters leave
/// them, and no value of ours begins and ends with one.
pub(crate) fn unquoted(value: &str) -> Option<&str> {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}
