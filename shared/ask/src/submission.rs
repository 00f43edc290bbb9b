//! A submission as the server answers it, as far as it is shown.

use domain::{Analysis, FixStatus, Program, Status, Verification};
use serde::Deserialize;
use serde_json::Value;

use crate::Trouble;

/// The answer to a submission.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    pub(crate) owner_token: Option<String>,
    pub(crate) links: Links,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Links {
    #[serde(rename = "self")]
    pub(crate) this: String,
    pub(crate) page: String,
}

/// A submission that has ended.
#[derive(Debug)]
pub(crate) struct Submission {
    status: Status,
    /// Why it failed: as a code, and in words.
    error: Option<(String, String)>,
    pub(crate) program: Option<Program>,
    /// The last one: after repairs, if there were any.
    pub(crate) analysis: Option<Analysis>,
    pub(crate) verification: Option<Verification>,
}

impl Submission {
    pub(crate) fn read(value: &Value) -> Result<Self, Trouble> {
        let unknown = || {
            Trouble::Refused("the server's answer is of another version of CodeChecker".to_owned())
        };
        let status = value["status"].as_str().and_then(Status::parse);
        let result = |stage: &str| value["stages"][stage]["result"].clone();
        let verification: Option<Verification> =
            serde_json::from_value(result("verification")).ok();
        let repaired = verification
            .as_ref()
            .and_then(|found| found.analysis.clone());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let error = &value["error"];
        Ok(Self {
            status: status.ok_or_else(unknown)?,
            error: error
                .is_object()
                .then(|| (text(&error["code"]), text(&error["detail"]))),
            program: serde_json::from_value(result("code")).ok(),
            analysis: repaired.or_else(|| serde_json::from_value(result("analysis")).ok()),
            verification,
        })
    }

    /// Whether a bug was found.
    pub(crate) fn outcome(&self, page: &str) -> Result<bool, Trouble> {
        match (self.status, &self.analysis) {
            (Status::Completed, Some(analysis)) => Ok(analysis.bug_found),
            (Status::Cancelled, _) => Err(Trouble::Refused(format!("it was cancelled: {page}"))),
            (status, _) => {
                let why = match &self.error {
                    Some((code, detail)) if detail.is_empty() => code.clone(),
                    Some((code, detail)) => format!("{detail} ({code})"),
                    None => status.to_string(),
                };
                Err(Trouble::Refused(format!(
                    "the analysis failed: {why}\n{page}"
                )))
            }
        }
    }

    /// Whether the fix was run and is wrong.
    pub(crate) fn is_refuted(&self) -> bool {
        let status = self.verification.as_ref().and_then(|found| found.status);
        status == Some(FixStatus::Failed)
    }
}
