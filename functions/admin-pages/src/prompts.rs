//! The prompts of the stages.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::{SecondsFormat, Utc};
use connection_test::Trial;
use diff::Row;
use domain::{StageName, line_ends};
use serde::Deserialize;
use site::{Html, Icon, Page, Words, grouped, since};
use std::ops::Range;
use web::{
    error::ApiError,
    http::Fields,
    prompts::{self, MAX_BYTES, Prompt},
    state::AppState,
};

use crate::login::{Panel, Section, Visit, outcome};

/// Lines of a comparison that are shown unfolded.
const SHORT: usize = 50;

/// A line of a comparison.
struct Line {
    class: &'static str,
    sign: &'static str,
    /// Its parts, and whether each was changed.
    parts: Vec<(bool, String)>,
}

/// A prompt as a field.
struct View {
    stage: StageName,
    title: &'static str,
    default: &'static str,
    typed: String,
    count: String,
    is_saved: bool,
    outdated: bool,
    is_wrong: bool,
    when: String,
    exact: String,
    /// Whether the field holds another text than the prompt in use.
    is_unsaved: bool,
    /// The changes of the saved one, in pieces that are apart.
    diff: Vec<Vec<Line>>,
    /// Key of what the model gets with it.
    parts: &'static str,
    trial: Option<Shown>,
}

impl View {
    /// Whether the changes are few enough to be seen at once.
    fn is_short(&self) -> bool {
        self.diff.iter().map(Vec::len).sum::<usize>() <= SHORT
    }
}

/// A trial in words.
struct Shown {
    title: String,
    answer: Result<Vec<(String, String)>, String>,
    tokens: String,
}

impl Shown {
    fn new(trial: Trial, words: Words) -> Self {
        let seconds = (trial.seconds * 10.0).round() / 10.0;
        let title = match trial.answer {
            Ok(_) => words.fill("prompts.tried", seconds),
            Err(_) => words.get("prompts.tried.not").to_owned(),
        };
        Self {
            title,
            answer: trial.answer,
            tokens: words.fill("stage.tokens", grouped(words, trial.tokens)),
        }
    }
}

/// The text in a field, saved or not.
#[derive(Clone)]
struct PromptField<'a> {
    stage: StageName,
    text: &'a str,
    is_wrong: bool,
    trial: Option<Trial>,
}

impl<'a> PromptField<'a> {
    const fn new(stage: StageName, text: &'a str) -> Self {
        Self {
            stage,
            text,
            is_wrong: false,
            trial: None,
        }
    }
}

const fn parts_key(stage: StageName) -> &'static str {
    match stage {
        StageName::Problem => "prompts.example.problem",
        StageName::Code => "prompts.example.code",
        StageName::Hunt => "prompts.example.hunt",
        StageName::Analysis => "prompts.example.analysis",
        StageName::Verification => "prompts.example.verification",
    }
}

/// Key of a stage's name.
pub(crate) const fn title(stage: StageName) -> &'static str {
    match stage {
        StageName::Problem => "stage.problem",
        StageName::Code => "stage.code",
        StageName::Hunt => "stage.hunt",
        StageName::Analysis => "stage.analysis",
        StageName::Verification => "stage.verification",
    }
}

impl View {
    fn new(prompt: Prompt, typed: Option<&PromptField<'_>>, visit: &Visit) -> Self {
        let words = visit.page.words;
        let typed = typed.filter(|typed| typed.stage == prompt.stage);
        let text = typed.map_or(prompt.text(), |typed| typed.text);
        let trial = typed.and_then(|typed| typed.trial.clone());
        let own = prompt.r#override.as_deref();
        Self {
            stage: prompt.stage,
            title: title(prompt.stage),
            default: prompt.default,
            count: grouped(words, text.chars().count() as u64),
            typed: text.to_owned(),
            is_saved: own.is_some(),
            outdated: prompt.outdated,
            is_wrong: typed.is_some_and(|typed| typed.is_wrong),
            when: prompt
                .updated_at
                .map_or_else(String::new, |then| since(words, then, Utc::now())),
            exact: prompt.updated_at.map_or_else(String::new, |then| {
                then.to_rfc3339_opts(SecondsFormat::Secs, true)
            }),
            is_unsaved: text != prompt.text(),
            diff: own.map_or_else(Vec::new, |own| compare(prompt.default, own)),
            parts: parts_key(prompt.stage),
            trial: trial.map(|trial| Shown::new(trial, words)),
        }
    }
}

fn compare(default: &str, own: &str) -> Vec<Vec<Line>> {
    let old: Vec<_> = line_ends::with_ends(default).collect();
    let new: Vec<_> = line_ends::with_ends(own).collect();
    let rows = diff::rows(&old, &new, usize::MAX);
    let line = |row: &Row| {
        let (class, sign, text) = match (row.old, row.new) {
            (Some(at), None) => ("del", "−", old[at]),
            (None, Some(at)) => ("add", "+", new[at]),
            (at, _) => ("", "", at.map_or("", |at| old[at])),
        };
        Line {
            class,
            sign,
            parts: parts(text, &row.marks),
        }
    };
    diff::around(&rows, Row::is_change)
        .into_iter()
        .map(|piece| rows[piece].iter().map(line).collect())
        .collect()
}

