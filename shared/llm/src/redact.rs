//! Taking secrets out of what an endpoint says before anybody sees it.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::escapes;
use config::{ModelConfig, secret_members};
use domain::printable;

/// Characters of an endpoint's own message that are kept.
const MESSAGE_CHARS: usize = 300;
/// A key this short cannot be told from an ordinary word of an answer (`none`, `ollama`), and guards nothing.
const ANSWER_KEY_BYTES: usize = 16;
/// A shorter one than this cannot be told from a part of a word.
const MESSAGE_KEY_BYTES: usize = 4;
/// Stands for a secret.
const HIDDEN: &str = "[key]";
/// Beginnings of well-known vendors' keys.
const PREFIXES: &[&str] = &[
    "sk-", "sk_", "gsk_", "xai-", "AIza", "hf_", "pplx-", "nvapi-", "r8_",
];

/// Knows an endpoint's secrets.
pub struct Redactor {
    secrets: Vec<Secret>,
}

/// A secret, and the texts that it becomes in base64 and in hexadecimal digits.
struct Secret {
    text: String,
    encoded: Vec<String>,
}

impl Secret {
    fn new(text: String) -> Self {
        let encoded = if text.len() >= ANSWER_KEY_BYTES {
            encodings(&text)
        } else {
            Vec::new()
        };
        Self { text, encoded }
    }
}

