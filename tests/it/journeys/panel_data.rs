//! The stored submissions in the panel: numbers by day, and a list to delete from.

use chrono::{Days, Utc};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use super::panel_pages::{log_in, send};
use crate::support::{
    app::{App, TOKEN, buggy, prefix},
    model::{Act, Model},
};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_numbers_count_each_day_its_tokens_and_the_reasons_of_failures(pool: PgPool) {
    let model = Model::start().await;
    let prices = [
        ("PRICE_INPUT_PER_MTOK", "1000"),
        ("PRICE_OUTPUT_PER_MTOK", "1000"),
    ];
    let app = App::start_with(&pool, &model, &prefix(), &prices).await;
    log_in(&app, TOKEN, "").await;
    let page = app.get("/settings/data").await.text().await.unwrap();
    assert!(page.contains("Nothing was submitted in the last 30 days."));
    let old = app.submit(&buggy()).await;
    app.reaches(&old, "COMPLETED").await;
    app.laid_out(&old).await;
    sqlx::query("UPDATE submissions SET created_at = created_at - interval '2 days'")
        .execute(&pool)
        .await
        .unwrap();
    let refusal = json!({ "error": { "message": "Incorrect API key" } });
    model.usually("analysis", Act::Fail(401, refusal));
    let failed = app.submit(&buggy()).await;
    app.reaches(&failed, "FAILED").await;
    app.laid_out(&failed).await;
    let page = app.get("/settings/data").await.text().await.unwrap();
    let today = Utc::now().date_naive();
    let then = today - Days::new(2);
    for day in [today, then] {
        assert!(page.contains(&format!("<title>{day}: 1</title>")), "{day}");
        assert!(
            page.contains(&format!("<th scope=\"row\">{day}</th>")),
            "{day}"
        );
    }
    assert!(page.contains("Submissions per day: 2 in all"));
    assert!(page.contains("failed: 1"));
    // Two calls of the first one, one of the other, of 110 tokens each.
    assert!(page.contains("Tokens per day: 330 in all"), "{page}");
    assert!(page.contains("Cost per day: $0.3300 in all"));
    assert!(page.contains("<code class=\"small\">model_unauthorized</code>"));
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_list_is_searched_paged_and_deleted_from_once_that_is_confirmed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    log_in(&app, TOKEN, "").await;
    let mut ids = Vec::new();
    for number in 0..23 {
        let text = format!("# Problem number {number}.\nAdd <b>");
        ids.push(app.submit(&json!({ "text": text })).await);
    }
    let page = async |path: &str| app.get(path).await.text().await.unwrap();
    let first = page("/settings/data").await;
    assert!(first.contains(">Problem number 22.<") && !first.contains(">Problem number 2.<"));
    let older = first.split("id=\"older\" href=\"").nth(1).unwrap();
    let older = older.split('"').next().unwrap().replace("&amp;", "&");
    let second = page(&older).await;
    assert!(second.contains(">Problem number 2.<") && !second.contains("id=\"older\""));
    let found = page("/settings/data?q=number+7.&status=QUEUED").await;
    assert!(found.contains(">Problem number 7.<") && !found.contains(">Problem number 8.<"));
    let none = page("/settings/data?q=number+7.&status=FAILED").await;
    assert!(none.contains("No submissions match."));
    // Nonsense selects everything.
    assert!(
        page("/settings/data?status=x&before=y")
            .await
            .contains(">Problem number 22.<")
    );

    let selected = "/settings/data/selected";
    let count = async || {
        let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM submissions");
        query.fetch_one(&pool).await.unwrap()
    };
    let chosen = [("id", ids[3].as_str()), ("id", ids[4].as_str())];
    let asked = send(&app, selected, &chosen).await.text().await.unwrap();
    assert!(
        asked.contains("Delete 2 submissions?")
            && asked.contains("<li dir=\"auto\">Problem number 3.</li>")
    );
    let one = send(&app, selected, &[("id", &ids[3]), ("one", &ids[5])]).await;
    assert!(
        one.text()
            .await
            .unwrap()
            .contains("Delete this submission?")
    );
    let none = send(&app, selected, &[("id", "nonsense")])
        .await
        .text()
        .await
        .unwrap();
    assert!(none.contains("Nothing is selected."));
    assert_eq!(count().await, 23);
    let sure = [chosen[0], chosen[1], ("confirm", "1")];
    for deleted in [2, 0] {
        let done = send(&app, selected, &sure).await;
        assert_eq!(done.status(), StatusCode::OK);
        let said = format!("Deleted submissions: {deleted}.");
        assert!(done.text().await.unwrap().contains(&said), "{said}");
    }
    assert_eq!(count().await, 21);
    app.stop().await;
}
