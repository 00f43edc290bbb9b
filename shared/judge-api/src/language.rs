//! The languages that a judge may be able to run.

use domain::{language::language, text_enum};

text_enum! {
    /// A language that a judge may be able to run.
    #[derive(serde::Serialize, serde::Deserialize)]
    Language {
        /// C17 with GNU extensions.
        #[serde(rename = "c")] C = "c",
        /// C++17 with GNU extensions.
        #[serde(rename = "cpp17")] Cpp17 = "cpp17",
        /// C++20 with GNU extensions.
        #[serde(rename = "cpp20")] Cpp20 = "cpp20",
        /// Python 3.
        #[serde(rename = "python3")] Python3 = "python3",
        /// Java.
        #[serde(rename = "java")] Java = "java",
        /// JavaScript on Node.js.
        #[serde(rename = "javascript")] JavaScript = "javascript",
    }
}

impl Language {
    /// The language that a name such as "GNU C++20 (64)", "PyPy 3" or "Node.js 18" means, if it is one of these. C++ without a
    /// year is C++17; years before 2020 too.
    #[must_use]
    pub fn recognise(name: &str) -> Option<Self> {
        let name = name.trim();
        if let Some(exact) = Self::parse(&name.to_lowercase()) {
            return Some(exact);
        }
        let lower = name.to_lowercase();
        match language(name).tag {
            "c" => Some(Self::C),
            "cpp" => Some(
                if ["20", "2a", "23", "2b", "26"].iter().any(|year| {
                    lower.contains(&format!("++{year}")) || lower.contains(&format!("cpp{year}"))
                }) {
                    Self::Cpp20
                } else {
                    Self::Cpp17
                },
            ),
            // Python 2 is another language.
            "python" => (!is_python_2(&lower)).then_some(Self::Python3),
            "java" => Some(Self::Java),
            "javascript" => Some(Self::JavaScript),
            _ => None,
        }
    }
}

fn is_python_2(name: &str) -> bool {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.starts_with('2')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_judges_are_understood() {
        for (language, names) in [
            (Some(Language::C), "C;gcc;GNU C11;c99"),
            (
                Some(Language::Cpp17),
                "C++;g++;cpp;GNU G++17 7.3.0;C++14 (GCC 9);cpp17;C++11",
            ),
            (
                Some(Language::Cpp20),
                "C++20;GNU C++20 (64);cpp20;C++23;g++20 x;c++2a",
            ),
            (
                Some(Language::Python3),
                "Python;python3;PyPy 3-64;Python 3.12;py",
            ),
            (Some(Language::Java), "Java 21;java"),
            (Some(Language::JavaScript), "JavaScript;Node.js 18;js"),
            (None, "Python 2;PyPy 2.7;Rust;Haskell;;日本語;../../etc"),
        ] {
            for name in names.split(';') {
                assert_eq!(Language::recognise(name), language, "{name}");
            }
        }
    }

    #[test]
    fn a_language_is_spelt_alike_in_json_and_in_text() {
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.as_str());
        }
    }
}
