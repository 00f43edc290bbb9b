//! What visitors may spend in a day.

use std::time::Duration;

use analyze::sweeper::sweep;
use bullmq::JobState;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    eventually,
    model::{Model, analysis},
};

/// The test's own address is a proxy, so that each test can have many clients.
const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "127.0.0.0/8,::1");

fn browser() -> Client {
    Client::builder().cookie_store(true).build().unwrap()
}

fn submit(app: &App, client: &Client, address: &str) -> RequestBuilder {
    let request = client.post(format!("{}{API}", app.url)).json(&buggy());
    request.header("x-forwarded-for", address)
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

/// The problem of a request that is refused until midnight UTC.
async fn refused(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    let limit = response.headers()["ratelimit"].to_str().unwrap().to_owned();
    assert!(limit.ends_with(&format!("r=0;t={wait}")), "{limit}");
    let problem: Value = response.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("midnight UTC, in"), "{detail}");
    problem
}

async fn stored(pool: &PgPool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM submissions");
    count.fetch_one(pool).await.unwrap()
}

async fn spend(pool: &PgPool, tokens: i64) {
    sqlx::query(
        "INSERT INTO spending (day, prompt_tokens, completion_tokens)
        VALUES ((now() AT TIME ZONE 'UTC')::date, $1, 0)
        ON CONFLICT (day) DO UPDATE SET prompt_tokens = spending.prompt_tokens + $1",
    )
    .bind(tokens)
    .execute(pool)
    .await
    .unwrap();
}

