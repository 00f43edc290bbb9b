//! What every HTTP function does alike: extractors, cookies, and the layers around the routes.

mod auth;
mod body;
mod file;
mod form;
mod layers;
mod pace;
mod room;
mod visitor;

pub use auth::{
    Admin, ClientAddress, Owned, end_session, is_admin, is_admin_token, is_own, session_cookie,
};
pub use body::{Body, Json, PathId, PathPosition, Query, SmallBody, SmallJson, parse_json};
pub use file::{attachment, is_known};
pub use form::{Fields, Form, FormField};
pub use layers::{RequestId, without_slash, wrap};
pub use pace::{Pace, Paced};
pub use visitor::{Visitor, cookies};
