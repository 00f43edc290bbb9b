//! The endpoint's reply, streamed or whole: read leniently.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    capabilities::Quirk,
    error::Error,
    redact::Redactor,
    usage::{COMPLETION, REASONING},
};
use domain::limits;

/// Longest name of a model that is kept.
const MODEL_BYTES: usize = 200;

/// An answer, or as much of one as has arrived.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// Whether the endpoint began to answer: from here on tokens are paid for.
    pub(super) began: bool,
    /// Oddities that had to be overlooked to read it.
    pub(super) quirks: BTreeSet<Quirk>,
    model: String,
    pub(super) content: String,
    pub(super) reasoning: String,
    pub(super) refusal: String,
    /// The arguments of a tool that was called in place of an answer.
    pub(super) arguments: String,
    finish_reason: Option<String>,
    pub(super) usage: Option<Value>,
}

impl Reply {
    /// Takes in a whole answer or a part of a streamed one, of either protocol.
    ///
    /// # Errors
    /// When there is more than any answer holds.
    pub(super) fn take(&mut self, chunk: &Value) -> Result<(), Error> {
        if let Some(model) = chunk.get("model").and_then(Value::as_str)
            && self.model.is_empty()
        {
            model.trim().clone_into(&mut self.model);
        }
        let usage = chunk.get("usage").filter(|usage| usage.is_object());
        // Groq has it there in a stream, Gemini under its own name.
        let usage = usage
            .or_else(|| chunk.pointer("/x_groq/usage"))
            .or_else(|| chunk.get("usageMetadata"));
        if let Some(usage) = usage {
            self.usage = Some(usage.clone());
        }
        // There may be no choice at all, as in the chunk of the usage or of Azure's filter.
        if let Some(choice) = chunk.pointer("/choices/0") {
            self.take_choice(choice);
        } else {
            self.take_event(chunk)?;
        }
        if self.received() > limits::ANSWER_BYTES as u64 {
            return Err(Error::NotAnEndpoint(
                "its answer is larger than 4 MB.".to_owned(),
            ));
        }
        Ok(())
    }