async fn spent(pool: &PgPool) -> i64 {
    db::spending::spent(pool).await.unwrap().today.tokens
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_visitor_has_so_many_submissions_a_day_over_all_processes(pool: PgPool) {
    let model = Model::start().await;
    let limit = [("DAILY_SUBMISSIONS_PER_VISITOR", "3"), PROXY];
    let prefix = prefix();
    let first = App::without_worker(&pool, &model, &prefix, &limit).await;
    let second = App::without_worker(&pool, &model, &prefix, &limit).await;
    let visitor = browser();
    let taken = submit(&first, &visitor, "198.51.100.1")
        .send()
        .await
        .unwrap();
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let policy = taken.headers()["ratelimit-policy"].to_str().unwrap();
    assert_eq!(
        policy,
        "\"day-address\";q=60;w=86400, \"day-visitor\";q=3;w=86400"
    );
    let left = taken.headers()["ratelimit"].to_str().unwrap();
    assert!(left.contains("\"day-visitor\";r=2;t="), "{left}");
    let id = taken.json::<Value>().await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();

    // Many at once, at two processes, from changing addresses: two have room.
    let all = (0..12).map(|number| {
        let app = if number % 2 == 0 { &first } else { &second };
        status(submit(app, &visitor, &format!("198.51.100.{number}")))
    });
    let all = futures::future::join_all(all).await;
    let taken = all
        .iter()
        .filter(|status| **status == StatusCode::ACCEPTED)
        .count();
    assert_eq!(taken, 2, "{all:?}");
    assert_eq!(stored(&pool).await, 3);
    let problem = refused(
        submit(&second, &visitor, "203.0.113.1")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(problem["type"], "urn:code-checker:problem:daily-limit");

    // A retry is one more.
    let at = |app: &App, path: &str| visitor.post(format!("{}{path}", app.url));
    assert_eq!(
        status(at(&first, &format!("{API}/{id}/cancel"))).await,
        StatusCode::OK
    );
    refused(
        at(&first, &format!("{API}/{id}/retry"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(first.submission(&id).await["status"], "CANCELLED");
    let page = at(&first, &format!("/submissions/{id}/retry"))
        .form(&[("from", "")])
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(page.headers().contains_key("retry-after"));
    assert!(page.text().await.unwrap().contains("Daily limit reached"));
    // Others, and the admin, are free; the form tells this visitor alone.
    let home = async |client: &Client| {
        let page = client.get(&first.url).send().await.unwrap();
        page.text().await.unwrap()
    };
    assert!(home(&visitor).await.contains(
        "You have sent all your submissions for today. You can submit again after 00:00 UTC, in "
    ));
    let other = browser();
    assert_eq!(
        status(submit(&second, &other, "198.51.100.1")).await,
        StatusCode::ACCEPTED
    );
    assert!(!home(&other).await.contains("id=\"closed\""));
    let admin = submit(&first, &visitor, "198.51.100.1").header("x-admin-token", TOKEN);
    assert_eq!(status(admin).await, StatusCode::ACCEPTED);
    let retry = at(&first, &format!("{API}/{id}/retry")).bearer_auth(TOKEN);
    assert_eq!(status(retry).await, StatusCode::ACCEPTED);

    // The next day all is new, and the sweeper forgets the day before.
    let midnight = "UPDATE daily_submissions SET day = day - 1";
    sqlx::query(midnight).execute(&pool).await.unwrap();
    assert_eq!(
        status(submit(&first, &visitor, "198.51.100.1")).await,
        StatusCode::ACCEPTED
    );
    sweep(&first.state, Duration::from_secs(3600))
        .await
        .unwrap();
    let days: i64 = sqlx::query_scalar("SELECT count(DISTINCT day) FROM daily_submissions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(days, 1);
    first.stop().await;
    second.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_address_has_its_limit_and_a_repeated_request_is_not_counted(pool: PgPool) {
    let model = Model::start().await;
    let limit = [("DAILY_SUBMISSIONS_PER_VISITOR", "1"), PROXY];
    let app = App::without_worker(&pool, &model, &prefix(), &limit).await;
    let key =
        |client: &Client| submit(&app, client, "2001:db8:1:2::1").header("idempotency-key", "k");
    let visitor = browser();
    for _ in 0..3 {
        assert_eq!(status(key(&visitor)).await, StatusCode::ACCEPTED);
    }
    // A refused request leaves no key behind.
    let more = || submit(&app, &visitor, "2001:db8:1:2::1").header("idempotency-key", "another");
    for _ in 0..2 {
        refused(more().send().await.unwrap()).await;
    }
    // Twenty visitors of one network, which is one address.
    for number in 2..=20 {
        let address = format!("2001:db8:1:2::{number:x}");
        assert_eq!(
            status(submit(&app, &browser(), &address)).await,
            StatusCode::ACCEPTED
        );
    }
    refused(
        submit(&app, &browser(), "2001:db8:1:2::ffff")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        status(submit(&app, &browser(), "2001:db8:1:3::1")).await,
        StatusCode::ACCEPTED
    );
    // Nobody's address is kept.
    let clients: Vec<String> = sqlx::query_scalar("SELECT client FROM daily_submissions")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert!(
        clients.iter().all(|client| client.len() == 43),
        "{clients:?}"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn when_the_tokens_of_the_day_are_used_up_visitors_wait(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start_with(&pool, &model, &prefix(), &[("DAILY_TOKEN_BUDGET", "200")]).await;
    let home = async || app.get("/").await.text().await.unwrap();
    assert!(!home().await.contains("id=\"closed\""));
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    app.laid_out(&id).await;
    assert_eq!(spent(&pool).await, 220);

    let problem = refused(app.post(&buggy()).await).await;
    assert_eq!(problem["type"], "urn:code-checker:problem:budget-used");
    let again = format!("{API}/{id}/retry?from=start");
    refused(app.request(Method::POST, &again).send().await.unwrap()).await;
    let form = reqwest::multipart::Form::new()
        .text("text", "x")
        .text("code", "y");
    let page = app.request(Method::POST, "/submissions").multipart(form);
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(page.headers().contains_key("retry-after"));
    assert!(page.text().await.unwrap().contains("used all the tokens"));
    let tool = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "submit", "arguments": { "code": "int main() {}" } },
    });
    let agent = app
        .request(Method::POST, "/mcp")
        .json(&tool)
        .send()
        .await
        .unwrap();
    assert!(agent.text().await.unwrap().contains("budget-used"));
    assert_eq!(stored(&pool).await, 1);
    assert!(
        home().await.contains("This server&#39;s budget")
            || home().await.contains("budget of this server is used up")
    );

    // The admin's run at once, and count.
    let admin = |path: &str| {
        app.request(Method::POST, path)
            .header("x-admin-token", TOKEN)
    };
    let created: Value = admin(API)
        .json(&buggy())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let theirs = created["id"].as_str().unwrap();
    app.reaches(theirs, "COMPLETED").await;
    app.laid_out(theirs).await;
    assert_eq!(spent(&pool).await, 440);
    let copy = admin(&format!("{API}/{id}/regenerate"))
        .send()
        .await
        .unwrap();
    let copy: Value = copy.json().await.unwrap();
    app.reaches(copy["id"].as_str().unwrap(), "COMPLETED").await;
    assert_eq!(status(admin(&again)).await, StatusCode::ACCEPTED);
    app.reaches(&id, "COMPLETED").await;

    let panel = app
        .request(Method::GET, "/settings/data")
        .bearer_auth(TOKEN);
    let panel = panel.send().await.unwrap().text().await.unwrap();
    assert!(
        panel.contains(" of 200 tokens") && panel.contains("<meter"),
        "{panel}"
    );
    // Yesterday's tokens are no longer today's.
    let midnight = "UPDATE spending SET day = day - 1";
    sqlx::query(midnight).execute(&pool).await.unwrap();
    assert!(!home().await.contains("id=\"closed\""));
    app.submit(&buggy()).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn what_waits_when_the_tokens_are_used_up_waits_for_the_next_day(pool: PgPool) {
    let model = Model::start().await;
    let prefix = prefix();
    let budget = [("DAILY_TOKEN_BUDGET", "1000")];
    let idle = App::without_worker(&pool, &model, &prefix, &budget).await;
    let ids = [idle.submit(&buggy()).await, idle.submit(&buggy()).await];
    let theirs = idle
        .request(Method::POST, API)
        .bearer_auth(TOKEN)
        .json(&buggy());
    let theirs: Value = theirs.send().await.unwrap().json().await.unwrap();
    idle.stop().await;
    spend(&pool, 1000).await;
    let app = App::start_with(&pool, &model, &prefix, &budget).await;
    // The one of the admin comes last.
    app.reaches(theirs["id"].as_str().unwrap(), "COMPLETED")
        .await;
    let calls = model.calls("analysis").len();
    let queue = app.bullmq().await;
    for id in &ids {
        let waiting = eventually("it is put off", async || {
            let submission = app.submission(id).await;
            (submission["stages"]["problem"]["error"] != Value::Null).then_some(submission)
        })
        .await;
        assert_eq!(waiting["status"], "QUEUED");
        assert_eq!(waiting["stages"]["problem"]["error"]["code"], "budget_used");
        let job = job_queue::job_id(id.parse().unwrap(), 1);
        eventually("its job is delayed", async || {
            let state = queue.get_job_state(&job).await.unwrap();
            (state == JobState::Delayed).then_some(())
        })
        .await;
        let page = app
            .get(&format!("/submissions/{id}"))
            .await
            .text()
            .await
            .unwrap();
        assert!(page.contains("has used up its tokens for today"), "{page}");
    }
    assert_eq!(
        model.calls("analysis").len(),
        calls,
        "a model was asked for what waits"
    );
    // The sweeper leaves them alone.
    assert_eq!(sweep(&app.state, Duration::ZERO).await.unwrap(), 0);
    let until: Vec<bool> = sqlx::query_scalar(
        "SELECT deferred_until = ((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC'
        FROM submissions WHERE deferred_until IS NOT NULL",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(until, [true, true]);

    // With a higher budget they go on; the one that was cancelled meanwhile does not.
    let cancel = app.request(Method::POST, &format!("{API}/{}/cancel", ids[1]));
    let cancel = cancel.bearer_auth(TOKEN);
    assert_eq!(status(cancel).await, StatusCode::OK);
    let settings = app
        .request(Method::PATCH, "/api/v1/settings")
        .bearer_auth(TOKEN);
    let settings = settings.json(&json!({ "DAILY_TOKEN_BUDGET": "100000" }));
    assert_eq!(status(settings).await, StatusCode::OK);
    assert_eq!(sweep(&app.state, Duration::ZERO).await.unwrap(), 1);
    app.reaches(&ids[0], "COMPLETED").await;
    assert_eq!(app.submission(&ids[1]).await["status"], "CANCELLED");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn calls_that_are_given_up_and_tests_of_the_settings_count(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let _gate = model.hold("analysis", analysis());
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    app.laid_out(&id).await;
    eventually("a call is counted", async || {
        (spent(&pool).await == 110).then_some(())
    })
    .await;
    let cancel = app.request(Method::POST, &format!("{API}/{id}/cancel"));
    assert_eq!(status(cancel).await, StatusCode::OK);
    model.hung_up(1).await;
    eventually("the other is counted", async || {
        (spent(&pool).await > 110).then_some(())
    })
    .await;

    let before = spent(&pool).await;
    let test = app
        .request(Method::POST, "/api/v1/settings/test")
        .bearer_auth(TOKEN);
    let report: Value = test
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let used = &report["usage"];
    let used =
        used["prompt_tokens"].as_i64().unwrap() + used["completion_tokens"].as_i64().unwrap();
    assert!(used > 0, "{report:#}");
    assert_eq!(spent(&pool).await, before + used);
    app.stop().await;
}