/// A line without its end, in parts of which each is marked or not.
fn parts(text: &str, marks: &[Range<usize>]) -> Vec<(bool, String)> {
    let text = text.trim_end_matches(['\r', '\n']);
    let mut parts = Vec::new();
    let mut from = 0;
    for mark in marks {
        parts.push((false, text[from..mark.start].to_owned()));
        parts.push((true, text[mark.clone()].to_owned()));
        from = mark.end;
    }
    parts.push((false, text[from..].to_owned()));
    parts
}

#[derive(Template)]
#[template(path = "prompts.html")]
struct PromptsPage {
    page: Page,
    panel: Panel,
    prompts: Vec<View>,
    most: String,
}

async fn render(
    state: &AppState,
    visit: Visit,
    typed: Option<PromptField<'_>>,
) -> Result<Response, ApiError> {
    let prompts = prompts::load(&state.db)
        .await?
        .into_iter()
        .map(|prompt| View::new(prompt, typed.as_ref(), &visit))
        .collect();
    let most = grouped(visit.page.words, MAX_BYTES as u64);
    Ok(Html(PromptsPage {
        page: visit.page,
        panel: visit.panel,
        prompts,
        most,
    })
    .into_response())
}

/// Shows the prompts.
#[utoipa::path(
    get, path = crate::PROMPTS, operation_id = "showPrompts", tag = "pages",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 401)),
    security(("admin" = []))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    visit: Visit,
) -> Result<Response, ApiError> {
    render(&state, visit, None).await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct PromptForm {
    #[serde(default)]
    template: String,
    reset: Option<String>,
    r#try: Option<String>,
}

/// Replaces or resets a prompt from the panel.
#[utoipa::path(
    post, path = crate::PROMPT, operation_id = "changePromptFromPanel", tag = "pages",
    params(("stage" = StageName, Path)),
    request_body(content = PromptForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String), (status = 303, description = "Leads to the page that follows."), (status = 401), (status = 404), (status = 413), (status = 415), (status = 422, description = "The page again, with what is wrong.", content_type = "text/html", body = String)),
    security(("admin" = []))
)]
pub(crate) async fn act(
    State(state): State<AppState>,
    visit: Visit,
    Path(stage): Path<String>,
    Fields(form): Fields<PromptForm>,
) -> Result<Response, ApiError> {
    let stage = StageName::parse(&stage)
        .ok_or_else(|| ApiError::NotFound("There is no such stage.".to_owned()))?;
    if form.reset.is_some() {
        // Saved when it is seen to be what was meant.
        let default = prompts::built_in(stage);
        let visit = visit.done("done.prompt-filled");
        return render(&state, visit, Some(PromptField::new(stage, default))).await;
    }
    // Browsers send every line's end as two characters.
    let template = line_ends::typed(&form.template);
    if form.r#try.is_some() && prompts::check(&template).is_ok() {
        let trial = connection_test::try_prompt(&state, stage, &template).await?;
        let typed = PromptField {
            trial: Some(trial),
            ..PromptField::new(stage, &template)
        };
        return render(&state, visit, Some(typed)).await;
    }
    if template.trim_end() == prompts::built_in(stage).trim_end() {
        prompts::reset(&state.db, stage).await?;
        return Ok(outcome(Section::Prompts, "prompt-reset", None));
    }
    let saved = match form.r#try {
        // It is as wrong to try as to save.
        Some(_) => prompts::check(&template),
        None => prompts::save(&state.db, stage, &template).await,
    };
    match saved {
        Ok(()) => Ok(outcome(Section::Prompts, "prompt-saved", None)),
        Err(ApiError::Invalid(_)) => {
            let visit = visit.refused("prompts.refused");
            let typed = PromptField {
                is_wrong: true,
                ..PromptField::new(stage, &template)
            };
            let mut response = render(&state, visit, Some(typed)).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_shows_changed_words_and_what_is_around() {
        let default: String = (1..20).map(|line| format!("line {line} of it\n")).collect();
        let own = default.replace("line 9 of", "line 9 off");
        let pieces = compare(&default, &own);
        assert_eq!(pieces.len(), 1);
        let classes: Vec<_> = pieces[0].iter().map(|line| line.class).collect();
        assert_eq!(classes, ["", "", "", "del", "add", "", "", ""]);
        let changed = |line: &Line| {
            let parts = line.parts.iter().filter(|(is_changed, _)| *is_changed);
            parts.map(|(_, text)| text.clone()).collect::<String>()
        };
        assert_eq!(changed(&pieces[0][3]), "of");
        assert_eq!(changed(&pieces[0][4]), "off");
        assert!(compare(&default, &default).is_empty());
    }
}
