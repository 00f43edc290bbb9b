//! The model's settings, and trying them.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use config::table::{Group as SettingGroup, Variable};
use connection_test::Report;
use site::{Html, Icon, Page, Words, grouped};
use web::{
    error::ApiError,
    http::Fields,
    settings::{self, Change, InvalidSetting, SaveError},
    state::AppState,
};

use crate::{
    fields::{Control, Field, FormData, changes, group_key, of_group},
    login::{Panel, Section, Visit, outcome},
};

/// Fields that belong together.
struct Group {
    key: &'static str,
    fields: Vec<Field>,
}

impl Group {
    fn is_folded(&self) -> bool {
        self.key == "group.advanced"
    }

    /// Whether something in it is to be seen at once.
    fn is_open(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.is_wrong || field.problem.is_some())
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

async fn render(
    state: &AppState,
    visit: Visit,
    form: Option<&FormData>,
    wrong: &[String],
    tested: Option<Report>,
) -> Result<Response, ApiError> {
    let mut settings = settings::list(state).await?;
    let mut field = |variable: &'static Variable| {
        let at = settings
            .iter()
            .position(|setting| setting.key == variable.name)?;
        let setting = settings.swap_remove(at);
        Some(Field::new(variable, setting, form, wrong, visit.page.words))
    };
    let groups = SettingGroup::ALL.map(|group| Group {
        key: group_key(group),
        fields: of_group(group).filter_map(&mut field).collect(),
    });
    let mut response = Html(ModelPage {
        groups,
        tested: tested.map(|report| TestResult::new(report, &visit)),
        keeps_secrets: state.keys.is_lasting(),
        page: visit.page,
        panel: visit.panel,
    })
    .into_response();
    if !wrong.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Shows the panel: the settings of the model.
#[utoipa::path(
    get, path = crate::MODEL, operation_id = "showPanel", tag = "pages",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    visit: Visit,
) -> Result<Response, ApiError> {
    render(&state, visit, None, &[], None).await
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
                return render(&state, visit, Some(&form), &names(wrong), None).await;
            }
            saved => saved?,
        }
        form.remove(&key);
        return render(&state, visit.done("done.reset"), Some(&form), &[], None).await;
    }
    for (button, key) in [
        ("use-address", "OPENAI_BASE_URL"),
        ("use-model", "OPENAI_MODEL"),
    ] {
        if let Some(value) = form.remove(button) {
            form.insert(key.to_owned(), value);
            return render(&state, visit.done("done.filled"), Some(&form), &[], None).await;
        }
    }
    let changes = changes(&form);
    let refused = if form.contains_key("test") {
        match connection_test::try_out(&state, &changes).await {
            Ok(report) => return render(&state, visit, Some(&form), &[], Some(report)).await,
            Err(refused) => refused,
        }
    } else {
        match settings::save(&state, &changes).await {
            Ok(()) => return Ok(outcome(Section::Model, "saved", None)),
            Err(refused) => refused,
        }
    };
    match refused {
        SaveError::Invalid(wrong) => {
            let visit = visit.refused("settings.refused");
            render(&state, visit, Some(&form), &names(wrong), None).await
        }
        SaveError::OtherServer(wrong) => {
            let visit = visit.refused("settings.other-server");
            render(&state, visit, Some(&form), &names(wrong), None).await
        }
        SaveError::Database(error) => Err(error.into()),
    }
}
