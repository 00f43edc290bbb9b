//! The judge's routes.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    routing::{get, post},
};
use domain::{
    Chain, Helpers, RunLimits,
    hunt::{HELPER_BYTES, REFERENCES, VALIDATORS},
    limits,
};
use judge_api::{
    BUDGET_MS, CASE_BYTES, CASES, Capabilities, Case, GROWTH, GrowthAnswer, GrowthRequest, HUNT,
    HuntAnswer, HuntRequest, LANGUAGES, LONGEST_BUDGET_MS, Language, MINIMISE, MinimiseAnswer,
    MinimiseRequest, RUN, RunAnswer, RunRequest,
};
use serde::de::DeserializeOwned;
use tokio::sync::SemaphorePermit;
use web::error::{ApiError, FieldError};

use crate::{Machine, hunt, job, minimise, process, toolchain::Toolchain};

/// The function's routes.
pub fn router(machine: Arc<Machine>) -> Router {
    Router::new()
        .route(RUN, post(run))
        .route(MINIMISE, post(make_smaller))
        .route(HUNT, post(look_for_input))
        .route(GROWTH, post(measure_growth))
        .route(LANGUAGES, get(languages))
        .route("/health/live", get(|| async { "ok" }))
        .route("/health/ready", get(languages))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(machine)
}

