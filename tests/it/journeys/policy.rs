//! A teacher says how much of a fix visitors see, and from when.

mod marks;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use self::marks::{DISPUTED, FACTS, MARKS, marked};
use crate::{
    routes::table,
    support::{
        app::{API, App, TOKEN, buggy, prefix},
        model::{Act, Model},
    },
};

/// All of an answer that may have no end: of a stream of events the first one.
async fn text(response: Response) -> String {
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    while let Some(chunk) = chunks.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
        if text.starts_with("event:") && text.contains("\n\n") {
            break;
        }
    }
    text
}

/// Everything that a client can read about a submission: its address, and what is there.
async fn everything(app: &App, id: &str, as_admin: bool) -> Vec<(String, String)> {
    let send = async |request: RequestBuilder| {
        let request = if as_admin {
            request.header("x-admin-token", TOKEN)
        } else {
            request
        };
        text(request.send().await.unwrap()).await
    };
    let mut all = Vec::new();
    let mut paths: Vec<_> = table()
        .into_iter()
        // The events of the extension have no end.
        .filter(|(function, method, _)| *method == Method::GET && function != "companion")
        .map(|(_, _, path)| path.replace("{id}", id).replace("{n}", "1"))
        .collect();
    let page = format!("/submissions/{id}");
    paths.extend((1..=4).map(|step| format!("{page}?step={step}")));
    paths.extend([
        format!("{page}?step=all"),
        format!("/?from={id}"),
        format!("{API}?q=mark-of"),
        "/history?q=mark-of".to_owned(),
        format!("/settings/data?delete={id}"),
    ]);
    for path in paths {
        let mut body = send(app.request(Method::GET, &path)).await;
        if path.contains("?q=") {
            // The query comes back.
            body = body.replace("mark-of\"", "");
        }
        all.push((path, body));
    }
    for tool in ["wait", "get_patch", "cancel"] {
        let call = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": { "id": id } },
        });
        let body = send(app.request(Method::POST, "/mcp").json(&call)).await;
        all.push((format!("the tool {tool}"), body));
    }
    all
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn nothing_above_the_step_is_read_anywhere(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    for (rung, step) in [("where", 1), ("hint", 2), ("explanation", 3), ("fix", 4)] {
        let app = App::start_with(&pool, &model, &prefix, &[("REVEAL", rung)]).await;
        for with_repaired in [false, true] {
            let id = marked(&app, &pool, with_repaired).await;
            // The owner, by the cookie of the app's client.
            let read = everything(&app, &id, false).await;
            for (path, body) in &read {
                for (mark, from) in MARKS {
                    assert!(
                        from <= step || !body.contains(mark),
                        "{rung}: {path} has {mark}: {body}"
                    );
                }
            }
            for (path, body) in &read {
                assert!(!body.contains("mark-of-the-reference"), "{rung}: {path}");
            }
            let of = |read: &[(String, String)], path: &str| {
                let found = read.iter().find(|(other, _)| other == path);
                found.unwrap_or_else(|| panic!("{path}")).1.clone()
            };
            let one = format!("{API}/{id}");
            let submission = of(&read, &one);
            let missing = |text: &str, step: u8| {
                let seen = MARKS.iter().filter(|(_, from)| *from <= step);
                let marks = seen.map(|(mark, _)| *mark).chain(FACTS);
                let marks = marks.filter(|mark| {
                    with_repaired || !mark.contains("repaired-") || mark.ends_with("snippet")
                });
                marks
                    .filter(|mark| !text.contains(mark))
                    .collect::<Vec<_>>()
            };
            assert!(
                missing(&submission, step).is_empty(),
                "{rung}: {:?}",
                missing(&submission, step)
            );
            let withheld = &serde_json::from_str::<Value>(&submission).unwrap()["withheld"];
            let expected = if step == 4 {
                json!(null)
            } else {
                json!({ "up_to": rung, "until": null })
            };
            assert_eq!(*withheld, expected);
            let page = of(&read, &format!("/submissions/{id}?step=all"));
            assert!(FACTS.iter().all(|fact| page.contains(fact)), "{page}");
            let wait = of(&read, "the tool wait");
            let report = of(&read, &format!("{one}/report"));
            for (name, read) in [
                ("API", &submission),
                ("page", &page),
                ("report", &report),
                ("MCP", &wait),
            ] {
                assert!(
                    DISPUTED.iter().all(|fact| read.contains(fact)),
                    "{name}: {read}"
                );
            }
            for (name, read) in [("API", &submission), ("page", &page), ("report", &report)] {
                assert_eq!(
                    read.contains("mark-of-the-helper"),
                    step == 4,
                    "{name}: {read}"
                );
            }
            let counterexample = of(&read, &format!("{one}/counterexample"));
            assert_eq!(counterexample, "1 2", "the input of the failed test");
            let patch = of(&read, "the tool get_patch");
            if step < 4 {
                assert!(
                    page.contains("id=\"locked\"") && page.contains("class=\"locked\""),
                    "{page}"
                );
                assert!(!page.contains("/patch\""), "{page}");
                assert!(
                    page.contains(&format!("data-step=\"{step}\" aria-labelledby")),
                    "{page}"
                );
                assert!(patch.contains("not-revealed"), "{patch}");
                assert!(of(&read, &format!("{one}/patch")).contains("not-revealed"));
                assert!(wait.contains("Left out: "), "{wait}");
            } else {
                assert!(!page.contains("locked"), "{page}");
                assert!(patch.contains("mark-of-the-"), "{patch}");
            }
            let admins = everything(&app, &id, true).await;
            let theirs = missing(&of(&admins, &one), 4);
            assert!(theirs.is_empty(), "the admin misses {theirs:?}");
            assert!(of(&admins, &format!("{one}/patch")).contains("mark-of-the-"));
            assert!(!of(&admins, &format!("/submissions/{id}?step=all")).contains("locked"));
        }
        app.stop().await;
    }
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_that_could_not_be_used_is_withheld_as_well(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(&pool, &model, &prefix(), &[("REVEAL", "explanation")]).await;
    let bad = "The fix is mark-of-the-raw-answer, and no JSON.";
    model.usually("analysis", Act::Text(bad.to_owned()));
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "FAILED").await;
    sqlx::query(
        "UPDATE submissions SET error_detail = 'It says mark-of-the-detail.' WHERE id = $1::uuid AND error_code = 'model_bad_answer'",
    )
    .bind(&id)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(
        "UPDATE stages SET error_detail = 'It says mark-of-the-detail.' WHERE submission_id = $1::uuid AND stage = 'analysis'",
    )
    .bind(&id)
    .execute(&pool)
    .await
    .unwrap();
    for (path, body) in everything(&app, &id, false).await {
        assert!(!body.contains("mark-of-the-"), "{path}: {body}");
    }
    let mut seen = everything(&app, &id, true).await;
    seen.retain(|(_, body)| body.contains("mark-of-the-detail"));
    assert!(seen.len() >= 4, "{seen:?}");
    let page = app
        .request(Method::GET, &format!("/submissions/{id}"))
        .bearer_auth(TOKEN);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("mark-of-the-raw-answer"), "{page}");
    app.stop().await;
}

