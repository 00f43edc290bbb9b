//! The fix comes as a patch that the programs people use apply, byte for byte.

use std::{path::Path, process::Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{
    app::{API, App, buggy, prefix},
    model::{Act, BUGGY, Model},
};

/// Keeps git from reading any settings, so that those of the machine do not matter.
const NO_SETTINGS: [(&str, &str); 3] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("LC_ALL", "C"),
];

async fn run(folder: &Path, program: &[&str], input: &str) {
    let mut child = Command::new(program[0])
        .args(&program[1..])
        .current_dir(folder)
        .envs(NO_SETTINGS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program:?}: {error}; ./tests/run installs it"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(
        output.status.success(),
        "{program:?}: {}{}\n{input}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Applies a patch with each program, in folders as users have them, and compares the file.
async fn applies(patch: &str, name: &str, original: &str, fixed: &str) {
    for (in_repository, program) in [
        (false, &["git", "apply"][..]),
        (true, &["git", "apply"]),
        (false, &["patch", "-p1"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("contest/a");
        std::fs::create_dir_all(&place).unwrap();
        if in_repository {
            run(folder.path(), &["git", "init", "--quiet"], "").await;
        }
        std::fs::write(place.join(name), original).unwrap();
        run(&place, program, patch).await;
        let after = std::fs::read(place.join(name)).unwrap();
        assert_eq!(
            String::from_utf8(after).unwrap(),
            fixed,
            "{program:?} in a repository: {in_repository}\n{patch}"
        );
        let files = std::fs::read_dir(&place).unwrap().count();
        assert_eq!(files, 1, "{program:?} left something beside the file");
    }
}

fn answer(original: &str, modified: &str) -> Act {
    Act::Say(json!({
        "summary": "Wrong.",
        "fixes": [{ "explanation": "So.", "old": original, "new": modified }]
    }))
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn git_and_patch_apply_it_to_the_users_file_byte_for_byte(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let long: String = (1..=60).map(|n| format!("x{n} = {n}\n")).collect();
    let cases = [
        (
            "C++",
            "solution.cpp",
            BUGGY.to_owned(),
            BUGGY.replace("a - b", "a + b"),
        ),
        // Windows line ends.
        (
            "C++",
            "solution.cpp",
            BUGGY.replace('\n', "\r\n"),
            BUGGY.replace("a - b", "a + b"),
        ),
        // A file that a program made of one with Windows line ends.
        (
            "C++",
            "solution.cpp",
            BUGGY.replace('\n', "\r\r\n"),
            BUGGY.replace("a - b", "a + b"),
        ),
        // Line ends of both kinds, and a carriage return in a line.
        (
            "Python",
            "solution.py",
            "a = 1\r\nb = 2\nc = 'x\ry'\r\nprint(a - b)\n".to_owned(),
            "a = 1\nb = 2\nc = 'x\ry'\nprint(a + b)\n".to_owned(),
        ),
        // No line end at the end.
        (
            "Java",
            "solution.java",
            BUGGY.trim_end().to_owned(),
            BUGGY.trim_end().replace('}', "    return 0;\n}"),
        ),
        // A byte order mark.
        (
            "C#",
            "solution.cs",
            format!("\u{feff}{BUGGY}"),
            BUGGY.replace("#include <iostream>", "#include <cstdio>"),
        ),
        // Several hunks, and indentation that matters.
        (
            "Python 3",
            "solution.py",
            format!("def f(n):\n\tif n:\n\t\treturn 1\n\n{long}print(f(0))\n"),
            format!("def f(n):\n\tif n:\n\t\treturn 2\n\treturn 0\n\n{long}print(f(1))\n")
                .replace("x30 = 30\n", ""),
        ),
        // Lines that look like headers of a diff.
        (
            "SQL",
            "solution.sql",
            "-- a/x\n-- comment\nSELECT 1;\n++ b\n".to_owned(),
            "-- comment\nSELECT 2;\n++ c\n".to_owned(),
        ),
        (
            "",
            "solution.txt",
            "一\n二\n三".to_owned(),
            "一\n四\n三".to_owned(),
        ),
    ];
    for (language, name, original, modified) in cases {
        model.next("analysis", [answer(&original, &modified)]);
        let id = app
            .submit(&json!({ "code": original, "language": language }))
            .await;
        let done = app.reaches(&id, "COMPLETED").await;
        let fixed = done["stages"]["analysis"]["result"]["modified_code"]
            .as_str()
            .unwrap();
        assert_ne!(fixed, original);
        let answer = app.get(done["links"]["patch"].as_str().unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            answer.headers()["content-disposition"],
            format!("attachment; filename=\"{name}.patch\"")
        );
        assert_eq!(
            answer.headers()["content-type"],
            "text/x-diff; charset=utf-8"
        );
        let patch = answer.text().await.unwrap();
        applies(&patch, name, &original, fixed).await;
    }
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn the_patch_is_for_the_file_that_is_asked_for(pool: PgPool) {
    let model = Model::start().await;
    let app = App::start(&pool, &model).await;
    let id = app.submit(&buggy()).await;
    app.reaches(&id, "COMPLETED").await;
    let get = async |name: &str| {
        let request = app.request(reqwest::Method::GET, &format!("{API}/{id}/patch"));
        request.query(&[("name", name)]).send().await.unwrap()
    };
    let longest = "n".repeat(100);
    for name in [
        "main.cpp",
        "my solution (2).cpp",
        "解答.cpp",
        "it's [x] $y;&%41.c",
        &longest,
    ] {
        let answer = get(name).await;
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let patch = answer.text().await.unwrap();
        applies(&patch, name, BUGGY, &BUGGY.replace("a - b", "a + b")).await;
    }
    assert_eq!(
        get("解答.cpp").await.headers()["content-disposition"],
        "attachment; filename=\"__.cpp.patch\"; filename*=UTF-8''%E8%A7%A3%E7%AD%94.cpp.patch"
    );
    let too_long = "n".repeat(101);
    for name in [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\\b",
        "-R",
        ".git",
        "a\nb",
        "a\tb",
        "a\"b",
        "a\u{0}b",
        &too_long,
    ] {
        let answer = get(name).await;
        assert_eq!(
            answer.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name:?}"
        );
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "name");
    }
    let unknown = app.get(&format!("{API}/{id}/patch?file=x")).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn while_there_is_nothing_to_apply_a_conflict_says_why(pool: PgPool) {
    let model = Model::start().await;
    let refused = async |app: &App, id: &str, why: &str| {
        let answer = app.get(&format!("{API}/{id}/patch")).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["type"], "urn:code-checker:problem:conflict");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
    };

    let idle = App::without_worker(&pool, &model, &prefix(), &[]).await;
    let queued = idle.submit(&buggy()).await;
    refused(&idle, &queued, "is QUEUED").await;
    idle.stop().await;

    let app = App::start(&pool, &model).await;
    let right = json!({ "summary": "It is right.", "fixes": [] });
    model.usually("analysis", Act::Say(right.clone()));
    let gate = model.hold("analysis", right);
    let id = app.submit(&buggy()).await;
    model.called("analysis", 1).await;
    refused(&app, &id, "is PROCESSING").await;
    gate.add_permits(1);
    app.reaches(&id, "COMPLETED").await;
    refused(&app, &id, "No bug was found").await;

    model.next("code", [Act::Say(json!({ "language": "", "code": "" }))]);
    let id = app.submit(&json!({ "text": "No program here." })).await;
    app.reaches(&id, "FAILED").await;
    refused(&app, &id, "is FAILED (no_code)").await;

    let answer = app
        .get(&format!("{API}/019a3b5e-7c1d-7f00-8000-000000000000/patch"))
        .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}
