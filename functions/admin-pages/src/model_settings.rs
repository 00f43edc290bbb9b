//! The model's settings, and trying them.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use config::{
    presets::Preset,
    table::{Group as SettingGroup, Variable},
};
use connection_test::Report;
use serde::Deserialize;
use site::{Html, Icon, Page, Words, grouped};
use web::{
    error::ApiError,
    http::{Fields, Query},
    settings::{self, Change, InvalidSetting, SaveError},
    state::AppState,
};

use crate::{
    fields::{Control, Field, FormData, changes, group_key, of_group},
    login::{Panel, Section, Visit, outcome},
    presets::{Offer, fill_in, offers},
};

/// Fields that belong together.
struct Group {
    key: &'static str,
    fields: Vec<Field>,
    /// Those that stand in one row.
    prices: Vec<Field>,
}

impl Group {
    fn new(group: SettingGroup, mut field: impl FnMut(&'static Variable) -> Option<Field>) -> Self {
        let fields = of_group(group).filter_map(&mut field);
        let (prices, fields) = fields.partition(|field| field.key.starts_with("PRICE_"));
        Self {
            key: group_key(group),
            fields,
            prices,
        }
    }

    fn is_folded(&self) -> bool {
        self.key == "group.advanced"
    }

    /// Whether something in it is to be seen at once.
    fn is_open(&self) -> bool {
        let mut fields = self.fields.iter().chain(&self.prices);
        fields.any(|field| field.is_wrong || field.problem.is_some())
    }
}

#[derive(Template)]
#[template(path = "model.html")]
struct ModelPage {
    page: Page,
    panel: Panel,
    groups: [Group; 4],
    tested: Option<TestResult>,
    keeps_secrets: bool,
    is_set_up: bool,
    presets: Vec<Offer>,
    /// Names for the model's field, if they were asked for.
    models: Vec<String>,
}

impl ModelPage {
    /// Help for the provider in the fields.
    fn note(&self, words: &Words) -> Option<&'static str> {
        let chosen = self.presets.iter().find(|offer| offer.is_chosen)?;
        words.find(&format!("preset.{}", chosen.preset.id))
    }

    fn lists_models(&self, field: &Field) -> bool {
        field.key == "OPENAI_MODEL"
    }
}

/// The parts of the page that only some answers have.
#[derive(Default)]
struct Extras<'a> {
    form: Option<&'a FormData>,
    /// Names of fields.
    wrong: &'a [String],
    tested: Option<Report>,
    models: Vec<String>,
    /// The preset whose button was pressed.
    pressed: Option<&'a str>,
}

impl<'a> Extras<'a> {
    fn of(form: &'a FormData) -> Self {
        Self {
            form: Some(form),
            ..Self::default()
        }
    }

    fn wrong(form: &'a FormData, wrong: &'a [String]) -> Self {
        Self {
            wrong,
            ..Self::of(form)
        }
    }
}

/// The outcome of a test.
struct TestResult {
    report: Report,
    /// Key of the short words for what is wrong.
    what: Option<&'static str>,
}

impl TestResult {
    fn new(report: Report, visit: &Visit) -> Self {
        let what = report
            .code
            .and_then(|code| visit.page.words.find(&format!("failure.{code}.what")));
        Self { report, what }
    }

    /// Each check: key of its name, and its outcome.
    fn checks(&self) -> [(&'static str, Option<bool>); 6] {
        let report = &self.report;
        [
            ("check.reachable", Some(report.reachable)),
            ("check.key", report.key),
            ("check.model", report.model),
            ("check.json", report.json),
            ("check.vision", report.vision),
            ("check.context", report.context),
        ]
    }

    fn tokens(&self, words: &Words) -> String {
        let usage = &self.report.usage;
        let tokens = usage.prompt_tokens + usage.completion_tokens;
        let number = grouped(*words, tokens);
        words.fill("stage.tokens", number)
    }
}

async fn render(state: &AppState, visit: Visit, extras: Extras<'_>) -> Result<Response, ApiError> {
    let mut settings = settings::list(state).await?;
    let is_set_up = settings::afresh(state).await?.model.is_set_up();
    let words = visit.page.words;
    let mut field = |variable: &'static Variable| {
        let at = settings
            .iter()
            .position(|setting| setting.key == variable.name)?;
        let setting = settings.swap_remove(at);
        Some(Field::new(
            variable,
            setting,
            extras.form,
            extras.wrong,
            words,
        ))
    };
    let groups = SettingGroup::ALL.map(|group| Group::new(group, &mut field));
    let mut fields = groups.iter().flat_map(|group| &group.fields);
    let address = fields.find(|field| field.key == settings::BASE_URL);
    let presets = offers(
        address.map_or("", |field| field.typed.as_str()),
        extras.pressed,
    );
    let mut response = Html(ModelPage {
        groups,
        tested: extras.tested.map(|report| TestResult::new(report, &visit)),
        keeps_secrets: state.keys.is_lasting(),
        is_set_up,
        presets,
        models: extras.models,
        page: visit.page,
        panel: visit.panel,
    })
    .into_response();
    if !extras.wrong.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModelQuery {
    /// A provider to fill the fields for, not saved yet.
    preset: Option<String>,
}

/// Shows the panel: the settings of the model.
#[utoipa::path(
    get, path = crate::MODEL, operation_id = "showPanel", tag = "pages",
    params(ModelQuery),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(query): Query<ModelQuery>,
) -> Result<Response, ApiError> {
    match query.preset.as_deref().and_then(Preset::find) {
        Some(preset) => filled_in(&state, visit, FormData::new(), preset).await,
        None => render(&state, visit, Extras::default()).await,
    }
}

