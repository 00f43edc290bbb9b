//! The panel's pages as programs see them: access, and keeping what was typed.

use reqwest::{Method, Response, StatusCode};
use sqlx::PgPool;

use crate::support::{
    app::{App, TOKEN, prefix},
    model::Model,
};

pub(super) async fn send(app: &App, path: &str, form: &[(&str, &str)]) -> Response {
    app.request(Method::POST, path)
        .form(form)
        .send()
        .await
        .unwrap()
}

pub(super) async fn log_in(app: &App, token: &str, back: &str) -> Response {
    let form = [("token", token), ("back", back)];
    send(app, "/settings/login", &form).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn nobody_else_sees_or_does_anything(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    app.submit(&serde_json::json!({ "text": "kept" })).await;
    for path in ["", "/prompts", "/data", "/queue"] {
        let answer = app.get(&format!("/settings{path}")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("id=\"token\""), "{path}");
        assert!(page.contains(&format!("name=\"back\" value=\"/settings{path}\"")));
        assert!(!page.contains("OPENAI_BASE_URL"));
    }
    for (path, form) in [
        ("", [("OPENAI_MODEL", "mine"), ("was.OPENAI_MODEL", "")]),
        ("", [("reset", "OPENAI_MODEL"), ("test", "1")]),
        ("/prompts/code", [("template", "mine"), ("", "")]),
        ("/data/clear", [("confirm", "delete all"), ("", "")]),
        ("/prompts/code", [("template", "mine"), ("try", "1")]),
        ("/data/selected", [("id", "mine"), ("confirm", "1")]),
        ("/queue/pause", [("", ""), ("", "")]),
        ("/queue/cancel", [("id", "mine"), ("", "")]),
    ] {
        let answer = send(&app, &format!("/settings{path}"), &form).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    log_in(&app, TOKEN, "/settings/data").await;
    for (path, kept) in [
        ("/settings", "value=\"stand-in\""),
        ("/settings/prompts", "Find the program"),
        ("/settings/data", "<dd>1</dd>"),
        ("/settings/queue", "id=\"pause\""),
    ] {
        let page = app.get(path).await.text().await.unwrap();
        assert!(page.contains(kept), "{path}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_login_leads_to_our_own_pages_only(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (back, to) in [
        ("/settings/queue", "/settings/queue"),
        ("//evil.example/settings", "/settings"),
        ("https://evil.example", "/settings"),
        ("", "/settings"),
    ] {
        let answer = log_in(&app, TOKEN, back).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.url().path(), to, "{back}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn another_token_logs_out_and_loses_nothing(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    log_in(&app, TOKEN, "").await;
    let saved = send(
        &app,
        "/settings",
        &[
            ("OPENAI_MODEL", "saved-model"),
            ("OPENAI_API_KEY", "sk-saved-0123456789"),
        ],
    )
    .await;
    assert_eq!(saved.status(), StatusCode::OK);
    send(&app, "/settings/prompts/code", &[("template", "Be brief.")]).await;

    let token = "an0ther-t0ken-of-the-tests";
    let mut rotated =
        App::without_worker(&pool, &model, &prefix, &[("SETTINGS_TOKEN", token)]).await;
    // The browser stays the same; cookies are kept by host, whatever the port.
    rotated.client = app.client.clone();
    let answer = rotated.get("/settings").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        log_in(&rotated, TOKEN, "").await.status(),
        StatusCode::UNAUTHORIZED
    );
    log_in(&rotated, token, "").await;
    let page = rotated.get("/settings").await.text().await.unwrap();
    assert!(page.contains("value=\"saved-model\""));
    assert!(page.contains("ends in …6789"));
    assert!(!page.contains("The saved value is not used"));
    let page = rotated.get("/settings/prompts").await.text().await.unwrap();
    assert!(page.contains("Be brief."));
    rotated.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_panel_says_when_a_built_in_prompt_was_changed_since(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    log_in(&app, TOKEN, "").await;
    let path = "/settings/prompts/code";
    send(&app, path, &[("template", "Be brief.\r\nBe kind.")]).await;
    let note = "has changed since this one was saved";
    let page = app.get("/settings/prompts").await.text().await.unwrap();
    assert!(page.contains("Be brief.\nBe kind.") && !page.contains(note));
    sqlx::query("UPDATE prompts SET replaced = sha256('an older one')")
        .execute(&pool)
        .await
        .unwrap();
    let page = app.get("/settings/prompts").await.text().await.unwrap();
    assert!(page.contains(note));
    // To save it again is to have seen it.
    send(&app, path, &[("template", "Be brief.")]).await;
    let page = app.get("/settings/prompts").await.text().await.unwrap();
    assert!(!page.contains(note));
    app.stop().await;
}
