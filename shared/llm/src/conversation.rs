//! The messages of a question, in no protocol's form and in each one's.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Question, schema::outline};
use config::crypto::random;
use domain::{Protocol, limits};

/// Bytes of a wrong answer to show to the model again.
const REPAIR_BYTES: usize = 16 * 1024;

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// Said of pictures of which some are pieces of one image.
const IN_PIECES: &str = "Long images are sent in pieces, in order from top to bottom or from left to right. The end of a piece \
     stands again at the beginning of the next one: read it once.";

/// A message, in no protocol's form.
struct Message<'a> {
    role: Role,
    text: Cow<'a, str>,
    has_pictures: bool,
}

impl<'a> Message<'a> {
    fn new(role: Role, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            role,
            text: text.into(),
            has_pictures: false,
        }
    }
}

/// A question with its examples, and the answers so far that could not be used.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) question: &'a Question,
    system: String,
    examples: Vec<(&'a str, String)>,
    /// Answers that could not be used, and why.
    repairs: Vec<(String, String)>,
    /// Stands for the pictures in the messages; nobody else can have written it.
    pub(super) placeholder: String,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(question: &'a Question) -> Self {
        let examples = question.examples.iter();
        Self {
            question,
            system: Self::system(&question.system, question),
            examples: examples
                .map(|turn| (turn.user.as_str(), turn.assistant.to_string()))
                .collect(),
            repairs: Vec::new(),
            placeholder: URL_SAFE_NO_PAD.encode(random::<16>()),
        }
    }

    fn system(task: &str, question: &Question) -> String {
        format!(
            "{task}\n\nAnswer with one JSON object and nothing else. It has exactly these members, each described in its place:\n{}",
            outline(question.schema)
        )
    }

    /// Shows the model its answer and what is wrong with it.
    pub(super) fn repair(&mut self, content: &str, reason: &str) {
        self.repairs.push((
            limits::cut(content, REPAIR_BYTES).to_owned(),
            format!(
                "That answer cannot be used: {reason}\nAnswer again, completely, with only the corrected JSON object."
            ),
        ));
    }

    /// Forgets the repairs, to ask the question in another way.
    pub(super) fn start_over(&mut self) {
        self.repairs.clear();
    }

    /// Asks the smaller question in place of the whole one, if there is one.
    pub(super) fn shorten(&mut self) -> bool {
        let Some(brief) = &self.question.brief else {
            return false;
        };
        self.repairs.clear();
        self.system = Self::system(brief, self.question);
        true
    }

    fn messages(&self, has_system: bool) -> Vec<Message<'_>> {
        let mut messages = Vec::new();
        if has_system {
            messages.push(Message::new(Role::System, &self.system));
        }
        for (user, assistant) in &self.examples {
            messages.push(Message::new(Role::User, *user));
            messages.push(Message::new(Role::Assistant, assistant));
        }
        let pictures = &self.question.pictures;
        let user = if pictures.iter().any(|picture| picture.is_piece) {
            Cow::Owned(format!("{}\n\n{IN_PIECES}", self.question.user))
        } else {
            Cow::Borrowed(self.question.user.as_str())
        };
        messages.push(Message {
            has_pictures: !pictures.is_empty(),
            ..Message::new(Role::User, user)
        });
        for (answer, reason) in &self.repairs {
            messages.push(Message::new(Role::Assistant, answer));
            messages.push(Message::new(Role::User, reason));
        }
        if !has_system && let Some(first) = messages.first_mut() {
            first.text = Cow::Owned(format!("{}\n\n{}", self.system, first.text));
        }
        messages
    }

    /// Everything in words that is sent, the pictures left out.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let pairs = self.examples.iter().map(|(user, answer)| (*user, answer));
        let repairs = self
            .repairs
            .iter()
            .map(|(answer, reason)| (answer.as_str(), reason));
        [self.system.as_str(), self.question.user.as_str()]
            .into_iter()
            .chain(
                pairs
                    .chain(repairs)
                    .flat_map(|(one, other)| [one, other.as_str()]),
            )
    }

    /// The messages in a protocol's form. Content is a plain string where there are no images: some servers take nothing else.
    pub(super) fn written(&self, protocol: Protocol, has_system: bool) -> Value {
        let one = |message: Message<'_>| {
            let content = if message.has_pictures {
                let (text, picture) = match protocol {
                    Protocol::Chat => (
                        "text",
                        json!({ "type": "image_url", "image_url": { "url": self.placeholder } }),
                    ),
                    Protocol::Responses => (
                        "input_text",
                        json!({ "type": "input_image", "image_url": self.placeholder }),
                    ),
                };
                let text = json!({ "type": text, "text": message.text });
                let pictures = self.question.pictures.iter().map(|_| picture.clone());
                std::iter::once(text).chain(pictures).collect()
            } else {
                json!(message.text)
            };
            json!({ "role": message.role.as_str(), "content": content })
        };
        self.messages(has_system).into_iter().map(one).collect()
    }
}
