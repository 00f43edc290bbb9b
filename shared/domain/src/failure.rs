//! Why a submission failed.

use super::stored_enum;

stored_enum! {
    /// Short, stable code of a reason, for the row, the API and the words of the pages.
    FailureCode {
        /// Nothing listens where the model should be.
        ModelUnreachable = "model_unreachable",
        /// No TLS connection.
        ModelNoSecureConnection = "model_no_secure_connection",
        /// No answer in time.
        ModelTimeout = "model_timeout",
        /// The connection ended in the middle of an answer.
        ModelAnswerBroken = "model_answer_broken",
        /// Too many requests, or overloaded.
        ModelBusy = "model_busy",
        /// The endpoint asks for a wait that is longer than a job may take.
        ModelTryLater = "model_try_later",
        /// The key is missing or wrong.
        ModelUnauthorized = "model_unauthorized",
        /// The account has no credit.
        ModelNoCredit = "model_no_credit",
        /// The account may not send so much at once.
        ModelAccountLimit = "model_account_limit",
        /// The endpoint does not serve this part of the world.
        ModelRegion = "model_region",
        /// Nothing answers at this path.
        ModelAddressNotFound = "model_address_not_found",
        /// The endpoint does not have the model.
        ModelNotFound = "model_not_found",
        /// The question does not fit.
        ModelContextTooSmall = "model_context_too_small",
        /// The model does not read images.
        ModelNoVision = "model_no_vision",
        /// An image cannot be read.
        BadImage = "bad_image",
        /// The endpoint refuses the request.
        ModelRefusedRequest = "model_refused_request",
        /// The endpoint does not know a part of the request.
        ModelLacksFeature = "model_lacks_feature",
        /// The model declined.
        ModelDeclined = "model_declined",
        /// The endpoint's filter stopped the answer.
        ModelContentFilter = "model_content_filter",
        /// The answer was cut at a limit.
        ModelAnswerCut = "model_answer_cut",
        /// The model said the same over and over.
        ModelRepeats = "model_repeats",
        /// The answer was empty.
        ModelAnswerEmpty = "model_answer_empty",
        /// There is no chat endpoint at the address.
        ModelNotAnEndpoint = "model_not_an_endpoint",
        /// The answer is of no use.
        ModelBadAnswer = "model_bad_answer",
        /// More calls than one run may make.
        ModelTooManyCalls = "model_too_many_calls",
        /// The answer to a test took too long.
        ModelTooSlow = "model_too_slow",
        /// The answer to a test was wrong.
        ModelTooWeak = "model_too_weak",
        /// The judge is busy, or does not answer.
        JudgeAway = "judge_away",
        /// The submission holds no program.
        NoCode = "no_code",
        /// The day's tokens are used up.
        BudgetUsed = "budget_used",
        /// The job's time was up.
        Deadline = "deadline",
        /// Workers died of it again and again.
        CrashLoop = "crash_loop",
        /// Our own program failed in the middle of it.
        Crashed = "crashed",
        /// The meter did not allow a call.
        Stopped = "stopped",
        /// The database failed.
        Database = "database",
        /// Something is wrong on our side.
        Internal = "internal",
    }
}
