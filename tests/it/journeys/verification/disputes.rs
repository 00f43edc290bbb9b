//! References that disagree, and the user's click that settles it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    hunt::{RIGHT, SOLVE_AS_THE_PROGRAM, SOLVE_TOO, bench, body, helpers, second},
    outcome,
};
use crate::support::{app::API, model::Act};

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_dispute_is_settled_by_the_user_and_the_run_goes_on(pool: PgPool) {
    let bench = bench(&pool, [Act::Say(helpers()), second(SOLVE_AS_THE_PROGRAM)]).await;
    let id = bench.app.submit(&body()).await;
    let done = bench.app.reaches(&id, "COMPLETED").await;
    let hunt = &done["stages"]["hunt"]["result"];
    assert_eq!(hunt["ending"], "disputed", "{hunt:#}");
    assert_eq!(
        hunt["dispute"],
        json!({ "input": "1\n-1\n", "first": "-1", "second": "0" })
    );
    let verification = &done["stages"]["verification"]["result"];
    assert_eq!(
        outcome(verification),
        (Some("unverified"), Some("disputed")),
        "{verification:#}"
    );

    let settle = async |body: Value| {
        let path = format!("{API}/{id}/settle");
        let request = bench.app.request(Method::POST, &path).json(&body);
        request.send().await.unwrap().status()
    };
    for (wrong, status) in [
        (
            json!({ "run": 1, "answer": "both" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "answer": "first" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (json!({ "run": 2, "answer": "first" }), StatusCode::CONFLICT),
        (
            json!({ "run": 1, "answer": "first", "output": "1" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(settle(wrong).await, status);
    }
    let stranger = reqwest::Client::builder()
        .build()
        .unwrap()
        .post(format!("{}{API}/{id}/settle", bench.app.url))
        .json(&json!({ "run": 1, "answer": "second" }))
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);

    let calls = [
        bench.model.calls("hunt").len(),
        bench.model.calls("analysis").len(),
    ];
    assert_eq!(
        settle(json!({ "run": 1, "answer": "first" })).await,
        StatusCode::ACCEPTED
    );
    let done = bench.app.reaches(&id, "COMPLETED").await;
    assert_eq!(
        (&done["run"], &done["settled"]),
        (&json!(2), &json!([{ "input": "1\n-1\n", "output": "-1" }]))
    );
    let verification = &done["stages"]["verification"]["result"];
    assert_eq!(
        outcome(verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    let tests = verification["tests"].as_array().unwrap();
    let settled = tests
        .iter()
        .find(|test| test["source"] == "settled")
        .unwrap();
    assert_eq!(
        (
            &settled["expected"],
            &settled["before"]["verdict"],
            &settled["after"]["verdict"]
        ),
        (&json!("-1"), &json!("WA"), &json!("AC"))
    );
    // Nothing was paid for again.
    assert_eq!(
        calls,
        [
            bench.model.calls("hunt").len(),
            bench.model.calls("analysis").len()
        ]
    );
    assert_eq!(
        settle(json!({ "run": 2, "answer": "first" })).await,
        StatusCode::CONFLICT
    );
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn neither_is_right(pool: PgPool) {
    let bench = bench(
        &pool,
        [
            Act::Say(helpers()),
            second(SOLVE_AS_THE_PROGRAM),
            Act::Say(helpers()),
            second(SOLVE_TOO),
        ],
    )
    .await;
    let nothing = json!({ "summary": "The program is right as it is.", "fixes": [] });
    bench.model.next("analysis", [Act::Say(nothing)]);
    let id = bench.app.submit(&body()).await;
    bench.app.reaches(&id, "COMPLETED").await;
    let path = format!("{API}/{id}/settle");
    let answer = json!({ "run": 1, "answer": "neither" });
    let request = bench.app.request(Method::POST, &path).json(&answer);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
    // Other references are asked for, and these agree.
    let done = bench.app.reaches(&id, "COMPLETED").await;
    assert_eq!(bench.model.calls("hunt").len(), 4);
    let hunt = &done["stages"]["hunt"]["result"];
    assert_eq!(hunt["counterexample"]["level"], "agreed", "{hunt:#}");
    let verification = &done["stages"]["verification"]["result"];
    assert_eq!(
        outcome(verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    let code = done["stages"]["verification"]["result"]["analysis"]["modified_code"].as_str();
    assert!(code.unwrap().contains(RIGHT.1));
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_answer_is_for_its_own_dispute_and_is_taken_back_by_a_run_from_the_start(pool: PgPool) {
    let disputed = || [Act::Say(helpers()), second(SOLVE_AS_THE_PROGRAM)];
    let bench = bench(&pool, disputed()).await;
    let id = bench.app.submit(&body()).await;
    bench.app.reaches(&id, "COMPLETED").await;
    let page = format!("/submissions/{id}");
    let html = bench.app.get(&page).await.text().await.unwrap();
    let field = r#"<input type="hidden" name="run" value="1">"#;
    assert_eq!(html.matches(field).count(), 2);
    let click = async |run: &str| {
        let request = bench.app.request(Method::POST, &format!("{page}/settle"));
        let fields = [("run", run), ("answer", "second")];
        request.form(&fields).send().await.unwrap()
    };
    let refused = click("7").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let said = refused.text().await.unwrap();
    assert!(said.contains("This submission has changed"), "{said}");
    assert!(click("1").await.status().is_success());
    let done = bench.app.reaches(&id, "COMPLETED").await;
    assert_eq!(
        done["settled"],
        json!([{ "input": "1\n-1\n", "output": "0" }])
    );

    bench.model.next("hunt", disputed());
    let again = format!("{API}/{id}/retry?from=start");
    let again = bench.app.request(Method::POST, &again).send().await;
    assert_eq!(again.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(bench.app.submission(&id).await["settled"], json!([]));
    let done = bench.app.reaches(&id, "COMPLETED").await;
    let hunt = &done["stages"]["hunt"]["result"];
    assert_eq!(hunt["ending"], "disputed", "{hunt:#}");
    assert_eq!(
        click("1").await.status(),
        StatusCode::CONFLICT,
        "of the first run"
    );
    bench.stop().await;
}
