//! What comes back, streamed or whole: read leniently.

use serde_json::Value;

use super::{error::Error, redact::Redactor, tokens};
use crate::{
    config::Prices,
    domain::{Usage, limits},
};

/// Longest name of a model that is kept.
const MODEL_BYTES: usize = 200;

/// An answer, or as much of one as has arrived.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// Whether the endpoint began to answer: from here on tokens are paid for.
    pub(super) began: bool,
    model: String,
    content: String,
    reasoning: String,
    refusal: String,
    finish_reason: Option<String>,
    usage: Option<Value>,
}

impl Reply {
    /// Takes in a whole answer or a chunk of a streamed one.
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
        // Groq has it there in a stream.
        let usage = usage.or_else(|| chunk.pointer("/x_groq/usage"));
        if let Some(usage) = usage {
            self.usage = Some(usage.clone());
        }
        // There may be no choice at all, as in the chunk of the usage or of Azure's filter.
        let Some(choice) = chunk.pointer("/choices/0") else {
            return Ok(());
        };
        let reason = choice.get("finish_reason").and_then(Value::as_str);
        // LocalAI has sent an empty one with every part.
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            self.finish_reason = Some(reason.to_owned());
        }
        let message = choice.get("delta").or_else(|| choice.get("message"));
        let Some(message) = message else {
            return Ok(());
        };
        push_text(&mut self.content, message.get("content"));
        push_text(&mut self.refusal, message.get("refusal"));
        // One of the names, as some servers send the same under both.
        let reasoning = ["reasoning_content", "reasoning"]
            .iter()
            .filter_map(|name| message.get(name))
            .find(|value| !value.is_null());
        push_text(&mut self.reasoning, reasoning);
        if self.received() > limits::ANSWER_BYTES as u64 {
            return Err(Error::NotAnEndpoint(
                "its answer is larger than 4 MB.".to_owned(),
            ));
        }
        Ok(())
    }

    /// Whether a streamed answer is complete.
    pub(super) const fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Bytes of text that have arrived, hidden reasoning included.
    pub(super) const fn received(&self) -> u64 {
        (self.content.len() + self.reasoning.len() + self.refusal.len()) as u64
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

    /// What the model said, or why that is no answer.
    pub(super) fn content(&self, redactor: &Redactor) -> Result<String, Error> {
        if !self.refusal.is_empty() {
            return Err(Error::Declined(redactor.clean(&self.refusal)));
        }
        match self.finish_reason.as_deref() {
            Some("content_filter") => {
                return Err(Error::Filtered("it gives no reason.".to_owned()));
            }
            Some("insufficient_system_resource") => {
                return Err(Error::Busy {
                    status: 200,
                    message: "it ran out of resources.".to_owned(),
                    retry_after: None,
                });
            }
            // A cut answer is never mended into a result.
            Some("length") => return Err(Error::Cut(self.length())),
            _ => {}
        }
        if !self.content.trim().is_empty() {
            return Ok(redactor.clean_answer(&self.content));
        }
        // Some servers put the answer where the thinking belongs; the check that follows tells the two apart.
        if super::json_object(&self.reasoning).is_ok() {
            return Ok(redactor.clean_answer(&self.reasoning));
        }
        Err(Error::Empty)
    }

    /// Where a cut answer ended and why.
    fn length(&self) -> String {
        let (tokens, hidden) = (
            self.number("/completion_tokens"),
            self.number("/completion_tokens_details/reasoning_tokens"),
        );
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

    fn number(&self, pointer: &str) -> Option<u64> {
        self.usage.as_ref()?.pointer(pointer)?.as_u64()
    }

    /// Tokens that the endpoint says it read. Some count what was cached beside them.
    pub(super) fn tokens_read(&self) -> Option<u64> {
        self.number("/prompt_tokens").filter(|tokens| *tokens > 0)
    }

    /// Tokens that the endpoint says it had cached.
    pub(super) fn tokens_cached(&self) -> u64 {
        self.number("/prompt_tokens_details/cached_tokens")
            // DeepSeek's name.
            .or_else(|| self.number("/prompt_cache_hit_tokens"))
            .unwrap_or_default()
    }

    /// Tokens that the endpoint says question and answer have.
    pub(super) fn tokens_in_all(&self) -> Option<u64> {
        self.number("/total_tokens")
    }

    /// The tokens, or an estimate of them where the endpoint does not say; `sent` is the estimate of the question.
    /// `None` where nothing was paid for.
    pub(super) fn usage(&self, sent: u64, prices: Prices) -> Option<Usage> {
        if !self.began {
            return None;
        }
        let mut usage = match self.tokens_read() {
            Some(prompt_tokens) => Usage {
                prompt_tokens,
                completion_tokens: self.number("/completion_tokens").unwrap_or_default(),
                cached_tokens: self.tokens_cached(),
                reasoning_tokens: self
                    .number("/completion_tokens_details/reasoning_tokens")
                    .unwrap_or_default(),
                estimated: false,
                cost: self
                    .usage
                    .as_ref()
                    .and_then(|usage| usage.get("cost")?.as_f64())
                    .filter(|cost| cost.is_finite() && *cost >= 0.0),
            },
            None => {
                let reasoning_tokens = tokens::estimate(&self.reasoning);
                Usage {
                    prompt_tokens: sent,
                    completion_tokens: reasoning_tokens
                        + tokens::estimate(&self.content)
                        + tokens::estimate(&self.refusal),
                    reasoning_tokens,
                    estimated: true,
                    ..Usage::default()
                }
            }
        };
        usage.cost = usage.cost.or_else(|| cost(&usage, prices));
        Some(usage)
    }
}

/// What tokens cost by the operator's prices.
fn cost(usage: &Usage, prices: Prices) -> Option<f64> {
    let (input, output) = (prices.input?, prices.output?);
    let cached = usage.cached_tokens.min(usage.prompt_tokens);
    let fresh = usage.prompt_tokens - cached;
    let micro = fresh as f64 * input
        + cached as f64 * prices.cached.unwrap_or(input)
        + usage.completion_tokens as f64 * output;
    Some(micro / 1e6)
}

/// Adds text that is a string or a list of parts with text; other parts, such as thinking, are left out.
fn push_text(to: &mut String, value: Option<&Value>) {
    match value {
        Some(Value::String(text)) => to.push_str(text),
        Some(Value::Array(parts)) => {
            for part in parts {
                to.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::tests::endpoint;

    fn reply(answer: &Value) -> Reply {
        let mut reply = Reply {
            began: true,
            ..Reply::default()
        };
        reply.take(answer).unwrap();
        reply
    }

    fn content(message: Value) -> Result<String, Error> {
        let answer = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
        reply(&answer).content(&Redactor::new(&endpoint(&[])))
    }

    #[test]
    fn an_answer_is_read_wherever_servers_put_it() {
        assert_eq!(content(json!({"content": "{}"})).unwrap(), "{}");
        assert_eq!(
            content(json!({"content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "{}"}
            ]}))
            .unwrap(),
            "{}"
        );
        for name in ["reasoning_content", "reasoning"] {
            assert_eq!(
                content(json!({"content": null, name: "{\"a\":1}"})).unwrap(),
                "{\"a\":1}"
            );
        }
        for (message, code) in [
            (
                json!({"content": "", "reasoning": "hm"}),
                "model_answer_empty",
            ),
            (json!({"content": null, "refusal": "no"}), "model_declined"),
        ] {
            assert_eq!(content(message).unwrap_err().code().as_str(), code);
        }
    }

    #[test]
    fn tokens_are_counted_and_priced_and_estimates_marked() {
        let prices = Prices {
            input: Some(2.0),
            cached: Some(1.0),
            output: Some(10.0),
        };
        let usage = json!({
            "prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 60}
        });
        let said = reply(&json!({ "usage": usage })).usage(7, prices).unwrap();
        assert_eq!(
            (said.cached_tokens, said.reasoning_tokens, said.estimated),
            (400, 60, false)
        );
        assert!((said.cost.unwrap() - 0.0026).abs() < 1e-9);
        let silent = json!({ "choices": [{ "message": { "content": "a".repeat(35) } }] });
        let guessed = reply(&silent).usage(7, Prices::default()).unwrap();
        assert_eq!(
            (
                guessed.prompt_tokens,
                guessed.completion_tokens,
                guessed.estimated
            ),
            (7, 10, true)
        );
        assert_eq!(guessed.cost, None);
        let dear = reply(&json!({ "usage": {"prompt_tokens": 1, "cost": 0.5} }));
        assert_eq!(dear.usage(7, prices).unwrap().cost, Some(0.5));
        assert_eq!(Reply::default().usage(7, prices), None);
    }
}
