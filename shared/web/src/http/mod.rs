//! Extractors, cookies, and the layers around the routes, for every HTTP function.

mod access;
mod address;
mod auth;
mod body;
mod companion;
mod compression;
mod daily;
mod file;
mod form;
mod layers;
mod origin;
mod pace;
mod room;
mod ticket;
mod visitor;

pub use access::{ACCESS, Entered, access_cookie, end_access, has_entered, is_access_password};
pub use address::{ClientAddress, is_from_here};
pub use auth::{
    Admin, Owned, Rights, end_session, is_admin, is_admin_about, is_admin_token, session_cookie,
};
pub use body::{
    Body, Json, PathId, PathPosition, Query, SmallBody, SmallJson, has_media_type, leave_room,
    parse_json, parse_value,
};
pub use companion::CompanionClient;
pub use compression::accepts;
pub use daily::daily_client;
pub use file::{attachment, is_known};
pub use form::{Fields, Form, FormField};
pub use layers::{HungUp, RequestId, Trace, without_slash, wrap};
pub use origin::is_own;
pub use pace::{ImportPace, Pace, Paced};
pub use visitor::{Visitor, cookies};
