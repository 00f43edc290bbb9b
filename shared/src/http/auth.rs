//! Who is the admin.

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;

use crate::{crypto::same_secret, state::AppState};

/// Whether the request carries the admin's token, as `Authorization: Bearer …` or `x-admin-token: …`.
///
/// Without a configured token nobody is admin.
#[must_use]
pub fn is_admin(headers: &HeaderMap, state: &AppState) -> bool {
    let Some(token) = &state.config.secrets.settings_token else {
        return false;
    };
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .and_then(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()));
    let own = headers
        .get("x-admin-token")
        .and_then(|value| value.to_str().ok());
    bearer
        .into_iter()
        .chain(own)
        .any(|given| same_secret(given, token.expose_secret()))
}