/// Compiles a program once and runs it on every case.
async fn run(
    State(machine): State<Arc<Machine>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<RunAnswer>, ApiError> {
    let request: RunRequest = parse(body)?;
    let programs = [("/code", request.code.as_str())];
    let asked = Asked {
        language: request.language,
        cases: &request.cases,
        least_cases: 1,
        helpers: None,
        limits: request.limits,
        budget_ms: request.budget_ms,
    };
    let toolchain = asked.check(&machine, &programs)?;
    let _turn = turn(&machine).await?;
    let answer = job::run(&machine, &toolchain, &request, asked.end())
        .await
        .map_err(failed)?;
    tracing::info!(
        language = %request.language, cases = request.cases.len(), compiled = answer.compiled,
        compile_ms = answer.compile_ms, "run"
    );
    Ok(Json(answer))
}

/// Finds the smallest part of a change that still passes all cases.
async fn make_smaller(
    State(machine): State<Arc<Machine>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<MinimiseAnswer>, ApiError> {
    let request: MinimiseRequest = parse(body)?;
    let programs = [
        ("/original", request.original.as_str()),
        ("/fixed", request.fixed.as_str()),
    ];
    let asked = Asked {
        language: request.language,
        cases: &request.cases,
        least_cases: 1,
        helpers: None,
        limits: request.limits,
        budget_ms: request.budget_ms,
    };
    let toolchain = asked.check(&machine, &programs)?;
    let _turn = turn(&machine).await?;
    let answer = minimise::minimise(&machine, &toolchain, &request, asked.end())
        .await
        .map_err(failed)?;
    tracing::info!(
        language = %request.language, cases = request.cases.len(), compiles = answer.compiles,
        complete = answer.complete, "minimised"
    );
    Ok(Json(answer))
}

/// Looks for the smallest input on which a program is wrong.
async fn look_for_input(
    State(machine): State<Arc<Machine>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<HuntAnswer>, ApiError> {
    let request: HuntRequest = parse(body)?;
    let reference = request.reference.as_ref();
    let programs: Vec<(&str, &str)> = [
        Some(("/code", request.code.as_str())),
        reference.map(|reference| ("/reference/code", reference.code.as_str())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let asked = Asked {
        language: request.language,
        cases: &request.cases,
        least_cases: 0,
        helpers: Some(&request.helpers),
        limits: request.limits,
        budget_ms: request.budget_ms,
    };
    let toolchain = asked.check(&machine, &programs)?;
    let _turn = turn(&machine).await?;
    let answer = hunt::hunt(&machine, &toolchain, &request, asked.end())
        .await
        .map_err(failed)?;
    tracing::info!(
        language = %request.language, ending = %answer.hunt.ending, inputs = answer.hunt.inputs(),
        guessed = answer.hunt.guessed, "hunted"
    );
    Ok(Json(answer))
}

/// Runs programs on larger and larger inputs.
async fn measure_growth(
    State(machine): State<Arc<Machine>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<GrowthAnswer>, ApiError> {
    let request: GrowthRequest = parse(body)?;
    let programs: Vec<(&str, &str)> = ["/programs/0", "/programs/1"]
        .into_iter()
        .zip(request.programs.iter().map(String::as_str))
        .collect();
    let asked = Asked {
        language: request.language,
        cases: &request.cases,
        least_cases: 0,
        helpers: Some(&request.helpers),
        limits: request.limits,
        budget_ms: request.budget_ms,
    };
    if !(1..=2).contains(&request.programs.len()) {
        let detail = format!(
            "has {} programs, it may have 1 or 2",
            request.programs.len()
        );
        return Err(ApiError::field("/programs", detail));
    }
    let toolchain = asked.check(&machine, &programs)?;
    let _turn = turn(&machine).await?;
    let answer = hunt::grow(&machine, &toolchain, &request, asked.end())
        .await
        .map_err(failed)?;
    tracing::info!(language = %request.language, sizes = answer.sizes.len(), "measured growth");
    Ok(Json(answer))
}

/// Answers which languages can be run.
async fn languages(State(machine): State<Arc<Machine>>) -> Json<Capabilities> {
    Json(machine.capabilities())
}

fn parse<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, ApiError> {
    let body = body.map_err(|rejection| match rejection.status().as_u16() {
        413 => ApiError::TooLarge(limits::BODY_BYTES),
        _ => ApiError::Unreadable(rejection.body_text()),
    })?;
    serde_json::from_slice(&body).map_err(|error| ApiError::Unreadable(error.to_string()))
}

async fn turn(machine: &Machine) -> Result<SemaphorePermit<'_>, ApiError> {
    machine.turn().await.map_err(|_| ApiError::Busy)
}

fn failed(error: process::Error) -> ApiError {
    tracing::error!(error = %Chain(&error), "a program could not be run");
    ApiError::Internal(Box::new(error))
}

/// The parts of a request that all have.
struct Asked<'a> {
    language: Language,
    cases: &'a [Case],
    least_cases: usize,
    helpers: Option<&'a Helpers>,
    limits: RunLimits,
    budget_ms: Option<u32>,
}

impl Asked<'_> {
    fn end(&self) -> std::time::Instant {
        std::time::Instant::now()
            + Duration::from_millis(self.budget_ms.unwrap_or(BUDGET_MS).into())
    }

    /// Checks a request, and reports all that is wrong at once.
    fn check(&self, machine: &Machine, programs: &[(&str, &str)]) -> Result<Toolchain, ApiError> {
        let mut wrong = Vec::new();
        for (pointer, code) in programs {
            if code.len() > limits::CODE_BYTES {
                let most = limits::CODE_BYTES;
                wrong.push(FieldError::new(
                    *pointer,
                    format!("has {} bytes, it may have at most {most}", code.len()),
                ));
            }
        }
        let least = self.least_cases;
        if !(least..=CASES).contains(&self.cases.len()) {
            wrong.push(FieldError::new(
                "/cases",
                format!(
                    "has {} cases, it may have {least} to {CASES}",
                    self.cases.len()
                ),
            ));
        }
        wrong.extend(self.helpers.into_iter().flat_map(check_helpers));
        let too_long = |case: &Case| {
            case.input.len() > CASE_BYTES
                || case
                    .expected
                    .as_ref()
                    .is_some_and(|text| text.len() > CASE_BYTES)
        };
        if let Some(place) = self.cases.iter().position(too_long) {
            let detail = format!("has more than {CASE_BYTES} bytes of input or of expected output");
            wrong.push(FieldError::new(format!("/cases/{place}"), detail));
        }
        wrong.extend(self.check_limits());
        let toolchain = machine.toolchain(self.language);
        if toolchain.is_none() {
            let known: Vec<_> = machine
                .capabilities()
                .languages
                .iter()
                .map(|known| known.language.as_str())
                .collect();
            let detail = format!("cannot be run here; there are: {}", known.join(", "));
            wrong.push(FieldError::new("/language", detail));
        }
        match toolchain {
            Some(toolchain) if wrong.is_empty() => Ok(toolchain),
            _ => Err(ApiError::Invalid(wrong)),
        }
    }

    fn check_limits(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        for (pointer, value, range) in [
            ("/limits/time_ms", self.limits.time_ms, limits::RUN_TIME_MS),
            (
                "/limits/memory_mb",
                self.limits.memory_mb,
                limits::RUN_MEMORY_MB,
            ),
            (
                "/budget_ms",
                self.budget_ms.unwrap_or(BUDGET_MS),
                1..=LONGEST_BUDGET_MS,
            ),
        ] {
            if !range.contains(&value) {
                wrong.push(FieldError::new(
                    pointer,
                    format!("must be a number from {} to {}", range.start(), range.end()),
                ));
            }
        }
        wrong
    }
}

/// The helpers that are too long or too many.
fn check_helpers(helpers: &Helpers) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let lists = [
        ("validators", &helpers.validators, VALIDATORS),
        ("references", &helpers.references, REFERENCES),
    ];
    for (name, list, most) in lists {
        if list.len() > most {
            let detail = format!("has {} helpers, it may have at most {most}", list.len());
            wrong.push(FieldError::new(format!("/helpers/{name}"), detail));
        }
    }
    let singles = [
        ("/helpers/generator".to_owned(), &helpers.generator),
        ("/helpers/checker".to_owned(), &helpers.checker),
    ];
    let listed = lists.into_iter().flat_map(|(name, list, most)| {
        let places = list.iter().take(most).enumerate();
        places.map(move |(place, text)| (format!("/helpers/{name}/{place}"), text))
    });
    for (pointer, text) in singles.into_iter().chain(listed) {
        if text.len() > HELPER_BYTES {
            let detail = format!(
                "has {} bytes, it may have at most {HELPER_BYTES}",
                text.len()
            );
            wrong.push(FieldError::new(pointer, detail));
        }
    }
    wrong
}