/// The part of each encoding that is the same whatever stands around the secret.
fn encodings(secret: &str) -> Vec<String> {
    let mut all = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        // Six bits a sign: the first and the last ones also hold bits of the neighbours.
        let first = (before * 8).div_ceil(6);
        let last = bytes.len() * 8 / 6;
        for text in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            all.extend(text.get(first..last).map(str::to_owned));
        }
    }
    all.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    all.push(secret.bytes().map(|byte| format!("{byte:02X}")).collect());
    all.sort_unstable();
    all.dedup();
    all
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Hides the key, the name and password in the address, what the address's query holds, and secrets among the members that
    /// are put into each request.
    #[must_use]
    pub fn new(endpoint: &ModelConfig) -> Self {
        let key = endpoint
            .api_key
            .as_ref()
            .map(|key| key.expose_secret().to_owned());
        let url = &endpoint.base_url;
        // A short name is a word; a long one may be a token.
        let user = Some(url.username()).filter(|name| name.len() >= ANSWER_KEY_BYTES);
        let login = url.password().into_iter().chain(user).flat_map(|text| {
            let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
            [text.to_owned(), decoded]
        });
        let query = url
            .query_pairs()
            .filter(|(name, _)| name != "api-version")
            .map(|(_, value)| value.into_owned());
        let mut secrets: Vec<_> = key
            .into_iter()
            .chain(login)
            .chain(query)
            .chain(secret_members(&endpoint.extra_body))
            .collect();
        secrets.retain(|secret| secret.len() >= MESSAGE_KEY_BYTES);
        // Of two that begin alike the longer one must go first.
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        secrets.dedup();
        Self {
            secrets: secrets.into_iter().map(Secret::new).collect(),
        }
    }

    /// The first characters of `text` in one line, without secrets and what looks like one, and without what a terminal obeys.
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
            words.push(if looks_like_key {
                HIDDEN.into()
            } else {
                printable(word)
            });
        }
        words.join(" ").chars().take(MESSAGE_CHARS).collect()
    }

    /// An answer without secrets.
    pub(super) fn clean_answer(&self, text: &str) -> String {
        self.hide(text, ANSWER_KEY_BYTES)
    }

    /// Takes secrets out of every text of an answer that has been read as JSON: in the text of the answer any sign can be written
    /// as an escape.
    pub(super) fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.clean_answer(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(members) => {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.clean_value(&mut value);
                        (self.clean_answer(&name), value)
                    })
                    .collect();
            }
            _ => {}
        }
    }

    fn hide(&self, text: &str, at_least: usize) -> String {
        let mut text = text.to_owned();
        for secret in self
            .secrets
            .iter()
            .filter(|secret| secret.text.len() >= at_least)
        {
            for form in std::iter::once(&secret.text).chain(&secret.encoded) {
                if text.contains(form.as_str()) {
                    text = text.replace(form.as_str(), HIDDEN);
                }
            }
            // Letter case is no disguise for a long one; a short one may be a word.
            let any_case = secret.text.len() >= ANSWER_KEY_BYTES;
            for span in escapes::find(&text, &secret.text, any_case)
                .into_iter()
                .rev()
            {
                text.replace_range(span, HIDDEN);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::endpoint;

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

    #[test]
    fn a_key_is_found_however_it_is_written() {
        const KEY: &str = "sk-0123456789AbCd/+%";
        let redactor = Redactor::new(&endpoint(&[("OPENAI_API_KEY", KEY)]));
        let of_each = |form: fn(char) -> String| KEY.chars().map(form).collect::<String>();
        for written in [
            KEY.to_owned(),
            KEY.to_uppercase(),
            KEY.replacen('s', "\\u0073", 1),
            KEY.replacen('s', "\\\\u0073", 1),
            KEY.replacen('s', "\\\\\\\\u0073", 1),
            KEY.replacen('s', "\\x73", 1),
            KEY.replacen('s', "\\u{73}", 1),
            KEY.replacen('/', "\\/", 1),
            of_each(|c| format!("\\u{:04X}", u32::from(c))),
            of_each(|c| format!("%{:02x}", u32::from(c))),
            of_each(|c| format!("%25{:02x}", u32::from(c))),
            of_each(|c| format!("&#{};", u32::from(c))),
            of_each(|c| format!("&#x{:x};", u32::from(c))),
            of_each(|c| format!("{:02x}", u32::from(c))),
            of_each(|c| format!("{:02X}", u32::from(c))),
        ] {
            for answer in [
                redactor.clean_answer(&format!("<{written}>")),
                redactor.clean(&format!("<{written}>")),
            ] {
                assert_eq!(answer, "<[key]>", "{written}");
            }
        }
        for before in ["", "a", "ab", "user:"] {
            for encoded in [
                STANDARD_NO_PAD.encode(format!("{before}{KEY}")),
                URL_SAFE_NO_PAD.encode(format!("{before}{KEY}:rest")),
            ] {
                let cleaned = redactor.clean_answer(&format!("Basic {encoded}"));
                assert!(cleaned.contains("[key]"), "{before}: {cleaned}");
            }
        }
        for harmless in [
            "a \\u0073 b %41 &#65; =3D \\",
            "日本語 \\u65e5",
            "%",
            "&#",
            "\\u{",
            "\\u12",
        ] {
            assert_eq!(redactor.clean_answer(harmless), harmless);
        }
    }

    #[test]
    fn a_key_is_taken_out_of_names_and_texts_at_any_depth() {
        const KEY: &str = "0123456789abcdef";
        let redactor = Redactor::new(&endpoint(&[("OPENAI_API_KEY", KEY)]));
        let mut value = serde_json::json!({ KEY: [1, { "a": KEY, "b": null }], "c": "d" });
        redactor.clean_value(&mut value);
        let expected = serde_json::json!({ "[key]": [1, { "a": "[key]", "b": null }], "c": "d" });
        assert_eq!(value, expected);
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_in_a_message() {
        let redactor = Redactor::new(&endpoint(&[]));
        assert_eq!(
            redactor.clean("no\u{1b}[2J \u{9b}31m\u{202e}x\r\ny"),
            "no\\u{1b}[2J \\u{9b}31m\\u{202e}x y"
        );
    }

    #[test]
    fn every_secret_of_an_endpoint_is_taken_out() {
        let redactor = Redactor::new(&endpoint(&[
            (
                "OPENAI_BASE_URL",
                "https://token-as-a-user-name:p%40ss-w0rd@h/v1",
            ),
            (
                "OPENAI_EXTRA_BODY",
                r#"{"proxy": {"auth_token": "hush-hush"}, "effort": "high"}"#,
            ),
        ]));
        assert_eq!(
            redactor.clean("token-as-a-user-name p@ss-w0rd p%40ss-w0rd hush-hush high"),
            "[key] [key] [key] [key] high"
        );
    }
}
