//! The frame of every page: its layout, assets, words in three languages and security headers, and the Markdown of strangers made safe.
//! The functions `pages` and `admin-pages` fill it.
//!
//! A page is an askama template that extends `base.html` (in `templates`) and has a [`Page`] in its field `page`;
//! [`secure`] goes around the routes. Everything works without script.

mod assets;
mod format;
pub mod hunted;
mod icon;
pub mod markdown;
mod page;
pub mod proof;
mod security;
mod words;

pub use assets::{ASSETS, serve_asset};
pub use format::{bytes, day, dollars, grouped, moment, seconds, since, stamp, wait, withheld};
pub use icon::Icon;
pub use page::{
    Html, Page, Preferences, Theme, local, preference_cookie, query_value, step_cookie, step_of,
};
pub use security::{error_page, page_of_form, secure};
pub use words::Words;
