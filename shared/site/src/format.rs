//! Numbers and times as a person reads them.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

use super::Words;
use domain::{AnswerLanguage, Rung, Shown};

/// A whole number with its digits in groups.
#[must_use]
pub fn grouped(words: Words, number: u64) -> String {
    let separator = match words.0 {
        AnswerLanguage::German => '.',
        _ => ',',
    };
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

fn decimal(words: Words, number: f64) -> String {
    let text = format!("{number:.1}");
    match words.0 {
        AnswerLanguage::German => text.replace('.', ","),
        _ => text,
    }
}

/// An amount of money, such as `$0.0123`: cents and fractions of them, as a call seldom costs more.
#[must_use]
pub fn dollars(words: Words, amount: f64) -> String {
    let text = if amount >= 1.0 {
        format!("{amount:.2}")
    } else {
        format!("{amount:.4}")
    };
    match words.0 {
        AnswerLanguage::German => format!("{} $", text.replace('.', ",")),
        _ => format!("${text}"),
    }
}

/// A duration in seconds, such as `1.4 s`.
#[must_use]
pub fn seconds(words: Words, duration: TimeDelta) -> String {
    let seconds = duration.as_seconds_f64().max(0.0);
    format!("{} s", decimal(words, seconds))
}

/// A time to wait, such as `7 min 12 s`; of one of hours without the seconds.
#[must_use]
pub fn wait(words: Words, duration: TimeDelta) -> String {
    let seconds = duration.num_seconds().max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [
        (hours > 0, "time.wait.hours", hours),
        (hours > 0 || minutes > 0, "time.wait.minutes", minutes),
        (hours == 0, "time.wait.seconds", seconds),
    ];
    let parts = parts.into_iter().filter(|(shown, ..)| *shown);
    let parts: Vec<_> = parts
        .map(|(_, key, number)| words.fill(key, number))
        .collect();
    parts.join(" ")
}

/// A number of bytes, such as `3.2 KB`.
#[must_use]
pub fn bytes(words: Words, number: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
    let kilobytes = number as f64 / 1024.0;
    match number {
        ..1024 => format!("{number} B"),
        1024..1_048_576 => format!("{} KB", decimal(words, kilobytes)),
        1_048_576..1_073_741_824 => format!("{} MB", decimal(words, kilobytes / 1024.0)),
        _ => format!("{} GB", decimal(words, kilobytes / 1_048_576.0)),
    }
}

/// How long ago something was.
#[must_use]
pub fn since(words: Words, then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - then).num_minutes().max(0);
    match minutes {
        0 => words.get("time.now").to_owned(),
        1..60 => words.fill("time.minutes", minutes),
        60..1440 => words.fill("time.hours", minutes / 60),
        1440..43_200 => words.fill("time.days", minutes / 1440),
        _ => then.format("%Y-%m-%d").to_string(),
    }
}

/// A date such as `26 Nov`, with its year if that is another than now.
#[must_use]
pub fn day(words: Words, then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let month = words
        .get("time.months")
        .split(',')
        .nth(then.month0() as usize)
        .unwrap_or_default();
    let (day, year) = (then.day(), then.year());
    match (words.0, year == now.year()) {
        (AnswerLanguage::Chinese, true) => format!("{month}{day}日"),
        (AnswerLanguage::Chinese, false) => format!("{year}年{month}{day}日"),
        (AnswerLanguage::German, true) => format!("{day}. {month}"),
        (AnswerLanguage::German, false) => format!("{day}. {month} {year}"),
        (AnswerLanguage::English, true) => format!("{day} {month}"),
        (AnswerLanguage::English, false) => format!("{day} {month} {year}"),
    }
}

/// A date with the time of the day.
#[must_use]
pub fn stamp(words: Words, then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} {}", day(words, then, now), then.format("%H:%M"))
}

/// A moment to the minute, in UTC.
#[must_use]
pub fn moment(words: Words, time: DateTime<Utc>) -> String {
    let form = match words.0 {
        AnswerLanguage::German => "%-d.%-m.%Y, %H:%M UTC",
        AnswerLanguage::Chinese => "%Y年%-m月%-d日 %H:%M UTC",
        AnswerLanguage::English => "%-d %b %Y, %H:%M UTC",
    };
    time.format(form).to_string()
}

/// Says from when all of a fix is shown, where less is.
#[must_use]
pub fn withheld(words: Words, shown: Shown) -> String {
    match shown.from {
        _ if shown.rung == Rung::Fix => String::new(),
        Some(from) => words.fill("ladder.locked.until", moment(words, from)),
        None => words.get("ladder.locked").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_the_language() {
        let (english, german) = (
            Words(AnswerLanguage::English),
            Words(AnswerLanguage::German),
        );
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(english, number), text);
        }
        assert_eq!(grouped(german, 12_345), "12.345");
        assert_eq!(seconds(german, TimeDelta::milliseconds(1449)), "1,4 s");
        let time = "2026-12-01T18:00:59Z".parse().unwrap();
        assert_eq!(moment(english, time), "1 Dec 2026, 18:00 UTC");
        assert_eq!(moment(german, time), "1.12.2026, 18:00 UTC");
        assert_eq!(wait(english, TimeDelta::seconds(59)), "59 s");
        assert_eq!(wait(english, TimeDelta::seconds(432)), "7 min 12 s");
        assert_eq!(wait(german, TimeDelta::seconds(7260)), "2 Std. 1 Min.");
        assert_eq!(wait(english, TimeDelta::seconds(-5)), "0 s");
        assert_eq!(bytes(english, 3277), "3.2 KB");
        assert_eq!(bytes(english, 12), "12 B");
        assert_eq!(dollars(english, 0.012_34), "$0.0123");
        assert_eq!(dollars(german, 12.5), "12,50 $");
    }

    #[test]
    fn dates_are_written_as_in_the_language() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (then, now) = (time("2026-11-26T20:32:00Z"), time("2026-11-27T01:00:00Z"));
        for (language, text) in [
            (AnswerLanguage::English, "26 Nov 20:32"),
            (AnswerLanguage::German, "26. Nov. 20:32"),
            (AnswerLanguage::Chinese, "11月26日 20:32"),
        ] {
            assert_eq!(stamp(Words(language), then, now), text);
        }
        let next_year = time("2027-01-01T00:00:00Z");
        let english = Words(AnswerLanguage::English);
        assert_eq!(day(english, then, next_year), "26 Nov 2026");
        for language in AnswerLanguage::ALL {
            assert_eq!(Words(*language).get("time.months").split(',').count(), 12);
        }
    }
}
