//! What is sent: as little as possible, since some servers refuse what they do not know.

use std::{
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
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Question, error::Feature, habits::Habits};
use crate::{
    config::ModelConfig,
    crypto::random,
    domain::{JsonMode, limits},
};

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

/// What is said so far.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    question: &'a Question,
    system: String,
    repairs: Vec<Value>,
    messages: Vec<Value>,
    has_system: bool,
    /// What stands for the pictures in the messages, which nobody else can have written.
    placeholder: String,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(question: &'a Question, habits: &Habits) -> Self {
        let system = format!(
            "{}\n\nAnswer with one JSON object and nothing else. It must match this JSON schema:\n{}",
            question.system, question.schema
        );
        let mut conversation = Self {
            question,
            system,
            repairs: Vec::new(),
            messages: Vec::new(),
            has_system: habits.takes(Feature::SystemRole),
            placeholder: URL_SAFE_NO_PAD.encode(random::<16>()),
        };
        conversation.rebuild();
        conversation
    }

    /// Follows what was learnt of the endpoint.
    pub(super) fn follow(&mut self, habits: &Habits) {
        let has_system = habits.takes(Feature::SystemRole);
        if has_system != self.has_system {
            self.has_system = has_system;
            self.rebuild();
        }
    }

    /// Shows the model its answer and what is wrong with it.
    pub(super) fn repair(&mut self, content: &str, reason: &str) {
        let repair = [
            json!({ "role": "assistant", "content": limits::cut(content, REPAIR_BYTES) }),
            json!({
                "role": "user",
                "content": format!(
                    "That answer cannot be used: {reason}\nAnswer again, completely, with only the corrected JSON object."
                ),
            }),
        ];
        self.messages.extend(repair.iter().cloned());
        self.repairs.extend(repair);
    }

    /// Forgets the repairs: the question is asked in another way.
    pub(super) fn start_over(&mut self) {
        self.repairs.clear();
        self.rebuild();
    }

    fn rebuild(&mut self) {
        let Question { user, pictures, .. } = self.question;
        let text = if self.has_system {
            user.clone()
        } else {
            format!("{}\n\n{user}", self.system)
        };
        // A plain string where there are no images: some servers take nothing else.
        let content =
            if pictures.is_empty() {
                json!(text)
            } else {
                let mut parts = vec![json!({ "type": "text", "text": text })];
                parts.extend(pictures.iter().map(
                    |_| json!({ "type": "image_url", "image_url": { "url": self.placeholder } }),
                ));
                json!(parts)
            };
        self.messages.clear();
        if self.has_system {
            self.messages
                .push(json!({ "role": "system", "content": self.system }));
        }
        self.messages
            .push(json!({ "role": "user", "content": content }));
        self.messages.extend(self.repairs.iter().cloned());
    }

    /// Everything in words that is sent, the pictures left out.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let repairs = self
            .repairs
            .iter()
            .filter_map(|message| message["content"].as_str());
        [self.system.as_str(), self.question.user.as_str()]
            .into_iter()
            .chain(repairs)
    }
}

/// The parts of a request that an endpoint may refuse, which tells what its error is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Parts that can be left out or done otherwise.
    pub(super) features: Vec<Feature>,
    /// Whether there are pictures.
    pub(super) pictures: bool,
}

/// The body of a request.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: &'a [Value],
    #[serde(flatten)]
    members: Map<String, Value>,
    #[serde(skip)]
    conversation: &'a Conversation<'a>,
    #[serde(skip)]
    pub(super) sent: Sent,
}

