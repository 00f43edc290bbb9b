//! The page: the document in the frame of the site.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use site::{Html, Icon, Page};
use web::problems::{self, ProblemType};

use crate::{
    limits,
    reference::{REFERENCE, Reference, Text, text},
};

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    page: Page,
    reference: &'static Reference,
    /// Each with its meaning and what to do.
    problems: Vec<(&'static ProblemType, Text, Text)>,
    limits: Vec<(&'static str, String, &'static str)>,
}

/// Shows this document as a page.
#[utoipa::path(
    get, path = crate::DOCS, operation_id = "showDocs", tag = "pages",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String))
)]
pub(crate) async fn show(page: Page) -> Response {
    Html(DocsPage {
        page,
        reference: &REFERENCE,
        problems: problems::ALL
            .iter()
            .map(|kind| (*kind, text(kind.meaning), text(kind.remedy)))
            .collect(),
        limits: limits::all(),
    })
    .into_response()
}
