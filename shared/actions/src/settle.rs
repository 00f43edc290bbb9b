//! Settling a dispute: the references of a hunt disagree on a small input, and the user says which output is right.

use db::submissions::{self, Retry};
use domain::{Dispute, GivenSample, HuntReport, Status, SubmissionId, limits, text_enum};
use job_queue::events::SubmissionEvent;
use utoipa::ToSchema;
use web::{
    error::ApiError,
    http::{Paced, Trace},
    state::AppState,
};

use super::{
    budget::Allowance,
    runs::{Changed, queue},
};

/// Disputes of one submission that may be settled.
const MOST: usize = 20;

text_enum! {
    /// The output that is right.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    Answer {
        /// That of the first reference.
        First = "first",
        /// That of the second reference.
        Second = "second",
        /// Another one.
        Neither = "neither",
    }
}

/// The user's answer to a dispute.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[schema(as = Settlement)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// The `run` of the submission whose dispute it is; a `conflict` where there has been another since.
    pub run: i32,
    /// The output that is right: that of the `first` reference, of the `second`, or `neither`.
    pub answer: Answer,
    /// The right output, where it is neither's. Without it other references are written.
    pub output: Option<String>,
}

/// Keeps which output is right, and runs the submission again from the hunt on.
///
/// # Errors
/// [`ApiError::Conflict`] where there is no open dispute, or it is of another run; [`ApiError::Invalid`] for an output that is too long or does not belong there;
/// [`ApiError::BudgetUsed`] and [`ApiError::DailyLimit`]; [`ApiError::NotFound`]; those of the database.
pub async fn settle(
    state: &AppState,
    id: SubmissionId,
    settlement: Settlement,
    by: &Paced,
    trace: &Trace,
) -> Result<Changed, ApiError> {
    check(&settlement)?;
    let traceparent = trace.0.as_ref().map(ToString::to_string);
    let allowance = Allowance::of(state, by).await?;
    let mut transaction = db::begin(&state.db).await?;
    let row = submissions::disputed(&mut transaction, id)
        .await?
        .ok_or_else(ApiError::no_submission)?;
    if row.status != Status::Completed {
        return Err(ApiError::Conflict(format!(
            "The submission is {}. You can settle what is disputed once it is COMPLETED.",
            row.status
        )));
    }
    if row.run != settlement.run {
        return Err(ApiError::Conflict(format!(
            "You settle the dispute of run {}, but this is run {}. Read it again: the dispute may be another one.",
            settlement.run, row.run
        )));
    }
    let Some(dispute) = open(row.hunt) else {
        return Err(ApiError::Conflict(
            "Nothing is disputed about this submission.".to_owned(),
        ));
    };
    let mut settled = row.settled.0;
    if settled.len() >= MOST {
        return Err(ApiError::Conflict(format!(
            "{MOST} disputes of this submission are settled, which is the most."
        )));
    }
    let sample = sample(dispute, settlement);
    let is_known = sample.is_some();
    settled.extend(sample);
    let started = submissions::settle(
        &mut transaction,
        id,
        is_known.then_some(&settled[..]),
        by.is_admin(),
        traceparent.as_deref(),
    )
    .await?;
    let Retry::Queued { run, version } = started else {
        return Err(ApiError::no_submission());
    };
    allowance
        .take(&mut transaction, state, by, by.visitor())
        .await?;
    transaction.commit().await?;
    state.events.publish(id, SubmissionEvent::Changed);
    queue(state, id, run).await;
    Ok(Changed {
        status: Status::Queued,
        run,
        version,
    })
}

fn check(settlement: &Settlement) -> Result<(), ApiError> {
    let Some(output) = &settlement.output else {
        return Ok(());
    };
    if settlement.answer != Answer::Neither {
        return Err(ApiError::field(
            "/output",
            "is only for the answer neither; leave it out",
        ));
    }
    if output.len() > limits::SAMPLE_BYTES || output.contains('\0') {
        return Err(ApiError::field(
            "/output",
            format!(
                "must be text of at most {} bytes without NUL",
                limits::SAMPLE_BYTES
            ),
        ));
    }
    Ok(())
}

/// The dispute of a hunt, if it is open.
fn open(hunt: Option<serde_json::Value>) -> Option<Dispute> {
    let report: HuntReport = serde_json::from_value(hunt?).ok()?;
    report.hunt.open_dispute().cloned()
}

/// The input with its right output; none where nobody knows it.
fn sample(dispute: Dispute, settlement: Settlement) -> Option<GivenSample> {
    let output = match settlement.answer {
        Answer::First => Some(dispute.first),
        Answer::Second => Some(dispute.second),
        Answer::Neither => settlement.output.filter(|output| !output.trim().is_empty()),
    };
    output.map(|output| GivenSample {
        input: dispute.input,
        output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settlement(answer: Answer, output: Option<&str>) -> Settlement {
        Settlement {
            run: 1,
            answer,
            output: output.map(str::to_owned),
        }
    }

    #[test]
    fn the_right_output_is_the_chosen_one() {
        for (answer, output, expected) in [
            (Answer::First, None, Some("1")),
            (Answer::Second, None, Some("2")),
            (Answer::Neither, Some("3"), Some("3")),
            (Answer::Neither, Some(" "), None),
            (Answer::Neither, None, None),
        ] {
            let dispute = Dispute {
                input: "x".to_owned(),
                first: "1".to_owned(),
                second: "2".to_owned(),
            };
            let sample = sample(dispute, settlement(answer, output));
            assert_eq!(sample.map(|sample| sample.output).as_deref(), expected);
        }
    }

    #[test]
    fn an_output_goes_with_neither_alone() {
        assert!(check(&settlement(Answer::First, None)).is_ok());
        assert!(check(&settlement(Answer::Neither, Some("3"))).is_ok());
        assert!(check(&settlement(Answer::Second, Some("3"))).is_err());
        let long = "x".repeat(limits::SAMPLE_BYTES + 1);
        assert!(check(&settlement(Answer::Neither, Some(&long))).is_err());
        assert!(check(&settlement(Answer::Neither, Some("\0"))).is_err());
    }
}
