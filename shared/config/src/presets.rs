//! Known providers and servers of models, each with the settings that it takes. The panel offers them; README.md lists them, and a
//! test compares the two.

/// The settings of a provider or a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Word for addresses and forms.
    pub id: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// Value of `OPENAI_BASE_URL`. `NAME` in it stands for a part that only the user knows.
    pub base_url: &'static str,
    /// A model that it has; `None` where that depends on what was installed.
    pub model: Option<&'static str>,
    /// The other settings that differ from their defaults.
    pub others: &'static [(&'static str, &'static str)],
}

/// Settings that a preset decides, beside the address and the model: where it gives no value, the default returns.
pub const DECIDED: &[&str] = &[
    "MODEL_SUPPORTS_VISION",
    "REQUEST_TIMEOUT_SECONDS",
    "LLM_MAX_CONCURRENCY",
    "OPENAI_CONTEXT_TOKENS",
    "OPENAI_EXTRA_BODY",
    "PRICE_INPUT_PER_MTOK",
    "PRICE_CACHED_PER_MTOK",
    "PRICE_OUTPUT_PER_MTOK",
];

const TEXT_ONLY: (&str, &str) = ("MODEL_SUPPORTS_VISION", "false");
/// A machine without a large graphics card takes minutes for an answer.
const SLOW: (&str, &str) = ("REQUEST_TIMEOUT_SECONDS", "600");
/// It answers few questions at a time, and the others spend their time limit waiting for it.
const FEW: (&str, &str) = ("LLM_MAX_CONCURRENCY", "4");

/// All of them, in the order of the panel.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "openai",
        name: "OpenAI",
        base_url: "https://api.openai.com/v1",
        model: Some("gpt-4o"),
        others: &[
            ("PRICE_INPUT_PER_MTOK", "2.5"),
            ("PRICE_CACHED_PER_MTOK", "1.25"),
            ("PRICE_OUTPUT_PER_MTOK", "10"),
        ],
    },
    Preset {
        id: "ollama",
        name: "Ollama",
        base_url: "http://localhost:11434/v1",
        model: Some("qwen2.5-coder:14b"),
        others: &[TEXT_ONLY, SLOW, FEW, ("OPENAI_CONTEXT_TOKENS", "16384")],
    },
    Preset {
        id: "deepseek",
        name: "DeepSeek",
        base_url: "https://api.deepseek.com",
        model: Some("deepseek-chat"),
        others: &[TEXT_ONLY],
    },
    Preset {
        id: "openrouter",
        name: "OpenRouter",
        base_url: "https://openrouter.ai/api/v1",
        model: Some("openai/gpt-4o"),
        others: &[(
            "OPENAI_EXTRA_BODY",
            r#"{"provider": {"require_parameters": true}}"#,
        )],
    },
    Preset {
        id: "gemini",
        name: "Gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta/openai",
        model: Some("gemini-2.5-flash"),
        others: &[],
    },
    Preset {
        id: "groq",
        name: "Groq",
        base_url: "https://api.groq.com/openai/v1",
        model: Some("openai/gpt-oss-120b"),
        others: &[TEXT_ONLY],
    },
    Preset {
        id: "mistral",
        name: "Mistral",
        base_url: "https://api.mistral.ai/v1",
        model: Some("mistral-medium-latest"),
        others: &[],
    },
    Preset {
        id: "azure",
        name: "Azure OpenAI",
        base_url: "https://NAME.openai.azure.com/openai/v1",
        model: None,
        others: &[],
    },
    Preset {
        id: "llamacpp",
        name: "llama.cpp",
        base_url: "http://localhost:8080/v1",
        model: None,
        others: &[TEXT_ONLY, SLOW, FEW],
    },
    Preset {
        id: "llama-cpp-python",
        name: "llama-cpp-python",
        base_url: "http://localhost:8000/v1",
        model: None,
        others: &[TEXT_ONLY, SLOW, ("LLM_MAX_CONCURRENCY", "1")],
    },
    Preset {
        id: "lm-studio",
        name: "LM Studio",
        base_url: "http://localhost:1234/v1",
        model: None,
        others: &[TEXT_ONLY, SLOW, FEW],
    },
    Preset {
        id: "vllm",
        name: "vLLM",
        base_url: "http://localhost:8000/v1",
        model: None,
        others: &[TEXT_ONLY],
    },
];

impl Preset {
    /// The one of this word.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.id == id)
    }

    /// Whether it runs on a machine of one's own, and so needs no key.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.base_url.starts_with("http://localhost")
    }

    /// The value of a setting that it decides; `None` where that is the default.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'static str> {
        let mut values = self.others.iter();
        values.find(|(key, _)| *key == name).map(|(_, it)| *it)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::{Config, table::live_variable};

    #[test]
    fn every_preset_can_be_used_and_decides_only_what_it_says() {
        let config = Config::from_vars([]).unwrap();
        for preset in PRESETS {
            let mut values = HashMap::from([("OPENAI_BASE_URL", preset.base_url.to_owned())]);
            for (name, value) in preset.others {
                assert!(DECIDED.contains(name), "{}: {name}", preset.id);
                let variable = live_variable(name).unwrap();
                assert_ne!(variable.default, Some(*value), "{}: {name}", preset.id);
                values.insert(variable.name, (*value).to_owned());
            }
            let settings = config.with_settings(&values).unwrap();
            let is_same = PRESETS.iter().filter(|other| other.id == preset.id);
            assert_eq!(is_same.count(), 1, "{}", preset.id);
            assert!(preset.id == "openai" || settings.model.is_set_up());
        }
        assert!(Preset::find("ollama").unwrap().is_local());
        assert_eq!(Preset::find("nobody"), None);
    }
}
