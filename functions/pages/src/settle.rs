//! Says from the page which output is right where the references of a hunt disagree.

use actions::settle::{self, Answer, Settlement};
use axum::{extract::State, response::Response};
use domain::SubmissionId;
use serde::Deserialize;
use web::{
    error::ApiError,
    http::{Fields, Owned, Paced, Trace},
    state::AppState,
};

use crate::see_other;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SettleForm {
    /// The run whose dispute it is.
    run: i32,
    /// The output that is right: `first`, `second` or `neither`.
    answer: Answer,
    /// The right output, where it is neither's and is known.
    output: Option<String>,
}

/// Settles a dispute from the page, and runs the submission on.
#[utoipa::path(
    post, path = crate::SETTLE, operation_id = "settleFromPage", tag = "pages",
    params(("id" = SubmissionId, Path)),
    request_body(content = SettleForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Leads to the page that follows."), (status = 403), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422), (status = 429)),
    security(("owner" = []))
)]
pub(crate) async fn settle(
    State(state): State<AppState>,
    Owned(id): Owned,
    by: Paced,
    trace: Trace,
    Fields(form): Fields<SettleForm>,
) -> Result<Response, ApiError> {
    let settlement = Settlement {
        run: form.run,
        answer: form.answer,
        output: form.output.filter(|output| !output.trim().is_empty()),
    };
    settle::settle(&state, id, settlement, &by, &trace).await?;
    Ok(see_other(&format!("/submissions/{id}")))
}
