//! What every HTTP function does alike: extractors, cookies, and the layers around the routes.

mod auth;
mod body;
mod file;
mod form;
mod layers;
mod visitor;

pub use auth::is_admin;
pub use body::{Body, Json, PathId, PathPosition, Query};
pub use file::{attachment, is_known};
pub use form::{Form, FormField};
pub use layers::{RequestId, wrap};
pub use visitor::Visitor;
