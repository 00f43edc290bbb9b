//! What is sent: as little as possible, since some servers refuse what they do not know.

use std::{
    borrow::Cow,
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::{
    Question,
    capabilities::Capabilities,
    error::Feature,
    schema::{outline, without_bounds},
};
use config::{ModelConfig, crypto::random};
use domain::{JsonMode, Protocol, limits};

/// Bytes of a wrong answer that are shown to the model again.
const REPAIR_BYTES: usize = 16 * 1024;

/// The address of a resource of the endpoint, such as `/chat/completions`; its query is kept.
pub(super) fn url(endpoint: &ModelConfig, resource: &str) -> Url {
    let mut url = endpoint.base_url.clone();
    url.set_path(&format!("{}{resource}", url.path().trim_end_matches('/')));
    url
}

/// Puts the key where the endpoint looks for it.
pub(super) fn authorize(endpoint: &ModelConfig, request: RequestBuilder) -> RequestBuilder {
    let Some(key) = &endpoint.api_key else {
        return request;
    };
    // Azure: https://learn.microsoft.com/azure/ai-foundry/openai/reference
    let url = &endpoint.base_url;
    let is_azure = url
        .host_str()
        .is_some_and(|host| host.ends_with(".azure.com"))
        || url.path().contains("/openai/deployments/");
    if is_azure {
        request.header("api-key", key.expose_secret())
    } else {
        request.bearer_auth(key.expose_secret())
    }
}

/// Whose message it is.
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

/// ErrorReply of pictures of which some are pieces of one image.
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

/// What is said so far.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    question: &'a Question,
    system: String,
    examples: Vec<(&'a str, String)>,
    /// Answers that could not be used, and why.
    repairs: Vec<(String, String)>,
    /// What stands for the pictures in the messages, which nobody else can have written.
    placeholder: String,
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
            outline(&question.schema)
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

    /// Forgets the repairs: the question is asked in another way.
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
    fn written(&self, protocol: Protocol, has_system: bool) -> Value {
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

/// The parts of a request that an endpoint may refuse, which tells what its error is about.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestParts {
    /// Parts that can be left out or done otherwise.
    pub(super) features: Vec<Feature>,
    /// Whether there are pictures.
    pub(super) pictures: bool,
    /// The limit of the answer in tokens.
    pub(super) limit: Option<u64>,
}

/// The body of a request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    members: Map<String, Value>,
    conversation: &'a Conversation<'a>,
    pub(super) protocol: Protocol,
    pub(super) sent: RequestParts,
}

impl<'a> Request<'a> {
    /// `limit` is that of the answer in tokens.
    pub(super) fn new(
        endpoint: &ModelConfig,
        conversation: &'a Conversation<'_>,
        capabilities: &Capabilities,
        limit: Option<u64>,
    ) -> Self {
        let question = conversation.question;
        let protocol = capabilities.protocol(endpoint);
        let is_chat = protocol == Protocol::Chat;
        let has_system = capabilities.takes(Feature::SystemRole);
        let mut members = Map::new();
        let mut features = Vec::new();
        members.insert("model".to_owned(), json!(endpoint.model));
        if is_chat {
            members.insert(
                "messages".to_owned(),
                conversation.written(protocol, has_system),
            );
            if endpoint.protocol.is_none() {
                features.push(Feature::Chat);
            }
        } else {
            members.insert(
                "input".to_owned(),
                conversation.written(protocol, has_system),
            );
            // Nobody asks for it again.
            members.insert("store".to_owned(), json!(false));
        }
        let mut put = |name: &str, value: Value, sent: &[Feature]| {
            // What the operator sets by hand is theirs, and so is an error about it.
            if !endpoint.extra_body.contains_key(name) {
                members.insert(name.to_owned(), value);
                features.extend(sent);
            }
        };
        let learns_mode = endpoint.json_mode.is_none();
        if let Some((format, has_bounds)) = format(endpoint, question, capabilities, protocol) {
            let sent = [Feature::ResponseFormat, Feature::SchemaBounds];
            let sent = match (learns_mode, has_bounds) {
                (false, false) => &[],
                (false, true) => &sent[1..],
                (true, false) => &sent[..1],
                (true, true) => &sent[..],
            };
            if is_chat {
                put("response_format", format, sent);
            } else {
                put("text", json!({ "format": format }), sent);
            }
        }
        if let Some(limit) = limit {
            let usual = capabilities.takes(Feature::LimitName);
            if is_chat {
                let sent: &[Feature] = if usual { &[Feature::LimitName] } else { &[] };
                put(limit_name(endpoint, usual), json!(limit), sent);
            } else {
                put("max_output_tokens", json!(limit), &[]);
            }
        }
        if let Some(temperature) = endpoint
            .temperature
            .filter(|_| capabilities.takes(Feature::Temperature))
        {
            put("temperature", json!(temperature), &[Feature::Temperature]);
        }
        if let Some(effort) = endpoint
            .reasoning_effort
            .as_ref()
            .filter(|_| capabilities.takes(Feature::ReasoningEffort))
        {
            let sent = [Feature::ReasoningEffort];
            if is_chat {
                put("reasoning_effort", json!(effort), &sent);
            } else {
                put("reasoning", json!({ "effort": effort }), &sent);
            }
        }
        if endpoint
            .stream
            .unwrap_or_else(|| capabilities.takes(Feature::Stream))
        {
            let learns_stream = endpoint.stream.is_none();
            let sent: &[Feature] = if learns_stream {
                &[Feature::Stream]
            } else {
                &[]
            };
            put("stream", json!(true), sent);
            if is_chat && capabilities.takes(Feature::StreamOptions) {
                let usage = json!({ "include_usage": true });
                put("stream_options", usage, &[Feature::StreamOptions]);
            }
        }
        if has_system {
            features.push(Feature::SystemRole);
        }
        for (name, value) in &endpoint.extra_body {
            // Null takes a member out, which `put` has done.
            if !value.is_null() {
                members.insert(name.clone(), value.clone());
            }
        }
        Self {
            members,
            conversation,
            protocol,
            sent: RequestParts {
                features,
                pictures: !question.pictures.is_empty(),
                limit,
            },
        }
    }
}

/// How JSON is asked for, and whether the schema has bounds.
fn format(
    endpoint: &ModelConfig,
    question: &Question,
    capabilities: &Capabilities,
    protocol: Protocol,
) -> Option<(Value, bool)> {
    match capabilities.mode {
        JsonMode::Schema => {
            // OpenAI's strict schemas have no bounds for text.
            let has_bounds = capabilities.takes(Feature::SchemaBounds) && !is_openai(endpoint);
            let schema = if has_bounds {
                question.schema.clone()
            } else {
                without_bounds(&question.schema)
            };
            let name = question.schema_name;
            let format = match protocol {
                Protocol::Chat => json!({
                    "type": "json_schema",
                    "json_schema": { "name": name, "strict": true, "schema": schema }
                }),
                Protocol::Responses => {
                    json!({ "type": "json_schema", "name": name, "strict": true, "schema": schema })
                }
            };
            Some((format, has_bounds))
        }
        JsonMode::Object => Some((json!({ "type": "json_object" }), false)),
        JsonMode::Text => None,
    }
}

impl Request<'_> {
    /// The body as it is sent. The pictures, megabytes each, are not copied into it.
    pub(super) fn body(&self) -> Result<reqwest::Body, serde_json::Error> {
        let Conversation {
            question,
            placeholder,
            ..
        } = self.conversation;
        let json = serde_json::to_string(&self.members)?;
        let mut pieces = VecDeque::new();
        let mut pictures = question.pictures.iter();
        for text in json.split(placeholder) {
            pieces.push_back(Bytes::copy_from_slice(text.as_bytes()));
            pieces.extend(pictures.next().map(|picture| picture.url.clone()));
        }
        Ok(reqwest::Body::wrap(Pieces(pieces)))
    }
}

/// A body in pieces that are there already. It has a length: some servers take no body in chunks.
struct Pieces(VecDeque<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

/// What the limit is called: OpenAI's own models refuse the old name, Ollama ignores the new one.
fn limit_name(endpoint: &ModelConfig, usual: bool) -> &'static str {
    if is_openai(endpoint) == usual {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

fn is_openai(endpoint: &ModelConfig) -> bool {
    endpoint
        .base_url
        .host_str()
        .is_some_and(|host| host == "api.openai.com" || host.ends_with(".azure.com"))
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
