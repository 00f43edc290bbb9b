//! The command line.

use std::path::PathBuf;

use clap::{Parser, value_parser};
use domain::{AnswerLanguage, Verdict};

const SERVER: &str = "http://localhost:3000";

/// Finds the bug in a program that fails an online judge.
#[derive(Debug, Parser)]
#[command(
    name = "code-checker ask",
    after_help = "\
Environment:
  CODE_CHECKER_SERVER    the server, unless --server names it
  CODE_CHECKER_PASSWORD  the server's password, if it asks for one
  NO_COLOR               no colours

Exit codes: 0 a bug was found, 1 no bug was found, 2 wrong arguments, 3 failed or refused, 4 the server does not answer, 130 stopped.

Example: code-checker ask main.cpp -p statement.md -v WA --apply"
)]
pub(crate) struct Arguments {
    /// The program; - reads the standard input
    pub(crate) program: Option<PathBuf>,
    /// The problem statement, as text or Markdown; - reads the standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) problem: Option<PathBuf>,
    /// The judge's verdict: WA, TLE, MLE, RE, CE or PE
    #[arg(short, long, value_parser = verdict)]
    pub(crate) verdict: Option<Verdict>,
    /// An input on which the program fails
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// A screenshot of the statement; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Vec<PathBuf>,
    /// A sample: its input and its output; may be repeated
    #[arg(long, num_args = 2, value_names = ["IN", "OUT"])]
    pub(crate) sample: Vec<PathBuf>,
    /// The programming language, if the file's name does not tell it
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// The server [default: http://localhost:3000]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The language of the explanation: en, de or zh
    #[arg(long, value_parser = answer_language)]
    lang: Option<AnswerLanguage>,
    /// Change the program's file as the fix does, if it is still as it was sent
    #[arg(long)]
    pub(crate) apply: bool,
    /// Print the submission as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Seconds to wait for the analysis
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
}

fn verdict(text: &str) -> Result<Verdict, String> {
    Verdict::parse(&text.to_ascii_uppercase())
        .ok_or_else(|| format!("must be {}", Verdict::choices()))
}

fn answer_language(text: &str) -> Result<AnswerLanguage, String> {
    AnswerLanguage::parse(&text.to_ascii_lowercase())
        .ok_or_else(|| format!("must be {}", AnswerLanguage::choices()))
}

/// A variable of the environment that is not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Arguments {
    pub(crate) fn server(&self) -> String {
        let given = self.server.clone();
        given
            .or_else(|| variable("CODE_CHECKER_SERVER"))
            .unwrap_or_else(|| SERVER.to_owned())
    }

    /// The language of the explanation: the one asked for, or else that of the locale.
    pub(crate) fn answer_language(&self) -> AnswerLanguage {
        let of_locale = || {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(variable)?;
            AnswerLanguage::parse(locale.get(..2)?)
        };
        self.lang
            .or_else(of_locale)
            .unwrap_or(AnswerLanguage::English)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(format!("ask {line}").split(' '))
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_sample_is_two_files_and_a_verdict_is_one_of_the_judges() {
        let given = parse("a.cpp -p s.md -v wa --sample 1.in 1.out --sample 2.in 2.out").unwrap();
        assert_eq!(given.sample.len(), 4);
        assert_eq!(given.verdict, Some(Verdict::WrongAnswer));
        for wrong in [
            "a.cpp --sample 1.in",
            "a.cpp -v OK",
            "a.cpp --lang fr",
            "a.cpp --timeout 0",
            "a.cpp b.cpp",
            "--colour",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
