//! How much of a fix visitors may see, and from when: a teacher's policy.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::text_enum;

text_enum! {
    /// A rung of the learner's ladder; each shows those before it too.
    #[derive(PartialOrd, Ord)]
    Rung {
        /// The lines that are wrong.
        Where = "where",
        /// Hints.
        Hint = "hint",
        /// Explanations.
        Explanation = "explanation",
        /// The fix.
        Fix = "fix",
    }
}

impl Serialize for Rung {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Rung {
    /// Its place on the ladder, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Where => 1,
            Self::Hint => 2,
            Self::Explanation => 3,
            Self::Fix => 4,
        }
    }
}

/// When all may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevealAfter {
    /// From then on.
    At(DateTime<Utc>),
    /// So long after a program was submitted.
    Age(Duration),
}

/// The longest age in minutes: a year.
const LONGEST: u64 = 366 * 24 * 60;

impl RevealAfter {
    /// Reads a time in RFC 3339, or a number of minutes, hours or days: `30m`, `24h`, `7d`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::At(time.to_utc()));
        }
        let (number, minutes) = [('m', 1), ('h', 60), ('d', 24 * 60)]
            .into_iter()
            .find_map(|(unit, minutes)| Some((text.strip_suffix(unit)?, minutes)))?;
        let number: u64 = number.parse().ok()?;
        let minutes = number
            .checked_mul(minutes)
            .filter(|minutes| (1..=LONGEST).contains(minutes))?;
        Some(Self::Age(Duration::from_secs(minutes * 60)))
    }
}

/// How much visitors may see, and when all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// The highest rung.
    pub rung: Rung,
    /// When all may be seen; `None` for never.
    pub after: Option<RevealAfter>,
}

/// How much one reader may see of one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The highest rung.
    pub rung: Rung,
    /// When all may be seen, where that is not now; `None` for never, and where all is shown.
    pub from: Option<DateTime<Utc>>,
}

impl Shown {
    /// All of it.
    pub const ALL: Self = Self {
        rung: Rung::Fix,
        from: None,
    };

    /// Whether the fix may be seen.
    #[must_use]
    pub fn is_all(self) -> bool {
        self.rung == Rung::Fix
    }
}

impl Reveal {
    /// How much a visitor may see now of what was submitted then.
    #[must_use]
    pub fn of(self, submitted: DateTime<Utc>, now: DateTime<Utc>) -> Shown {
        let from = self.after.and_then(|after| match after {
            RevealAfter::At(time) => Some(time),
            RevealAfter::Age(age) => {
                submitted.checked_add_signed(chrono::TimeDelta::from_std(age).ok()?)
            }
        });
        if self.rung == Rung::Fix || from.is_some_and(|from| from <= now) {
            return Shown::ALL;
        }
        Shown {
            rung: self.rung,
            from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_or_an_age_is_read_and_nothing_else() {
        let at = RevealAfter::At(time("2026-12-01T18:00:00Z"));
        for (text, expected) in [
            ("2026-12-01T18:00:00Z", Some(at)),
            ("2026-12-01T19:00:00+01:00", Some(at)),
            ("30m", Some(RevealAfter::Age(Duration::from_secs(1800)))),
            ("24h", Some(RevealAfter::Age(Duration::from_secs(86_400)))),
            ("7d", Some(RevealAfter::Age(Duration::from_secs(604_800)))),
            ("2026-12-01T18:00", None),
            ("24", None),
            ("0h", None),
            ("-1h", None),
            ("367d", None),
            ("18446744073709551615d", None),
            ("h", None),
            ("", None),
        ] {
            assert_eq!(RevealAfter::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn all_is_shown_from_then_on() {
        let submitted = time("2026-12-01T12:00:00Z");
        let reveal = |after| Reveal {
            rung: Rung::Hint,
            after: RevealAfter::parse(after),
        };
        let opens = time("2026-12-01T18:00:00Z");
        for after in ["2026-12-01T18:00:00Z", "6h"] {
            let before = reveal(after).of(submitted, time("2026-12-01T17:59:59Z"));
            let expected = Shown {
                rung: Rung::Hint,
                from: Some(opens),
            };
            assert_eq!(before, expected);
            assert!(reveal(after).of(submitted, opens).is_all());
        }
        let never = reveal("").of(submitted, time("2036-12-01T17:59:59Z"));
        assert_eq!((never.rung, never.from), (Rung::Hint, None));
        let all = Reveal {
            rung: Rung::Fix,
            after: RevealAfter::parse("6h"),
        };
        assert_eq!(all.of(submitted, submitted), Shown::ALL);
    }
}
