//! The admin's changes while it runs: settings, prompts, the queue; and how the admin is known.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{App, TOKEN, buggy, prefix},
    eventually,
    model::{Act, Model, analysis},
};

const SETTINGS: &str = "/api/v1/settings";

async fn admin(app: &App, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let mut request = app.request(method, path).bearer_auth(TOKEN);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

fn setting<'a>(answer: &'a Value, key: &str) -> &'a Value {
    answer["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["key"] == key)
        .unwrap()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn settings_are_saved_whole_or_not_at_all(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let changes = json!({ "OPENAI_MODEL": "m2", "REQUEST_TIMEOUT_SECONDS": 0, "COLOUR": "red", "OPENAI_API_KEY": "a b" });
    let (status, problem) = admin(&app, Method::PATCH, SETTINGS, Some(changes)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        ["/COLOUR", "/OPENAI_API_KEY", "/REQUEST_TIMEOUT_SECONDS"]
    );
    let (_, listed) = admin(&app, Method::GET, SETTINGS, None).await;
    assert_eq!(setting(&listed, "OPENAI_MODEL")["source"], "environment");

    let changes = json!({ "OPENAI_MODEL": "m2", "MODEL_SUPPORTS_VISION": false, "OPENAI_API_KEY": "sk-saved-0123456789" });
    let (status, saved) = admin(&app, Method::PATCH, SETTINGS, Some(changes)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (
            &setting(&saved, "OPENAI_MODEL")["value"],
            &setting(&saved, "OPENAI_MODEL")["source"]
        ),
        (&json!("m2"), &json!("saved"))
    );
    assert_eq!(setting(&saved, "OPENAI_API_KEY")["value"], "…6789");
    assert!(!saved.to_string().contains("sk-saved"));
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT sealed FROM settings WHERE key = 'OPENAI_API_KEY'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("sk-saved"));

    let (_, reset) = admin(
        &app,
        Method::DELETE,
        &format!("{SETTINGS}/OPENAI_MODEL"),
        None,
    )
    .await;
    assert_eq!(setting(&reset, "OPENAI_MODEL")["value"], "stand-in");
    assert_eq!(
        admin(&app, Method::DELETE, &format!("{SETTINGS}/COLOUR"), None)
            .await
            .0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn saved_settings_and_prompts_hold_from_the_next_job_on(pool: PgPool) {
    let model = Model::start().await;
    let other = Model::start().await;
    let app = App::start(&pool, &model).await;
    let changes = json!({ "OPENAI_BASE_URL": other.base_url, "OPENAI_API_KEY": "sk-other", "OPENAI_MODEL": "other" });
    admin(&app, Method::PATCH, SETTINGS, Some(changes)).await;
    let prompt = json!({ "template": "Be a pirate." });
    assert_eq!(
        admin(&app, Method::PUT, "/api/v1/prompts/analysis", Some(prompt))
            .await
            .0,
        StatusCode::OK
    );
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    assert!(model.calls("analysis").is_empty());
    let call = &other.calls("analysis")[0];
    assert_eq!(
        (call.authorization.as_deref(), &call.body["model"]),
        (Some("Bearer sk-other"), &json!("other"))
    );
    assert!(call.system().starts_with("Be a pirate."));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_key_that_can_no_longer_be_opened_is_shown_and_not_used(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let app = App::without_worker(&pool, &model, &prefix, &[]).await;
    admin(
        &app,
        Method::PATCH,
        SETTINGS,
        Some(json!({ "OPENAI_API_KEY": "sk-saved-0123456789" })),
    )
    .await;
    app.stop().await;
    let new_keys = [(
        "SECRET_KEYS",
        "bmV3LWtleS1vZi10aGUtdGVzdHMtMDEyMzQ1Njc4OWE=",
    )];
    let app = App::start_with(&pool, &model, &prefix, &new_keys).await;
    let (_, listed) = admin(&app, Method::GET, SETTINGS, None).await;
    let key = setting(&listed, "OPENAI_API_KEY");
    assert_eq!(key["source"], "environment");
    assert!(key["problem"].as_str().unwrap().contains("save it again"));
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    assert_eq!(
        model.calls("analysis")[0].authorization.as_deref(),
        Some("Bearer sk-test")
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_number_of_jobs_at_once_changes_in_a_running_worker_up_and_down(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(
        &pool,
        &model,
        &prefix(),
        &[("MAX_CONCURRENT_ANALYSIS_TASKS", "1")],
    )
    .await;
    let queue = app.bullmq().await;
    let gates: Vec<_> = (0..6).map(|_| model.hold("analysis", analysis())).collect();
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(app.submit(&buggy()).await);
    }
    model.called("analysis", 1).await;
    assert_eq!(queue.get_active_count().await.unwrap(), 1);
    let set = async |number: u32| {
        let changes = json!({ "MAX_CONCURRENT_ANALYSIS_TASKS": number });
        assert_eq!(
            admin(&app, Method::PATCH, SETTINGS, Some(changes)).await.0,
            StatusCode::OK
        );
    };
    set(3).await;
    model.called("analysis", 3).await;
    assert_eq!(queue.get_active_count().await.unwrap(), 3);
    set(1).await;
    eventually("the worker follows", async || {
        let (_, listed) = admin(&app, Method::GET, SETTINGS, None).await;
        (setting(&listed, "MAX_CONCURRENT_ANALYSIS_TASKS")["value"] == "1").then_some(())
    })
    .await;
    // The worker reads its settings every two seconds; the running jobs go on.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    for (number, gate) in gates.iter().enumerate() {
        gate.add_permits(1);
        if (2..5).contains(&number) {
            model.called("analysis", number + 2).await;
            assert_eq!(queue.get_active_count().await.unwrap(), 1);
        }
    }
    for id in &ids {
        app.reaches(id, "COMPLETED").await;
    }
    assert_eq!(model.calls("analysis").len(), 6);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn prompts_are_shown_replaced_and_reset(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let (_, all) = admin(&app, Method::GET, "/api/v1/prompts", None).await;
    assert_eq!(all["prompts"].as_array().unwrap().len(), 5);
    let path = "/api/v1/prompts/code";
    for template in ["", " \n", "a\u{0}", &"x".repeat(64 * 1024 + 1)] {
        let (status, problem) = admin(
            &app,
            Method::PUT,
            path,
            Some(json!({ "template": template })),
        )
        .await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("/template"))
        );
    }
    let (_, changed) = admin(
        &app,
        Method::PUT,
        path,
        Some(json!({ "template": "Mine." })),
    )
    .await;
    assert_eq!(changed["override"], "Mine.");
    assert!(
        changed["default"]
            .as_str()
            .unwrap()
            .contains("Find the program")
    );
    let (_, reset) = admin(&app, Method::DELETE, path, None).await;
    assert_eq!(reset["override"], Value::Null);
    assert_eq!(
        admin(&app, Method::GET, "/api/v1/prompts/none", None)
            .await
            .0,
        StatusCode::NOT_FOUND
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_queue_is_shown_paused_and_resumed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let path = "/api/v1/queue";
    let (_, paused) = admin(&app, Method::POST, "/api/v1/queue/pause", None).await;
    assert_eq!(paused["paused"], true);
    let id = app.submit(&buggy()).await;
    let (_, shown) = admin(&app, Method::GET, path, None).await;
    assert_eq!(
        (&shown["waiting"], &shown["workers"]),
        (&json!(1), &json!(1))
    );
    assert!(shown["oldest_waiting_since"].is_string());
    assert_eq!(app.submission(&id).await["status"], "QUEUED");
    admin(&app, Method::POST, "/api/v1/queue/resume", None).await;
    app.reaches(&id, "COMPLETED").await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_session_is_the_admins_until_it_ends_or_the_token_changes(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let path = "/api/v1/session";
    assert_eq!(
        app.get("/api/v1/prompts").await.status(),
        StatusCode::UNAUTHORIZED
    );
    let login = app
        .request(Method::POST, path)
        .json(&json!({ "token": TOKEN }))
        .send()
        .await
        .unwrap();
    assert_eq!(login.status(), StatusCode::NO_CONTENT);
    let cookie = login.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(app.get("/api/v1/prompts").await.status(), StatusCode::OK);
    assert_eq!(
        app.request(Method::DELETE, path)
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        app.get("/api/v1/prompts").await.status(),
        StatusCode::UNAUTHORIZED
    );

    // A copy of the cookie is worth nothing more, in another process neither.
    let plain = reqwest::Client::builder().build().unwrap();
    let with = async |app: &App, cookie: &str| {
        plain
            .get(format!("{}/api/v1/prompts", app.url))
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
            .status()
    };
    let beside = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for app in [&app, &beside] {
        assert_eq!(with(app, &cookie).await, StatusCode::UNAUTHORIZED);
    }
    let login = app
        .request(Method::POST, path)
        .json(&json!({ "token": TOKEN }))
        .send()
        .await
        .unwrap();
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    for app in [&app, &beside] {
        assert_eq!(with(app, &cookie).await, StatusCode::OK);
    }
    // The panel's button ends it too.
    let out = plain.post(format!("{}/settings/logout", beside.url));
    out.header("cookie", &cookie).send().await.unwrap();
    assert_eq!(with(&app, &cookie).await, StatusCode::UNAUTHORIZED);
    beside.stop().await;
    let login = app
        .request(Method::POST, path)
        .json(&json!({ "token": TOKEN }))
        .send()
        .await
        .unwrap();
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(with(&app, &cookie).await, StatusCode::OK);
    let later = cookie.replacen("cc_session=1", "cc_session=9", 1);
    assert_eq!(with(&app, &later).await, StatusCode::UNAUTHORIZED);
    let rotated = App::without_worker(
        &pool,
        &model,
        &prefix(),
        &[("SETTINGS_TOKEN", "an0ther-t0ken-of-the-tests")],
    )
    .await;
    assert_eq!(with(&rotated, &cookie).await, StatusCode::UNAUTHORIZED);
    rotated.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn without_a_token_nobody_is_admin_and_failed_logins_have_to_wait(pool: PgPool) {
    let model = Model::start().await;
    let none = App::without_worker(&pool, &model, &prefix(), &[("SETTINGS_TOKEN", "")]).await;
    for token in ["", TOKEN] {
        let response = none
            .request(Method::GET, "/api/v1/prompts")
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    none.stop().await;

    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let login = async |token: &str| {
        let request = app
            .request(Method::POST, "/api/v1/session")
            .header("x-forwarded-for", "1.2.3.4, 2001:db8::1");
        request
            .json(&json!({ "token": token }))
            .send()
            .await
            .unwrap()
    };
    for _ in 0..5 {
        assert_eq!(login("wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let refused = login(TOKEN).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((850..=900).contains(&wait), "{wait}");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_test_call_says_what_is_wrong_with_the_settings(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let path = "/api/v1/settings/test";
    model.usually("code", Act::Say(json!({ "sum": 42, "colour": "Red" })));
    let (status, report) = admin(&app, Method::POST, path, None).await;
    assert_eq!(status, StatusCode::OK);
    // The stand-in knows nothing of the long question, so that its answer to it is of no use.
    assert_eq!(
        (&report["ok"], &report["vision"], &report["json"]),
        (&json!(false), &json!(true), &json!(true))
    );
    assert_eq!(model.calls("code").len(), 3);

    model.next(
        "code",
        [Act::Fail(401, json!({ "error": { "message": "bad key" } }))],
    );
    let (_, report) = admin(&app, Method::POST, path, None).await;
    assert_eq!(
        (&report["ok"], &report["key"], &report["code"]),
        (&json!(false), &json!(false), &json!("model_unauthorized"))
    );
    model.next("code", [Act::Say(json!({ "sum": 42, "colour": "blue" }))]);
    let (_, report) = admin(&app, Method::POST, path, None).await;
    assert_eq!(
        (&report["ok"], &report["vision"]),
        (&json!(false), &json!(false))
    );
    let tried = json!({ "OPENAI_BASE_URL": "http://127.0.0.1:1/v1" });
    let (_, report) = admin(&app, Method::POST, path, Some(tried)).await;
    assert_eq!(
        (&report["reachable"], &report["code"]),
        (&json!(false), &json!("model_unreachable"))
    );
    assert_eq!(
        admin(&app, Method::POST, path, Some(json!({ "PORT": "1" })))
            .await
            .0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn failed_logins_count_for_the_address_that_a_trusted_proxy_saw(pool: PgPool) {
    let model = Model::start().await;
    for (proxies, forwarded, is_own) in [
        // Nobody is a proxy: this is one client, whatever it claims.
        ("", "198.51.100.", false),
        // The test's own address is one: each client counts for itself, also one that makes claims.
        ("127.0.0.0/8,::1", "6.6.6.6, 198.51.100.", true),
    ] {
        let app =
            App::without_worker(&pool, &model, &prefix(), &[("TRUSTED_PROXIES", proxies)]).await;
        let login = async |client: usize, token: &str| {
            let request = app
                .request(Method::POST, "/api/v1/session")
                .header("x-forwarded-for", format!("{forwarded}{client}"));
            let request = request.json(&json!({ "token": token }));
            request.send().await.unwrap().status()
        };
        for client in 0..5 {
            assert_eq!(login(client, "wrong").await, StatusCode::UNAUTHORIZED);
        }
        let expected = if is_own {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::TOO_MANY_REQUESTS
        };
        assert_eq!(login(6, TOKEN).await, expected, "{proxies:?}");
        app.stop().await;
    }
}
