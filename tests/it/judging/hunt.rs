//! Looking for the smallest input on which a program is wrong.

use domain::{Helpers, HuntEnding, InputKind, Level, RunVerdict};
use judge_api::{Case, GrowthRequest, HuntRequest, Language, ReferenceProgram};

use crate::support::judge::Judge;

pub(super) const GENERATOR: &str = "def case(g):\n    n = g.size(1, 200000)\n    return f\"{n}\\n\" + \" \".join(map(str, g.nums(n, -10**9, 10**9)))\n";
pub(super) const VALIDATOR: &str = "def valid(text):\n    lines = text.split(\"\\n\")\n    if len(lines) != 3 or lines[2]:\n        return False\n    n, a = int(lines[0]), list(map(int, lines[1].split()))\n    return 1 <= n <= 200000 and len(a) == n and all(abs(x) <= 10**9 for x in a)\n";
pub(super) const REFERENCE: &str = "def solve(text):\n    a = list(map(int, text.split()))[1:]\n    return max(sum(a[i:j]) for i in range(len(a)) for j in range(i + 1, len(a) + 1))\n";
/// The largest sum of a stretch, where an empty one does not count.
pub(super) const RIGHT: &str = "#include <iostream>\n#include <algorithm>\nint main() {\n    int n;\n    std::cin >> n;\n    long long best = -4e18, sum = 0;\n    for (int i = 0; i < n; i++) {\n        long long x;\n        std::cin >> x;\n        sum = std::max(sum + x, x);\n        best = std::max(best, sum);\n    }\n    std::cout << best << \"\\n\";\n}\n";

pub(super) fn helpers() -> Helpers {
    Helpers {
        generator: GENERATOR.to_owned(),
        validators: vec![VALIDATOR.to_owned()],
        references: vec![REFERENCE.to_owned()],
        checker: String::new(),
    }
}

pub(super) fn request(code: &str, helpers: Helpers) -> HuntRequest {
    let case = |input: &str, expected: &str| Case {
        input: input.to_owned(),
        expected: Some(expected.to_owned()),
    };
    HuntRequest {
        language: Language::Cpp17,
        code: code.to_owned(),
        cases: vec![case("3\n1 -2 3\n", "3"), case("2\n4 5\n", "9")],
        limits: domain::RunLimits::default(),
        reference: None,
        helpers,
        any_answer: false,
        seed: 1,
        budget_ms: Some(60_000),
    }
}

/// The program with a mistake that no sample shows.
pub(super) fn starts_at_0() -> String {
    RIGHT.replace("best = -4e18", "best = 0")
}

#[tokio::test]
async fn the_smallest_failing_input_is_found() {
    let judge = Judge::start().await;
    let answer = judge
        .client
        .hunt(&request(&starts_at_0(), helpers()))
        .await
        .unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::Found, "{answer:?}");
    let found = answer.hunt.counterexample.unwrap();
    assert_eq!((found.input.as_str(), found.tokens), ("1\n-1\n", 2));
    assert_eq!(found.expected.as_deref(), Some("-1"));
    assert_eq!(
        (found.outcome.verdict, found.outcome.output.as_str()),
        (RunVerdict::WrongAnswer, "0\n")
    );
    // One program says so.
    assert_eq!(found.level, Level::Suggested);
    assert!(!answer.hunt.guessed);
}

#[tokio::test]
async fn a_mistake_of_large_values_needs_few_of_them() {
    let judge = Judge::start().await;
    let code = RIGHT
        .replace("long long", "int")
        .replace("-4e18", "-2000000000");
    let answer = judge.client.hunt(&request(&code, helpers())).await.unwrap();
    let found = answer.hunt.counterexample.expect("nothing was found");
    assert_eq!(found.tokens, 4, "{found:?}");
    assert!(found.tokens <= found.tokens_found);
}

#[tokio::test]
async fn a_right_program_has_no_failing_input() {
    let judge = Judge::start().await;
    let answer = judge.client.hunt(&request(RIGHT, helpers())).await.unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::NothingFound, "{answer:?}");
    for kind in InputKind::ALL {
        let tried = answer.hunt.tried.iter().find(|tried| tried.kind == *kind);
        assert!(
            tried.is_some_and(|tried| tried.inputs > 0),
            "{kind} {answer:?}"
        );
    }
    assert!(answer.hunt.inputs() > 200);
    // Its inputs are tests for another program.
    assert!(answer.cases.len() > 20);
    assert!(answer.cases.iter().all(|case| case.expected.is_some()));
}

