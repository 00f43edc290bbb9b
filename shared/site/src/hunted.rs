//! A hunt for a failing input, and times on larger inputs, in words: the same in pages and in reports.

use domain::{
    Counterexample, Growth, GrowthRun, GrowthStep, Hunt, HuntEnding, InputKind, Level, Outcome,
    RunVerdict, UnusableHelper,
};

use super::{Words, grouped};

/// Says how sure it is that the program is wrong on an input.
#[must_use]
pub fn level(words: Words, level: Level, outcome: &Outcome) -> &'static str {
    // No checker is needed for a program that crashes.
    let ends = level == Level::Checked && outcome.verdict != RunVerdict::WrongAnswer;
    let key = if ends {
        "hunt.level.ends".to_owned()
    } else {
        format!("hunt.level.{level}")
    };
    words.find(&key).unwrap_or(level.as_str())
}

/// Says how many inputs of each kind were tried, if any were.
fn tried(words: Words, hunt: &Hunt) -> Option<String> {
    let count = |kinds: &[InputKind]| -> usize {
        let of_kinds = hunt
            .tried
            .iter()
            .filter(|tried| kinds.contains(&tried.kind));
        of_kinds.map(|tried| tried.inputs).sum()
    };
    let parts = [
        ("known", count(&[InputKind::Known])),
        ("small", count(&[InputKind::Tiny, InputKind::Ladder])),
        ("extreme", count(&[InputKind::Extreme])),
        ("structured", count(&[InputKind::Structured])),
        ("large", count(&[InputKind::Large])),
    ];
    let parts = parts.into_iter().filter(|(_, inputs)| *inputs > 0);
    let parts: Vec<_> = parts
        .map(|(kind, inputs)| words.fill(&format!("hunt.tried.{kind}"), number(words, inputs)))
        .collect();
    let (last, before) = parts.split_last()?;
    let joined = |key: &str, one: String, other: &str| {
        let text = words.get(key).replacen("{}", &one, 1);
        text.replacen("{}", other, 1)
    };
    let before = before.iter().cloned();
    let before = before.reduce(|all, part| joined("hunt.tried.list", all, &part));
    let all = match before {
        Some(before) => joined("hunt.tried.and", before, last),
        None => last.clone(),
    };
    let key = match hunt.inputs() {
        1 => "hunt.tried.one",
        _ => "hunt.tried",
    };
    Some(words.fill(key, all))
}

/// Says by how much an input was made smaller, if it was.
fn shrunk(words: Words, found: &Counterexample) -> Option<String> {
    (found.tokens < found.tokens_found).then(|| {
        let from = number(words, found.tokens_found);
        let text = words.get("hunt.shrunk").replacen("{}", &from, 1);
        text.replacen("{}", &number(words, found.tokens), 1)
    })
}

/// Says in one sentence how the hunt ended, where neither an input nor a dispute says it.
#[must_use]
pub fn ending(words: Words, hunt: &Hunt) -> Option<String> {
    match hunt.ending {
        HuntEnding::Found | HuntEnding::Disputed => None,
        HuntEnding::NothingFound => {
            let inputs = hunt.inputs();
            let key = match inputs {
                1 => "hunt.nothing_found.one",
                _ => "hunt.nothing_found",
            };
            Some(words.fill(key, number(words, inputs)))
        }
        HuntEnding::Unusable => words.find("hunt.unusable").map(str::to_owned),
    }
}

/// Says that the references disagree, where they do.
#[must_use]
pub fn disputed(words: Words, hunt: &Hunt) -> Option<&'static str> {
    hunt.open_dispute()?;
    words.find("hunt.disputed")
}

/// Says that the inputs were guessed, if they were.
#[must_use]
pub fn guessed(words: Words, hunt: &Hunt) -> Option<&'static str> {
    let key = match hunt.found() {
        _ if !hunt.guessed || hunt.inputs() == 0 => return None,
        Some(_) => "hunt.guessed",
        None => "hunt.guessed.all",
    };
    words.find(key)
}

