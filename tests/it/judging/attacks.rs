//! Programs that try to get out, to look around, or to take more than they may.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use domain::RunVerdict;
use judge_api::Language;

use crate::support::{
    eventually,
    judge::Judge,
    process::{data_dir, program, runs},
    root,
};

fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/attacks").join(name)
}

/// Runs every attack of a program; answers those that were not denied, and how many there are.
async fn possible(judge: &Judge, language: Language, code: &str) -> (Vec<String>, usize) {
    let asked = judge.run(language, code, &[("", None)]).await;
    assert!(asked.compiled, "{}", asked.compiler);
    let count: usize = asked.cases[0].output.trim().parse().unwrap();
    let numbers: Vec<String> = (0..count).map(|number| format!("{number}\n")).collect();
    let cases: Vec<_> = numbers
        .iter()
        .map(|number| (number.as_str(), None))
        .collect();
    let answer = judge.run(language, code, &cases).await;
    let mut possible = Vec::new();
    for (number, outcome) in answer.cases.iter().enumerate() {
        // The kernel ends a program that asks for something in a way that no program should.
        let is_killed = outcome
            .signal
            .as_ref()
            .is_some_and(|signal| signal.contains("SIGSYS"));
        let is_refused = outcome.verdict == RunVerdict::RuntimeError && outcome.output.is_empty();
        if outcome.output != "denied\n" && !is_killed && !is_refused {
            possible.push(format!(
                "{number}: {} {}",
                outcome.verdict,
                outcome.output.trim()
            ));
        }
    }
    (possible, count)
}

#[tokio::test]
async fn no_attack_of_a_compiled_program_is_possible() {
    let judge = Judge::start().await;
    let code = fs::read_to_string(fixture("attacks.c")).unwrap();
    let (possible, count) = possible(&judge, Language::C, &code).await;
    assert!(count > 100);
    assert_eq!(possible, [""; 0]);
}

#[tokio::test]
async fn no_attack_of_a_python_program_is_possible() {
    let judge = Judge::start().await;
    let code = fs::read_to_string(fixture("attacks.py")).unwrap();
    let (possible, count) = possible(&judge, Language::Python3, &code).await;
    assert!(count > 30);
    assert_eq!(possible, [""; 0]);
}

#[test]
fn a_judge_whose_sandbox_has_holes_does_not_start() {
    let folder = data_dir();
    let judge = folder.path().join("judge");
    fs::copy(program("judge"), &judge).unwrap();
    // In the helper's place, one that runs everything without a sandbox, or none.
    let report = r#"{"not_started":null,"stopped":null,"exit_code":0,"signal":null,"cpu_ms":1,"memory_kb":1,"output":23,"errors":0}"#;
    for (helper, words) in [
        (
            format!("#!/bin/sh\nprintf '%s\\npossible: read a file;\\n' '{report}'\n"),
            "a program could read a file",
        ),
        (
            "#!/bin/sh\necho no report\n".to_owned(),
            "the sandbox cannot be tried out",
        ),
    ] {
        let path = folder.path().join("judge-run");
        fs::write(&path, helper).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let ended = Command::new(&judge)
            .env_clear()
            .env("PORT", "0")
            .arg("--folder")
            .arg(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains(words), "{said}");
    }
}

/// Attacks that work outside of a sandbox, for anybody and without doing harm.
const HARMLESS: [&str; 14] = [
    "read_passwd",
    "open_root",
    "list_root",
    "list_own_folder",
    "stat_passwd",
    "access_passwd",
    "socket_udp",
    "socket_unix",
    "fork",
    "read_own_environment",
    "list_processes",
    "memory_file",
    "leave_group",
    "write_input",
];

#[test]
fn the_attacks_are_possible_without_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("attacks");
    let compiled = Command::new("gcc")
        .args(["-w", "-o"])
        .arg(&program)
        .arg(fixture("attacks.c"))
        .status();
    assert!(compiled.unwrap().success());
    let code = fs::read_to_string(fixture("attacks.c")).unwrap();
    let names: Vec<&str> = code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("X(")?.split(',').next())
        .collect();
    let input = folder.path().join("input");
    for name in HARMLESS {
        let number = names.iter().position(|known| *known == name).unwrap();
        fs::write(&input, format!("{number}\n")).unwrap();
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&input)
            .unwrap();
        let output = Command::new(&program)
            .current_dir(folder.path())
            .stdin(file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // A leader of a session cannot leave its group.
        assert!(
            said.contains(&format!("possible: {name}")) || name == "leave_group",
            "{name}: {said}"
        );
    }
}

