//! Making a change smaller.

use domain::{RunLimits, RunVerdict};
use judge_api::{Case, Language, MinimiseAnswer, MinimiseRequest};

use crate::support::judge::Judge;

async fn minimise(
    judge: &Judge,
    language: Language,
    original: &str,
    fixed: &str,
    cases: &[(&str, &str)],
) -> MinimiseAnswer {
    let request = MinimiseRequest {
        language,
        original: original.to_owned(),
        fixed: fixed.to_owned(),
        cases: cases
            .iter()
            .map(|(input, expected)| Case {
                input: (*input).to_owned(),
                expected: Some((*expected).to_owned()),
            })
            .collect(),
        limits: RunLimits::default(),
        budget_ms: None,
    };
    judge.client.minimise(&request).await.unwrap()
}

const LARGEST: &str = "n = int(input())\nvalues = list(map(int, input().split()))\nbest = 0\nfor value in values:\n    if value > best:\n        \
                       best = value\nprint(best)\n";

#[tokio::test]
async fn harmless_edits_go_and_the_fix_stays_with_its_reason() {
    let judge = Judge::start().await;
    let fixed = LARGEST
        .replace("n = int(input())", "count = int(input())  # how many")
        .replace("best = 0", "best = values[0]")
        .replace("    if value > best:", "    if best < value:")
        .replace("print(best)\n", "print(best)\n# done\n");
    let answer = minimise(
        &judge,
        Language::Python3,
        LARGEST,
        &fixed,
        &[("3\n1 3 2\n", "3"), ("2\n-5 -2\n", "-2")],
    )
    .await;
    assert_eq!(answer.code, LARGEST.replace("best = 0", "best = values[0]"));
    assert!(answer.complete);
    let [part] = &answer.parts[..] else {
        panic!("{answer:?}")
    };
    assert_eq!((part.start, part.end, part.case), (3, 3, 1));
    assert_eq!(
        (part.without.verdict, part.without.output.as_str()),
        (RunVerdict::WrongAnswer, "0\n")
    );
}

#[tokio::test]
async fn changes_that_need_each_other_both_stay() {
    let judge = Judge::start().await;
    let original = "#include <iostream>\nint main() {\n    int n;\n    std::cin >> n;\n    int sum = 0;\n    for (int i = 1; i < n; i++) sum += i;\n    std::cout << sum;\n}\n";
    let fixed = original
        .replace(
            "#include <iostream>",
            "#include <iostream>\n#include <vector>",
        )
        .replace("int n;", "long long n;")
        .replace("int sum", "long long sum")
        .replace("int i = 1; i < n", "long long i = 1; i <= n");
    let cases = [("3", "6"), ("100000", "5000050000")];
    let answer = minimise(&judge, Language::Cpp17, original, &fixed, &cases).await;
    let wanted = original
        .replace("int sum", "long long sum")
        .replace("int i = 1; i < n", "long long i = 1; i <= n");
    assert_eq!(answer.code, wanted);
    assert_eq!(answer.parts.len(), 1, "{answer:?}");
    assert!(answer.complete && answer.compiles <= 32);
}

#[tokio::test]
async fn an_addition_and_a_removal_are_named_by_their_lines() {
    let judge = Judge::start().await;
    let original = "a, b = map(int, input().split())\nprint('debug')\nprint(a + b)";
    let fixed = "a, b = map(int, input().split())\na = abs(a)\nprint(a + b)\nprint()";
    let answer = minimise(&judge, Language::Python3, original, fixed, &[("-1 2", "3")]).await;
    assert!(answer.complete);
    assert_eq!(
        answer.code,
        "a, b = map(int, input().split())\na = abs(a)\nprint(a + b)"
    );
}

#[tokio::test]
async fn a_change_that_does_not_pass_is_left_as_it_is() {
    let judge = Judge::start().await;
    for fixed in ["print(1)\n", "print(\n"] {
        let answer = minimise(&judge, Language::Python3, "print(0)\n", fixed, &[("", "2")]).await;
        assert_eq!(
            (answer.code.as_str(), answer.complete, answer.parts.len()),
            (fixed, false, 0)
        );
    }
}

#[tokio::test]
async fn a_change_in_many_places_ends_within_its_compilations() {
    let judge = Judge::start().await;
    let original: String =
        (0..60).map(|n| format!("x{n} = {n}\n")).collect::<String>() + "print(0)\n";
    let fixed: String = (0..60)
        .map(|n| format!("x{n} = {n} + 0\n\n"))
        .collect::<String>()
        + "print(1)\n";
    let answer = minimise(&judge, Language::Python3, &original, &fixed, &[("", "1")]).await;
    assert!(answer.compiles <= 32);
    let run = judge
        .run(Language::Python3, &answer.code, &[("", Some("1"))])
        .await;
    assert!(run.cases[0].is_accepted());
}
