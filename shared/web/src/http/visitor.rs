//! The anonymous visitor: an id in a signed cookie, so that a list can show a visitor their own submissions.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use cookie::{Cookie, SameSite, time::Duration};

use crate::state::AppState;
use config::crypto::KeyRing;
use domain::VisitorId;

const COOKIE: &str = "cc_visitor";
const PURPOSE: &str = "visitor cookie";

/// The visitor that sent the request.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    id: Option<VisitorId>,
    is_admin: bool,
    secure: bool,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let secure = parts
            .headers
            .get("x-forwarded-proto")
            .is_some_and(|value| value == "https");
        Ok(Self {
            id: read(&parts.headers, &state.keys),
            is_admin: super::is_admin(parts, state).await,
            secure,
        })
    }
}

/// Values of the cookies of this name.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + 'a {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

pub(super) fn read(headers: &HeaderMap, keys: &KeyRing) -> Option<VisitorId> {
    cookies(headers, COOKIE).find_map(|value| {
        let (id, signature) = value.split_once('.')?;
        keys.verify(PURPOSE, id, signature)
            .then(|| id.parse().ok().map(VisitorId))?
    })
}

impl Visitor {
    /// Whether it is the admin.
    #[must_use]
    pub const fn is_admin(self) -> bool {
        self.is_admin
    }

    /// The visitor's id, if the cookie is there and ours.
    #[must_use]
    pub const fn id(self) -> Option<VisitorId> {
        self.id
    }

    /// The visitor's id, or a new one with the cookie that makes it known.
    #[must_use]
    pub fn id_or_new(self, keys: &KeyRing) -> (VisitorId, Option<HeaderValue>) {
        if let Some(id) = self.id {
            return (id, None);
        }
        let id = VisitorId::generate();
        let text = id.to_string();
        let value = format!("{text}.{}", keys.sign(PURPOSE, &text));
        let cookie = Cookie::build((COOKIE, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .max_age(Duration::days(365))
            .build();
        (id, HeaderValue::from_str(&cookie.to_string()).ok())
    }
}
