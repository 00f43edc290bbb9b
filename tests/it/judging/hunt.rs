//! Looking for the smallest input on which a program is wrong.

use domain::{Helpers, HuntEnding, InputKind, Level, RunVerdict};
use judge_api::{Case, GrowthRequest, HuntAnswer, HuntRequest, Language, ReferenceProgram};

use crate::support::judge::Judge;

const GENERATOR: &str = "def case(g):\n    n = g.size(1, 200000)\n    return f\"{n}\\n\" + \" \".join(map(str, g.nums(n, -10**9, 10**9)))\n";
const VALIDATOR: &str = "def valid(text):\n    lines = text.split(\"\\n\")\n    if len(lines) != 3 or lines[2]:\n        return False\n    n, a = int(lines[0]), list(map(int, lines[1].split()))\n    return 1 <= n <= 200000 and len(a) == n and all(abs(x) <= 10**9 for x in a)\n";
const REFERENCE: &str = "def solve(text):\n    a = list(map(int, text.split()))[1:]\n    return max(sum(a[i:j]) for i in range(len(a)) for j in range(i + 1, len(a) + 1))\n";
/// The largest sum of a stretch, where an empty one does not count.
const RIGHT: &str = "#include <iostream>\n#include <algorithm>\nint main() {\n    int n;\n    std::cin >> n;\n    long long best = -4e18, sum = 0;\n    for (int i = 0; i < n; i++) {\n        long long x;\n        std::cin >> x;\n        sum = std::max(sum + x, x);\n        best = std::max(best, sum);\n    }\n    std::cout << best << \"\\n\";\n}\n";

fn helpers() -> Helpers {
    Helpers {
        generator: GENERATOR.to_owned(),
        validators: vec![VALIDATOR.to_owned()],
        references: vec![REFERENCE.to_owned()],
        checker: String::new(),
    }
}