/// The work of a hunt: by how much it made its input smaller, and what it tried.
#[must_use]
pub fn notes(words: Words, hunt: &Hunt) -> Vec<String> {
    let shrunk = hunt.found().and_then(|found| shrunk(words, found));
    [shrunk, tried(words, hunt)].into_iter().flatten().collect()
}

/// All that is to be said about a hunt behind its result, in sentences.
#[must_use]
pub fn sentences(words: Words, hunt: &Hunt) -> Vec<String> {
    let sure = hunt
        .found()
        .map(|found| level(words, found.level, &found.outcome));
    let said = [sure, guessed(words, hunt)].into_iter().flatten();
    let said = said.map(str::to_owned);
    said.chain(notes(words, hunt)).collect()
}

/// Says why a helper is of no use.
#[must_use]
pub fn fault(words: Words, unusable: &UnusableHelper) -> String {
    let helper = format!("hunt.helper.{}", unusable.helper);
    let fault = format!("hunt.fault.{}", unusable.fault);
    words.fill(&fault, words.get(&helper))
}

/// A run's time, with what ended it if it did not end in order.
#[must_use]
pub fn time(words: Words, run: GrowthRun) -> String {
    let time = words.fill("runs.ms", grouped(words, run.cpu_ms));
    match run.verdict {
        RunVerdict::Accepted => time,
        RunVerdict::TimeLimit => words.fill("growth.stopped", time),
        verdict => format!("{time} ({verdict})"),
    }
}

