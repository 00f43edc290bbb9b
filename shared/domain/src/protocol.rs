//! Protocols of endpoints.

use super::stored_enum;

stored_enum! {
    /// The protocol in which an endpoint is asked.
    Protocol {
        /// Chat Completions, which every compatible endpoint has.
        Chat = "chat_completions",
        /// The Responses API, the only one in which some models are served.
        Responses = "responses",
    }
}