#[tokio::test]
async fn a_compiler_reads_no_file_for_a_program_and_does_not_work_for_ever() {
    let judge = Judge::start().await;
    let endless = "template<int n> struct A { static const int v = A<n + 1>::v; };\nint main() { return A<0>::v; }";
    let busy = "constexpr int f(int n) { return n < 2 ? 1 : f(n - 1) + f(n - 2); }\nint main() { static_assert(f(60) > 0); }";
    let bomb = format!(
        "#define A0 x x x x x x x x x x\n{}int main() {{ A9 }}",
        (1..10)
            .map(|n| format!("#define A{n} {}\n", format!("A{} ", n - 1).repeat(10)))
            .collect::<String>()
    );
    for code in [
        "#include \"/etc/passwd\"\nint main() {}",
        "#include </etc/hostname>\nint main() {}",
        "#include </dev/random>\nint main() {}",
        "#include </dev/zero>\nint main() {}",
        "#include </proc/self/environ>\nint main() {}",
        "#include \"../../../../../../etc/passwd\"\nint main() {}",
        "asm(\".incbin \\\"/etc/passwd\\\"\");\nint main() {}",
        "asm(\".include \\\"/etc/passwd\\\"\");\nint main() {}",
        "#if __has_include(\"/etc/passwd\")\n#error there\n#endif\n#include __FILE__\nint main() {}",
        "#pragma GCC dependency \"/etc/passwd\"\n#include \"nothing\"",
        "char a[1u << 30] = {1};\nint main() {}",
        endless,
        busy,
        &bomb,
    ] {
        let answer = judge.run(Language::Cpp17, code, &[("", None)]).await;
        assert!(!answer.compiled, "{code}");
        assert_eq!(answer.cases[0].verdict, RunVerdict::CompileError);
        let said = answer.compiler;
        assert!(
            !said.contains("root:") && !said.contains("error there"),
            "{said}"
        );
        assert!(
            !said.trim().is_empty() && !said.contains("/judge-"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn bombs_end_and_leave_nothing_behind() {
    let judge = Judge::start().await;
    let before = judge.descendants();
    for (code, verdict) in [
        (
            "#include <unistd.h>\nint main() { for (;;) fork(); }",
            RunVerdict::TimeLimit,
        ),
        (
            "#include <pthread.h>\n#include <unistd.h>\nstatic void *f(void *p) { sleep(60); return p; }\nint main() { pthread_t t; \
          for (;;) pthread_create(&t, 0, f, 0); }",
            RunVerdict::RuntimeError,
        ),
        (
            "#include <stdlib.h>\n#include <string.h>\nint main() { for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); } }",
            RunVerdict::MemoryLimit,
        ),
        (
            "#include <unistd.h>\nint main() { char b[65536] = {0}; for (;;) write(1, b, sizeof b); }",
            RunVerdict::OutputLimit,
        ),
        (
            "#include <unistd.h>\nint main() { char b[65536] = {0}; for (;;) write(2, b, sizeof b); }",
            RunVerdict::TimeLimit,
        ),
        (
            "#include <signal.h>\n#include <unistd.h>\nint main() { for (int s = 1; s < 65; s++) signal(s, SIG_IGN); for (;;) pause(); }",
            RunVerdict::TimeLimit,
        ),
        (
            "int f(int n) { volatile char a[4096]; a[0] = (char)n; return f(n + 1) + a[0]; }\nint main() { return f(0); }",
            RunVerdict::RuntimeError,
        ),
        (
            "#include <stdio.h>\nint main() { for (;;) fopen(\"/dev/null\", \"w\"); }",
            RunVerdict::TimeLimit,
        ),
    ] {
        let mut request = judge.request(Language::C, code, &[("", None)]);
        request.limits.time_ms = 300;
        let answer = judge.client.run(&request).await.unwrap();
        assert!(answer.compiled, "{}", answer.compiler);
        assert_eq!(
            answer.cases[0].verdict, verdict,
            "{code}: {:?}",
            answer.cases[0]
        );
    }
    assert_eq!(judge.descendants(), before);
}

#[tokio::test]
async fn a_run_ends_with_its_caller_and_with_the_judge() {
    let mut judge = Judge::start().await;
    let sleeper = "#include <unistd.h>\nint main() { for (;;) pause(); }";
    let mut request = judge.request(Language::C, sleeper, &[("", None)]);
    request.limits.time_ms = 30_000;
    for by_caller in [true, false] {
        let client = judge.client.clone();
        let asked = request.clone();
        let call = tokio::spawn(async move { client.run(&asked).await });
        let running = eventually("the program runs", async || {
            // The helper, the sandbox that becomes the program.
            let running = judge.descendants();
            (running.len() >= 2).then_some(running)
        })
        .await;
        if by_caller {
            call.abort();
        } else {
            judge.child.kill().await.unwrap();
        }
        eventually("all of it has ended", async || {
            (!running.iter().any(|pid| runs(*pid))).then_some(())
        })
        .await;
    }
}
