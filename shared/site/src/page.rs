//! The frame around a page: its preferences, its words, and its viewer.

use std::convert::Infallible;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite, time::Duration};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Icon, Words, assets};
use domain::{AnswerLanguage, text_enum};
use web::{
    error::ApiError,
    http::{Entered, cookies, is_admin},
    state::AppState,
};

text_enum! {
    /// Colours of the pages.
    Theme {
        /// As the system has it.
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
    }
}

/// A visitor's choices, kept in cookies.
#[derive(Clone, Copy, Debug)]
pub struct Preferences {
    /// Language of the pages.
    pub words: Words,
    /// Colours.
    pub theme: Theme,
}

const LANGUAGE: &str = "cc_language";
const THEME: &str = "cc_theme";

impl Preferences {
    /// The preferences of whoever sent these headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let language = cookies(headers, LANGUAGE).find_map(|value| AnswerLanguage::parse(&value));
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self {
            words: language.map_or_else(|| Words::negotiate(accepted), Words),
            theme: cookies(headers, THEME)
                .find_map(|value| Theme::parse(&value))
                .unwrap_or(Theme::System),
        }
    }
}

/// The cookie that keeps a preference, if there is one of this name and value.
#[must_use]
pub fn preference_cookie(name: &str, value: &str) -> Option<HeaderValue> {
    let (name, value) = match name {
        "language" => (LANGUAGE, AnswerLanguage::parse(value)?.as_str()),
        "theme" => (THEME, Theme::parse(value)?.as_str()),
        _ => return None,
    };
    let cookie = Cookie::build((name, value))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

const STEP: &str = "cc_step";

/// The cookie that remembers how much of a fix to show at first: from 1, where it is, to 4, all.
#[must_use]
pub fn step_cookie(step: u8) -> Option<HeaderValue> {
    let cookie = Cookie::build((STEP, step.to_string()))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

/// How much of a fix to show at first.
#[must_use]
pub fn step_of(headers: &HeaderMap) -> u8 {
    cookies(headers, STEP)
        .find_map(|value| value.parse().ok())
        .filter(|step| (1..=4).contains(step))
        .unwrap_or(1)
}

/// The data of the frame.
#[derive(Clone, Debug)]
pub struct Page {
    /// Words of the page.
    pub words: Words,
    /// Colours of the page.
    pub theme: Theme,
    /// Path and query of the page, where a form without script comes back to.
    pub here: String,
    /// Whether the admin looks at it.
    pub is_admin: bool,
    /// Whether the server's password was given in this browser.
    pub has_entered: bool,
    /// Icon in the browser's tab.
    pub favicon: &'static str,
}

impl FromRequestParts<AppState> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let is_admin = is_admin(parts, state).await;
        Ok(Self::of(parts, is_admin))
    }
}

impl Page {
    pub(super) fn of(parts: &Parts, is_admin: bool) -> Self {
        let Preferences { words, theme } = Preferences::of(&parts.headers);
        let here = if parts.method == axum::http::Method::GET {
            parts.uri.path_and_query().map_or("/", |here| here.as_str())
        } else {
            "/"
        };
        Self {
            words,
            theme,
            here: here.to_owned(),
            is_admin,
            has_entered: parts.extensions.get::<Entered>().is_some(),
            favicon: "favicon.svg",
        }
    }

    /// Address of an asset.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The languages with their own names, and whether it is this page's.
    #[must_use]
    pub fn languages(&self) -> Vec<(&'static str, &'static str, bool)> {
        let language = self.words.0;
        Words::LANGUAGES
            .iter()
            .map(|(code, name)| (code.as_str(), *name, *code == language))
            .collect()
    }

    /// The themes: value, key of its name, icon, and whether it is this page's.
    #[must_use]
    pub fn themes(&self) -> [(&'static str, &'static str, Icon, bool); 3] {
        [
            ("system", "theme.system", Icon::MONITOR),
            ("light", "theme.light", Icon::SUN),
            ("dark", "theme.dark", Icon::MOON),
        ]
        .map(|(value, name, icon)| (value, name, icon, self.theme.as_str() == value))
    }
}

/// A value as part of an address's query.
#[must_use]
pub fn query_value(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// An address of ours, or else the home page: a form must not lead to another site.
#[must_use]
pub fn local(address: &str) -> &str {
    let ours = address.starts_with('/')
        && !address.starts_with("//")
        && address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { address } else { "/" }
}

/// A rendered template.
#[derive(Clone, Copy, Debug)]
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => (
                [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    // It is the visitor's own, in their language, and changes while work goes on.
                    (header::CACHE_CONTROL, "private, no-cache"),
                ],
                html,
            )
                .into_response(),
            Err(error) => ApiError::Internal(Box::new(error)).into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_form_leads_to_our_own_pages_only() {
        for ours in ["/", "/submissions/x?step=2", "/history?q=%E8"] {
            assert_eq!(local(ours), ours);
        }
        for other in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\r\nx: y",
        ] {
            assert_eq!(local(other), "/");
        }
    }
}
