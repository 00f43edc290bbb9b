//! The tokens of an answer, by the names that vendors have for their counts.

use super::{capabilities::Quirk, reply::Reply, tokens};
use config::Prices;
use domain::Usage;

/// Where vendors put the count of the tokens that they read, in the usage.
const PROMPT: &[&str] = &["/prompt_tokens", "/input_tokens", "/promptTokenCount"];
/// Where they put the count of those that they wrote.
pub(super) const COMPLETION: &[&str] = &[
    "/completion_tokens",
    "/output_tokens",
    "/candidatesTokenCount",
];
/// Where they put the count of those that they had cached: OpenAI's two protocols, DeepSeek, Moonshot, Anthropic, Gemini.
const CACHED: &[&str] = &[
    "/prompt_tokens_details/cached_tokens",
    "/input_tokens_details/cached_tokens",
    "/prompt_cache_hit_tokens",
    "/cached_tokens",
    "/cache_read_input_tokens",
    "/prompt_tokens_details/cache_read_input_tokens",
    "/cachedContentTokenCount",
];
/// Where they put the count of those that were hidden reasoning.
pub(super) const REASONING: &[&str] = &[
    "/completion_tokens_details/reasoning_tokens",
    "/output_tokens_details/reasoning_tokens",
    "/reasoning_tokens",
    "/thoughtsTokenCount",
];

impl Reply {
    /// The first of some places in the usage that has a number.
    pub(super) fn number(&self, places: &[&str]) -> Option<u64> {
        let usage = self.usage.as_ref()?;
        places
            .iter()
            .find_map(|place| usage.pointer(place)?.as_u64())
    }

    /// Tokens that the endpoint says it read. Some count what was cached beside them.
    pub(super) fn tokens_read(&self) -> Option<u64> {
        self.number(PROMPT).filter(|tokens| *tokens > 0)
    }

    /// Tokens that the endpoint says it had cached.
    pub(super) fn tokens_cached(&self) -> u64 {
        self.number(CACHED).unwrap_or_default()
    }

    /// Tokens that the endpoint says question and answer have.
    pub(super) fn tokens_in_all(&self) -> Option<u64> {
        self.number(&["/total_tokens", "/totalTokenCount"])
    }

    /// That the endpoint does not say how many tokens it used.
    pub(super) fn lacks_usage(&self) -> Option<Quirk> {
        self.tokens_read().is_none().then_some(Quirk::NoUsage)
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
                completion_tokens: self.number(COMPLETION).unwrap_or_default(),
                cached_tokens: self.tokens_cached(),
                reasoning_tokens: self.number(REASONING).unwrap_or_default(),
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
                        + tokens::estimate(&self.arguments)
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

/// The price of the tokens, as the operator gives it.
fn cost(usage: &Usage, prices: Prices) -> Option<f64> {
    let (input, output) = (prices.input?, prices.output?);
    let cached = usage.cached_tokens.min(usage.prompt_tokens);
    let fresh = usage.prompt_tokens - cached;
    let micro = fresh as f64 * input
        + cached as f64 * prices.cached.unwrap_or(input)
        + usage.completion_tokens as f64 * output;
    Some(micro / 1e6)
}
