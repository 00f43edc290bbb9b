//! Agents use CodeChecker over the Model Context Protocol.

mod client;
mod refusals;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::support::{
    app::{API, App, TOKEN, buggy, prefix},
    eventually, hunt,
    model::{Act, Model, analysis},
};

/// A message as a client of the revision before sessions were dropped sends it.
fn message(app: &App, method: &str, params: &Value) -> RequestBuilder {
    app.request(Method::POST, "/mcp")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
}

async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(
        (&answer["jsonrpc"], &answer["id"]),
        (&json!("2.0"), &json!(1))
    );
    answer
}

fn call(app: &App, tool: &str, arguments: &Value) -> RequestBuilder {
    message(
        app,
        "tools/call",
        &json!({ "name": tool, "arguments": arguments }),
    )
}

async fn result(request: RequestBuilder) -> Value {
    let mut answer = answer(request).await;
    assert_eq!(answer["error"], Value::Null);
    answer["result"].take()
}

/// The structured answer of a tool, which is also there as text.
async fn done(app: &App, tool: &str, arguments: &Value) -> Value {
    let mut result = result(call(app, tool, arguments)).await;
    assert_eq!(result["isError"], false, "{tool}: {result:#}");
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"]);
    result["structuredContent"].take()
}

/// The problem document with which a tool refuses.
async fn refused(request: RequestBuilder) -> Value {
    let result = result(request).await;
    assert_eq!(result["isError"], true, "{result:#}");
    // Clients would compare it with the schema of the answer.
    assert_eq!(result["structuredContent"], Value::Null);
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

async fn idle(pool: &PgPool, model: &Model, vars: &[(&str, &str)]) -> App {
    App::without_worker(pool, model, &prefix(), vars).await
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_client_is_told_what_the_server_can_do(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[]).await;
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    let hello = result(message(&app, "initialize", &hello)).await;
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    assert_eq!(hello["serverInfo"]["name"], "code-checker");
    assert!(hello["capabilities"]["tools"].is_object());
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let ready = app
        .request(Method::POST, "/mcp")
        .json(&ready)
        .send()
        .await
        .unwrap();
    assert_eq!(ready.status(), StatusCode::ACCEPTED);

    let tools = result(message(&app, "tools/list", &json!({}))).await;
    let tools = tools["tools"].as_array().unwrap();
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["submit", "wait", "get_patch", "cancel"]);
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert_eq!(
            (&schema["type"], &schema["additionalProperties"]),
            (&json!("object"), &json!(false))
        );
        for (name, argument) in schema["properties"].as_object().unwrap() {
            assert!(
                argument["description"].is_string() && argument["type"].is_string(),
                "{name}: {argument}"
            );
        }
        assert!(
            tool["description"].is_string() && tool["annotations"]["readOnlyHint"].is_boolean()
        );
    }
    let submit = &tools[0]["inputSchema"];
    assert_eq!(submit["required"], Value::Null);
    assert_eq!(
        submit["properties"]["verdict"]["enum"],
        json!(["WA", "TLE", "MLE", "RE", "CE", "PE"])
    );
    assert_eq!(submit["properties"]["code"]["maxLength"], 262_144);
    let seconds = &tools[1]["inputSchema"]["properties"]["timeout_seconds"];
    assert_eq!(
        (&seconds["maximum"], &seconds["default"]),
        (&json!(50), &json!(30))
    );
    assert_eq!(tools[1]["inputSchema"]["required"], json!(["id"]));

    // There are no sessions to listen to or to end.
    for method in [Method::GET, Method::DELETE] {
        let response = app.request(method, "/mcp").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_agent_submits_waits_and_gets_the_patch(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let gate = model.hold("analysis", analysis());
    let submitted = done(&app, "submit", &buggy()).await;
    assert_eq!(submitted["status"], "QUEUED");
    let id = submitted["id"].as_str().unwrap();
    let page = submitted["page"].as_str().unwrap();
    assert_eq!(page, format!("{}/submissions/{id}", app.url));
    assert_eq!(
        app.client.get(page).send().await.unwrap().status(),
        StatusCode::OK
    );

    model.called("analysis", 1).await;
    let look = done(&app, "wait", &json!({ "id": id, "timeout_seconds": 0 })).await;
    assert_eq!(
        (&look["status"], &look["finished"]),
        (&json!("PROCESSING"), &json!(false))
    );
    let early = refused(call(&app, "get_patch", &json!({ "id": id }))).await;
    assert_eq!(early["type"], "urn:code-checker:problem:conflict");

    let arguments = json!({ "id": id, "timeout_seconds": 50 });
    let (state, ()) = tokio::join!(done(&app, "wait", &arguments), async {
        gate.add_permits(1)
    });
    assert_eq!(
        (&state["status"], &state["finished"]),
        (&json!("COMPLETED"), &json!(true))
    );
    let found = app.submission(id).await["stages"]["analysis"]["result"].take();
    assert_eq!(state["result"]["summary"], found["summary"]);
    for name in ["lines", "hint", "explanation"] {
        assert_eq!(
            state["result"]["fixes"][0][name], found["fixes"][0][name],
            "{name}"
        );
    }
    let patch = result(call(
        &app,
        "get_patch",
        &json!({ "id": id, "name": "main.cpp" }),
    ))
    .await;
    let by_api = app.get(&format!("{API}/{id}/patch?name=main.cpp")).await;
    assert_eq!(patch["content"][0]["text"], by_api.text().await.unwrap());

    model.next("code", [Act::Say(json!({ "language": "", "code": "" }))]);
    let submitted = done(&app, "submit", &json!({ "text": "No program here." })).await;
    let failed = done(
        &app,
        "wait",
        &json!({ "id": submitted["id"], "timeout_seconds": 50 }),
    )
    .await;
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("FAILED"), &json!("no_code"))
    );
    assert!(!failed["error"]["detail"].as_str().unwrap().is_empty());
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_submission_is_stopped_with_the_token_of_its_owner(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[]).await;
    let submitted = done(&app, "submit", &buggy()).await;
    let (id, other) = (&submitted["id"], done(&app, "submit", &buggy()).await);
    for token in [json!(null), other["owner_token"].clone(), json!("no")] {
        let problem = refused(call(
            &app,
            "cancel",
            &json!({ "id": id, "owner_token": token }),
        ))
        .await;
        assert_eq!(
            problem["type"], "urn:code-checker:problem:not-owner",
            "{token}"
        );
    }
    let arguments = json!({ "id": id, "owner_token": submitted["owner_token"] });
    assert_eq!(
        done(&app, "cancel", &arguments).await["status"],
        "CANCELLED"
    );
    let state = done(&app, "wait", &json!({ "id": id })).await;
    assert_eq!(
        (&state["status"], &state["result"]),
        (&json!("CANCELLED"), &Value::Null)
    );
    let by_admin = call(&app, "cancel", &json!({ "id": other["id"] })).bearer_auth(TOKEN);
    assert_eq!(
        result(by_admin).await["structuredContent"]["status"],
        "CANCELLED"
    );
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_agent_submits_no_faster_than_the_api_allows(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[("SUBMISSIONS_PER_MINUTE", "1")]).await;
    // From here on the client has a visitor's cookie.
    app.submit(&buggy()).await;
    for _ in 0..3 {
        done(&app, "submit", &buggy()).await;
    }
    let problem = refused(call(&app, "submit", &buggy())).await;
    assert_eq!(
        problem["type"],
        "urn:code-checker:problem:too-many-attempts"
    );
    let by_admin = result(call(&app, "submit", &buggy()).bearer_auth(TOKEN)).await;
    assert_eq!(by_admin["isError"], false);
    app.stop().await;
}

