//! Trying the model's settings with one tiny call.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::ModelConfig,
    domain::Usage,
    llm::{self, Endpoint, Meter, Picture, Question, schema_of},
    state::AppState,
};

/// A red square of 64 by 64 pixels: small, and large enough for every model.
const RED: [u8; 3] = [220, 20, 20];

#[derive(Debug, Deserialize, JsonSchema)]
struct Answer {
    /// 17 + 25.
    sum: i64,
    /// The colour of the picture, in one English word; empty if there is no picture.
    colour: String,
}

/// What the call showed; `None` means that it did not get so far.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether the settings can be used as they are.
    pub ok: bool,
    /// What is wrong and what to do, in words; empty when nothing is.
    pub message: String,
    /// The code of the error.
    pub code: Option<&'static str>,
    /// Whether the endpoint answered at all.
    pub reachable: bool,
    /// Whether it accepts the key.
    pub key: Option<bool>,
    /// Whether it knows the model.
    pub model: Option<bool>,
    /// Whether the model answers in JSON.
    pub json: Option<bool>,
    /// Whether it sees; not tried when vision is off.
    pub vision: Option<bool>,
    /// Seconds until the answer was there.
    pub seconds: f64,
    /// Tokens that the test cost.
    pub usage: Usage,
}

#[derive(Default)]
struct Total(Mutex<Usage>);

impl Meter for Total {
    fn before_call(&self) -> BoxFuture<'_, Result<(), llm::Error>> {
        Box::pin(async { Ok(()) })
    }

    fn used(&self, usage: Usage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }
}

/// Asks the model something that any can answer.
pub async fn run(state: &AppState, config: &ModelConfig) -> Report {
    let pictures = if config.supports_vision {
        picture().into_iter().collect()
    } else {
        Vec::new()
    };
    let has_picture = !pictures.is_empty();
    let question = Question {
        system: "You are being tested. Answer briefly and exactly.".to_owned(),
        user: "How much is 17 + 25, and what colour is the picture, if there is one?".to_owned(),
        pictures,
        schema_name: "test",
        schema: schema_of::<Answer>(),
    };
    let total = Total::default();
    let started = Instant::now();
    let asked = state
        .llm
        .ask(&Endpoint::from(config), &question, &total, |value, _| {
            serde_json::from_value::<Answer>(value)
                .map_err(|error| format!("it does not match the schema: {error}."))
        })
        .await;
    let seconds = (started.elapsed().as_secs_f64() * 100.0).round() / 100.0;
    let usage = *total.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut report = Report {
        ok: false,
        message: String::new(),
        code: None,
        reachable: true,
        key: Some(true),
        model: Some(true),
        json: Some(true),
        vision: None,
        seconds,
        usage,
    };
    match asked {
        Ok(answer) => {
            let colour = answer.value.colour.to_lowercase();
            report.vision = has_picture.then(|| {
                ["red", "crimson", "scarlet"]
                    .iter()
                    .any(|red| colour.contains(red))
            });
            report.ok = report.vision != Some(false) && answer.value.sum == 42;
            if report.vision == Some(false) {
                report.message = "The model takes images but does not see what is on them. Set MODEL_SUPPORTS_VISION to \
                                  false, or use a model with vision."
                    .to_owned();
            } else if answer.value.sum != 42 {
                report.message =
                    "The model answers, but cannot add 17 and 25. Use a stronger one.".to_owned();
            }
        }
        Err(error) => {
            report.code = Some(error.code());
            report.message = error.to_string();
            judge(&mut report, &error);
        }
    }
    report
}

/// What an error leaves known.
fn judge(report: &mut Report, error: &llm::Error) {
    use llm::Error as E;
    let (reachable, key, model, json) = match error {
        E::Unreachable(_) | E::Timeout(_) | E::NotAnEndpoint(_) => (false, None, None, None),
        E::Unauthorized { .. } => (true, Some(false), None, None),
        E::NotFound(_) => (true, None, Some(false), None),
        E::NoVision(_) => (true, Some(true), Some(true), None),
        E::BadAnswer { .. } | E::Empty | E::Cut => (true, Some(true), Some(true), Some(false)),
        _ => (true, None, None, None),
    };
    (report.reachable, report.key, report.model, report.json) = (reachable, key, model, json);
    if matches!(error, E::NoVision(_)) {
        report.vision = Some(false);
    }
}

fn picture() -> Option<Picture> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(64, 64, image::Rgb(RED))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .ok()?;
    Some(Picture {
        media_type: "image/png",
        bytes: bytes.into_inner(),
    })
}
