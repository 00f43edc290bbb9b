//! Asks one question until its answer is usable or its budget has run out.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use reqwest::header::CONTENT_TYPE;
use telemetry::{
    metrics::{self, ModelCall},
    trace,
};
use tokio::time::{Instant, timeout};
use tracing::{Instrument as _, field::Empty};

use super::{
    Answer, Client, Meter, Question,
    budget::{Budget, Size, take},
    capabilities::{Capabilities, Lesson, Quirk},
    conversation::Conversation,
    error::{Error, Feature},
    exchange::Call,
    judge::{Check, Judged, judge},
    limiter::Limiter,
    redact::Redactor,
    repetition,
    reply::Reply,
    request::{self, Request},
};
use config::ModelConfig;
use domain::{FailureCode, Protocol, Usage};

/// Counts the question of a call that is given up while it is made: the endpoint has read it all the same.
struct GivenUp<'a> {
    meter: &'a dyn Meter,
    /// Tokens of the question, as long as the call is not over.
    sent: Option<u64>,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if let Some(prompt_tokens) = self.sent {
            self.meter.used(Usage {
                prompt_tokens,
                estimated: true,
                ..Usage::default()
            });
        }
    }
}

/// A question on its way.
pub(super) struct Asking<'a, T> {
    client: &'a Client,
    endpoint: &'a ModelConfig,
    question: &'a Question,
    deadline: Instant,
    meter: &'a dyn Meter,
    check: Check<T>,
    redactor: Arc<Redactor>,
    limiter: Arc<Limiter>,
    conversation: Conversation<'a>,
    capabilities: Capabilities,
    budget: Budget,
    /// Of the answer, in tokens.
    limit: Option<u64>,
    /// The answer that was cut at the operator's own limit, while a higher one is tried.
    cut: Option<Error>,
    /// Whether the last answer held no JSON.
    parse_failed: bool,
    /// Learned about the endpoint while asking.
    pub(super) lessons: Vec<Lesson>,
}

