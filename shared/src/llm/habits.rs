//! What an endpoint turned out not to know: asked differently from then on.

use super::error::Feature;
use crate::{config::ModelConfig, domain::JsonMode};

/// What is known of one model at one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Habits {
    /// How it is asked for JSON.
    pub(super) mode: JsonMode,
    /// Features that it refused.
    refused: [bool; Feature::COUNT],
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            mode: JsonMode::Schema,
            refused: [false; Feature::COUNT],
        }
    }
}

impl Habits {
    /// Whether the endpoint takes this feature, as far as is known.
    pub(super) const fn takes(&self, feature: Feature) -> bool {
        !self.refused[feature as usize]
    }

    /// Learns that a request made by the habits `used` was refused for this feature. Another request may have taught the
    /// same meanwhile.
    pub(super) fn learn(&mut self, feature: Feature, used: &Self) {
        if feature != Feature::ResponseFormat {
            self.refused[feature as usize] = true;
        } else if self.mode == used.mode {
            self.mode = self.mode.below().unwrap_or(self.mode);
        }
    }

    /// The habits where the operator has decided about JSON.
    pub(super) fn with(mut self, endpoint: &ModelConfig) -> Self {
        if let Some(mode) = endpoint.json_mode {
            self.mode = mode;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_requests_that_are_refused_at_once_teach_one_step() {
        let used = Habits::default();
        let mut habits = used;
        habits.learn(Feature::ResponseFormat, &used);
        habits.learn(Feature::ResponseFormat, &used);
        assert_eq!(habits.mode, JsonMode::Object);
        let used = habits;
        habits.learn(Feature::ResponseFormat, &used);
        assert_eq!(habits.mode, JsonMode::Text);
        habits.learn(Feature::Temperature, &used);
        assert!(!habits.takes(Feature::Temperature) && habits.takes(Feature::Stream));
    }
}
