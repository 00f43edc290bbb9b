//! A server that asks everyone for a password.

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    routes::{address, table},
    support::{
        app::{API, App, TOKEN, buggy, prefix},
        model::Model,
    },
};

pub(crate) const PASSWORD: &str = "open-sesame-7";
const ASKS: (&str, &str) = ("ACCESS_PASSWORD", PASSWORD);
/// The test's own address is a proxy, so that each test can have many clients.
const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8,::1");

/// What is answered without the password, as it holds nothing of anybody's or has a lock of its own.
const OPEN: [(&str, &str); 10] = [
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/assets/{name}"),
    ("GET", "/access"),
    ("POST", "/access"),
    ("POST", "/access/logout"),
    ("POST", "/preferences"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/metrics"),
];

/// A client without cookies that is not led anywhere.
fn stranger() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn ask(app: &App, method: &Method, path: &str) -> RequestBuilder {
    stranger().request(method.clone(), format!("{}{path}", app.url))
}

async fn is_asked_for(response: Response) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        && response.headers()["content-type"] == "application/problem+json"
        && response.json::<Value>().await.unwrap()["type"]
            == "urn:code-checker:problem:access-required"
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn no_route_but_those_that_hold_nothing_answers_without_the_password(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let id = app.submit(&buggy()).await;
    app.stop().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[ASKS]).await;
    let client = stranger();
    let ask = |app: &App, method: &Method, path: &str| {
        client.request(method.clone(), format!("{}{path}", app.url))
    };
    let rows = table();
    assert!(rows.len() > 50, "{rows:?}");
    // A preflight is never more than that.
    for (function, method, path) in rows.into_iter().filter(|row| row.1 != Method::OPTIONS) {
        let what = format!("{method} {path}");
        let is_open = OPEN.contains(&(method.as_str(), &*path));
        for address in [address(&path), path.replace("{id}", &id)] {
            let plain = ask(&app, &method, &address).send().await.unwrap();
            if function == "admin-pages" {
                // The form to log in stands before all of it.
                let refusals = [
                    StatusCode::SEE_OTHER,
                    StatusCode::UNAUTHORIZED,
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ];
                assert!(refusals.contains(&plain.status()), "{what}");
                assert!(!is_asked_for(plain).await, "{what}");
                continue;
            }
            let is_page = function == "pages" || path == "/docs";
            let is_form = is_page && method == Method::POST;
            if is_open || !is_form {
                assert_eq!(is_asked_for(plain).await, !is_open, "{what}");
            } else {
                assert_eq!(plain.status(), StatusCode::SEE_OTHER, "{what}");
            }
            // Whoever sends a method that no route has learns nothing either.
            let other = ask(&app, &Method::PATCH, &address).send().await.unwrap();
            assert!(
                is_open || other.status() != StatusCode::METHOD_NOT_ALLOWED,
                "{what}"
            );
            let browser = ask(&app, &method, &address).header("accept", "text/html,*/*");
            let browser = browser.send().await.unwrap();
            if is_page && !is_open {
                assert_eq!(browser.status(), StatusCode::SEE_OTHER, "{what}");
                let location = browser.headers()["location"].to_str().unwrap();
                assert!(location.starts_with("/access"), "{what}: {location}");
            } else {
                assert_eq!(is_asked_for(browser).await, !is_open, "{what}");
            }
            let admitted = ask(&app, &method, &address).bearer_auth(PASSWORD);
            if !path.ends_with("/events") {
                assert!(
                    !is_asked_for(admitted.send().await.unwrap()).await,
                    "{what}"
                );
            }
        }
    }
    for (method, path) in [
        (Method::GET, "/nothing"),
        (Method::HEAD, "/"),
        (Method::POST, "/"),
    ] {
        let answer = ask(&app, &method, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    // A wildcard is no door, and neither is a path that only looks like an open one.
    for path in [
        "/healthy",
        "/settingsx",
        "/assets-of-mine",
        "/accessories",
        "/api/v1/session/x",
    ] {
        let answer = ask(&app, &Method::GET, path).send().await.unwrap();
        assert!(is_asked_for(answer).await, "{path}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn programs_send_the_password_or_the_admin_s_token(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[ASKS]).await;
    let submit = || ask(&app, &Method::POST, API).json(&buggy());
    let refused = submit().send().await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    let problem: Value = refused.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("Authorization: Bearer") && detail.contains("/access"),
        "{detail}"
    );

    let key = |request: RequestBuilder| {
        request
            .header("idempotency-key", "once")
            .bearer_auth(PASSWORD)
    };
    let created: Value = key(submit()).send().await.unwrap().json().await.unwrap();
    let again: Value = key(submit()).send().await.unwrap().json().await.unwrap();
    assert_eq!(created["id"], again["id"]);
    let id = created["id"].as_str().unwrap();
    let read = ask(&app, &Method::GET, &format!("{API}/{id}"));
    assert_eq!(
        read.header("x-admin-token", TOKEN)
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );

    // The owner's token alone does not let in; beside the password it does what it did.
    let owner = created["owner_token"].as_str().unwrap();
    let cancel = || ask(&app, &Method::POST, &format!("{API}/{id}/cancel"));
    assert!(is_asked_for(cancel().bearer_auth(owner).send().await.unwrap()).await);
    let stranger = cancel().bearer_auth(PASSWORD).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
    let tool = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "cancel", "arguments": { "id": id, "owner_token": owner } },
    });
    let agent = ask(&app, &Method::POST, "/mcp").json(&tool);
    assert!(is_asked_for(agent.try_clone().unwrap().send().await.unwrap()).await);
    let agent: Value = agent
        .bearer_auth(PASSWORD)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        agent["result"]["structuredContent"]["status"], "CANCELLED",
        "{agent:#}"
    );
    let owned = cancel()
        .bearer_auth(PASSWORD)
        .header("x-owner-token", owner);
    assert_eq!(owned.send().await.unwrap().status(), StatusCode::OK);
    // The password is not the admin's token.
    let settings = ask(&app, &Method::GET, "/api/v1/settings").bearer_auth(PASSWORD);
    let problem: Value = settings.send().await.unwrap().json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:unauthorized");
    app.stop().await;
}