impl<'a, T: Send + 'static> Asking<'a, T> {
    pub(super) fn new(
        client: &'a Client,
        endpoint: &'a ModelConfig,
        question: &'a Question,
        deadline: Instant,
        meter: &'a dyn Meter,
        check: Check<T>,
    ) -> Self {
        let capabilities = client.capabilities(endpoint);
        let usual = || {
            let takes_limit = capabilities.takes(Feature::OutputLimit);
            takes_limit.then(|| question.output_tokens())
        };
        let limit = endpoint.max_output_tokens.or_else(usual).map(|limit| {
            let highest = capabilities.highest_limit;
            highest.map_or(limit, |highest| limit.min(highest))
        });
        Self {
            client,
            endpoint,
            question,
            deadline,
            meter,
            check,
            redactor: Arc::new(Redactor::new(endpoint)),
            limiter: client.limiter(endpoint),
            conversation: Conversation::new(question),
            capabilities,
            budget: Budget::new(),
            limit,
            cut: None,
            parse_failed: false,
            lessons: Vec::new(),
        }
    }

    pub(super) async fn run(&mut self) -> Result<Answer<T>, Error> {
        loop {
            let mut reply = Reply::default();
            let error = match self.content(&mut reply).await? {
                Ok(content) => match self.judged(content, &reply).await? {
                    Some(answer) => return Ok(answer),
                    None => {
                        metrics::retry(&self.model(), FailureCode::ModelBadAnswer.as_str());
                        continue;
                    }
                },
                Err(error) => error,
            };
            let code = error.code();
            let pause = self.after(error, &reply)?;
            metrics::retry(&self.model(), code.as_str());
            tokio::time::sleep(pause).await;
        }
    }

    /// The configured name of the model, for signals: a key may have been put there by mistake.
    fn model(&self) -> String {
        self.redactor.clean(&self.endpoint.model)
    }

    /// Asks once. The outer error ends the question; of the inner one the budget decides.
    async fn content(&self, reply: &mut Reply) -> Result<Result<String, Error>, Error> {
        let size = Size::of(&self.conversation, self.question.pictures.len());
        size.must_fit(self.endpoint)?;
        let place = self
            .limiter
            .pass(self.endpoint.max_concurrency, self.deadline);
        let place = place.await?;
        self.meter.before_call().await?;
        let model = self.model();
        let span = tracing::info_span!("model_call", model, otel.kind = Empty);
        trace::kind(&span, "client");
        let counted = ModelCall::begin(&model);
        let mut given_up = GivenUp {
            meter: self.meter,
            sent: Some(size.estimate),
        };
        let called = self.call(reply).instrument(span.clone()).await;
        given_up.sent = None;
        drop(given_up);
        drop(place);
        if let Some(usage) = reply.usage(size.estimate, self.endpoint.prices) {
            counted.used(&usage);
            self.meter.used(usage);
            self.meter.settle().await;
        }
        let content = match called.and_then(|()| reply.content(&self.redactor)) {
            // A model that is cut short in a loop needs no longer limit.
            Err(Error::Cut(_)) if self.repeats(reply) => Err(Error::Repeats),
            Err(Error::Garbled { raw, .. }) if !raw.trim().is_empty() => Ok(raw),
            Ok(content) => size.was_read(self.endpoint, reply).map(|()| content),
            error => error,
        };
        match &content {
            Ok(_) => counted.end("ok"),
            Err(error) => {
                trace::fail(&span, error.code().as_str());
                counted.end(error.code().as_str());
            }
        }
        Ok(content)
    }

    fn repeats(&self, reply: &Reply) -> bool {
        let texts = reply.growing();
        let mut texts = texts.iter();
        texts.any(|text| repetition::repeats(text, &self.question.user))
    }

    /// Makes the call; `reply` holds everything that arrived, even if it fails.
    async fn call(&self, reply: &mut Reply) -> Result<(), Error> {
        let Self { endpoint, .. } = *self;
        let request = Request::new(endpoint, &self.conversation, &self.capabilities, self.limit);
        let call = Call {
            sent: &request.sent,
            redactor: &self.redactor,
            meter: self.meter,
            idle_timeout: endpoint.idle_timeout,
            given: &self.question.user,
        };
        let resource = match request.protocol {
            Protocol::Chat => "/chat/completions",
            Protocol::Responses => "/responses",
        };
        let url = request::url(endpoint, resource);
        let body = request
            .body()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        let post = self.client.http()?.post(url).body(body);
        let built = request::authorize(endpoint, post.header(CONTENT_TYPE, "application/json"));
        let limit = endpoint.timeout;
        match timeout(limit, call.run(built, reply)).await {
            Ok(called) => called,
            Err(_) if reply.received() > 0 => Err(Error::TooSlow {
                limit,
                received: reply.received(),
            }),
            Err(_) => Err(Error::Timeout(limit)),
        }
    }

    /// The answer in this content, or `None` to ask the model again.
    async fn judged(&mut self, content: String, reply: &Reply) -> Result<Option<Answer<T>>, Error> {
        let is_last = self.budget.repairs == 0;
        let check = self.check.clone();
        let judged = judge(content, self.question, &self.redactor, check, is_last).await?;
        let (content, reason, is_json) = match judged {
            Judged::Right(value, quirks) => return Ok(Some(self.answer(value, quirks, reply))),
            Judged::Wrong {
                content,
                reason,
                is_json,
            } => (content, reason, is_json),
        };
        if take(&mut self.budget.repairs) {
            tracing::info!(
                schema = self.question.schema_name,
                "the answer is not usable; the model is shown why"
            );
            self.conversation.repair(&content, &reason);
            self.parse_failed = !is_json;
            return Ok(None);
        }
        // Twice in a row no JSON at all: the endpoint takes this response format and does not honour it.
        let can_step_down = self.endpoint.json_mode.is_none()
            && self.capabilities.mode.below().is_some()
            && std::mem::take(&mut self.parse_failed);
        if !is_json && can_step_down && take(&mut self.budget.step_downs) {
            self.learn(Feature::ResponseFormat, None, true);
            self.conversation.start_over();
            return Ok(None);
        }
        Err(Error::BadAnswer {
            reason,
            raw: content,
        })
    }

    fn answer(&self, value: T, quirks: Vec<Quirk>, reply: &Reply) -> Answer<T> {
        let quirks = reply.quirks.iter().copied().chain(quirks);
        let quirks: BTreeSet<_> = quirks.chain(reply.lacks_usage()).collect();
        let remarks = self.capabilities.refused().map(Feature::lacking);
        let remarks = remarks.chain(quirks.into_iter().map(Quirk::in_words));
        Answer {
            value,
            model: reply.model(&self.endpoint.model, &self.redactor),
            mode: self.capabilities.mode,
            remarks: remarks.collect(),
        }
    }

    /// How long to wait before asking the model again, in another way where that helps.
    fn after(&mut self, error: Error, reply: &Reply) -> Result<Duration, Error> {
        let own_limit = self.endpoint.max_output_tokens;
        match error {
            Error::Lacking { feature, .. } => {
                self.learn(feature, None, false);
                if take(&mut self.budget.switches) {
                    return Ok(Duration::ZERO);
                }
                return Err(error);
            }
            Error::Repeats => {
                if take(&mut self.budget.smaller) && self.conversation.shorten() {
                    tracing::info!(
                        schema = self.question.schema_name,
                        "the model repeats itself; it is asked a smaller question"
                    );
                    return Ok(Duration::ZERO);
                }
                return Err(error);
            }
            Error::LimitTooHigh { allowed, .. } => {
                // More than the endpoint allows: the fault is still the answer that was cut.
                if let Some(cut) = self.cut.take() {
                    return Err(cut);
                }
                if self.limit.is_some() && take(&mut self.budget.switches) {
                    self.learn(Feature::OutputLimit, allowed, false);
                    self.limit = allowed;
                    return Ok(Duration::ZERO);
                }
                return Err(error);
            }
            Error::Cut(_)
                if own_limit.is_none() && self.limit.is_some() && take(&mut self.budget.longer) =>
            {
                if reply.has_thought() {
                    // How long a model thinks is not for us to say.
                    self.learn(Feature::OutputLimit, None, false);
                }
                self.limit = None;
                return Ok(Duration::ZERO);
            }
            Error::Cut(_)
                if self.limit.is_some()
                    && self.limit == own_limit
                    && take(&mut self.budget.longer) =>
            {
                self.limit = own_limit.map(|own| own.saturating_mul(2));
                self.cut = Some(error);
                return Ok(Duration::ZERO);
            }
            _ => {}
        }
        if let (Error::Refused { .. }, Some(cut)) = (&error, self.cut.take()) {
            return Err(cut);
        }
        let has_tokens = reply.received() > 0;
        let Self {
            budget, limiter, ..
        } = self;
        budget.pause(error, has_tokens, self.deadline, limiter)
    }

    /// Remembers that the endpoint refused a feature; `allowed` is the limit that it takes.
    fn learn(&mut self, feature: Feature, allowed: Option<u64>, is_odd: bool) {
        let used = self.capabilities.clone();
        self.capabilities.learn(feature, &used);
        self.lessons.push(Lesson {
            feature,
            used,
            limit: allowed,
            is_odd,
        });
    }
}
