//! The API's document: the copy that is served, the routes, the clients that generators make of it, and a fuzzer that believes it.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use reqwest::Method;
use serde_json::Value;
use sqlx::PgPool;
use tokio::process::Command;

use crate::{
    routes::table,
    support::{
        app::{App, TOKEN, prefix},
        judge::Judge,
        model::{BUGGY, Model},
        root,
    },
};

fn copy() -> String {
    std::fs::read_to_string(root().join("functions/openapi/openapi.json")).unwrap()
}

#[test]
fn the_copy_is_what_the_handlers_say() {
    assert!(
        copy() == local_runtime::openapi::text().unwrap(),
        "functions/openapi/openapi.json is out of date: run ./tests/run prepare and commit it"
    );
}

#[test]
fn the_rows_of_the_readme_are_the_operations() {
    let document = local_runtime::openapi::document().unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let function = operation["x-function"].as_str().unwrap().to_owned();
            operations.insert((function, method.to_uppercase(), path.clone()));
        }
    }
    let rows = table().into_iter();
    let rows: BTreeSet<_> = rows
        .map(|(function, method, path)| (function, method.to_string(), path))
        .collect();
    assert_eq!(rows, operations);
}

fn references<'a>(value: &'a Value, all: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            all.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, all));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, all)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = local_runtime::openapi::document().unwrap();
    let mut all = BTreeSet::new();
    references(&document, &mut all);
    assert!(all.len() > 50, "{all:?}");
    for reference in all {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
    let mut names = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is there twice");
            assert!(
                operation["summary"].as_str().unwrap().ends_with('.'),
                "{name}"
            );
        }
    }
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_document_and_its_page_are_served(pool: PgPool) {
    let model = Model::start().await;
    let app = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let response = app.get("/api/openapi.json").await;
    let etag = response.headers()["etag"].clone();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), copy());
    let request = app.request(Method::GET, "/api/openapi.json");
    let again = request.header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let page = app.get("/docs").await.text().await.unwrap();
    for problem in web::problems::ALL {
        assert!(page.contains(&format!("id=\"problem-{}\"", problem.code)));
        assert!(page.contains(&problem.urn()));
    }
    for (_, _, path) in table() {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    app.stop().await;
}

/// A folder that `tests/run` filled; `None` where it could not.
#[expect(clippy::print_stderr, reason = "for who reads the test's output")]
fn tools(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: run the tests with ./tests/run, which installs it")
    });
    if folder.is_empty() {
        eprintln!("skipped: {variable} could not be installed");
        return None;
    }
    Some(folder.into())
}

/// The README's first block of this language in its section on the API, for the server at `url`.
fn example(language: &str, url: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n### The API\n").nth(1).unwrap();
    let block = section.split(&format!("```{language}\n")).nth(1).unwrap();
    let block = block.split("```").next().unwrap();
    block.replace("http://localhost:3000", url)
}

async fn run(command: &mut Command) -> String {
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{errors}");
    said
}

const PATCHED: &str = "+    std::cout << a + b << \"\\n\";";

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_generated_client_in_python_reads_the_patch(pool: PgPool) {
    let Some(tools) = tools("OPENAPI_PYTHON") else {
        return;
    };
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("solution.cpp"), BUGGY).unwrap();
    std::fs::write(folder.path().join("client.py"), example("python", &app.url)).unwrap();
    let mut generate = Command::new(tools.join("bin/openapi-python-client"));
    generate
        .args([
            "generate",
            "--meta",
            "none",
            "--output-path",
            "code_checker_client",
            "--path",
        ])
        .arg(root().join("functions/openapi/openapi.json"));
    run(generate.current_dir(folder.path())).await;
    let mut client = Command::new(tools.join("bin/python"));
    let said = run(client.arg("client.py").current_dir(folder.path())).await;
    assert!(said.contains(PATCHED), "{said}");
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_generated_client_in_typescript_reads_the_patch(pool: PgPool) {
    let Some(tools) = tools("OPENAPI_NODE") else {
        return;
    };
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    // Within the folder, where the packages are looked for.
    let folder = tempfile::tempdir_in(&tools).unwrap();
    std::fs::write(folder.path().join("solution.cpp"), BUGGY).unwrap();
    std::fs::write(folder.path().join("client.ts"), example("ts", &app.url)).unwrap();
    std::fs::write(
        folder.path().join("package.json"),
        r#"{ "type": "module" }"#,
    )
    .unwrap();
    let program = |name: &str| {
        let mut command = Command::new(tools.join("node_modules/.bin").join(name));
        command.current_dir(folder.path());
        command
    };
    let document = root().join("functions/openapi/openapi.json");
    run(program("openapi-typescript")
        .arg(document)
        .args(["-o", "schema.d.ts"]))
    .await;
    run(program("tsc").args([
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--skipLibCheck",
        "client.ts",
    ]))
    .await;
    let mut client = Command::new("node");
    let said = run(client.arg("client.js").current_dir(folder.path())).await;
    assert!(said.contains(PATCHED), "{said}");
    app.stop().await;
}

/// All checks, which is the default, with stateful links, as the admin and as anybody, each for a while.
#[sqlx::test(migrator = "db::MIGRATOR")]
async fn fuzzing_finds_nothing(pool: PgPool) {
    const SECONDS: u64 = 40;
    let Some(tools) = tools("OPENAPI_PYTHON") else {
        return;
    };
    let (model, judge) = (Model::start().await, Judge::start().await);
    let vars = [
        ("JUDGE_URL", &*judge.url()),
        ("TRUSTED_PROXIES", "127.0.0.1,::1"),
        ("MAX_QUEUED", "1000000"),
    ];
    let app = App::start_with(&pool, &model, &prefix(), &vars).await;
    let folder = tempfile::tempdir().unwrap();
    for is_admin in [true, false] {
        let mut fuzzer = Command::new(tools.join("bin/schemathesis"));
        fuzzer
            .arg("--config-file")
            .arg(root().join("tests/openapi/schemathesis.toml"))
            .arg("run")
            .arg(root().join("functions/openapi/openapi.json"))
            .args(["--no-color", "--url", &app.url, "--workers", "2"])
            .args([
                "--phases",
                "examples,coverage,fuzzing,stateful",
                "--generation-database",
                "none",
            ])
            .args(["--max-time", &SECONDS.to_string()])
            .env("PYTHONPATH", root().join("tests/openapi"))
            .current_dir(folder.path());
        if is_admin {
            // The right token is always there, so that another beside it changes nothing.
            fuzzer.args(["--header", &format!("x-admin-token: {TOKEN}")]);
            fuzzer.args(["--exclude-checks", "ignored_auth"]);
            fuzzer.args(["--generation-with-security-parameters", "false"]);
        }
        let run = tokio::time::timeout(Duration::from_secs(3 * SECONDS), run(&mut fuzzer));
        let said = run.await.unwrap();
        assert!(said.contains("Test cases:"), "{said}");
    }
    app.stop().await;
}