async fn set(app: &App, key: &str, value: &str) {
    let change = app
        .request(Method::PATCH, "/api/v1/settings")
        .bearer_auth(TOKEN);
    let change = change.json(&json!({ key: value })).send().await.unwrap();
    assert_eq!(
        change.status(),
        StatusCode::OK,
        "{}",
        change.text().await.unwrap()
    );
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn all_is_shown_from_a_time_or_an_age_on(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = marked(&app, &pool, false).await;
    let etag = async || {
        let answer = app.get(&format!("{API}/{id}")).await;
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let whole = etag().await;
    set(&app, "REVEAL", "hint").await;
    set(&app, "REVEAL_AFTER", "24h").await;
    let submission = app.submission(&id).await;
    let submitted: DateTime<Utc> = submission["created_at"].as_str().unwrap().parse().unwrap();
    let until: DateTime<Utc> = submission["withheld"]["until"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(until, submitted + TimeDelta::hours(24));
    // A client that has more does not keep it, and one that has less gets more later.
    assert_ne!(etag().await, whole);
    let cached = app
        .request(Method::GET, &format!("{API}/{id}"))
        .header("if-none-match", etag().await);
    assert_eq!(
        cached.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    let old = "UPDATE submissions SET created_at = created_at - interval '25 hours'";
    sqlx::query(old).execute(&pool).await.unwrap();
    assert_eq!(app.submission(&id).await["withheld"], Value::Null);
    assert_eq!(etag().await, whole);

    set(&app, "REVEAL_AFTER", "2999-12-01T18:00:00Z").await;
    let patch = app.get(&format!("{API}/{id}/patch")).await;
    assert_eq!(patch.status(), StatusCode::FORBIDDEN);
    let problem: Value = patch.json().await.unwrap();
    assert_eq!(problem["type"], "urn:code-checker:problem:not-revealed");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("2999-12-01T18:00:00Z")
    );
    let page = app
        .get(&format!("/submissions/{id}"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("All of it is shown from 1 Dec 2999, 18:00 UTC on."),
        "{page}"
    );
    let report = app
        .get(&format!("{API}/{id}/report"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        report.contains("All of it is shown from 1 Dec 2999, 18:00 UTC on."),
        "{report}"
    );
    set(&app, "REVEAL_AFTER", "2020-12-01T18:00:00Z").await;
    assert_eq!(
        app.get(&format!("{API}/{id}/patch")).await.status(),
        StatusCode::OK
    );
    let refused = app
        .request(Method::PATCH, "/api/v1/settings")
        .bearer_auth(TOKEN);
    let refused = refused
        .json(&json!({ "REVEAL_AFTER": "soon" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    app.stop().await;
}