    fn take_choice(&mut self, choice: &Value) {
        let reason = choice.get("finish_reason").and_then(Value::as_str);
        // LocalAI has sent an empty one with every part.
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.finish_reason = Some(reason.to_owned());
        }
        let delta = choice.get("delta").filter(|delta| !delta.is_null());
        let whole = choice.get("message").filter(|message| !message.is_null());
        if choice.get("delta").is_some() && delta.is_none() && whole.is_some() {
            self.quirks.insert(Quirk::MessageInStream);
        }
        let Some(message) = delta.or(whole) else {
            // The form of the API before chats.
            push_text(&mut self.content, choice.get("text"));
            return;
        };
        if message
            .get("content")
            .is_some_and(|content| content.is_object() || content.is_array())
        {
            self.quirks.insert(Quirk::ContentObject);
        }
        push_text(&mut self.content, message.get("content"));
        if self.content.is_empty()
            && let Some(parsed) = message.get("parsed").filter(|parsed| parsed.is_object())
        {
            self.content = parsed.to_string();
            self.quirks.insert(Quirk::ContentObject);
        }
        push_text(&mut self.refusal, message.get("refusal"));
        // One of the names, as some servers send the same under both.
        let reasoning = ["reasoning_content", "reasoning"]
            .iter()
            .filter_map(|name| message.get(name))
            .find(|value| !value.is_null());
        push_text(&mut self.reasoning, reasoning);
        // Of several calls the first: each is an answer of its own.
        let calls = message.get("tool_calls").and_then(Value::as_array);
        let call = calls.and_then(|calls| {
            calls
                .iter()
                .find(|call| call.get("index").is_none_or(|index| index == 0))
        });
        let call = call.and_then(|call| call.get("function"));
        let call = call.or_else(|| message.get("function_call"));
        match call.and_then(|call| call.get("arguments")) {
            Some(Value::String(part)) => self.arguments.push_str(part),
            Some(whole @ Value::Object(_)) => self.arguments = whole.to_string(),
            _ => {}
        }
    }

    /// Takes in an event of the Responses API, or its whole answer.
    fn take_event(&mut self, event: &Value) -> Result<(), Error> {
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let delta = event.get("delta");
        match kind {
            "response.output_text.delta" => push_text(&mut self.content, delta),
            "response.refusal.delta" => push_text(&mut self.refusal, delta),
            "response.function_call_arguments.delta" => push_text(&mut self.arguments, delta),
            "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
                push_text(&mut self.reasoning, delta);
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                if let Some(response) = event.get("response") {
                    self.take_response(response);
                }
            }
            "" if event.get("output").is_some_and(Value::is_array) => self.take_response(event),
            _ => {}
        }
        Ok(())
    }

    /// Takes in a whole answer of the Responses API; it takes nothing twice that has streamed in already.
    fn take_response(&mut self, response: &Value) {
        if let Some(model) = response.get("model").and_then(Value::as_str) {
            model.trim().clone_into(&mut self.model);
        }
        if let Some(usage) = response.get("usage").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        let status = response
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or("completed");
        let why = response
            .pointer("/incomplete_details/reason")
            .and_then(Value::as_str);
        self.finish_reason = Some(match status {
            "incomplete" => why.unwrap_or("max_output_tokens").to_owned(),
            "completed" => "stop".to_owned(),
            other => other.to_owned(),
        });
        let items = response.get("output").and_then(Value::as_array);
        let has_streamed =
            !self.content.is_empty() || !self.refusal.is_empty() || !self.arguments.is_empty();
        for item in items.into_iter().flatten().filter(|_| !has_streamed) {
            match item.get("type").and_then(Value::as_str) {
                Some("function_call") => push_text(&mut self.arguments, item.get("arguments")),
                Some("reasoning") => push_text(&mut self.reasoning, item.get("content")),
                _ => {
                    push_text(&mut self.content, item.get("content"));
                    let parts = item.get("content").and_then(Value::as_array);
                    for part in parts.into_iter().flatten() {
                        push_text(&mut self.refusal, part.get("refusal"));
                    }
                }
            }
        }
    }

    /// Whether it has the form of an answer at all.
    pub(super) fn is_answer(json: &Value) -> bool {
        json.get("choices").is_some_and(Value::is_array)
            || json.get("output").is_some_and(Value::is_array)
    }

    /// Whether what was said is an answer in itself, though its end was not marked.
    pub(super) fn is_whole(&self) -> bool {
        let said = [&self.content, &self.arguments];
        said.iter().any(|text| {
            text.trim_end().ends_with(['}', ']', '`']) && super::json_object(text).is_ok()
        })
    }

    /// Whether the answer itself has begun, after all reasoning.
    pub(super) const fn has_content(&self) -> bool {
        !self.content.is_empty() || !self.arguments.is_empty() || !self.refusal.is_empty()
    }

    /// The texts that grow as it streams in: the answer and the reasoning.
    pub(super) fn growing(&self) -> [&str; 2] {
        let said = if self.content.is_empty() {
            &self.arguments
        } else {
            &self.content
        };
        [said, &self.reasoning]
    }

    /// Whether the model thought before it answered, as far as the endpoint shows it.
    pub(super) fn has_thought(&self) -> bool {
        !self.reasoning.is_empty() || self.number(REASONING).is_some_and(|tokens| tokens > 0)
    }

    /// Whether a streamed answer is complete.
    pub(super) const fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Bytes of text that have arrived, hidden reasoning included.
    pub(super) const fn received(&self) -> u64 {
        (self.content.len() + self.reasoning.len() + self.refusal.len() + self.arguments.len())
            as u64
    }

    /// The model's name as the endpoint gives it, or else as we asked for it.
    pub(super) fn model(&self, asked: &str, redactor: &Redactor) -> String {
        let named = if self.model.is_empty() {
            asked
        } else {
            &self.model
        };
        limits::cut(&redactor.clean_answer(named), MODEL_BYTES).replace('\0', "")
    }

    /// The model's words, or why they are no answer.
    pub(super) fn content(&mut self, redactor: &Redactor) -> Result<String, Error> {
        if !self.refusal.is_empty() {
            return Err(Error::Declined(redactor.clean(&self.refusal)));
        }
        let ending = self
            .finish_reason
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        match ending.as_str() {
            "content_filter"
            | "safety"
            | "recitation"
            | "sensitive"
            | "blocklist"
            | "prohibited_content"
            | "spii"
            | "image_safety"
            | "refusal"
            | "guardrail_intervened" => {
                return Err(Error::Filtered(format!("it ended with \"{ending}\".")));
            }
            "insufficient_system_resource"
            | "error"
            | "failed"
            | "network_error"
            | "abort"
            | "cancelled"
            | "malformed_function_call" => {
                return Err(Error::Busy {
                    status: 200,
                    message: format!("its answer ended with \"{ending}\"."),
                    retry_after: None,
                });
            }
            // A cut answer is never mended into a result.
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "max_completion_tokens"
            | "model_length" => {
                return Err(Error::Cut(self.length()));
            }
            "model_context_window_exceeded" | "context_length_exceeded" => {
                return Err(Error::Cut(
                    "where the model's context was full: the submission and the answer do not fit into it together"
                        .to_owned(),
                ));
            }
            _ => {}
        }
        if !self.arguments.trim().is_empty()
            && (self.content.trim().is_empty() || super::json_object(&self.content).is_err())
        {
            self.quirks.insert(Quirk::ToolCall);
            return Ok(redactor.clean_answer(&self.arguments));
        }
        if !self.content.trim().is_empty() {
            return Ok(redactor.clean_answer(&self.content));
        }
        // Some servers put the answer where the thinking belongs; the check that follows tells the two apart.
        if super::json_object(&self.reasoning).is_ok() {
            self.quirks.insert(Quirk::AnswerInReasoning);
            return Ok(redactor.clean_answer(&self.reasoning));
        }
        Err(Error::Empty)
    }

    /// Where a cut answer ended and why.
    fn length(&self) -> String {
        let (tokens, hidden) = (self.number(COMPLETION), self.number(REASONING));
        let after = match (tokens, hidden) {
            (Some(all), Some(hidden)) if hidden > 0 => {
                format!("after {all} tokens, {hidden} of which were hidden reasoning")
            }
            (Some(all), _) => format!("after {all} tokens"),
            (None, _) => "at the limit of its length".to_owned(),
        };
        format!(
            "{after}: the endpoint's limit for answers or the model's context is too small for it. Raise \
             OPENAI_MAX_OUTPUT_TOKENS or the context, or let the model think less"
        )
    }
}

/// Adds text that is a string, a list of parts with text or JSON, or an object: of one with text that, else the object itself is
/// the answer. Parts without either, such as thinking, are left out.
fn push_text(to: &mut String, value: Option<&Value>) {
    let text_of = |part: &Value| -> Option<String> {
        let text = part.get("text")?;
        let text = text.as_str().or_else(|| text.get("value")?.as_str());
        text.map(str::to_owned)
    };
    match value {
        Some(Value::String(text)) => to.push_str(text),
        Some(Value::Array(parts)) => {
            for part in parts {
                let json = ["json", "parsed"].iter().find_map(|name| part.get(*name));
                let text = part.as_str().map(str::to_owned).or_else(|| text_of(part));
                to.push_str(
                    &text
                        .or_else(|| json.map(Value::to_string))
                        .unwrap_or_default(),
                );
            }
        }
        Some(object @ Value::Object(_)) => {
            to.push_str(&text_of(object).unwrap_or_else(|| object.to_string()));
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