/// Waits until a tool waits for events.
async fn waits(app: &App) {
    eventually("a tool waits", async || {
        format!("{:?}", app.state.events)
            .contains("listening: true")
            .then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_wait_ends_with_its_client_and_with_the_server(pool: PgPool) {
    let model = Model::start().await;
    let app = idle(&pool, &model, &[]).await;
    let id = app.submit(&buggy()).await;
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "wait", "arguments": { "id": id, "timeout_seconds": 50 } },
    })
    .to_string();
    // Each handler that runs has the state.
    let before = app.state.holders();
    let port = app.url.rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let request = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{call}",
        call.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    waits(&app).await;
    assert!(app.state.holders() > before);
    drop(stream);
    let ended = eventually("the wait has ended", async || {
        (app.state.holders() <= before).then_some(())
    });
    tokio::time::timeout(Duration::from_secs(40), ended)
        .await
        .expect("it waited on although the client had hung up");
    app.stop().await;

    let app = idle(&pool, &model, &[]).await;
    let pending = app
        .request(Method::POST, "/mcp")
        .header("content-type", "application/json")
        .body(call);
    let pending = tokio::spawn(result(pending));
    waits(&app).await;
    app.stop().await;
    let state = pending.await.unwrap()["structuredContent"].take();
    assert_eq!(
        (&state["status"], &state["finished"]),
        (&json!("QUEUED"), &json!(false))
    );
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_agent_is_told_how_the_hunt_ended_and_what_is_disputed(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    let look = json!({ "id": id, "timeout_seconds": 0 });
    let state = done(&app, "wait", &look).await;
    assert_eq!(
        (&state["hunt_ending"], &state["dispute"]),
        (&Value::Null, &Value::Null)
    );
    let long = "7 ".repeat(10_000);
    let mut found = hunt::found();
    found["dispute"] =
        json!({ "input": "2\n", "first": format!("{long}1"), "second": format!("{long}2") });
    found["counterexample"]["expected"] = json!(long);
    hunt::store(&pool, &id, "hunt", &found).await;
    let state = done(&app, "wait", &look).await;
    assert_eq!(state["hunt_ending"], "found");
    let counterexample = &state["counterexample"];
    let cut = ["input_cut", "expected_cut", "output_cut"].map(|field| &counterexample[field]);
    assert_eq!(cut, [&json!(false), &json!(true), &json!(false)]);
    let dispute = &state["dispute"];
    assert_eq!(dispute["input"], "2\n");
    let cut = ["input_cut", "first_cut", "second_cut"].map(|field| &dispute[field]);
    assert_eq!(cut, [&json!(false), &json!(true), &json!(true)]);
    let ends = ["first", "second"].map(|field| dispute[field].as_str().unwrap().ends_with("7 1"));
    assert_eq!(ends, [true, false], "{dispute:#}");
    app.stop().await;
}
