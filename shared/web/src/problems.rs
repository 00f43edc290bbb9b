//! The types of the problem documents: one list for the answers, the API's document and the page that explains them.

use axum::http::StatusCode;

/// Begins the `type` of each problem document; its code follows.
pub const URN: &str = "urn:code-checker:problem:";

/// A type of problem document.
#[derive(Debug)]
pub struct ProblemType {
    /// The end of its `type`.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: StatusCode,
    /// Its `title`.
    pub title: &'static str,
    /// Says when it comes.
    pub meaning: &'static str,
    /// Says what a client does about it.
    pub remedy: &'static str,
}

impl ProblemType {
    /// The `type` of its documents.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("{URN}{}", self.code)
    }
}

macro_rules! problem_types {
    ($($name:ident: $status:ident $code:literal, $title:literal, $meaning:literal, $remedy:literal;)+) => {
        $(pub(crate) static $name: ProblemType = ProblemType {
            code: $code,
            status: StatusCode::$status,
            title: $title,
            meaning: $meaning,
            remedy: $remedy,
        };)+

        /// Every type, by status.
        pub static ALL: &[&ProblemType] = &[$(&$name),+];
    };
}

problem_types! {
    UNREADABLE: BAD_REQUEST "unreadable", "The request cannot be read",
        "The body is not what its Content-Type says, an id is no UUID, or the query has a name that is not known here.",
        "Correct the request as `detail` says; the same again ends the same.";
    UNAUTHORIZED: UNAUTHORIZED "unauthorized", "Admins only",
        "The admin's token is missing or wrong, or the session has ended.",
        "Send SETTINGS_TOKEN as `Authorization: Bearer` or as `x-admin-token`, or log in.";
    ACCESS_REQUIRED: UNAUTHORIZED "access-required", "This server asks for a password",
        "The server's password (ACCESS_PASSWORD) is missing or wrong, or it was changed.",
        "Send it as `Authorization: Bearer`, with an owner's token in `x-owner-token` beside it; in a browser, open /access.";
    NOT_OWNER: FORBIDDEN "not-owner", "This is somebody else's submission",
        "Only its submitter and the admin may do this.",
        "Send the visitor's cookie, or the `owner_token` of the answer that created it.";
    NOT_REVEALED: FORBIDDEN "not-revealed", "The fix is not released",
        "The server's admin, a teacher perhaps, lets visitors see the fix later or not at all (REVEAL, REVEAL_AFTER).",
        "Wait until the time in `detail`, if it names one; the submission's `withheld` has it too.";
    FOREIGN_FORM: FORBIDDEN "foreign-form", "The request came from another address",
        "A browser sent it for a page of another site, which its Origin or Sec-Fetch-Site header says.",
        "Call from a program, or from a page of this server. A proxy in between must pass on the Host header.";
    NOT_FOUND: NOT_FOUND "not-found", "Not found",
        "There is no such submission, image, stage or address. It may have been deleted.",
        "Do not repeat the request; look for the id in the history.";
    METHOD_NOT_ALLOWED: METHOD_NOT_ALLOWED "method-not-allowed", "Method not allowed",
        "The address is right, and does not take this method.",
        "Use one of the methods in the Allow header.";
    CONFLICT: CONFLICT "conflict", "Not possible in this state",
        "The submission is in a state that does not allow this; `detail` names it.",
        "Wait until it has ended, or do first what `detail` says.";
    TOO_LARGE: PAYLOAD_TOO_LARGE "too-large", "The request is too large",
        "The whole body has more bytes than it may have; `detail` names the limit.",
        "Send less: fewer or smaller images, for instance.";
    UNSUPPORTED_MEDIA_TYPE: UNSUPPORTED_MEDIA_TYPE "unsupported-media-type", "The media type is not supported",
        "The Content-Type is missing, or another one is expected here.",
        "Send the Content-Type that `detail` names.";
    UNKNOWN_HOST: MISDIRECTED_REQUEST "unknown-host", "This server has another name",
        "The Host header names neither an IP address nor localhost nor one of ALLOWED_HOSTS.",
        "Use the server's own name; its admin adds names to ALLOWED_HOSTS.";
    INVALID: UNPROCESSABLE_ENTITY "invalid", "The request is not valid",
        "It can be read, and the fields in `errors` are wrong. Each has a JSON pointer, or the name of a query parameter.",
        "Correct each field as its `detail` says; the same again ends the same.";
    IDEMPOTENCY_KEY_REUSED: UNPROCESSABLE_ENTITY "idempotency-key-reused", "The idempotency key was used before",
        "The Idempotency-Key came with another body in the last 24 hours.",
        "Use a new key for a new request, and the old key only to repeat the old one.";
    TOO_MANY_ATTEMPTS: TOO_MANY_REQUESTS "too-many-attempts", "Too many attempts",
        "There were more submissions, or more wrong tokens, from one client than it may send.",
        "Wait for as many seconds as Retry-After says.";
    BUDGET_USED: TOO_MANY_REQUESTS "budget-used", "The day's budget is used up",
        "The server has used the tokens that all its visitors may use in a day (DAILY_TOKEN_BUDGET). The day is UTC's.",
        "Wait until midnight UTC, for as many seconds as Retry-After says. Its admin may raise the budget before.";
    DAILY_LIMIT: TOO_MANY_REQUESTS "daily-limit", "The day's submissions are used up",
        "One visitor, or one address, has sent as many submissions and retries as it may in a day (DAILY_SUBMISSIONS_PER_VISITOR).",
        "Wait until midnight UTC, for as many seconds as Retry-After says.";
    INTERNAL: INTERNAL_SERVER_ERROR "internal", "Something went wrong on our side",
        "The server has a fault. It was logged under the id in the x-request-id header.",
        "Tell the admin the id; try again with the same Idempotency-Key.";
    CANNOT_STREAM: NOT_IMPLEMENTED "cannot-stream", "Answers cannot be streamed here",
        "The function is behind a gateway that waits for whole answers.",
        "Ask for the submission every few seconds instead, or call a function that streams.";
    NO_JUDGE: SERVICE_UNAVAILABLE "no-judge", "No judge is there",
        "The server has no judge to run programs with. All else works without one.",
        "Its admin sets JUDGE_URL, or starts the service judge of the stack.";
    UNAVAILABLE: SERVICE_UNAVAILABLE "unavailable", "The service is not available at the moment",
        "PostgreSQL, Redis or the judge does not answer, the judge is busy, too many large bodies arrive at once, or so many submissions wait that MAX_QUEUED is reached.",
        "Wait for as many seconds as Retry-After says, then send it again with the same Idempotency-Key: it may have been stored all the same.";
}
