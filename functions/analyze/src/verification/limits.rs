//! The limits of a run.

use db::submissions::Submission;
use domain::{Problem, RunLimits, limits};
use judge_api::Language;

/// How many times the time of a statement a slow language gets.
const SLOW_FACTOR: u32 = 3;

/// The limits of the runs of a program: those that the user gave, else those of the statement, else the usual ones. A time that the
/// user gave is that of the submitted program's language and stays as it is; any other is meant for a fast language, so that Python
/// and Java get three times as much.
pub(super) fn of(
    submission: &Submission,
    problem: Option<&Problem>,
    language: Language,
) -> RunLimits {
    let usual = RunLimits::default();
    let given = |limit: Option<i32>| limit.and_then(|limit| u32::try_from(limit).ok());
    let time_ms = given(submission.time_limit_ms).unwrap_or_else(|| {
        let time = problem.and_then(|problem| milliseconds(&problem.time_limit));
        let factor = match language {
            Language::Python3 | Language::Java => SLOW_FACTOR,
            _ => 1,
        };
        time.unwrap_or(usual.time_ms).saturating_mul(factor)
    });
    let memory_mb = given(submission.memory_limit_mb)
        .or_else(|| problem.and_then(|problem| mebibytes(&problem.memory_limit)))
        .unwrap_or(usual.memory_mb);
    RunLimits {
        time_ms: time_ms.clamp(*limits::RUN_TIME_MS.start(), *limits::RUN_TIME_MS.end()),
        memory_mb: memory_mb.clamp(*limits::RUN_MEMORY_MB.start(), *limits::RUN_MEMORY_MB.end()),
    }
}

/// The first number of a text, and the first word behind it in lower case.
fn quantity(text: &str) -> Option<(f64, String)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches(['.', ',']);
    // "1,5" is a fraction, "1,000" a thousand.
    let is_thousands = number
        .rsplit_once(',')
        .is_some_and(|(_, last)| last.len() == 3);
    let number = number.replace(',', if is_thousands { "" } else { "." });
    let unit: String = rest[end..]
        .chars()
        .skip_while(|c| !c.is_alphabetic())
        .take_while(|c| c.is_alphabetic())
        .collect();
    let number: f64 = number.parse().ok()?;
    Some((number, unit.to_lowercase())).filter(|(number, _)| *number > 0.0)
}

/// A time limit as it stands in a statement.
fn milliseconds(text: &str) -> Option<u32> {
    let (number, unit) = quantity(text)?;
    let is_milliseconds = unit.starts_with("ms")
        || unit.starts_with("mil")
        || unit.starts_with("毫秒")
        || unit.starts_with("ミリ");
    let factor = match unit.as_str() {
        _ if is_milliseconds => 1.0,
        // A number without a unit.
        "" if number >= 100.0 => 1.0,
        _ if unit.starts_with("min") || unit.starts_with("分") => 60_000.0,
        _ => 1000.0,
    };
    whole(number * factor)
}

/// A memory limit as it stands in a statement.
fn mebibytes(text: &str) -> Option<u32> {
    let (number, unit) = quantity(text)?;
    let factor = match unit.chars().next() {
        Some('g') => 1024.0,
        Some('k' | '千') => 1.0 / 1024.0,
        Some('b') => 1.0 / (1024.0 * 1024.0),
        // A number without a unit.
        None if number > 1_000_000.0 => 1.0 / (1024.0 * 1024.0),
        None if number > 4096.0 => 1.0 / 1024.0,
        _ => 1.0,
    };
    whole((number * factor).max(1.0))
}

fn whole(number: f64) -> Option<u32> {
    let most = f64::from(u32::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is in the range"
    )]
    (number.is_finite() && (1.0..=most).contains(&number)).then_some(number.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::sample::submission;

    #[test]
    fn times_of_statements_are_understood() {
        for (text, expected) in [
            ("2 seconds", Some(2000)),
            ("1 second", Some(1000)),
            ("1.5 s", Some(1500)),
            ("1,5 Sekunden", Some(1500)),
            ("2000 ms", Some(2000)),
            ("2,000 ms", Some(2000)),
            ("1000/2000 MS (Java/Others)", Some(1000)),
            ("1秒", Some(1000)),
            ("500毫秒", Some(500)),
            ("時間制限 2 sec", Some(2000)),
            ("Time limit: 3.0s", Some(3000)),
            ("1 minute", Some(60_000)),
            ("2", Some(2000)),
            ("1500", Some(1500)),
            ("2 s.", Some(2000)),
            ("", None),
            ("none", None),
            ("0 s", None),
            ("1.2.3 s", None),
            ("99999999999999999999999999 s", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }

    #[test]
    fn memory_of_statements_is_understood() {
        for (text, expected) in [
            ("256 megabytes", Some(256)),
            ("256 MB", Some(256)),
            ("256MiB", Some(256)),
            ("64M", Some(64)),
            ("1 GB", Some(1024)),
            ("262144 KB", Some(256)),
            ("65536/32768 K (Java/Others)", Some(64)),
            ("268435456 bytes", Some(256)),
            ("512", Some(512)),
            ("65536", Some(64)),
            ("256 兆", Some(256)),
            ("100 bytes", Some(1)),
            ("much", None),
        ] {
            assert_eq!(mebibytes(text), expected, "{text}");
        }
    }

    #[test]
    fn what_the_user_gave_comes_first_and_slow_languages_get_more_of_the_rest() {
        let problem = Problem {
            time_limit: "1 s".to_owned(),
            memory_limit: "4 GB".to_owned(),
            ..Problem::default()
        };
        let mut submission = submission("");
        let time =
            |submission: &Submission, problem, language| of(submission, problem, language).time_ms;
        assert_eq!(time(&submission, None, Language::Cpp17), 2000);
        assert_eq!(time(&submission, None, Language::Java), 6000);
        assert_eq!(time(&submission, Some(&problem), Language::C), 1000);
        assert_eq!(time(&submission, Some(&problem), Language::Python3), 3000);
        assert_eq!(of(&submission, Some(&problem), Language::C).memory_mb, 1024);
        submission.time_limit_ms = Some(1500);
        submission.memory_limit_mb = Some(32);
        let limits = of(&submission, Some(&problem), Language::Python3);
        assert_eq!((limits.time_ms, limits.memory_mb), (1500, 32));
    }
}
