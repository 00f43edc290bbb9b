//! `code-checker ask`: the real program against a running server.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
};

use crate::support::{
    app::{API, App, TOKEN, prefix},
    model::{Act, BUGGY, Model, STATEMENT, analysis},
    process::program,
};

/// A folder with the program and its statement.
struct Work {
    folder: TempDir,
    file: PathBuf,
}

impl Work {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.cpp");
        fs::write(&file, BUGGY).unwrap();
        fs::write(folder.path().join("statement.md"), STATEMENT).unwrap();
        Self { folder, file }
    }

    fn ask(&self, server: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("code-checker"));
        command
            .arg("ask")
            .args(arguments)
            .env_clear()
            .env("CODE_CHECKER_SERVER", server)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn asked(&self, server: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        told(self.ask(server, arguments).output().await.unwrap())
    }
}

/// Exit code, standard output and standard error.
fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

const GIVEN: [&str; 5] = ["main.cpp", "-p", "statement.md", "-v", "WA"];

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_bug_is_explained_and_shown_as_a_diff(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    let (code, out, err) = work.asked(&app.url, &GIVEN).await;
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    for expected in [
        "1 bug found\nThe program prints the difference instead of the sum.\n",
        "1. wrong operator · critical · line 6\n`a - b` is the difference.\n",
        "--- a/main.cpp\n+++ b/main.cpp\n@@ -3,5 +3,5 @@\n",
        "\n-    std::cout << a - b << \"\\n\";\n+    std::cout << a + b << \"\\n\";\n",
        &format!("{}/submissions/", app.url),
    ] {
        assert!(out.contains(expected), "{expected} is not in {out}");
    }
    assert!(!out.contains('\u{1b}'));
    // Nothing is changed unless that is asked for.
    assert_eq!(fs::read_to_string(&work.file).unwrap(), BUGGY);

    let (code, out, _) = work
        .asked(&app.url, &["main.cpp", "--json", "--lang", "de"])
        .await;
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(found["answer_language"], "de");
    assert_eq!(found["language"], "C++");
    assert_eq!(found["stages"]["analysis"]["result"]["bug_found"], true);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn every_end_has_an_exit_code(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    let nothing = json!({ "summary": "It is right.", "fixes": [] });
    model.next("analysis", [Act::Say(nothing.clone()), Act::Say(nothing)]);
    let (code, out, err) = work.asked(&app.url, &GIVEN).await;
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.starts_with("No bug found\nIt is right.\n"), "{out}");

    let refusal = Act::Fail(401, json!({ "error": { "message": "Incorrect API key" } }));
    model.usually("analysis", refusal);
    let (code, _, err) = work.asked(&app.url, &GIVEN).await;
    assert_eq!(code, Some(3));
    assert!(
        err.contains("the analysis failed") && err.contains("model_unauthorized"),
        "{err}"
    );

    for (wrong, said) in [
        (&["none.cpp"][..], "none.cpp: No such file"),
        (
            &["main.cpp", "-v", "OK"],
            "must be WA, TLE, MLE, RE, CE or PE",
        ),
        (&["main.cpp", "--sample", "statement.md"], "--sample"),
        (
            &["--apply", "-p", "statement.md"],
            "--apply needs the program",
        ),
        (
            &["main.cpp", "--server", "ftp://localhost"],
            "is not a server's address",
        ),
    ] {
        let (code, out, err) = work.asked(&app.url, wrong).await;
        assert_eq!((code, &*out), (Some(2), ""), "{wrong:?}");
        assert!(err.contains(said), "{err}");
    }
    let (code, out, _) = work.asked(&app.url, &["--help"]).await;
    assert!(code == Some(0) && out.contains("Exit codes:"), "{out}");

    let body = ["main.cpp", "--language", &"x".repeat(41)];
    let (code, _, err) = work.asked(&app.url, &body).await;
    assert_eq!(code, Some(3));
    assert!(err.contains("\n  language: "), "{err}");
    app.stop().await;

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let (code, _, err) = work.asked(&away, &GIVEN).await;
    assert_eq!(code, Some(4));
    assert!(
        err.contains("does not answer") && err.contains("CODE_CHECKER_SERVER"),
        "{err}"
    );
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_is_applied_to_the_file_that_was_sent(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    let windows = BUGGY.replace('\n', "\r\n");
    fs::write(&work.file, &windows).unwrap();
    fs::set_permissions(&work.file, fs::Permissions::from_mode(0o640)).unwrap();
    let apply = [&GIVEN[..], &["--apply"]].concat();
    let (code, out, err) = work.asked(&app.url, &apply).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.ends_with("applied to main.cpp\n"), "{err}");
    let fixed = fs::read_to_string(&work.file).unwrap();
    assert_eq!(fixed, windows.replace("a - b", "a + b"));
    let mode = fs::metadata(&work.file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);

    // Somebody goes on editing it.
    fs::write(&work.file, BUGGY).unwrap();
    let held = model.hold("analysis", analysis());
    let child = work.ask(&app.url, &apply).spawn().unwrap();
    model.called("analysis", 2).await;
    let edited = BUGGY.replace("long long", "int");
    fs::write(&work.file, &edited).unwrap();
    held.add_permits(1);
    let (code, out, err) = told(child.wait_with_output().await.unwrap());
    assert_eq!(code, Some(3));
    assert!(
        out.contains("+    std::cout << a + b") && err.contains("was changed in the meantime"),
        "{err}"
    );
    assert_eq!(fs::read_to_string(&work.file).unwrap(), edited);
    let left = fs::read_dir(work.folder.path()).unwrap().count();
    assert_eq!(left, 2);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_statement_may_come_from_a_pipe_with_samples_and_images(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    let write = |name: &str, bytes: &[u8]| fs::write(work.folder.path().join(name), bytes).unwrap();
    write("1.in", b"1 2\n");
    write("1.out", b"3\n");
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    write(
        "shot.png",
        &STANDARD.decode(crate::journeys::submit::PNG).unwrap(),
    );
    let arguments = [
        "main.cpp", "-p", "-", "--input", "1.in", "--sample", "1.in", "1.out", "--image",
        "shot.png", "--json",
    ];
    let mut command = work.ask(&app.url, &arguments);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(STATEMENT.as_bytes()).await.unwrap();
    drop(input);
    let (code, out, err) = told(child.wait_with_output().await.unwrap());
    assert_eq!(code, Some(0), "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["text"], STATEMENT);
    assert_eq!(found["failing_input"], "1 2\n");
    assert_eq!(
        found["samples"],
        json!([{ "input": "1 2\n", "output": "3\n" }])
    );
    assert_eq!(found["images"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_that_is_withheld_is_not_applied(pool: PgPool) {
    let model = Model::start().await;
    let policy = [("REVEAL", "hint"), ("REVEAL_AFTER", "2999-12-01T18:00:00Z")];
    let app = App::start_with(&pool, &model, &prefix(), &policy).await;
    let work = Work::new();
    let (code, out, err) = work
        .asked(&app.url, &[&GIVEN[..], &["--apply"]].concat())
        .await;
    assert_eq!(code, Some(3), "{out}{err}");
    let said = "the server shows only hints until 2999-12-01T18:00:00Z";
    assert!(
        out.contains(&format!("Not all is shown: {said}\n")),
        "{out}"
    );
    assert!(!out.contains("+++"), "{out}");
    assert!(err.contains(&format!("not applied: {said}")), "{err}");
    assert_eq!(fs::read_to_string(&work.file).unwrap(), BUGGY);
    let (code, _, err) = work.asked(&app.url, &GIVEN).await;
    assert_eq!((code, &*err), (Some(0), ""));
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_restarts_in_the_middle_is_waited_for() {
    let asked = Arc::new(AtomicUsize::new(0));
    let statuses = [429, 502, 503, 504];
    let show = {
        let asked = asked.clone();
        async move || {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            if let Some(status) = statuses.get(number) {
                let status = StatusCode::from_u16(*status).unwrap();
                return (status, Json(json!({ "title": "Not now" })));
            }
            let analysis = json!({ "bug_found": false, "summary": "It is right.", "fixes": [], "modified_code": "",
                "lines_added": 0, "lines_removed": 0 });
            let ended = json!({ "status": "COMPLETED", "error": null, "withheld": null,
                "stages": { "analysis": { "result": analysis } } });
            (StatusCode::OK, Json(ended))
        }
    };
    let created = async || {
        let links = json!({ "self": "/api/v1/submissions/7", "page": "/submissions/7" });
        Json(json!({ "owner_token": null, "links": links }))
    };
    let router = Router::new()
        .route("/api/v1/submissions", post(created))
        .route("/api/v1/submissions/7", get(show));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let (code, out, err) = Work::new().asked(&url, &GIVEN).await;
    assert_eq!((code, &*err), (Some(1), ""), "{out}");
    assert_eq!(asked.load(Ordering::SeqCst), statuses.len() + 1);
    server.abort();
}

/// The only submission that there is.
async fn only(app: &App) -> String {
    let list = app.request(reqwest::Method::GET, API).bearer_auth(TOKEN);
    let list: Value = list.send().await.unwrap().json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id().expect("it runs")).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGINT).unwrap();
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn ctrl_c_cancels_it_on_the_server_too(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    model.hold("analysis", analysis());
    let child = work.ask(&app.url, &GIVEN).spawn().unwrap();
    model.called("analysis", 1).await;
    interrupt(&child);
    let (code, out, err) = told(child.wait_with_output().await.unwrap());
    assert_eq!((code, &*out), (Some(130), ""));
    assert_eq!(err, "code-checker: cancelled\n");
    app.reaches(&only(&app).await, "CANCELLED").await;
    model.hung_up(1).await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_pipe_that_closes_early_is_no_trouble(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    for arguments in [&GIVEN[..], &["main.cpp", "--json"], &["--help"]] {
        let mut child = work.ask(&app.url, arguments).spawn().unwrap();
        drop(child.stdout.take());
        let (code, _, err) = told(child.wait_with_output().await.unwrap());
        assert_eq!((code, &*err), (Some(0), ""), "{arguments:?}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_analysis_that_takes_too_long_goes_on(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let work = Work::new();
    let held = model.hold("analysis", analysis());
    let arguments = [&GIVEN[..], &["--timeout", "1"]].concat();
    let (code, _, err) = work.asked(&app.url, &arguments).await;
    assert_eq!(code, Some(3));
    let id = only(&app).await;
    assert!(err.contains("still runs") && err.contains(&id), "{err}");
    held.add_permits(1);
    app.reaches(&id, "COMPLETED").await;
    app.stop().await;
}
