//! The list of submissions.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, prefix},
    model::Model,
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
