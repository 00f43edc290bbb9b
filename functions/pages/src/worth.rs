//! A test that the program fails, how much the fix is worth, and why each of its changes is needed.

use domain::{Failing, FixStatus, Hunt, Test, Verification};
use site::{
    Icon, Words,
    markdown::SafeHtml,
    proof::{self, Part},
};

use crate::{
    fix::{Hunk, range},
    lines::escape,
};

/// Changes whose reason is shown.
const NEEDED: usize = 100;

/// Longest input to copy from the short version of the result.
const COPIED_BYTES: usize = 4 * 1024;

/// How much the fix is worth.
pub(crate) struct Proof {
    pub(crate) status: FixStatus,
    pub(crate) icon: Icon,
    pub(crate) word: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) ran: Vec<String>,
    /// The evidence against the fix, if it is folded away.
    pub(crate) against: Option<SafeHtml>,
}

/// A test that the program fails: nobody has to believe a model to believe it.
pub(crate) struct Evidence {
    pub(crate) said: SafeHtml,
    /// Its input, if it is short enough to be copied here.
    pub(crate) input: String,
    /// Whether there is an input to download, which there is not for a program that does not compile.
    pub(crate) has_input: bool,
    /// Whether its right output is known.
    pub(crate) has_expected: bool,
    /// Number of the test on the page, from 1.
    pub(crate) test: Option<usize>,
}

impl Evidence {
    /// The hunted input or else the test that says most, if the program fails one.
    pub(crate) fn of(hunt: Option<&Hunt>, tests: &[Test], words: Words) -> Option<Self> {
        let Some(failing) = Failing::smallest(hunt, tests) else {
            let (place, parts) = proof::uncompiled(words, tests)?;
            return Some(Self {
                said: sentence(&parts),
                input: String::new(),
                has_input: false,
                has_expected: false,
                test: Some(place + 1),
            });
        };
        let input = Some(failing.input).filter(|input| input.len() <= COPIED_BYTES);
        Some(Self {
            said: sentence(&proof::evidence(words, &failing, tests)),
            input: input.unwrap_or_default().to_owned(),
            has_input: true,
            has_expected: failing.expected.is_some(),
            test: failing.test.map(|place| place + 1),
        })
    }
}

/// Why a change is needed.
pub(crate) struct Needed {
    pub(crate) label: String,
    pub(crate) why: SafeHtml,
}

impl Proof {
    /// A verification's view of the fix, if it has one.
    pub(crate) fn of(verification: &Verification, words: Words) -> Option<Self> {
        let status = verification.status?;
        Some(Self {
            status,
            icon: match status {
                FixStatus::Verified => Icon::CIRCLE_CHECK,
                FixStatus::Improved => Icon::ARROW_RIGHT,
                FixStatus::Failed => Icon::CIRCLE_X,
                FixStatus::Unverified => Icon::CIRCLE_DASHED,
            },
            word: proof::status(words, status),
            sentence: proof::sentence(words, verification),
            ran: proof::ran(words, verification),
            against: (status == FixStatus::Failed).then(|| {
                let said = proof::against(words, verification);
                said.map_or_else(
                    || SafeHtml::trusted(String::new()),
                    |parts| sentence(&parts),
                )
            }),
        })
    }
}

impl Needed {
    /// About as many bytes as it takes in memory.
    pub(crate) const fn bytes(&self) -> usize {
        size_of::<Self>() + self.label.len() + self.why.len()
    }
}

/// Gives each hunk the reasons of its changes, and answers those of no hunk.
pub(crate) fn explain(
    hunks: &mut [Hunk],
    verification: Option<&Verification>,
    words: Words,
) -> Vec<Needed> {
    let mut rest = Vec::new();
    let Some(Verification { changes, tests, .. }) = verification else {
        return rest;
    };
    for change in changes.iter().take(NEEDED) {
        let Some(why) = proof::needed(words, change, tests) else {
            continue;
        };
        let needed = Needed {
            label: range(change.lines.start.max(1), change.lines.end.max(1), words),
            why: sentence(&why),
        };
        let hunk = hunks.iter_mut().find(|hunk| hunk.has(change));
        hunk.map_or(&mut rest, |hunk| &mut hunk.needed).push(needed);
    }
    rest
}

/// A sentence with what programs read and wrote as code.
fn sentence(parts: &[Part]) -> SafeHtml {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => escape(&mut out, text),
            Part::Code(code) => {
                out.push_str("<code>");
                escape(&mut out, code);
                out.push_str("</code>");
            }
        }
    }
    SafeHtml::trusted(out)
}