/// Says how the times of the program and of its fix grow with the size of the input.
#[must_use]
pub fn growth(words: Words, steps: &[GrowthStep]) -> Option<String> {
    let said = [
        ("growth.yours", Growth::of(steps)),
        ("growth.fix", Growth::of_runs(steps, |step| step.after)),
    ];
    let said: Vec<_> = said
        .into_iter()
        .filter_map(|(key, growth)| {
            let growth = format!("growth.{}", growth?);
            Some(words.fill(key, words.get(&growth)))
        })
        .collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn number(words: Words, number: usize) -> String {
    grouped(words, u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use domain::{AnswerLanguage, Dispute, HelperFault, HelperKind, Tried};

    use super::*;

    const ENGLISH: Words = Words(AnswerLanguage::English);
    const GERMAN: Words = Words(AnswerLanguage::German);
    const CHINESE: Words = Words(AnswerLanguage::Chinese);

    fn hunt(ending: HuntEnding) -> Hunt {
        let tried = |kind, inputs| Tried { kind, inputs };
        Hunt {
            ending,
            guessed: false,
            counterexample: None,
            dispute: None,
            tried: vec![
                tried(InputKind::Tiny, 1000),
                tried(InputKind::Ladder, 204),
                tried(InputKind::Extreme, 120),
            ],
            faults: Vec::new(),
            unsteady: 0,
            complete: false,
        }
    }

    fn found(level: Level, verdict: RunVerdict) -> Hunt {
        Hunt {
            counterexample: Some(Counterexample {
                input: "3\n1 1 2\n".to_owned(),
                expected: Some("4\n".to_owned()),
                outcome: Outcome::not_run(verdict),
                level,
                tokens_found: 79,
                tokens: 7,
            }),
            ..hunt(HuntEnding::Found)
        }
    }

    #[test]
    fn a_hunt_says_how_sure_it_is_and_what_was_tried() {
        let agreed = found(Level::Agreed, RunVerdict::WrongAnswer);
        assert_eq!(
            sentences(ENGLISH, &agreed),
            [
                "Corroborated: two programs written independently from the statement agree.",
                "Made smaller from 79 to 7 values.",
                "Tried: 1,204 small and 120 extreme inputs."
            ]
        );
        assert_eq!(
            notes(GERMAN, &agreed)[1],
            "Ausprobiert: 1.204 kleine und 120 extreme Eingaben."
        );
        assert_eq!(
            notes(CHINESE, &agreed)[1],
            "已尝试 1,204 个小规模和 120 个极端输入。"
        );
        let guessed = Hunt {
            guessed: true,
            ..found(Level::Checked, RunVerdict::RuntimeError)
        };
        assert_eq!(
            sentences(ENGLISH, &guessed)[..2],
            [
                "Corroborated: your program gives no answer.",
                "The inputs were guessed from the samples, so the problem may not allow this one."
            ]
        );
        let one = Hunt {
            tried: vec![Tried {
                kind: InputKind::Known,
                inputs: 1,
            }],
            ..hunt(HuntEnding::NothingFound)
        };
        assert_eq!(tried(ENGLISH, &one).unwrap(), "Tried: 1 known input.");
        let said = [ENGLISH, GERMAN, CHINESE].map(|words| ending(words, &one).unwrap());
        assert_eq!(
            said,
            [
                "No failing input: your program is right on the 1 input that was tried.",
                "Keine Eingabe gefunden, an der dein Programm scheitert: Es wurde 1 Eingabe ausprobiert.",
                "在 1 个输入中没有发现出错的输入。"
            ]
        );
    }

    #[test]
    fn an_ending_without_an_input_is_said_in_one_sentence() {
        assert_eq!(
            ending(ENGLISH, &hunt(HuntEnding::NothingFound)).unwrap(),
            "No failing input among 1,324 inputs."
        );
        let unusable = UnusableHelper {
            helper: HelperKind::Generator,
            place: 0,
            fault: HelperFault::InvalidInputs,
            detail: String::new(),
        };
        assert_eq!(
            fault(ENGLISH, &unusable),
            "The generator makes inputs that the problem does not allow."
        );
    }

    #[test]
    fn every_ending_level_helper_and_fault_has_words_in_every_language() {
        for (language, _) in Words::LANGUAGES {
            let words = Words(language);
            for kind in HuntEnding::ALL {
                let mut of_kind = hunt(*kind);
                of_kind.dispute = (*kind == HuntEnding::Disputed).then(|| Dispute {
                    input: String::new(),
                    first: "1".to_owned(),
                    second: "2".to_owned(),
                });
                let said = ending(words, &of_kind).is_some();
                let is_disputed = disputed(words, &of_kind).is_some();
                let expected = match kind {
                    HuntEnding::Found => (false, false),
                    HuntEnding::Disputed => (false, true),
                    HuntEnding::NothingFound | HuntEnding::Unusable => (true, false),
                };
                assert_eq!((said, is_disputed), expected, "{kind}");
            }
            let keys = Level::ALL.iter().map(|level| format!("hunt.level.{level}"));
            let helpers = HelperKind::ALL.iter();
            let helpers = helpers.map(|helper| format!("hunt.helper.{helper}"));
            let faults = HelperFault::ALL.iter();
            let faults = faults.map(|fault| format!("hunt.fault.{fault}"));
            let growths = Growth::ALL.iter().map(|growth| format!("growth.{growth}"));
            for key in keys.chain(helpers).chain(faults).chain(growths) {
                assert!(words.find(&key).is_some(), "{key}");
            }
        }
    }

    #[test]
    fn both_programs_are_spoken_of() {
        let run = |cpu_ms| {
            Some(GrowthRun {
                verdict: RunVerdict::Accepted,
                cpu_ms,
            })
        };
        let steps: Vec<_> = [(1, 1, 1), (1000, 100, 30), (2000, 400, 30)]
            .into_iter()
            .map(|(size, before, after)| GrowthStep {
                size,
                bytes: 10,
                before: run(before),
                after: run(after),
            })
            .collect();
        assert_eq!(
            growth(ENGLISH, &steps).unwrap(),
            "Your program takes about four times as long on an input twice as large (quadratic). The fix takes about the same \
             time on all sizes."
        );
        assert!(growth(ENGLISH, &[]).is_none());
    }
}
