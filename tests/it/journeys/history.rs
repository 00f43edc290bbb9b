//! The list of submissions.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    model::{Act, Model},
};

async fn list(app: &App, query: &str) -> Value {
    let response = app.get(&format!("{API}{query}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn pages_follow_each_other_newest_first_without_gaps(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(
            app.submit(&json!({ "text": format!("problem {number}") }))
                .await,
        );
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = list(&app, &query).await;
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=3&cursor={cursor}");
        // A newer one does not shift the pages.
        app.submit(&json!({ "text": "newer" })).await;
    }
    assert_eq!(seen, made);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_search_finds_parts_of_text_and_code_in_any_script(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let chinese = app
        .submit(&json!({ "text": "给定一个数组,用二分查找求最小值。" }))
        .await;
    let percent = app
        .submit(&json!({ "text": "at least 50% of a_b", "code": "int Needle = 1;" }))
        .await;
    for (query, expected) in [
        ("二分查找", vec![chinese.clone()]),
        ("二分", vec![chinese.clone()]),
        ("needle", vec![percent.clone()]),
        ("50%", vec![percent.clone()]),
        ("a_b", vec![percent.clone()]),
        ("a%b", vec![]),
        ("", vec![percent, chinese]),
    ] {
        let response = app
            .request(Method::GET, API)
            .query(&[("q", query)])
            .send()
            .await
            .unwrap();
        assert_eq!(ids(&response.json().await.unwrap()), expected, "{query}");
    }
    assert_eq!(ids(&list(&app, "?status=COMPLETED").await), [""; 0]);
    assert_eq!(ids(&list(&app, "?status=queued&limit=1").await).len(), 1);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn visitors_see_their_own_and_the_admin_sees_all(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mine = app.submit(&json!({ "text": "mine" })).await;
    let stranger = reqwest::Client::builder().build().unwrap();
    let url = format!("{}{API}", app.url);
    let others = stranger
        .post(&url)
        .json(&json!({ "text": "others" }))
        .send()
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();
    assert_eq!(ids(&list(&app, "").await), std::slice::from_ref(&mine));

    let page = async |request: reqwest::RequestBuilder| {
        ids(&request.send().await.unwrap().json::<Value>().await.unwrap())
    };
    assert!(page(stranger.get(&url)).await.is_empty());
    let forged = format!("cc_visitor={}.{}", uuid::Uuid::new_v4(), "A".repeat(43));
    assert!(
        page(stranger.get(&url).header("cookie", forged))
            .await
            .is_empty()
    );
    let all = vec![others["id"].as_str().unwrap().to_owned(), mine];
    assert_eq!(page(stranger.get(&url).bearer_auth(TOKEN)).await, all);
    assert_eq!(
        page(stranger.get(&url).header("x-admin-token", TOKEN)).await,
        all
    );
    assert!(
        page(stranger.get(&url).bearer_auth("wrong"))
            .await
            .is_empty()
    );
    app.stop().await;

    let public = App::without_worker(&pool, &model, &prefix(), &[("PUBLIC_HISTORY", "true")]).await;
    assert_eq!(
        page(stranger.get(format!("{}{API}", public.url))).await,
        all
    );
    public.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wrong_parameter_is_named(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    for (query, pointer) in [
        ("?status=done", "status"),
        ("?verdict=OK", "verdict"),
        ("?language=Klingon", "language"),
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=x", "limit"),
        ("?cursor=abc", "cursor"),
        ("?q=%00", "q"),
    ] {
        let response = app.get(&format!("{API}{query}")).await;
        assert_eq!(
            response.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{query}"
        );
        assert_eq!(
            response.json::<Value>().await.unwrap()["errors"][0]["pointer"],
            pointer
        );
    }
    assert_eq!(
        app.get(&format!("{API}?colour=red")).await.status(),
        StatusCode::BAD_REQUEST
    );
    app.stop().await;
}

/// The first item of a list.
async fn first(app: &App, query: &str) -> Value {
    list(app, query).await["items"][0].clone()
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_list_tells_what_was_found(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let found = app.submit(&buggy()).await;
    app.reaches(&found, "COMPLETED").await;
    let item = first(&app, "").await;
    assert_eq!(item["bugs"], 1);
    assert_eq!(item["category"], "wrong operator");
    assert_eq!(item["error_code"], Value::Null);
    // Nobody typed it.
    assert_eq!(item["language"], "C++");

    let nothing = json!({ "summary": "It is right.", "fixes": [] });
    model.next("analysis", [Act::Say(nothing.clone()), Act::Say(nothing)]);
    let right = app.submit(&buggy()).await;
    app.reaches(&right, "COMPLETED").await;
    let item = first(&app, "").await;
    assert_eq!(
        (&item["bugs"], &item["category"]),
        (&json!(0), &Value::Null)
    );

    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let failed = app.submit(&buggy()).await;
    app.reaches(&failed, "FAILED").await;
    let item = first(&app, "").await;
    assert_eq!(item["error_code"], "model_unauthorized");
    assert_eq!(item["bugs"], Value::Null);

    // A run from the start has found nothing yet.
    let path = format!("{API}/{found}/retry?from=start");
    app.request(Method::POST, &path).send().await.unwrap();
    app.reaches(&found, "FAILED").await;
    let all = list(&app, "").await;
    assert_eq!(all["items"][2]["bugs"], Value::Null);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_an_older_version_stored_is_filled_in(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    let before = app.reaches(&id, "COMPLETED").await;
    let told = first(&app, "").await;
    let forget = "UPDATE submissions SET bugs = NULL, category = NULL, fix_status = NULL, found_language = NULL, language_tag = NULL";
    sqlx::query(forget).execute(&pool).await.unwrap();
    assert_eq!(ids(&list(&app, "?language=C%2B%2B").await), [""; 0]);
    assert_eq!(db::submissions::fill_in(&pool, 10).await.unwrap(), 1);
    assert_eq!(db::submissions::fill_in(&pool, 10).await.unwrap(), 0);
    assert_eq!(first(&app, "?language=C%2B%2B").await, told);
    assert_eq!(app.submission(&id).await["version"], before["version"]);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn filters_go_together_and_with_the_cursor(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let mut made = Vec::new();
    for (language, verdict) in [
        ("GNU C++20", "WA"),
        ("Python 3", "WA"),
        ("cpp", "TLE"),
        ("C++", "WA"),
    ] {
        let body = json!({ "text": "x", "language": language, "verdict": verdict });
        made.push(app.submit(&body).await);
    }
    let of = |places: &[usize]| {
        places
            .iter()
            .map(|at| made[*at].clone())
            .collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("?language=C%2B%2B", of(&[3, 2, 0])),
        ("?language=cpp&verdict=wa", of(&[3, 0])),
        ("?verdict=RE", of(&[])),
        ("?language=python&status=QUEUED&q=x", of(&[1])),
        ("?language=python&status=FAILED", of(&[])),
    ] {
        assert_eq!(ids(&list(&app, query).await), expected, "{query}");
    }
    let page = list(&app, "?language=cpp&limit=2").await;
    let query = format!(
        "?language=cpp&cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    assert_eq!(ids(&list(&app, &query).await), of(&[0]));
    let html = app.get("/history?language=cpp&verdict=WA").await;
    let html = html.text().await.unwrap();
    for expected in [
        r#"<option value="cpp" selected>C++</option>"#,
        r#"<option value="python">Python</option>"#,
    ] {
        assert!(html.contains(expected), "{expected}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_search_says_where_it_found_something(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let text = format!(
        "\r\n{}\t Sums \r\n{}\nthe Needle, here {}",
        " ".repeat(300),
        "hay ".repeat(100),
        "straw ".repeat(100)
    );
    app.submit(&json!({ "text": text, "code": "int pin = 1;" }))
        .await;
    let item = first(&app, "?q=needle").await;
    assert_eq!(item["title"], "Sums");
    assert_eq!(item["match"]["field"], "text");
    let excerpt = item["match"]["excerpt"].as_str().unwrap();
    assert!(
        excerpt.starts_with("…hay ") && excerpt.contains("the Needle, here straw"),
        "{excerpt}"
    );
    assert!(excerpt.chars().count() < 160);
    assert_eq!(
        first(&app, "?q=PIN").await["match"],
        json!({ "field": "code", "excerpt": "int pin = 1;" })
    );
    let newest = first(&app, "").await;
    assert_eq!(
        (&newest["title"], &newest["match"]),
        (&json!("Sums"), &Value::Null)
    );
    let html = app.get("/history?q=needle").await.text().await.unwrap();
    assert!(html.contains("the <mark>Needle</mark>, here"), "{html}");
    let html = app.get("/history?q=zzzz").await.text().await.unwrap();
    assert!(html.contains("No submissions match “zzzz”.") && html.contains("Clear search"));
    app.stop().await;
}