impl<'a> Request<'a> {
    /// `limit` is that of the answer in tokens.
    pub(super) fn new(
        endpoint: &'a ModelConfig,
        conversation: &'a Conversation<'_>,
        habits: &Habits,
        limit: Option<u64>,
    ) -> Self {
        let question = conversation.question;
        let mut members = Map::new();
        let mut features = Vec::new();
        let mut put = |name: &str, value: Value, feature: Option<Feature>| {
            // What the operator sets by hand is theirs, and so is an error about it.
            if !endpoint.extra_body.contains_key(name) {
                members.insert(name.to_owned(), value);
                features.extend(feature);
            }
        };
        let learns_mode = endpoint.json_mode.is_none();
        match habits.mode {
            JsonMode::Schema => {
                let schema = json!({ "name": question.schema_name, "strict": true, "schema": question.schema });
                let format = json!({ "type": "json_schema", "json_schema": schema });
                put(
                    "response_format",
                    format,
                    learns_mode.then_some(Feature::ResponseFormat),
                );
            }
            JsonMode::Object => put(
                "response_format",
                json!({ "type": "json_object" }),
                learns_mode.then_some(Feature::ResponseFormat),
            ),
            JsonMode::Text => {}
        }
        if let Some(limit) = limit {
            let usual = habits.takes(Feature::LimitName);
            put(
                limit_name(endpoint, usual),
                json!(limit),
                usual.then_some(Feature::LimitName),
            );
        }
        if let Some(temperature) = endpoint
            .temperature
            .filter(|_| habits.takes(Feature::Temperature))
        {
            put(
                "temperature",
                json!(temperature),
                Some(Feature::Temperature),
            );
        }
        if let Some(effort) = endpoint
            .reasoning_effort
            .as_ref()
            .filter(|_| habits.takes(Feature::ReasoningEffort))
        {
            put(
                "reasoning_effort",
                json!(effort),
                Some(Feature::ReasoningEffort),
            );
        }
        if endpoint
            .stream
            .unwrap_or_else(|| habits.takes(Feature::Stream))
        {
            let learns_stream = endpoint.stream.is_none();
            put(
                "stream",
                json!(true),
                learns_stream.then_some(Feature::Stream),
            );
            if habits.takes(Feature::StreamOptions) {
                put(
                    "stream_options",
                    json!({ "include_usage": true }),
                    Some(Feature::StreamOptions),
                );
            }
        }
        if conversation.has_system {
            features.push(Feature::SystemRole);
        }
        for (name, value) in &endpoint.extra_body {
            // Null takes a member out, which `put` has done.
            if !value.is_null() {
                members.insert(name.clone(), value.clone());
            }
        }
        Self {
            model: &endpoint.model,
            messages: &conversation.messages,
            members,
            conversation,
            sent: Sent {
                features,
                pictures: !question.pictures.is_empty(),
            },
        }
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
        let json = serde_json::to_string(self)?;
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
    let is_openai = endpoint
        .base_url
        .host_str()
        .is_some_and(|host| host == "api.openai.com" || host.ends_with(".azure.com"));
    if is_openai == usual {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{
        Client,
        tests::{endpoint, question},
    };

    fn body(settings: &[(&str, &str)], habits: &Habits) -> Value {
        let endpoint = endpoint(settings);
        let question = question();
        let conversation = Conversation::new(&question, habits);
        let limit = endpoint.max_output_tokens;
        serde_json::to_value(Request::new(&endpoint, &conversation, habits, limit)).unwrap()
    }

    #[test]
    fn nothing_is_sent_that_is_not_needed() {
        let body = body(&[], &Habits::default());
        let names: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "model",
                "messages",
                "response_format",
                "stream",
                "stream_options"
            ]
        );
        assert!(body["messages"][1]["content"].is_string());
    }

    #[test]
    fn the_limit_has_the_name_that_the_endpoint_knows() {
        let limit = ("OPENAI_MAX_OUTPUT_TOKENS", "4000");
        let habits = Habits::default();
        let mut swapped = habits;
        swapped.learn(Feature::LimitName, &habits);
        for (base, habits, name) in [
            ("https://api.openai.com/v1", habits, "max_completion_tokens"),
            (
                "https://x.openai.azure.com/openai/v1",
                habits,
                "max_completion_tokens",
            ),
            ("http://localhost:11434/v1", habits, "max_tokens"),
            (
                "http://localhost:11434/v1",
                swapped,
                "max_completion_tokens",
            ),
            ("https://api.openai.com/v1", swapped, "max_tokens"),
        ] {
            let body = body(&[limit, ("OPENAI_BASE_URL", base)], &habits);
            assert_eq!(body[name], 4000, "{base}");
        }
    }

    #[test]
    fn the_operators_members_win_and_null_takes_ours_out() {
        let body = body(
            &[
                (
                    "OPENAI_EXTRA_BODY",
                    r#"{"thinking": {"type": "disabled"}, "stream_options": null, "temperature": 0.3}"#,
                ),
                ("OPENAI_TEMPERATURE", "1"),
            ],
            &Habits::default(),
        );
        assert_eq!(body["thinking"]["type"], "disabled");
        assert_eq!(body["temperature"], 0.3);
        assert!(body.get("stream_options").is_none());
    }

    #[test]
    fn without_the_system_role_the_task_stands_in_the_users_message() {
        let used = Habits::default();
        let mut habits = used;
        habits.learn(Feature::SystemRole, &used);
        let body = body(&[], &habits);
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        let content = body["messages"][0]["content"].as_str().unwrap();
        assert!(content.contains("JSON schema") && content.ends_with(&question().user));
    }

    #[test]
    fn the_key_goes_where_the_endpoint_looks_for_it() {
        let client = Client::default();
        let http = client.http().unwrap();
        for (base, name, value) in [
            ("https://api.openai.com/v1", "authorization", "Bearer sk-1"),
            ("https://r.openai.azure.com/openai/v1", "api-key", "sk-1"),
            (
                "http://h/openai/deployments/d?api-version=2024-10-21",
                "api-key",
                "sk-1",
            ),
        ] {
            let endpoint = endpoint(&[("OPENAI_BASE_URL", base), ("OPENAI_API_KEY", "sk-1")]);
            let request = authorize(&endpoint, http.post(url(&endpoint, "/chat/completions")))
                .build()
                .unwrap();
            assert_eq!(request.headers()[name], value);
            assert_eq!(request.headers().len(), 1);
            assert!(request.url().path().ends_with("/chat/completions"));
            assert_eq!(request.url().query(), endpoint.base_url.query());
        }
    }
}