async fn filled_in(
    state: &AppState,
    visit: Visit,
    mut form: FormData,
    preset: &Preset,
) -> Result<Response, ApiError> {
    fill_in(&mut form, preset);
    let key = if preset.is_local() {
        "done.filled"
    } else {
        "done.filled-key"
    };
    let extras = Extras {
        pressed: Some(preset.id),
        ..Extras::of(&form)
    };
    render(state, visit.done(key), extras).await
}

fn names(wrong: Vec<InvalidSetting>) -> Vec<String> {
    wrong.into_iter().map(|setting| setting.key).collect()
}

/// Saves, tries, or puts something into the fields, as the button says.
#[utoipa::path(
    post, path = crate::MODEL, operation_id = "changeFromPanel", tag = "pages",
    request_body(content = std::collections::HashMap<String, String>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows."), (status = 401), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn act(
    State(state): State<AppState>,
    visit: Visit,
    Fields(mut form): Fields<FormData>,
) -> Result<Response, ApiError> {
    if let Some(key) = form.remove("reset") {
        match settings::save(&state, &[Change::reset(key.clone())]).await {
            Err(SaveError::OtherServer(wrong)) => {
                let visit = visit.refused("settings.other-server");
                return render(&state, visit, Extras::wrong(&form, &names(wrong))).await;
            }
            saved => saved?,
        }
        form.remove(&key);
        return render(&state, visit.done("done.reset"), Extras::of(&form)).await;
    }
    let preset = form.remove("preset");
    if let Some(preset) = preset.as_deref().and_then(Preset::find) {
        return filled_in(&state, visit, form, preset).await;
    }
    for (button, key) in [
        ("use-address", "OPENAI_BASE_URL"),
        ("use-model", "OPENAI_MODEL"),
    ] {
        if let Some(value) = form.remove(button) {
            form.insert(key.to_owned(), value);
            return render(&state, visit.done("done.filled"), Extras::of(&form)).await;
        }
    }
    match carry_out(&state, visit.clone(), &form).await? {
        Ok(response) => Ok(response),
        Err((key, wrong)) => {
            let visit = visit.refused(key);
            render(&state, visit, Extras::wrong(&form, &names(wrong))).await
        }
    }
}

/// Why changes were refused: key of the words, and the settings.
type Refusal = (&'static str, Vec<InvalidSetting>);

/// Lists the models, tests, or saves, as the button says.
async fn carry_out(
    state: &AppState,
    visit: Visit,
    form: &FormData,
) -> Result<Result<Response, Refusal>, ApiError> {
    let changes = changes(form);
    let done = if form.contains_key("models") {
        connection_test::models(state, &changes)
            .await
            .map(|listed| match listed {
                Ok(models) => (
                    visit.done(match models.is_empty() {
                        true => "done.no-models",
                        false => "done.models",
                    }),
                    Extras {
                        models,
                        ..Extras::of(form)
                    },
                ),
                Err(reason) => (
                    visit.explained("settings.no-list", &reason),
                    Extras::of(form),
                ),
            })
    } else if form.contains_key("test") {
        connection_test::try_out(state, &changes)
            .await
            .map(|report| {
                let extras = Extras {
                    tested: Some(report),
                    ..Extras::of(form)
                };
                (visit, extras)
            })
    } else {
        match settings::save(state, &changes).await {
            Ok(()) => return Ok(Ok(outcome(Section::Model, "saved", None))),
            Err(refused) => Err(refused),
        }
    };
    match done {
        Ok((visit, extras)) => Ok(Ok(render(state, visit, extras).await?)),
        Err(SaveError::Invalid(wrong)) => Ok(Err(("settings.refused", wrong))),
        Err(SaveError::OtherServer(wrong)) => Ok(Err(("settings.other-server", wrong))),
        Err(SaveError::Database(error)) => Err(error.into()),
    }
}