fn request(code: &str, helpers: Helpers) -> HuntRequest {
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
fn starts_at_0() -> String {
    RIGHT.replace("best = -4e18", "best = 0")
}

fn first_fault(answer: &HuntAnswer) -> String {
    let fault = answer.hunt.faults.first();
    fault.map_or_else(String::new, |fault| {
        format!("{} {}", fault.helper, fault.fault)
    })
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
async fn a_checker_decides_where_several_answers_are_right() {
    let judge = Judge::start().await;
    // Any two numbers with the sum n.
    let helpers = |checker: &str| {
        Helpers {
        generator: "def case(g):\n    return str(g.num(2, 10**9))\n".to_owned(),
        validators: vec![
            "def valid(text):\n    a = text.split()\n    return len(a) == 1 and 2 <= int(a[0]) <= 10**9\n".to_owned(),
        ],
        references: vec!["def solve(text):\n    return f\"1 {int(text) - 1}\"\n".to_owned()],
        checker: checker.to_owned(),
    }
    };
    let checker = "def check(input, output, answer):\n    a = list(map(int, output.split()))\n    return len(a) == 2 and min(a) > 0 and sum(a) == int(input)\n";
    let mut request = request(
        "#include <iostream>\nint main() { long long n; std::cin >> n; std::cout << n / 2 << ' ' << n / 2 + (n != 4 ? n % 2 : 1) << std::endl; }\n",
        helpers(checker),
    );
    request.any_answer = true;
    request.cases = vec![Case {
        input: "7\n".to_owned(),
        expected: Some("3 4\n".to_owned()),
    }];
    let answer = judge.client.hunt(&request).await.unwrap();
    let found = answer.hunt.counterexample.expect("nothing was found");
    assert_eq!((found.input.as_str(), found.level), ("4\n", Level::Checked));

    for (checker, fault) in [
        (
            "def check(input, output, answer):\n    return True\n",
            "checker accepts_everything",
        ),
        (
            "def check(input, output, answer):\n    return False\n",
            "checker wrong_on_sample",
        ),
        (
            "def check(input, output, answer):\n    return 1 / 0\n",
            "checker raises",
        ),
        (
            "def check(input, output, answer):\n    while True:\n        pass\n",
            "checker endless",
        ),
    ] {
        request.helpers = helpers(checker);
        let answer = judge.client.hunt(&request).await.unwrap();
        assert_eq!(first_fault(&answer), fault);
        assert_eq!(answer.hunt.ending, HuntEnding::Unusable, "{checker}");
    }

    // A better answer is claimed by one reference alone; and one that the checker refuses counts for nothing.
    let optimum = "def check(input, output, answer):\n    a, b = list(map(int, output.split())), list(map(int, answer.split()))\n    return len(a) == 2 and min(a) > 0 and sum(a) == int(input) and max(a) >= max(b)\n";
    request.helpers = helpers(optimum);
    request.code = request.code.replace("n != 4 ? n % 2 : 1", "n % 2");
    request.cases[0].expected = Some("1 6\n".to_owned());
    let answer = judge.client.hunt(&request).await.unwrap();
    let level = answer.hunt.counterexample.map(|found| found.level);
    assert_eq!(level, Some(Level::Given));
    request.cases = vec![Case {
        input: "2\n".to_owned(),
        expected: Some("1 1\n".to_owned()),
    }];
    let answer = judge.client.hunt(&request).await.unwrap();
    let level = answer.hunt.counterexample.map(|found| found.level);
    assert_eq!(level, Some(Level::Suggested));
    request.helpers.references = vec!["def solve(text):\n    return \"5\"\n".to_owned()];
    let answer = judge.client.hunt(&request).await.unwrap();
    assert_eq!(answer.hunt.counterexample, None, "{answer:?}");
}

#[tokio::test]
async fn helpers_that_are_of_no_use_end_in_a_reason() {
    let judge = Judge::start().await;
    let generators = [
        (
            "def case(g):\n    while True:\n        pass\n",
            "generator endless",
        ),
        (
            "def case(g):\n    while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass\n",
            "generator endless",
        ),
        (
            "def case(g):\n    print('x' * 5000000)\n    return '1\\n1'\n",
            "generator too_much_output",
        ),
        (
            "import os\ndef case(g):\n    os.write(1, b'x' * 100000000)\n    return '1\\n1'\n",
            "generator too_much_output",
        ),
        (
            "def case(g):\n    return 'x' * 5000000\n",
            "generator too_much_output",
        ),
        ("def case(g):\n    return 1 / 0\n", "generator raises"),
        (
            "import os\ndef case(g):\n    os._exit(0)\n",
            "generator raises",
        ),
        ("def case(g) return 1\n", "generator raises"),
        ("def other(g):\n    return '1\\n1'\n", "generator raises"),
        ("def case(g):\n    return None\n", "generator raises"),
        (
            "def case(g):\n    return f'0\\n{g.num(1, 9)}'\n",
            "generator invalid_inputs",
        ),
        ("def case(g):\n    return '1\\n1'\n", "generator no_variety"),
    ];
    let validators = [
        (
            "def valid(text):\n    return True\n",
            "validator accepts_everything",
        ),
        (
            "def valid(text):\n    return False\n",
            "validator wrong_on_sample",
        ),
        (
            "def valid(text):\n    while True:\n        pass\n",
            "validator endless",
        ),
        ("def valid(text):\n    return 1 / 0\n", "validator raises"),
    ];
    let references = [
        (
            "def solve(text):\n    return 3\n",
            "reference wrong_on_sample",
        ),
        (
            "def solve(text):\n    while True:\n        pass\n",
            "reference endless",
        ),
        (
            "def solve(text):\n    return 'x' * 5000000\n",
            "reference too_much_output",
        ),
        ("def solve(text):\n    return 1 / 0\n", "reference raises"),
        (
            "def solve(text):\n    import socket\n    socket.socket()\n    return 3\n",
            "reference raises",
        ),
        ("", "reference raises"),
    ];
    let cases = generators
        .iter()
        .map(|(text, fault)| {
            let mut helpers = helpers();
            helpers.generator = (*text).to_owned();
            (helpers, *fault)
        })
        .chain(validators.iter().map(|(text, fault)| {
            let mut helpers = helpers();
            helpers.validators = vec![(*text).to_owned()];
            (helpers, *fault)
        }))
        .chain(references.iter().map(|(text, fault)| {
            let mut helpers = helpers();
            helpers.references = vec![(*text).to_owned()];
            (helpers, *fault)
        }));
    for (helpers, fault) in cases {
        let answer = judge
            .client
            .hunt(&request(&starts_at_0(), helpers.clone()))
            .await
            .unwrap();
        assert_eq!(
            answer.hunt.ending,
            HuntEnding::Unusable,
            "{helpers:?} {answer:?}"
        );
        assert_eq!(first_fault(&answer), fault, "{helpers:?} {answer:?}");
        assert_eq!(answer.hunt.counterexample, None);
    }
}

#[tokio::test]
async fn of_several_validators_the_best_is_used() {
    let judge = Judge::start().await;
    let mut helpers = helpers();
    helpers.validators = vec![
        "def valid(text):\n    return True\n".to_owned(),
        VALIDATOR.to_owned(),
    ];
    let answer = judge
        .client
        .hunt(&request(&starts_at_0(), helpers))
        .await
        .unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::Found);
    assert_eq!(first_fault(&answer), "validator accepts_everything");
}

#[tokio::test]
async fn a_reference_that_is_the_program_is_none() {
    let judge = Judge::start().await;
    let mut own = request(&starts_at_0(), Helpers::default());
    own.reference = Some(ReferenceProgram {
        language: Language::Cpp17,
        code: starts_at_0().replace("best", "most"),
    });
    let answer = judge.client.hunt(&own).await.unwrap();
    assert_eq!(first_fault(&answer), "reference same_program");

    own.reference = Some(ReferenceProgram {
        language: Language::Cpp17,
        code: RIGHT.replace("sum + x, x", "sum, x"),
    });
    let answer = judge.client.hunt(&own).await.unwrap();
    assert_eq!(first_fault(&answer), "reference wrong_on_sample");
    assert_eq!(answer.hunt.ending, HuntEnding::Unusable);
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
    assert_eq!((sizes.len(), sizes[0]), (5, 1), "{answer:?}");
    assert!(sizes[1..].windows(2).all(|pair| pair[1] == 2 * pair[0]));
    let last = &answer.sizes[4].runs;
    let slow = last[0].is_none_or(|run| run.cpu_ms > 100);
    assert!(
        slow && last[1].unwrap().verdict == RunVerdict::Accepted,
        "{answer:?}"
    );
}
