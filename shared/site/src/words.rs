//! The pages' own words: a catalogue for each language in `languages`, of which English is the source.

use std::{collections::HashMap, fmt, sync::LazyLock};

use foldhash::fast::RandomState;

use domain::{AnswerLanguage, Verdict};

type Catalogue = HashMap<&'static str, &'static str, RandomState>;

static CATALOGUES: LazyLock<[Catalogue; 3]> = LazyLock::new(|| {
    [
        include_str!("../languages/en.txt"),
        include_str!("../languages/zh.txt"),
        include_str!("../languages/de.txt"),
    ]
    .map(|text| entries(text).collect())
});

/// Lines `key = text`; others are comments.
fn entries(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub AnswerLanguage);

impl Words {
    /// Languages with their own names.
    pub const LANGUAGES: [(AnswerLanguage, &'static str); 3] = [
        (AnswerLanguage::English, "English"),
        (AnswerLanguage::Chinese, "简体中文"),
        (AnswerLanguage::German, "Deutsch"),
    ];

    fn catalogue(self) -> &'static Catalogue {
        let [english, chinese, german] = &*CATALOGUES;
        match self.0 {
            AnswerLanguage::English => english,
            AnswerLanguage::Chinese => chinese,
            AnswerLanguage::German => german,
        }
    }

    /// The text of a key, if there is one.
    #[must_use]
    pub fn find(self, key: &str) -> Option<&'static str> {
        self.catalogue().get(key).copied()
    }

    /// The text of a key. A test finds keys that no catalogue has; here they stand for themselves.
    #[must_use]
    pub fn get(self, key: &str) -> &str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a key with `{}` filled in.
    #[must_use]
    pub fn fill(self, key: &str, value: impl fmt::Display) -> String {
        self.get(key).replace("{}", &value.to_string())
    }

    /// A verdict in words.
    #[must_use]
    pub fn verdict(self, verdict: &Verdict) -> &'static str {
        let key = format!("verdict.{}", verdict.as_str().to_lowercase());
        self.find(&key).unwrap_or(verdict.as_str())
    }

    /// The language as an attribute `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self.0 {
            AnswerLanguage::Chinese => "zh-Hans",
            other => other.as_str(),
        }
    }

    /// The first of these `Accept-Language` choices that there are words for.
    #[must_use]
    pub fn negotiate(accepted: &str) -> Self {
        let mut choices: Vec<(f32, &str)> = accepted
            .split(',')
            .filter_map(|item| {
                let mut parts = item.split(';').map(str::trim);
                let tag = parts.next()?;
                let q = parts.find_map(|part| part.strip_prefix("q="));
                Some((q.map_or(Some(1.0), |q| q.parse().ok())?, tag))
            })
            .filter(|(q, _)| *q > 0.0)
            .collect();
        choices.sort_by(|a, b| b.0.total_cmp(&a.0));
        let known = choices.iter().find_map(|(_, tag)| {
            AnswerLanguage::parse(&tag.split('-').next()?.to_ascii_lowercase())
        });
        Self(known.unwrap_or(AnswerLanguage::English))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use domain::FailureCode;

    #[test]
    fn every_language_has_the_same_keys_and_placeholders() {
        let [english, others @ ..] = &*CATALOGUES;
        let keys: BTreeSet<_> = english.keys().collect();
        assert!(keys.len() > 100, "the catalogue was not read");
        for other in others {
            let theirs: BTreeSet<_> = other.keys().collect();
            let odd: Vec<_> = keys.symmetric_difference(&theirs).collect();
            assert!(odd.is_empty(), "not in both: {odd:?}");
            for (key, text) in other {
                let places = |text: &str| text.matches("{}").count();
                assert_eq!(places(text), places(english[key]), "{key}");
                assert!(!text.trim().is_empty(), "{key}");
            }
        }
    }

    #[test]
    fn no_key_is_there_twice() {
        for text in [
            include_str!("../languages/en.txt"),
            include_str!("../languages/zh.txt"),
            include_str!("../languages/de.txt"),
        ] {
            let mut seen = BTreeSet::new();
            let twice: Vec<_> = entries(text)
                .filter(|(key, _)| !seen.insert(*key))
                .collect();
            assert!(twice.is_empty(), "{twice:?}");
        }
    }

    /// Keys in `w.get("…")`, `w.fill("…"` and `words.get("…")` of templates and sources.
    fn used(folder: &Path, keys: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, keys);
                continue;
            }
            let is_source = path
                .extension()
                .is_some_and(|end| end == "rs" || end == "html");
            if !is_source || path.ends_with("src/words.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["w.get(\"", "w.fill(\"", "words.get(\"", "words.fill(\""] {
                for rest in text.split(call).skip(1) {
                    keys.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }

    #[test]
    fn every_key_that_is_used_is_in_the_catalogue() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut keys = BTreeSet::new();
        for folder in ["shared/site/src", "shared/site/templates", "functions"] {
            used(&root.join(folder), &mut keys);
        }
        assert!(keys.len() > 50, "the templates were not read");
        let words = Words(AnswerLanguage::English);
        let missing: Vec<_> = keys
            .iter()
            .filter(|key| words.find(key).is_none())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_failure_has_words_in_every_language() {
        for (language, code) in AnswerLanguage::ALL
            .iter()
            .flat_map(|language| FailureCode::ALL.iter().map(move |code| (*language, code)))
        {
            for part in ["what", "todo", "short"] {
                let key = format!("failure.{code}.{part}");
                assert!(Words(language).find(&key).is_some(), "{language}: {key}");
            }
        }
    }

    #[test]
    fn the_language_that_is_wanted_most_is_chosen() {
        for (accepted, language) in [
            ("", "en"),
            ("fr", "en"),
            ("de-AT,en;q=0.5", "de"),
            ("en;q=0.3, zh-CN;q=0.9", "zh"),
            ("de;q=0, zh;q=0.1", "zh"),
            ("ZH-hant", "zh"),
            ("de;q=x", "en"),
        ] {
            assert_eq!(
                Words::negotiate(accepted).0.as_str(),
                language,
                "{accepted}"
            );
        }
    }
}
