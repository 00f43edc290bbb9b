//! A submission as the server answers it, as far as it is shown.

use std::fmt;

use domain::{Analysis, FixStatus, HuntReport, Program, Rung, Status, Verification};
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

/// The parts that the server does not show.
#[derive(Debug)]
pub(crate) struct Withheld {
    /// `None` for a rung of a newer version.
    up_to: Option<Rung>,
    /// RFC 3339; `None` for never.
    until: Option<String>,
}

impl Withheld {
    fn read(value: &Value) -> Option<Self> {
        value.is_object().then(|| Self {
            up_to: value["up_to"].as_str().and_then(Rung::parse),
            until: value["until"].as_str().map(str::to_owned),
        })
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.up_to {
            Some(Rung::Where) => "the server shows only the lines that are wrong",
            Some(Rung::Hint) => "the server shows only hints",
            Some(Rung::Explanation) => "the server shows only explanations",
            Some(Rung::Fix) | None => "the server does not show all",
        })?;
        match &self.until {
            Some(until) => write!(f, " until {until}"),
            None => Ok(()),
        }
    }
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
    pub(crate) hunt: Option<HuntReport>,
    pub(crate) withheld: Option<Withheld>,
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
            hunt: serde_json::from_value(result("hunt")).ok(),
            withheld: Withheld::read(&value["withheld"]),
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
