//! States and choices of a submission and of its stages.

use super::stored_enum;

stored_enum! {
    /// Where a submission is in its life.
    Status {
        /// Waits for a worker.
        Queued = "QUEUED",
        /// A worker holds a lease on it.
        Processing = "PROCESSING",
        /// Analysed.
        Completed = "COMPLETED",
        /// Ended without a result; the error says why.
        Failed = "FAILED",
        /// Stopped by its owner or the admin.
        Cancelled = "CANCELLED",
    }
}

impl Status {
    /// Whether the submission has ended, so that only a retry changes it.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

stored_enum! {
    /// One of the stages of an analysis.
    StageName {
        /// Extracts the statement.
        Problem = "problem",
        /// Finds the program and lays it out.
        Code = "code",
        /// Looks for the smallest input on which the program is wrong.
        Hunt = "hunt",
        /// Finds the bug and the smallest fix.
        Analysis = "analysis",
        /// Runs the program and its fix.
        Verification = "verification",
    }
}

stored_enum! {
    /// Where a stage is.
    StageState {
        /// Not begun in this run, or to be begun again.
        Pending = "PENDING",
        /// A worker is at it.
        Running = "RUNNING",
        /// Its result is stored.
        Completed = "COMPLETED",
        /// Ended without a result.
        Failed = "FAILED",
        /// Nothing to do: there is no problem statement.
        Skipped = "SKIPPED",
    }
}

stored_enum! {
    /// The online judge's verdict.
    Verdict {
        /// Wrong answer.
        WrongAnswer = "WA",
        /// Time limit exceeded.
        TimeLimit = "TLE",
        /// Memory limit exceeded.
        MemoryLimit = "MLE",
        /// Runtime error.
        RuntimeError = "RE",
        /// Compile error.
        CompileError = "CE",
        /// Presentation error.
        Presentation = "PE",
    }
}

impl Verdict {
    /// The verdict in words, as a model is told it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::WrongAnswer => "Wrong Answer",
            Self::TimeLimit => "Time Limit Exceeded",
            Self::MemoryLimit => "Memory Limit Exceeded",
            Self::RuntimeError => "Runtime Error",
            Self::CompileError => "Compile Error",
            Self::Presentation => "Presentation Error",
        }
    }
}

stored_enum! {
    /// Language in which the analysis is written.
    AnswerLanguage {
        /// English.
        English = "en",
        /// Chinese, simplified.
        Chinese = "zh",
        /// German.
        German = "de",
    }
}

impl AnswerLanguage {
    /// The language's English name, as a model is told it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "Simplified Chinese",
            Self::German => "German",
        }
    }
}

stored_enum! {
    /// How far it is to tell of the end of a submission.
    CallbackState {
        /// To be told, or tried again.
        Pending = "PENDING",
        /// The receiver took it.
        Delivered = "DELIVERED",
        /// Given up.
        Failed = "FAILED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_spelt_alike_in_json_and_in_text() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(Status::parse(status.as_str()), Some(*status));
        }
        assert_eq!(Status::parse("queued"), None);
        assert_eq!(AnswerLanguage::choices(), "en, zh or de");
    }
}
