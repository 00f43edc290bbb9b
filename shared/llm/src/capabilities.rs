//! Ways of an endpoint that are its own.

use super::error::Feature;
use config::ModelConfig;
use domain::{JsonMode, Protocol};

/// The known ways of one model at one endpoint: it is asked differently from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// The way to ask it for JSON.
    pub(super) mode: JsonMode,
    /// The highest limit for answers in tokens that it takes, where it named one.
    pub(super) highest_limit: Option<u64>,
    /// Features that it refused.
    refused: [bool; Feature::COUNT],
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            mode: JsonMode::Schema,
            highest_limit: None,
            refused: [false; Feature::COUNT],
        }
    }
}

impl Capabilities {
    /// Whether the endpoint takes this feature, as far as is known.
    pub(super) const fn takes(&self, feature: Feature) -> bool {
        !self.refused[feature as usize]
    }

    /// The features that it is asked without.
    pub(super) fn refused(&self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .into_iter()
            .filter(|feature| !self.takes(*feature))
    }

    /// The protocol to ask it in.
    pub(super) fn protocol(&self, endpoint: &ModelConfig) -> Protocol {
        endpoint.protocol.unwrap_or(if self.takes(Feature::Chat) {
            Protocol::Chat
        } else {
            Protocol::Responses
        })
    }

    /// Learns that a request made by the capabilities `used` was refused for this feature. Another request may have taught the
    /// same meanwhile.
    pub(super) fn learn(&mut self, feature: Feature, used: &Self) {
        if feature != Feature::ResponseFormat {
            self.refused[feature as usize] = true;
        } else if self.mode == used.mode {
            self.mode = self.mode.below().unwrap_or(self.mode);
        }
    }

    /// The capabilities where the operator has decided about JSON.
    pub(super) fn with(mut self, endpoint: &ModelConfig) -> Self {
        if let Some(mode) = endpoint.json_mode {
            self.mode = mode;
        }
        self
    }
}

/// A lesson of one question, until there is a second proof of it: one submission's odd answer must not change how all others
/// are asked.
#[derive(Clone, Debug)]
pub(super) struct Lesson {
    pub(super) feature: Feature,
    /// The capabilities by which the endpoint was asked when it refused.
    pub(super) used: Capabilities,
    /// The limit for answers that it named.
    pub(super) limit: Option<u64>,
    /// Whether it follows from an odd answer, which asking in another way does not prove; else the endpoint refused in words.
    pub(super) is_odd: bool,
}

/// The process's knowledge of one model at one endpoint.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) capabilities: Capabilities,
    /// Lessons of one question only, with that question's fingerprint.
    suspected: Vec<(Feature, JsonMode, u64)>,
}

impl Memory {
    /// Takes the lessons of a question: at once those that asking in another way has proved, the others when another question
    /// teaches them too.
    pub(super) fn take(&mut self, lessons: &[Lesson], question: u64, is_proved: bool) {
        for lesson in lessons {
            let Lesson { feature, used, .. } = lesson;
            let is_known = |(other, mode, _): &(Feature, JsonMode, u64)| {
                other == feature && *mode == used.mode
            };
            let before = self.suspected.iter().position(is_known);
            let is_second = before.is_some_and(|index| self.suspected[index].2 != question);
            if is_second || (is_proved && !lesson.is_odd) {
                if let Some(index) = before {
                    self.suspected.swap_remove(index);
                }
                tracing::info!(?feature, mode = %used.mode, "the endpoint lacks a feature; it is asked another way from now on");
                if *feature == Feature::OutputLimit && lesson.limit.is_some() {
                    self.capabilities.highest_limit = lesson.limit;
                } else {
                    self.capabilities.learn(*feature, used);
                }
            } else if before.is_none() {
                self.suspected.push((*feature, used.mode, question));
            }
        }
    }
}

/// A way of answering that is not the protocol's, and is understood all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quirk {
    /// JSON or events under another media type.
    MediaType,
    /// A byte order mark before the answer.
    ByteOrderMark,
    /// The answer as the arguments of a tool.
    ToolCall,
    /// Whole messages in a stream.
    MessageInStream,
    /// The content as an object or as parts.
    ContentObject,
    /// The answer where the thinking belongs.
    AnswerInReasoning,
    /// Thinking, or marks of channels, in the answer.
    Thinking,
    /// Other text or a fence around the object.
    TextAround,
    /// The answer in an object or a list around it, or encoded twice.
    Wrapped,
    /// JSON that had to be mended.
    Mended,
    /// A stream without a mark of its end.
    NoEndMark,
    /// No count of tokens.
    NoUsage,
}

impl Quirk {
    /// In a sentence about the endpoint.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::MediaType => "It sends answers under a wrong media type.",
            Self::ByteOrderMark => "It sends a byte order mark before the answer.",
            Self::ToolCall => "It answers by calling a tool.",
            Self::MessageInStream => "It streams whole messages in place of their parts.",
            Self::ContentObject => "It sends the content as an object or a list.",
            Self::AnswerInReasoning => "It puts the answer where the reasoning belongs.",
            Self::Thinking => "It leaves the model's thinking in the answer.",
            Self::TextAround => "The model writes other text around its JSON.",
            Self::Wrapped => "The model wraps its answer in another object, or encodes it twice.",
            Self::Mended => "The model writes JSON with small mistakes.",
            Self::NoEndMark => "It ends its streams without a mark.",
            Self::NoUsage => "It does not count tokens, so CodeChecker estimates them.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_requests_that_are_refused_at_once_teach_one_step() {
        let used = Capabilities::default();
        let mut capabilities = used.clone();
        capabilities.learn(Feature::ResponseFormat, &used);
        capabilities.learn(Feature::ResponseFormat, &used);
        assert_eq!(capabilities.mode, JsonMode::Object);
        let used = capabilities.clone();
        capabilities.learn(Feature::ResponseFormat, &used);
        assert_eq!(capabilities.mode, JsonMode::Text);
        capabilities.learn(Feature::Temperature, &used);
        assert!(!capabilities.takes(Feature::Temperature) && capabilities.takes(Feature::Stream));
        assert_eq!(
            capabilities.refused().collect::<Vec<_>>(),
            [Feature::Temperature]
        );
    }

    #[test]
    fn a_lesson_needs_a_second_proof() {
        let lesson = |feature, is_odd| Lesson {
            feature,
            used: Capabilities::default(),
            limit: None,
            is_odd,
        };
        let knows = |memory: &Memory| memory.capabilities != Capabilities::default();

        // The endpoint refused, and then answered when it was asked without.
        let mut memory = Memory::default();
        memory.take(&[lesson(Feature::Temperature, false)], 1, true);
        assert!(knows(&memory));

        // It refused, and nothing came of asking without: only a second question proves it.
        let mut memory = Memory::default();
        for question in [1, 1] {
            memory.take(&[lesson(Feature::Temperature, false)], question, false);
            assert!(!knows(&memory));
        }
        memory.take(&[lesson(Feature::Temperature, false)], 2, false);
        assert!(knows(&memory));

        // An odd answer proves nothing by itself.
        let mut memory = Memory::default();
        memory.take(&[lesson(Feature::ResponseFormat, true)], 1, true);
        assert!(!knows(&memory));
        memory.take(&[lesson(Feature::ResponseFormat, true)], 2, true);
        assert_eq!(memory.capabilities.mode, JsonMode::Object);
    }
}
