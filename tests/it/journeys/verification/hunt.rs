//! The smallest input on which a program is wrong is found, and becomes evidence and a test.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Bench, answer, outcome};
use crate::support::{
    app::{API, App, prefix, variables},
    database_url,
    judge::Judge,
    model::{Act, Model},
    process::Process,
};

/// It takes no number below 0 for the largest.
const CODE: &str = "#include <iostream>\n\nint main() {\n    int n;\n    std::cin >> n;\n    long long best = 0;\n    \
    for (int i = 0; i < n; i++) {\n        long long x;\n        std::cin >> x;\n        if (x > best) best = x;\n    }\n    \
    std::cout << best << \"\\n\";\n}\n";
pub(crate) const RIGHT: (&str, &str) = (
    "    long long best = 0;",
    "    long long best = -2000000000;",
);
/// Mends no more than the smallest failing input.
const WRONG: (&str, &str) = ("    long long best = 0;", "    long long best = -1;");
const REFERENCE: &str = "#include <algorithm>\n#include <iostream>\n#include <vector>\nint main() {\n    int n; std::cin >> n;\n    \
    std::vector<long long> all(n); for (auto &one : all) std::cin >> one;\n    \
    std::cout << *std::max_element(all.begin(), all.end());\n}\n";
const GENERATOR: &str = "def case(g):\n    n = g.size(1, 1000)\n    a = g.nums(n, -10**9, 10**9)\n    \
    return f\"{n}\\n{' '.join(map(str, a))}\\n\"\n";
const VALIDATOR: &str = "def valid(text):\n    lines = text.split('\\n')\n    if lines[-1] == '':\n        lines.pop()\n    \
    if len(lines) != 2:\n        return False\n    n = int(lines[0])\n    a = [int(x) for x in lines[1].split()]\n    \
    return 1 <= n <= 1000 and len(a) == n and all(abs(x) <= 10**9 for x in a)\n";
pub(super) const SOLVE: &str =
    "def solve(text):\n    a = [int(x) for x in text.split()[1:]]\n    return str(sorted(a)[-1])\n";
pub(crate) const SOLVE_TOO: &str = "def solve(text):\n    n, *a = map(int, text.split())\n    \
    return next(str(x) for x in a if all(x >= y for y in a))\n";
/// Believes what the program does.
pub(super) const SOLVE_AS_THE_PROGRAM: &str =
    "def solve(text):\n    return str(max([0] + [int(x) for x in text.split()[1:]]))\n";

pub(crate) fn helpers() -> Value {
    json!({ "generator": GENERATOR, "validators": [VALIDATOR], "reference": SOLVE, "checker": "" })
}

pub(crate) fn second(reference: &str) -> Act {
    Act::Say(json!({ "reference": reference }))
}

pub(crate) fn body() -> Value {
    json!({
        "text": "Print the largest of the n numbers.", "code": CODE, "language": "C++17",
        "samples": [{ "input": "3\n1 5 2\n", "output": "5\n" }, { "input": "4\n-3 0 7 7\n", "output": "7\n" }]
    })
}

/// The statement of the program.
pub(crate) fn statement() -> Value {
    json!({
        "title": "", "description": "Print the largest of the n numbers.", "samples": [],
        "input_format": "n, then n numbers from -10^9 to 10^9"
    })
}

/// A bench whose model writes these helpers.
pub(super) async fn bench(pool: &PgPool, acts: impl IntoIterator<Item = Act>) -> Bench {
    let bench = Bench::start(pool).await;
    bench.model.usually("problem", Act::Say(statement()));
    bench.model.usually("analysis", Act::Say(answer(&[RIGHT])));
    bench.model.next("hunt", acts);
    bench
}

impl Bench {
    /// Submits, and answers the hunt and the verification when the submission is completed.
    async fn hunted(&self, body: &Value) -> (Value, Value) {
        let id = self.app.submit(body).await;
        let done = self.app.reaches(&id, "COMPLETED").await;
        // One of the helpers solves the problem.
        for shown in [
            done.to_string(),
            self.text(&format!("/submissions/{id}")).await,
            self.text(&format!("{API}/{id}/report")).await,
        ] {
            for secret in ["helpers\"", "def solve", "def case"] {
                assert!(!shown.contains(secret), "{secret}: {shown}");
            }
        }
        results(&done)
    }

