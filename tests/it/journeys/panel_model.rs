//! The first minute in the panel: where the token is, presets of providers, the endpoint's models, and prompts to try.

use std::collections::{BTreeSet, HashMap};

use config::{presets::Preset, table::live_variables};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::panel_pages::{log_in, send};
use crate::llm::reading_server;
use crate::support::{
    app::{App, TOKEN, buggy, prefix, variables},
    database_url,
    model::{Act, BUGGY, Model, STATEMENT},
    process::{Process, data_dir},
};

#[sqlx::test(migrations = false)]
async fn the_log_says_that_no_model_is_set_up_and_the_login_where_the_token_comes_from(
    pool: PgPool,
) {
    let model = Model::start().await;
    let database = database_url(&pool);
    let nothing = [
        ("DATABASE_URL", database.as_str()),
        ("OPENAI_BASE_URL", ""),
        ("OPENAI_API_KEY", ""),
    ];
    let mut process = Process::start_with(variables(&model, &prefix(), &nothing)).await;
    let line = process.logged("no model is set up").await;
    let line = line["message"].as_str().unwrap();
    assert!(
        line.contains("/settings (log in with SETTINGS_TOKEN)"),
        "{line}"
    );
    let page = process.client.get(format!("{}/settings", process.url));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("It is the value of SETTINGS_TOKEN"));
}

#[tokio::test]
async fn the_embedded_mode_ends_its_start_with_the_page_and_the_token_and_the_login_names_its_file()
{
    let folder = data_dir();
    let mut process = Process::start_without_model(folder.path()).await;
    let file = folder.path().join("settings-token");
    let file = file.to_str().unwrap();
    let warning = process.logged("no model is set up").await;
    assert!(
        warning["message"]
            .as_str()
            .unwrap()
            .contains(&format!("(the token is in {file})"))
    );
    process.logged("CodeChecker is on http://localhost").await;
    process
        .logged(&format!("the admin's token is in {file}"))
        .await;
    let get = async |name: &str, value: &str| {
        let page = process.client.get(format!("{}/settings", process.url));
        let answer = page.header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        answer.text().await.unwrap()
    };
    let here = get("accept", "text/html").await;
    assert!(here.contains("settings-token in the data folder") && here.contains(file));
    // Only who sits at this machine needs the path.
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.7"),
        ("host", "check.example"),
    ] {
        let page = get(name, value).await;
        assert!(page.contains("settings-token in the data folder") && !page.contains(file));
    }
}

/// The text in a field.
fn value(page: &str, name: &str) -> String {
    let field = page.split(&format!("id=\"{name}\"")).nth(1).unwrap();
    let tag = field.split('>').next().unwrap();
    let value = tag.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_preset_fills_in_the_form_and_saves_nothing(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    log_in(&app, TOKEN, "").await;
    let page = app.get("/settings?preset=ollama").await;
    let page = page.text().await.unwrap();
    let ollama = Preset::find("ollama").unwrap();
    assert_eq!(value(&page, "OPENAI_BASE_URL"), ollama.base_url);
    assert_eq!(value(&page, "OPENAI_MODEL"), "qwen2.5-coder:14b");
    assert_eq!(value(&page, "OPENAI_CONTEXT_TOKENS"), "16384");
    assert!(page.contains("OLLAMA_CONTEXT_LENGTH"));
    // As the browser sends the form back, with other things typed.
    let mut form = HashMap::new();
    for variable in live_variables() {
        form.insert(variable.name, String::new());
    }
    form.insert("OPENAI_CONTEXT_TOKENS", "16384".to_owned());
    form.insert("OPENAI_TEMPERATURE", "0.7".to_owned());
    form.insert("preset", "gemini".to_owned());
    let form: Vec<(&str, &str)> = form.iter().map(|(name, it)| (*name, it.as_str())).collect();
    let page = send(&app, "/settings", &form).await.text().await.unwrap();
    assert_eq!(value(&page, "OPENAI_MODEL"), "gemini-2.5-flash");
    assert_eq!(value(&page, "OPENAI_CONTEXT_TOKENS"), "");
    assert_eq!(value(&page, "OPENAI_TEMPERATURE"), "0.7");
    assert!(page.contains("Enter the API key"));
    let page = app.get("/settings").await.text().await.unwrap();
    assert_eq!(value(&page, "OPENAI_BASE_URL"), model.base_url);
    let unknown = app
        .get("/settings?preset=nobody")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(value(&unknown, "OPENAI_BASE_URL"), model.base_url);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_models_are_listed_on_request_and_no_key_goes_to_another_server(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    log_in(&app, TOKEN, "").await;
    let other = reading_server().await;
    let base = format!("{}/v1", other.origin);
    let form = [("OPENAI_BASE_URL", base.as_str()), ("models", "1")];
    let page = send(&app, "/settings", &form).await.text().await.unwrap();
    for name in ["small-1", "without-a-key"] {
        assert!(
            page.contains(&format!("<option value=\"{name}\">")),
            "{name}"
        );
    }
    let given = [form[0], form[1], ("OPENAI_API_KEY", "sk-of-the-other")];
    let page = send(&app, "/settings", &given).await.text().await.unwrap();
    assert!(page.contains("<option value=\"with-a-key\">"));
    // An endpoint without a list says so.
    let page = send(&app, "/settings", &[("models", "1")]).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("The models could not be listed"));
    app.stop().await;
}

/// Names of the members that a call asks for.
fn members(model: &Model, stage: &str, at: usize) -> BTreeSet<String> {
    let call = &model.calls(stage)[at];
    let schema = &call.body["response_format"]["json_schema"]["schema"]["properties"];
    let members = schema
        .as_object()
        .unwrap_or_else(|| panic!("{stage}: {}", call.body));
    members.keys().cloned().collect()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_prompt_is_tried_on_the_example_with_the_question_that_a_stage_asks(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.laid_out(&id).await;
    let mixed = json!({ "text": format!("{STATEMENT}\n\n{BUGGY}") });
    app.submit(&mixed).await;
    model.called("code", 1).await;
    log_in(&app, TOKEN, "").await;
    for stage in ["problem", "code", "analysis"] {
        let before = model.calls(stage).len();
        let text = format!("Be a pirate in stage {stage}.");
        let form = [("template", text.as_str()), ("try", "1")];
        let page = send(&app, &format!("/settings/prompts/{stage}"), &form).await;
        let page = page.text().await.unwrap();
        assert!(page.contains("Answer to the example"), "{stage}: {page}");
        assert!(page.contains(&text) && page.contains("Nothing was saved."));
        assert_eq!(
            members(&model, stage, before),
            members(&model, stage, 0),
            "{stage}"
        );
        assert!(model.calls(stage)[before].system().starts_with(&text));
    }
    model.usually(
        "analysis",
        Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } })),
    );
    let form = [("template", "Be a pirate."), ("try", "1")];
    let page = send(&app, "/settings/prompts/analysis", &form).await;
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("did not answer as it should")
    );
    let empty = [("template", " "), ("try", "1")];
    let refused = send(&app, "/settings/prompts/analysis", &empty).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let saved: i64 = sqlx::query_scalar("SELECT count(*) FROM prompts")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(saved, 0);
    app.stop().await;
}
