//! The hunt for a failing input in a report, and times on larger inputs.

use actions::results::Results;
use domain::{Failing, GrowthRun, GrowthStep, Hunt, HuntEnding, limits};
use site::{grouped, hunted, proof};

use super::{Report, runs::said};
use crate::markdown;

/// Bytes of each text of others that is given.
const TEXT_BYTES: usize = 4 * 1024;

impl Report {
    /// How the hunt went; its input is among the tests.
    pub(super) fn hunt(&mut self, found: &Results) {
        let words = self.words;
        let Some(report) = &found.hunt else {
            return;
        };
        self.heading(2, words.get("hunt.title"));
        let hunt = &report.hunt;
        match found.failing().filter(|failing| failing.is_hunted) {
            Some(failing) => self.found(&failing, found),
            None => {
                if let Some(ending) = hunted::ending(words, hunt) {
                    self.paragraph(&ending);
                }
            }
        }
        let sentences = hunted::sentences(words, hunt);
        if !sentences.is_empty() {
            self.points(sentences);
        }
        self.dispute(hunt);
        for fault in hunt
            .faults
            .iter()
            .filter(|_| hunt.ending == HuntEnding::Unusable)
        {
            self.paragraph(&hunted::fault(words, fault));
            if !fault.detail.is_empty() {
                let detail = limits::cut(&fault.detail, TEXT_BYTES);
                self.paragraph(&markdown::fence("", detail));
            }
        }
        self.growth(&report.growth);
    }

    fn found(&mut self, failing: &Failing<'_>, found: &Results) {
        let parts = proof::evidence(self.words, failing, found.tests());
        self.paragraph(&said(&parts));
    }

    fn dispute(&mut self, hunt: &Hunt) {
        let disputed = hunted::disputed(self.words, hunt);
        let Some((dispute, said)) = hunt.open_dispute().zip(disputed) else {
            return;
        };
        self.paragraph(said);
        let [first, second] = dispute.answers(TEXT_BYTES);
        for (title, text) in [
            ("hunt.input", limits::cut(&dispute.input, TEXT_BYTES)),
            ("hunt.disputed.first", first.text.as_str()),
            ("hunt.disputed.second", second.text.as_str()),
        ] {
            self.label(self.words.get(title));
            self.paragraph(&markdown::fence("", text));
        }
    }

    fn growth(&mut self, steps: &[GrowthStep]) {
        let words = self.words;
        let Some(said) = hunted::growth(words, steps) else {
            return;
        };
        self.label(words.get("growth.title"));
        self.paragraph(&said);
        let columns = ["growth.size", "runs.yours", "runs.fix"].map(|key| words.get(key));
        self.out
            .push_str(&format!("\n| {} |\n|--:|--:|--:|\n", columns.join(" | ")));
        let time =
            |run: Option<GrowthRun>| run.map_or_else(String::new, |run| hunted::time(words, run));
        for step in steps {
            let cells = [
                grouped(words, step.size),
                time(step.before),
                time(step.after),
            ];
            self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
}

#[cfg(test)]
#[path = "hunt_tests.rs"]
mod tests;
