//! The request: as short as possible, since some servers refuse whatever they do not know.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use reqwest::{RequestBuilder, Url};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::{
    Question, capabilities::Capabilities, conversation::Conversation, error::Feature,
    schema::without_bounds,
};
use config::ModelConfig;
use domain::{JsonMode, Protocol};

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
            // The operator answers for a member that is set by hand, and for errors about it.
            if !endpoint.extra_body.contains_key(name) {
                members.insert(name.to_owned(), value);
                features.extend(sent);
            }
        };
        put_format(endpoint, question, capabilities, protocol, &mut put);
        put_limit(endpoint, capabilities, protocol, limit, &mut put);
        put_options(endpoint, capabilities, protocol, &mut put);
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

/// Asks for JSON as far as the endpoint takes it.
fn put_format(
    endpoint: &ModelConfig,
    question: &Question,
    capabilities: &Capabilities,
    protocol: Protocol,
    put: &mut impl FnMut(&str, Value, &[Feature]),
) {
    let is_chat = protocol == Protocol::Chat;
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
}

fn put_limit(
    endpoint: &ModelConfig,
    capabilities: &Capabilities,
    protocol: Protocol,
    limit: Option<u64>,
    put: &mut impl FnMut(&str, Value, &[Feature]),
) {
    let is_chat = protocol == Protocol::Chat;
    if let Some(limit) = limit {
        let usual = capabilities.takes(Feature::LimitName);
        if is_chat {
            let sent: &[Feature] = if usual { &[Feature::LimitName] } else { &[] };
            put(limit_name(endpoint, usual), json!(limit), sent);
        } else {
            put("max_output_tokens", json!(limit), &[]);
        }
    }
}

/// The temperature, the effort and the stream.
fn put_options(
    endpoint: &ModelConfig,
    capabilities: &Capabilities,
    protocol: Protocol,
    put: &mut impl FnMut(&str, Value, &[Feature]),
) {
    let is_chat = protocol == Protocol::Chat;
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
}

/// The way to ask for JSON, and whether the schema has bounds.
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
                without_bounds(question.schema)
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

/// The limit's name: OpenAI's own models refuse the old name, Ollama ignores the new one.
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
