//! Taking secrets out of what an endpoint says before anybody sees it.

use secrecy::ExposeSecret as _;

use crate::config::ModelConfig;

/// Characters of an endpoint's own message that are kept.
const MESSAGE_CHARS: usize = 300;
/// A key this short cannot be told from an ordinary word of an answer (`none`, `ollama`), and guards nothing.
const ANSWER_KEY_BYTES: usize = 16;
/// A shorter one than this cannot be told from a part of a word.
const MESSAGE_KEY_BYTES: usize = 4;
/// What keys of well-known vendors begin with.
const PREFIXES: &[&str] = &[
    "sk-", "sk_", "gsk_", "xai-", "AIza", "hf_", "pplx-", "nvapi-", "r8_",
];

/// Knows an endpoint's secrets.
pub struct Redactor {
    secrets: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Hides the key, a password in the address, and what the address's query holds.
    #[must_use]
    pub fn new(endpoint: &ModelConfig) -> Self {
        let key = endpoint
            .api_key
            .as_ref()
            .map(|key| key.expose_secret().to_owned());
        let password = endpoint.base_url.password().map(str::to_owned);
        let query = endpoint
            .base_url
            .query_pairs()
            .filter(|(name, _)| name != "api-version")
            .map(|(_, value)| value.into_owned());
        let mut secrets: Vec<_> = key.into_iter().chain(password).chain(query).collect();
        secrets.retain(|secret| secret.len() >= MESSAGE_KEY_BYTES);
        // Of two that begin alike the longer one must go first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// The first characters of `text` in one line, without secrets and what looks like one.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let text = self.hide(text, MESSAGE_KEY_BYTES);
        let mut words = Vec::new();
        let mut after_bearer = false;
        for word in text.split_whitespace() {
            let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let looks_like_key = PREFIXES.iter().any(|prefix| core.starts_with(prefix))
                || (after_bearer && core.len() >= 8);
            after_bearer = core.eq_ignore_ascii_case("bearer");
            words.push(if looks_like_key { "[key]" } else { word });
        }
        words.join(" ").chars().take(MESSAGE_CHARS).collect()
    }

    /// An answer without secrets.
    pub(super) fn clean_answer(&self, text: &str) -> String {
        self.hide(text, ANSWER_KEY_BYTES)
    }

    fn hide(&self, text: &str, at_least: usize) -> String {
        let mut text = text.to_owned();
        for secret in self
            .secrets
            .iter()
            .filter(|secret| secret.len() >= at_least)
        {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "[key]");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::tests::endpoint;

    #[test]
    fn keys_are_taken_out_of_messages() {
        let redactor = Redactor::new(&endpoint(&[("OPENAI_API_KEY", "my-own-key")]));
        assert_eq!(
            redactor.clean("Incorrect API key provided: \"sk-abc***xyz\".\n  Header: Bearer 0123456789, my-own-key!"),
            "Incorrect API key provided: [key] Header: Bearer [key] [key]!"
        );
        assert_eq!(redactor.clean(&"a".repeat(1000)).len(), MESSAGE_CHARS);
    }

    #[test]
    fn a_key_is_taken_out_of_an_answer_unless_it_is_a_word() {
        let redactor = Redactor::new(&endpoint(&[("OPENAI_API_KEY", "0123456789abcdef")]));
        assert_eq!(
            redactor.clean_answer("{\"code\": \"0123456789abcdef\"}"),
            "{\"code\": \"[key]\"}"
        );
        let redactor = Redactor::new(&endpoint(&[("OPENAI_API_KEY", "ollama")]));
        assert_eq!(redactor.clean_answer("ollama"), "ollama");
    }

    #[test]
    fn what_the_address_holds_is_taken_out() {
        let redactor = Redactor::new(&endpoint(&[(
            "OPENAI_BASE_URL",
            "https://me:pass-word@h/v1?token=abcdefgh&api-version=2024-10-21",
        )]));
        assert_eq!(
            redactor.clean("no route /v1?token=abcdefgh&api-version=2024-10-21 for pass-word"),
            "no route /v1?token=[key]&api-version=2024-10-21 for [key]"
        );
    }
}
