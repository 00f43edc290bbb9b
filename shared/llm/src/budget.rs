//! The budget of a question: calls, pauses between them, and the size of the context.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::{
    conversation::Conversation,
    error::Error,
    limiter::{LONGEST_WAIT, Limiter},
    reply::Reply,
    tokens,
};
use config::{ModelConfig, crypto};

/// Calls that are repeated after a passing error.
const TRANSPORT_RETRIES: usize = 2;
/// Calls that are repeated after an answer that was empty or broke off: it was paid for.
const PAID_RETRIES: usize = 1;
/// Calls that are repeated in another way, for an endpoint that lacks a feature: it refuses before it works, so they cost nothing.
const SWITCHES: usize = 5;
/// How often to ask a model for JSON in a weaker way after two answers without any.
const STEP_DOWNS: usize = 2;
/// How long everybody leaves an endpoint in peace that is away.
const AWAY: Duration = Duration::from_secs(5);
/// Calls that show the model what was wrong with its answer.
const REPAIRS: usize = 1;
/// Tokens that a picture has at least.
const PICTURE_TOKENS: u64 = 64;
/// Tokens that the smallest context has.
const SMALLEST_CONTEXT: u64 = 1024;

/// The attempts that a question has left, by kind.
pub(super) struct Budget {
    pauses: ExponentialBackoff,
    pub(super) paid: usize,
    pub(super) switches: usize,
    pub(super) step_downs: usize,
    pub(super) longer: usize,
    pub(super) smaller: usize,
    pub(super) repairs: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            pauses: ExponentialBuilder::default()
                .with_min_delay(Duration::from_secs(1))
                .with_max_delay(Duration::from_secs(20))
                .with_max_times(TRANSPORT_RETRIES)
                .build(),
            paid: PAID_RETRIES,
            switches: SWITCHES,
            step_downs: STEP_DOWNS,
            longer: 1,
            smaller: 1,
            repairs: REPAIRS,
        }
    }

    /// How long to wait before the call is repeated, if it is worth it. A pause that the endpoint asks for holds for
    /// everybody.
    pub(super) fn pause(
        &mut self,
        error: Error,
        has_tokens: bool,
        deadline: Instant,
        limiter: &Limiter,
    ) -> Result<Duration, Error> {
        let wanted = error.retry_after();
        // It is left to the job to come back later: a process that waited would be lost with the wait.
        if error.is_away() && wanted.is_none() && !matches!(error, Error::HungUp(_)) {
            limiter.leave_alone(AWAY);
            return Err(error);
        }
        if let Some(wanted) = wanted {
            limiter.close(wanted);
            if wanted > LONGEST_WAIT.min(deadline.saturating_duration_since(Instant::now())) {
                return Err(match error {
                    Error::Busy { message, .. } => Error::TryLater {
                        wait: wanted,
                        message,
                    },
                    other => other,
                });
            }
        }
        // A call that took its whole time is not repeated here: the job's next attempt does it.
        let is_worth_it =
            error.is_transient() && !matches!(error, Error::Timeout(_) | Error::TooSlow { .. });
        let was_paid = has_tokens || matches!(error, Error::Empty);
        if !is_worth_it || (was_paid && !take(&mut self.paid)) {
            return Err(error);
        }
        let Some(pause) = self.pauses.next() else {
            return Err(error);
        };
        // Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        let pause = pause.mul_f64(crypto::random_fraction());
        // Its words may quote a question or an answer.
        tracing::info!(error.code = error.code().as_str(), "the call is repeated");
        if matches!(error, Error::Busy { status: 429, .. }) {
            limiter.close(wanted.unwrap_or(pause));
        }
        // The limiter waits for as long as the endpoint names.
        Ok(if wanted.is_some() {
            Duration::ZERO
        } else {
            pause
        })
    }
}

/// Takes one of what is left.
pub(super) const fn take(left: &mut usize) -> bool {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// Tokens of a question.
pub(super) struct Size {
    /// About.
    pub(super) estimate: u64,
    /// At least.
    pub(super) floor: u64,
}

impl Size {
    pub(super) fn of(conversation: &Conversation<'_>, pictures: usize) -> Self {
        let pictures = PICTURE_TOKENS * pictures as u64;
        let sum = |count: fn(&str) -> u64| conversation.texts().map(count).sum::<u64>();
        Self {
            estimate: sum(tokens::estimate) + pictures,
            floor: sum(tokens::at_least) + pictures,
        }
    }

    /// Refuses what does not fit into the context, as some servers cut it in silence.
    pub(super) fn must_fit(&self, endpoint: &ModelConfig) -> Result<(), Error> {
        match endpoint.context_tokens {
            Some(context) if self.estimate > context => Err(Error::TooLong(format!(
                "it has about {} tokens, and OPENAI_CONTEXT_TOKENS is {context}.",
                self.estimate
            ))),
            _ => Ok(()),
        }
    }

    /// Tells whether the endpoint read all of it. Ollama cuts what is longer than its context and answers with status 200:
    /// then it read fewer tokens than there are words, or exactly as many as its context has.
    /// See <https://github.com/ollama/ollama/issues/3839>.
    pub(super) fn was_read(&self, endpoint: &ModelConfig, reply: &Reply) -> Result<(), Error> {
        // No server has so small a context: one that says so counts in a way of its own.
        let Some(read) = reply.tokens_read().filter(|read| *read >= SMALLEST_CONTEXT) else {
            return Ok(());
        };
        let is_the_context = |tokens: u64| {
            endpoint.context_tokens == Some(tokens) || (tokens >= 2048 && tokens.is_power_of_two())
        };
        // Our estimate is high: a question that was read whole may well be such a number of tokens by chance.
        let is_full = self.estimate > read + read / 2
            && (is_the_context(read) || reply.tokens_in_all().is_some_and(is_the_context));
        // Where the operator says that the question fits, a server that counts in another way is believed.
        let is_short =
            endpoint.context_tokens.is_none() && read + reply.tokens_cached() < self.floor;
        if is_full || is_short {
            return Err(Error::Truncated {
                read,
                sent: self.estimate.max(self.floor),
            });
        }
        Ok(())
    }
}
