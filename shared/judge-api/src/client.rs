//! The client of a judge.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use config::JudgeConfig;
use reqwest::StatusCode;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    BUDGET_MS, Capabilities, GROWTH, GrowthAnswer, GrowthRequest, HUNT, HuntAnswer, HuntRequest,
    LANGUAGES, MINIMISE, MinimiseAnswer, MinimiseRequest, RUN, RunAnswer, RunRequest,
};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for a request beyond its budget: for the turn in the judge's queue, and the way there and back.
const GRACE: Duration = Duration::from_secs(60);
/// Longest time to say what the judge can run.
const LANGUAGES_TIMEOUT: Duration = Duration::from_secs(3);
/// How long that is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Why a judge has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no judge.
    #[error(
        "no judge is configured: set JUDGE_URL, or run the embedded mode where a compiler is installed"
    )]
    NotConfigured,
    /// The client cannot be made.
    #[error("the client of the judge cannot be made")]
    Client(#[source] reqwest::Error),
    /// It cannot be reached, or ended in the middle.
    #[error("the judge does not answer")]
    Away(#[source] reqwest::Error),
    /// Its queue is full.
    #[error("the judge is busy")]
    Busy,
    /// It does not take the request.
    #[error("the judge refuses the request: {0}")]
    Refused(String),
}

/// The client of a judge; connects when first used. Dropping a call cancels it in the judge too.
#[derive(Clone, Debug, Default)]
pub struct Client {
    judge: Option<Judge>,
    known: Arc<Mutex<Option<(Instant, Capabilities)>>>,
}

#[derive(Clone, Debug)]
struct Judge {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// The client of the configured judge, if there is one.
    ///
    /// # Errors
    /// [`Error::Client`].
    pub fn new(config: Option<&JudgeConfig>) -> Result<Self, Error> {
        let Some(config) = config else {
            return Ok(Self::default());
        };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let base = match config {
            JudgeConfig::Http(url) => url.as_str().trim_end_matches('/').to_owned(),
            JudgeConfig::Socket(path) => {
                builder = builder.unix_socket(path.clone());
                "http://judge".to_owned()
            }
            JudgeConfig::Off => return Ok(Self::default()),
        };
        let http = builder.build().map_err(Error::Client)?;
        Ok(Self {
            judge: Some(Judge { http, base }),
            known: Arc::default(),
        })
    }

    /// Whether there is a judge to ask.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.judge.is_some()
    }

    /// The languages that the judge can run.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn languages(&self) -> Result<Capabilities, Error> {
        let judge = self.judge.as_ref().ok_or(Error::NotConfigured)?;
        let request = judge
            .http
            .get(format!("{}{LANGUAGES}", judge.base))
            .timeout(LANGUAGES_TIMEOUT);
        answer(request).await
    }

    /// The languages that the judge can run, as it said within the last minute.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn known_languages(&self) -> Result<Capabilities, Error> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(at, _): &&(Instant, Capabilities)| at.elapsed() < REMEMBERED;
        if let Some((_, known)) = lock().as_ref().filter(fresh) {
            return Ok(known.clone());
        }
        let known = self.languages().await?;
        *lock() = Some((Instant::now(), known.clone()));
        Ok(known)
    }

    /// Compiles a program once and runs it on every case.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn run(&self, request: &RunRequest) -> Result<RunAnswer, Error> {
        self.post(RUN, request, request.budget_ms).await
    }

    /// Makes a change as small as the cases allow.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn minimise(&self, request: &MinimiseRequest) -> Result<MinimiseAnswer, Error> {
        self.post(MINIMISE, request, request.budget_ms).await
    }

    /// Looks for the smallest input on which a program is wrong.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn hunt(&self, request: &HuntRequest) -> Result<HuntAnswer, Error> {
        self.post(HUNT, request, request.budget_ms).await
    }

    /// Runs programs on larger and larger inputs.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn growth(&self, request: &GrowthRequest) -> Result<GrowthAnswer, Error> {
        self.post(GROWTH, request, request.budget_ms).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        route: &str,
        body: &impl Serialize,
        budget_ms: Option<u32>,
    ) -> Result<T, Error> {
        let judge = self.judge.as_ref().ok_or(Error::NotConfigured)?;
        let budget = Duration::from_millis(budget_ms.unwrap_or(BUDGET_MS).into());
        let request = judge
            .http
            .post(format!("{}{route}", judge.base))
            .timeout(budget + GRACE)
            .json(body);
        answer(request).await
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Error> {
    let response = request.send().await.map_err(Error::Away)?;
    match response.status() {
        status if status.is_success() => response.json().await.map_err(Error::Away),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Err(Error::Busy),
        status => {
            let body = response.text().await.unwrap_or_default();
            let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let detail = problem["detail"].as_str().unwrap_or_default();
            let detail = domain::limits::cut(detail, 300);
            Err(Error::Refused(format!("{status} {detail}")))
        }
    }
}