#[tokio::test]
async fn two_references_corroborate_or_dispute() {
    let judge = Judge::start().await;
    let other = "def solve(text):\n    n, *a = map(int, text.split())\n    best = a[0]\n    for i in range(n):\n        s = 0\n        for x in a[i:]:\n            s += x\n            best = max(best, s)\n    return best\n";
    let with = |second: &str| {
        let mut helpers = helpers();
        helpers.references.push(second.to_owned());
        request(&starts_at_0(), helpers)
    };
    let answer = judge.client.hunt(&with(other)).await.unwrap();
    assert_eq!(answer.hunt.counterexample.unwrap().level, Level::Agreed);

    let wrong = other.replace("best = a[0]", "best = 0");
    let answer = judge.client.hunt(&with(&wrong)).await.unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::Disputed, "{answer:?}");
    let dispute = answer.hunt.dispute.unwrap();
    assert_eq!(
        (
            dispute.input.as_str(),
            dispute.first.as_str(),
            dispute.second.as_str()
        ),
        ("1\n-1\n", "-1", "0")
    );

    // The same twice is one, and one that raises later is left out too.
    for other in [
        format!("# mine\n{}", REFERENCE.replace("text", "t")),
        other.replace(
            "    best =",
            "    if n > 3:\n        raise ValueError\n    best =",
        ),
    ] {
        let answer = judge.client.hunt(&with(&other)).await.unwrap();
        let level = answer.hunt.counterexample.as_ref().unwrap().level;
        assert_eq!(level, Level::Suggested, "{other} {answer:?}");
    }

    // One that is slow is left out, and the other one suggests.
    let answer = judge
        .client
        .hunt(&with("def solve(text):\n    while True:\n        pass\n"))
        .await
        .unwrap();
    assert_eq!(answer.hunt.counterexample.unwrap().level, Level::Suggested);
}

#[tokio::test]
async fn a_reference_of_the_user_needs_no_helpers() {
    let judge = Judge::start().await;
    for (language, code) in [
        (Language::Cpp17, RIGHT.to_owned()),
        (
            Language::Python3,
            format!("{REFERENCE}import sys\nprint(solve(sys.stdin.read()))\n"),
        ),
    ] {
        let mut request = request(&starts_at_0(), Helpers::default());
        request.reference = Some(ReferenceProgram { language, code });
        let answer = judge.client.hunt(&request).await.unwrap();
        let found = answer.hunt.counterexample.unwrap();
        assert_eq!(
            (found.input.as_str(), found.level),
            ("1\n-1\n", Level::Reference)
        );
        assert!(answer.hunt.guessed, "the inputs are made after the samples");
        // With a validator that accepts them they are no guess.
        request.helpers.validators = vec![VALIDATOR.to_owned()];
        let answer = judge.client.hunt(&request).await.unwrap();
        assert!(!answer.hunt.guessed && answer.hunt.counterexample.is_some());
    }
}

#[tokio::test]
async fn a_program_that_crashes_is_wrong_whatever_the_answer_is() {
    let judge = Judge::start().await;
    let code = "#include <cstdio>\n#include <cstdlib>\nint main() { int n; long long s = 0, best = -4e18; scanf(\"%d\", &n); for (int i = 0; i < n; i++) { long long x; scanf(\"%lld\", &x); if (x == 0) abort(); if (s + x > x) s += x; else s = x; if (s > best) best = s; } printf(\"%lld\\n\", best); }\n";
    let answer = judge.client.hunt(&request(code, helpers())).await.unwrap();
    let found = answer.hunt.counterexample.unwrap();
    assert_eq!(
        (found.input.as_str(), found.outcome.verdict, found.level),
        ("1\n0\n", RunVerdict::RuntimeError, Level::Checked)
    );
}

#[tokio::test]
async fn a_sample_that_fails_is_a_counterexample_already() {
    let judge = Judge::start().await;
    let mut request = request(
        "#include <iostream>\nint main() { std::cout << 7 << std::endl; }\n",
        helpers(),
    );
    request.cases[0].expected = Some("3".to_owned());
    let answer = judge.client.hunt(&request).await.unwrap();
    let found = answer.hunt.counterexample.unwrap();
    // A smaller one that only one reference suggests does not take its place.
    assert_eq!(
        (found.input.as_str(), found.level),
        ("2\n4 5\n", Level::Given)
    );
}

#[tokio::test]
async fn a_hunt_is_bounded() {
    let judge = Judge::start().await;
    let mut large = request(RIGHT, helpers());
    large.helpers.validators = vec![VALIDATOR.to_owned(); 4];
    large.helpers.generator = "#".repeat(40_000);
    let error = judge.client.hunt(&large).await.unwrap_err().to_string();
    assert!(error.contains("422"), "{error}");
    let growth = GrowthRequest {
        language: Language::Cpp17,
        programs: Vec::new(),
        cases: Vec::new(),
        limits: domain::RunLimits::default(),
        helpers: helpers(),
        budget_ms: None,
    };
    let error = judge.client.growth(&growth).await.unwrap_err().to_string();
    assert!(error.contains("422"), "{error}");
}

#[tokio::test]
async fn growth_is_measured_on_doubled_sizes() {
    let judge = Judge::start().await;
    let slow = RIGHT.replace(
        "        sum =",
        "        for (volatile int k = 0; k < n; k++) {}\n        sum =",
    );
    let request = GrowthRequest {
        language: Language::Cpp17,
        programs: vec![slow, RIGHT.to_owned()],
        cases: Vec::new(),
        limits: domain::RunLimits::default(),
        helpers: helpers(),
        budget_ms: Some(60_000),
    };
    let answer = judge.client.growth(&request).await.unwrap();
    let sizes: Vec<u64> = answer.sizes.iter().map(|size| size.size).collect();
    assert!(sizes.len() >= 5 && sizes[0] == 1, "{answer:?}");
    assert!(sizes[1..].windows(2).all(|pair| pair[1] == 2 * pair[0]));
    let last = &answer.sizes.last().unwrap().runs;
    let slow = last[0].is_none_or(|run| run.cpu_ms > 100);
    assert!(
        slow && last[1].unwrap().verdict == RunVerdict::Accepted,
        "{answer:?}"
    );
}
