//! How a hunt for a failing input went.

use domain::{Counterexample, GrowthStep, Hunt, HuntEnding, HuntReport, limits};
use site::{Icon, Words, hunted};

use crate::growth::GrowthView;

/// Longest text that is shown of a helper's fault, or of a dispute, in bytes.
const SHOWN_BYTES: usize = 4 * 1024;
/// Faults that are shown.
const FAULTS: usize = 10;

/// A hunt behind the evidence that it found, or instead of it.
pub(crate) struct HuntView {
    /// How it ended, where neither a failing input nor a dispute says it.
    pub(crate) ending: Option<String>,
    /// How sure it is that the program is wrong.
    pub(crate) level: Option<LevelView>,
    /// Says that the inputs were guessed.
    pub(crate) guessed: Option<&'static str>,
    pub(crate) notes: Vec<String>,
    pub(crate) dispute: Option<DisputeView>,
    /// Faults of helpers: a sentence, and more about it.
    pub(crate) faults: Vec<(String, String)>,
    pub(crate) growth: Option<GrowthView>,
}

pub(crate) struct LevelView {
    pub(crate) class: &'static str,
    pub(crate) icon: Icon,
    pub(crate) words: &'static str,
}

/// Two answers to one input.
pub(crate) struct DisputeView {
    pub(crate) said: &'static str,
    pub(crate) input: String,
    pub(crate) first: String,
    pub(crate) second: String,
}

impl HuntView {
    /// A submission's hunt.
    pub(crate) fn of(report: &HuntReport, words: Words) -> Self {
        Self::new(&report.hunt, &report.growth, words)
    }

    /// A hunt that was not stored.
    pub(crate) fn checked(hunt: &Hunt, words: Words) -> Self {
        Self::new(hunt, &[], words)
    }

    fn new(hunt: &Hunt, growth: &[GrowthStep], words: Words) -> Self {
        let faults = hunt.faults.iter().take(FAULTS);
        Self {
            ending: hunted::ending(words, hunt),
            level: hunt.found().map(|found| LevelView::of(found, words)),
            guessed: hunted::guessed(words, hunt),
            notes: hunted::notes(words, hunt),
            dispute: DisputeView::of(hunt, words),
            faults: faults
                .filter(|_| hunt.ending == HuntEnding::Unusable)
                .map(|fault| (hunted::fault(words, fault), shown(&fault.detail)))
                .collect(),
            growth: GrowthView::of(growth, words),
        }
    }

    /// About as many bytes as it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let notes = self.notes.iter().map(String::len);
        let faults = self.faults.iter();
        let faults = faults.map(|(said, detail)| said.len() + detail.len());
        let dispute = self.dispute.iter();
        let dispute = dispute.map(|it| it.input.len() + it.first.len() + it.second.len());
        let growth = self.growth.iter().map(GrowthView::bytes);
        let all = notes.chain(faults).chain(dispute).chain(growth);
        size_of::<Self>() + all.sum::<usize>()
    }
}

impl DisputeView {
    fn of(hunt: &Hunt, words: Words) -> Option<Self> {
        let dispute = hunt.open_dispute()?;
        let [first, second] = dispute.answers(SHOWN_BYTES);
        Some(Self {
            said: hunted::disputed(words, hunt)?,
            input: shown(&dispute.input),
            first: first.text,
            second: second.text,
        })
    }
}

impl LevelView {
    fn of(found: &Counterexample, words: Words) -> Self {
        let (class, icon) = if found.level.is_proof() {
            ("sure", Icon::CIRCLE_CHECK)
        } else {
            ("unsure", Icon::TRIANGLE_ALERT)
        };
        Self {
            class,
            icon,
            words: hunted::level(words, found.level, &found.outcome),
        }
    }
}

fn shown(text: &str) -> String {
    limits::cut(text.trim_end(), SHOWN_BYTES).to_owned()
}