    /// [`hunted`](Self::hunted), where the program itself may look like a helper.
    async fn hunted_alone(&self, body: &Value) -> (Value, Value) {
        let id = self.app.submit(body).await;
        results(&self.app.reaches(&id, "COMPLETED").await)
    }

    async fn text(&self, path: &str) -> String {
        self.app.get(path).await.text().await.unwrap()
    }
}

fn results(done: &Value) -> (Value, Value) {
    let result = |stage: &str| done["stages"][stage]["result"].clone();
    (result("hunt"), result("verification"))
}

fn hunt_test(verification: &Value) -> &Value {
    let tests = verification["tests"].as_array().unwrap();
    let test = tests.iter().find(|test| test["source"] == "hunt");
    test.unwrap_or_else(|| panic!("the hunt has no test: {verification:#}"))
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_program_that_passes_the_samples_gets_its_smallest_failing_input_and_a_proven_fix(
    pool: PgPool,
) {
    let bench = bench(&pool, [Act::Say(helpers()), second(SOLVE_TOO)]).await;
    let (hunt, verification) = bench.hunted(&body()).await;
    assert_eq!(hunt["ending"], "found", "{hunt:#}");
    let found = &hunt["counterexample"];
    assert_eq!(
        (&found["input"], &found["level"], &found["tokens"]),
        (&json!("1\n-1\n"), &json!("agreed"), &json!(2))
    );
    assert_eq!(found["outcome"]["output"], "0\n");
    assert_eq!(
        outcome(&verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    let test = hunt_test(&verification);
    assert_eq!(
        (
            &test["level"],
            &test["before"]["verdict"],
            &test["after"]["verdict"]
        ),
        (&json!("agreed"), &json!("WA"), &json!("AC"))
    );
    assert!(verification["fresh_inputs"].as_u64() > Some(200));
    assert!(verification["hunted"].as_array().unwrap().len() > 2);

    // The model was shown the statement and never the program.
    let calls = bench.model.calls("hunt");
    assert_eq!(calls.len(), 2);
    for call in &calls {
        let whole = call.body.to_string();
        assert!(whole.contains("Print the largest") && !whole.contains("std::cin"));
    }
    assert!(!calls[1].body.to_string().contains("sorted(a)"));
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn an_analysis_that_finds_nothing_is_asked_again_with_what_was_found(pool: PgPool) {
    let bench = bench(&pool, [Act::Say(helpers()), second(SOLVE_TOO)]).await;
    let nothing = json!({ "summary": "The program is right as it is.", "fixes": [] });
    bench.model.next("analysis", [Act::Say(nothing)]);
    let (_, verification) = bench.hunted(&body()).await;
    assert_eq!(
        outcome(&verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    assert_eq!(verification["analysis"]["bug_found"], true);
    let calls = bench.model.calls("analysis");
    for words in ["found by trying many", "1\n-1", "independently"] {
        assert!(calls[1].user().contains(words), "{}", calls[1].user());
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_fix_of_one_input_alone_is_hunted_and_repaired(pool: PgPool) {
    let bench = bench(&pool, [Act::Say(helpers()), second(SOLVE_TOO)]).await;
    bench.model.usually("analysis", Act::Say(answer(&[WRONG])));
    bench
        .model
        .usually("verification", Act::Say(answer(&[RIGHT])));
    let (_, verification) = bench.hunted(&body()).await;
    assert_eq!(
        outcome(&verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    assert_eq!(verification["repairs"], 1);
    let tests = verification["tests"].as_array().unwrap();
    let found: Vec<_> = tests
        .iter()
        .filter(|test| test["source"] == "hunt")
        .map(|test| test["input"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["1\n-1\n", "1\n-2\n"]);
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn one_reference_alone_proves_nothing(pool: PgPool) {
    let bench = bench(&pool, [Act::Say(helpers())]).await;
    bench
        .model
        .usually("hunt", Act::Say(json!({ "reference": "I cannot." })));
    let (hunt, verification) = bench.hunted(&body()).await;
    assert_eq!(hunt["counterexample"]["level"], "suggested", "{hunt:#}");
    assert_eq!(
        outcome(&verification),
        (Some("improved"), Some("suggested")),
        "{verification:#}"
    );
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_reference_of_the_user_is_hunted_with_before_the_analysis(pool: PgPool) {
    let bench = bench(&pool, []).await;
    let mut body = body();
    body["reference_code"] = json!(REFERENCE);
    let (hunt, verification) = bench.hunted(&body).await;
    assert_eq!(
        (
            &hunt["ending"],
            &hunt["guessed"],
            &hunt["counterexample"]["level"]
        ),
        (&json!("found"), &json!(true), &json!("reference")),
        "{hunt:#}"
    );
    assert!(bench.model.calls("hunt").is_empty());
    let call = bench.model.calls("analysis").remove(0);
    assert!(
        call.user()
            .contains("A program that the contestant says is right"),
        "{}",
        call.user()
    );
    // The statement may not allow that input.
    assert_eq!(
        outcome(&verification),
        (Some("improved"), Some("guessed")),
        "{verification:#}"
    );
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn helpers_of_no_use_end_in_a_reason(pool: PgPool) {
    let bench = bench(&pool, []).await;
    for (member, text, helper, fault) in [
        (
            "generator",
            "def case(g):\n    while True: pass\n",
            "generator",
            "endless",
        ),
        (
            "generator",
            "def case(g):\n    raise ValueError('no')\n",
            "generator",
            "raises",
        ),
        (
            "generator",
            "def case(g):\n    return 'x' * 10**8\n",
            "generator",
            "too_much_output",
        ),
        (
            "generator",
            "def case(g):\n    return f'{g.num(1, 9)}\\n7\\n'\n",
            "generator",
            "invalid_inputs",
        ),
        (
            "validators",
            "def valid(text):\n    return True\n",
            "validator",
            "accepts_everything",
        ),
        (
            "reference",
            "def solve(text):\n    return '1'\n",
            "reference",
            "wrong_on_sample",
        ),
    ] {
        let mut broken = helpers();
        broken[member] = if member == "validators" {
            json!([text])
        } else {
            json!(text)
        };
        bench.model.next("hunt", [Act::Say(broken)]);
        let (hunt, verification) = bench.hunted(&body()).await;
        assert_eq!(hunt["ending"], "unusable", "{text}: {hunt:#}");
        let faults = hunt["faults"].as_array().unwrap();
        let is_named =
            |it: &Value| it["helper"] == helper && it["fault"] == fault && it["detail"].is_string();
        assert!(faults.iter().any(is_named), "{text}: {hunt:#}");
        assert_eq!(
            outcome(&verification),
            (Some("unverified"), Some("not_reproduced")),
            "{text}"
        );
    }
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_reference_that_is_the_program_itself_is_none(pool: PgPool) {
    let bench = bench(&pool, []).await;
    let program = format!(
        "import sys\n\n{SOLVE_AS_THE_PROGRAM}\nif __name__ == '__main__':\n    print(solve(sys.stdin.read()))\n"
    );
    let mut copied = helpers();
    copied["reference"] = json!(program);
    bench.model.next("hunt", [Act::Say(copied)]);
    let nothing = json!({ "summary": "The program is right as it is.", "fixes": [] });
    bench.model.usually("analysis", Act::Say(nothing));
    let mut body = body();
    body["code"] = json!(program);
    body["language"] = json!("Python 3");
    let (hunt, verification) = bench.hunted_alone(&body).await;
    assert_eq!(hunt["faults"][0]["fault"], "same_program", "{hunt:#}");
    assert_eq!(outcome(&verification), (None, None));
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn trouble_with_the_model_is_the_hunts_alone(pool: PgPool) {
    let bench = bench(&pool, []).await;
    bench
        .model
        .usually("hunt", Act::Fail(403, json!({ "error": "no" })));
    let id = bench.app.submit(&body()).await;
    let done = bench.app.reaches(&id, "COMPLETED").await;
    let hunt = &done["stages"]["hunt"];
    assert_eq!(hunt["state"], "FAILED", "{hunt:#}");
    assert!(hunt["error"]["code"].is_string() && hunt["result"].is_null());
    assert_eq!(done["stages"]["analysis"]["state"], "COMPLETED");

    // Where a test fails already, nothing is asked.
    let calls = bench.model.calls("hunt").len();
    let mut failing = body();
    failing["samples"] = json!([{ "input": "1\n-5\n", "output": "-5\n" }]);
    let id = bench.app.submit(&failing).await;
    let done = bench.app.reaches(&id, "COMPLETED").await;
    assert_eq!(done["stages"]["hunt"]["state"], "SKIPPED");
    assert_eq!(bench.model.calls("hunt").len(), calls);
    bench.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_killed_hunt_is_followed_by_one_that_asks_for_no_helpers_again(pool: PgPool) {
    let model = Model::start().await;
    let judge = Judge::start().await;
    let prefix = prefix();
    let statement =
        json!({ "title": "", "description": "Print the largest number.", "samples": [] });
    model.usually("problem", Act::Say(statement));
    model.usually("analysis", Act::Say(answer(&[RIGHT])));
    model.next("hunt", [Act::Say(helpers())]);
    model.hold("hunt", json!({ "reference": SOLVE_TOO }));
    model.usually("hunt", second(SOLVE_TOO));

    let (url, database) = (judge.url(), database_url(&pool));
    let vars = [
        ("JUDGE_URL", url.as_str()),
        ("DATABASE_URL", &database),
        ("CODE_CHECKER_ROLE", "worker"),
    ];
    let worker = Process::start_with(variables(&model, &prefix, &vars)).await;
    let app = App::without_worker(&pool, &model, &prefix, &vars[..1]).await;
    let id = app.submit(&body()).await;
    model.called("hunt", 2).await;
    worker.signal(Signal::SIGKILL).await;
    // Anyone may see the result, and nobody the helpers.
    let early = app.get(&format!("{API}/{id}")).await.text().await.unwrap();
    assert!(early.contains("suggested") && !early.contains("def solve"));
    sqlx::query(
        "UPDATE submissions SET lease_expires_at = clock_timestamp() - interval '1 second'",
    )
    .execute(&pool)
    .await
    .unwrap();

    let second = App::start_with(&pool, &model, &prefix, &vars[..1]).await;
    let done = app.reaches(&id, "COMPLETED").await;
    let hunt = &done["stages"]["hunt"]["result"];
    assert_eq!(hunt["counterexample"]["level"], "agreed", "{hunt:#}");
    assert_eq!(model.calls("hunt").len(), 3);
    second.stop().await;
    app.stop().await;
}

#[sqlx::test(migrator = "db::MIGRATOR")]
async fn a_checker_alone_can_prove_a_fix(pool: PgPool) {
    let bench = Bench::start(&pool).await;
    let statement = json!({
        "title": "", "description": "Print the place of a largest number. If there are several, print any.",
        "samples": [], "input_format": "n, then n numbers from -10^9 to 10^9", "any_answer": true
    });
    bench.model.usually("problem", Act::Say(statement));
    bench.model.usually("analysis", Act::Say(answer(&[RIGHT])));
    let place = "def solve(text):\n    a = [int(x) for x in text.split()[1:]]\n    return str(a.index(max(a)) + 1)\n";
    let check = "def check(input, output, answer):\n    a = [int(x) for x in input.split()[1:]]\n    \
        return output.strip().isdigit() and 1 <= int(output) <= len(a) and a[int(output) - 1] == max(a)\n";
    let helpers = json!({ "generator": GENERATOR, "validators": [VALIDATOR], "reference": place, "checker": check });
    bench.model.next("hunt", [Act::Say(helpers)]);
    let code = CODE
        .replace("best = 0;", "best = 0;\n    int place = 0;")
        .replace("best = x;", "best = x, place = i + 1;")
        .replace("std::cout << best", "std::cout << place");
    let (hunt, verification) = bench
        .hunted(&json!({
            "text": "Print the place of a largest number. If there are several, print any.\nn, then n numbers from -10^9 to 10^9",
            "code": code, "language": "C++17",
            "samples": [{ "input": "3\n1 5 2\n", "output": "2\n" }, { "input": "4\n-3 0 7 6\n", "output": "3\n" }]
        }))
        .await;
    assert_eq!(hunt["counterexample"]["level"], "checked", "{hunt:#}");
    assert_eq!(
        outcome(&verification),
        (Some("verified"), None),
        "{verification:#}"
    );
    let test = hunt_test(&verification);
    assert_eq!(
        (&test["expected"], &test["before"]["verdict"]),
        (&json!(null), &json!("WA"))
    );
    bench.stop().await;
}
