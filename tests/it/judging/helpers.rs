//! Helpers of a hunt are tried before anything is believed of them.

use domain::{Helpers, HuntEnding, Level};
use judge_api::{Case, HuntAnswer, Language, ReferenceProgram};

use super::hunt::{RIGHT, VALIDATOR, helpers, request, starts_at_0};
use crate::support::judge::Judge;

fn first_fault(answer: &HuntAnswer) -> String {
    let fault = answer.hunt.faults.first();
    fault.map_or_else(String::new, |fault| {
        format!("{} {}", fault.helper, fault.fault)
    })
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
async fn a_reference_that_remembers_the_last_input_does_not() {
    let judge = Judge::start().await;
    let mut request = request(RIGHT, helpers());
    request.helpers.references = vec![
        "from functools import lru_cache\na = []\n\n@lru_cache(None)\ndef best():\n    return max(sum(a[i:j]) for i in range(len(a)) for j in range(i + 1, len(a) + 1))\n\ndef solve(text):\n    a[:] = map(int, text.split()[1:])\n    return best()\n"
            .to_owned(),
    ];
    request.budget_ms = Some(20_000);
    let answer = judge.client.hunt(&request).await.unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::NothingFound, "{answer:?}");

    // One that is slow on a large input that is known is right on the small ones.
    request.helpers.references = vec![format!(
        "def solve(text):\n    if len(text) > 50:\n        while True:\n            pass\n    return right(text)\n\n{}",
        super::hunt::REFERENCE.replace("solve", "right")
    )];
    request.code = starts_at_0();
    request.cases.push(Case {
        input: format!("40\n{}\n", vec!["-1"; 40].join(" ")),
        expected: None,
    });
    let answer = judge.client.hunt(&request).await.unwrap();
    assert_eq!(answer.hunt.ending, HuntEnding::Found, "{answer:?}");
}