/// The name and value of the cookie that an answer sets.
fn cookie(response: &Response) -> String {
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn enter(app: &App, fields: &[(&str, &str)]) -> Response {
    let form = ask(app, &Method::POST, "/access").form(fields);
    form.header("x-forwarded-proto", "https")
        .send()
        .await
        .unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_browser_is_asked_once_and_comes_to_where_it_wanted_to_go(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[ASKS, PROXY]).await;
    let open = ask(&app, &Method::GET, "/history?q=a%20b&status=FAILED");
    let open = open.header("accept", "text/html").send().await.unwrap();
    let page = open.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        page,
        "/access?back=%2Fhistory%3Fq%3Da%2520b%26status%3DFAILED"
    );
    let german = ask(&app, &Method::GET, &page).header("accept-language", "de");
    let german = german.send().await.unwrap();
    assert_eq!(german.status(), StatusCode::OK);
    assert_eq!(german.headers()["cache-control"], "no-store");
    let german = german.text().await.unwrap();
    assert!(german.contains("Passwort erforderlich"));
    let back = "/history?q=a%20b&amp;status=FAILED";
    let escaped = back.replace("&amp;", "&#38;");
    assert!(
        german.contains(&format!("value=\"{back}\""))
            || german.contains(&format!("value=\"{escaped}\""))
    );

    let wrong = enter(&app, &[("password", "open-sesame-8"), ("back", "/history")]).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("Wrong password") && wrong.contains("value=\"/history\""));
    for (back, leads) in [
        ("/history?q=a%20b", "/history?q=a%20b"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/access?back=%2F", "/"),
        ("", "/"),
    ] {
        let right = enter(&app, &[("password", PASSWORD), ("back", back)]).await;
        assert_eq!(right.status(), StatusCode::SEE_OTHER);
        assert_eq!(right.headers()["location"], leads, "{back}");
    }
    let entered = enter(&app, &[("password", PASSWORD)]).await;
    let whole = entered.headers()["set-cookie"].to_str().unwrap();
    for flag in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(whole.contains(flag), "{whole}");
    }
    let entry = cookie(&entered);
    let seen = async |app: &App, path: &str| {
        let page = ask(app, &Method::GET, path).header("cookie", &entry);
        page.send().await.unwrap()
    };
    let home = seen(&app, "/").await;
    assert_eq!(home.status(), StatusCode::OK);
    assert!(
        home.text()
            .await
            .unwrap()
            .contains("formaction=\"/access/logout\"")
    );
    assert_eq!(seen(&app, API).await.status(), StatusCode::OK);
    assert_eq!(
        seen(&app, "/access?back=/history").await.headers()["location"],
        "/history"
    );
    // A page of another site has the browser send it: it proves nothing there.
    let foreign = ask(&app, &Method::POST, API)
        .json(&buggy())
        .header("cookie", &entry);
    let foreign = foreign
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let foreign = ask(&app, &Method::POST, "/access").form(&[("password", PASSWORD)]);
    let foreign = foreign
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);

    // Another password ends every entry, and the old one is back with them.
    let other = [("ACCESS_PASSWORD", "an0ther-password")];
    let changed = App::without_worker(&pool, &model, &prefix, &other).await;
    assert!(is_asked_for(seen(&changed, API).await).await);
    changed.stop().await;
    let left = ask(&app, &Method::POST, "/access/logout").header("cookie", &entry);
    let left = left.send().await.unwrap();
    assert_eq!(left.headers()["location"], "/access");
    assert!(cookie(&left).ends_with("cc_access="));
    assert!(
        is_asked_for(seen(&app, API).await).await,
        "a copy of the cookie still lets in"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_password_cannot_be_guessed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[ASKS, PROXY]).await;
    let of = |request: RequestBuilder, client: &str| request.header("x-forwarded-for", client);
    let by_form =
        |password: &str| ask(&app, &Method::POST, "/access").form(&[("password", password)]);
    let by_bearer = |password: &str| ask(&app, &Method::GET, API).bearer_auth(password);
    for (client, is_form) in [("198.51.100.1", true), ("198.51.100.2", false)] {
        for _ in 0..5 {
            let guess = if is_form {
                by_form("a-wrong-one")
            } else {
                by_bearer("a-wrong-one")
            };
            let guess = of(guess, client).send().await.unwrap();
            assert_eq!(guess.status(), StatusCode::UNAUTHORIZED);
        }
        for right in [by_form(PASSWORD), by_bearer(PASSWORD), by_bearer(TOKEN)] {
            let right = of(right, client).send().await.unwrap();
            assert_eq!(right.status(), StatusCode::TOO_MANY_REQUESTS);
        }
    }
    let other = of(by_bearer(PASSWORD), "198.51.100.3")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::OK);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_preflight_needs_no_password_and_the_request_after_it_does(pool: PgPool) {
    let model = Model::start().await;
    let origin = "https://club.example";
    let vars = [ASKS, ("CORS_ALLOWED_ORIGINS", origin)];
    let app = App::without_worker(&pool, &model, &prefix(), &vars).await;
    let preflight = ask(&app, &Method::OPTIONS, API).header("origin", origin);
    let preflight = preflight
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(preflight.headers()["access-control-allow-origin"], origin);
    assert_eq!(
        preflight.headers()["access-control-allow-headers"],
        "authorization,content-type"
    );
    let submit = || {
        ask(&app, &Method::POST, API)
            .header("origin", origin)
            .json(&buggy())
    };
    let refused = submit().send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], origin);
    assert!(is_asked_for(refused).await);
    let taken = submit().bearer_auth(PASSWORD).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_a_password_nobody_is_asked(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let page = ask(&app, &Method::GET, "/access?back=/history")
        .send()
        .await
        .unwrap();
    assert_eq!(page.headers()["location"], "/history");
    let entered = enter(&app, &[("password", "anything")]).await;
    assert_eq!(entered.headers()["location"], "/");
    assert!(!entered.headers().contains_key("set-cookie"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_owners_token_beside_the_password_is_no_wrong_guess_where_nothing_is_named(
    pool: PgPool,
) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[ASKS]).await;
    for _ in 0..8 {
        let request = ask(&app, &Method::GET, "/").bearer_auth(PASSWORD);
        let answer = request.header("x-owner-token", "mine").send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
    // Where the address names one it is.
    let id = app
        .request(Method::POST, API)
        .bearer_auth(PASSWORD)
        .json(&buggy());
    let id: Value = id.send().await.unwrap().json().await.unwrap();
    let path = format!("{API}/{}", id["id"].as_str().unwrap());
    let mut last = StatusCode::OK;
    for _ in 0..8 {
        let request = ask(&app, &Method::GET, &path).bearer_auth(PASSWORD);
        let answer = request.header("x-owner-token", "mine").send().await;
        last = answer.unwrap().status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    app.stop().await;
}
