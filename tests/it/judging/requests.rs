//! The judge's requests: their limits, its queue, and the time that they may take.

use domain::RunVerdict;
use futures::future::join_all;
use judge_api::{Case, Error, Language};

use crate::support::judge::Judge;

const ECHO: &str = "import sys\nsys.stdout.write(sys.stdin.read())";

#[tokio::test]
async fn a_request_that_is_not_right_is_refused_with_words() {
    let judge = Judge::start().await;
    let right = judge.request(Language::Python3, ECHO, &[("x", Some("x"))]);
    let with = |change: &dyn Fn(&mut judge_api::RunRequest)| {
        let mut request = right.clone();
        change(&mut request);
        request
    };
    for (request, words) in [
        (with(&|request| request.cases.clear()), "/cases"),
        (
            with(&|request| request.cases = vec![request.cases[0].clone(); 201]),
            "/cases",
        ),
        (
            with(&|request| request.cases[0].input = "x".repeat(judge_api::CASE_BYTES + 1)),
            "/cases/0",
        ),
        (
            with(&|request| request.code = "x".repeat(256 * 1024 + 1)),
            "/code",
        ),
        (
            with(&|request| request.limits.time_ms = 0),
            "/limits/time_ms",
        ),
        (
            with(&|request| request.limits.memory_mb = 100_000),
            "/limits/memory_mb",
        ),
        (with(&|request| request.budget_ms = Some(0)), "/budget_ms"),
    ] {
        match judge.client.run(&request).await {
            Err(Error::Refused(detail)) => assert!(detail.contains(words), "{words}: {detail}"),
            other => panic!("{words}: {other:?}"),
        }
    }
    assert!(judge.client.run(&right).await.unwrap().cases[0].is_accepted());
}

#[tokio::test]
async fn programs_and_inputs_of_every_form_are_run() {
    let judge = Judge::start().await;
    let long = "x".repeat(judge_api::CASE_BYTES);
    let inputs = [
        "",
        "no end of line",
        "tabs\tand\u{feff}marks\r\n",
        "\u{0}\u{1}",
        &long,
    ];
    let cases: Vec<_> = inputs.iter().map(|input| (*input, Some(*input))).collect();
    let answer = judge.run(Language::Python3, ECHO, &cases).await;
    for outcome in &answer.cases {
        // All but the longest come back whole; of that one the output is over the limit's half.
        assert!(outcome.is_accepted(), "{outcome:?}");
    }
    let largest = format!("print(1)\n#{}", "x".repeat(256 * 1024 - 10));
    assert!(
        judge
            .run(Language::Python3, &largest, &[("", Some("1"))])
            .await
            .cases[0]
            .is_accepted()
    );
    let rubbish = judge
        .run(Language::Cpp17, "\u{0}\u{1}\u{2}ÿÿ", &[("", None)])
        .await;
    assert!(!rubbish.compiled && !rubbish.compiler.is_empty());
    let empty = judge.run(Language::C, "", &[("", None)]).await;
    assert!(!empty.compiled);
}

#[tokio::test]
async fn cases_beyond_the_time_of_the_request_are_skipped() {
    let judge = Judge::start().await;
    let code = "#include <time.h>\nint main(void) { while (clock() < 2 * CLOCKS_PER_SEC / 10); return 0; }";
    let mut request = judge.request(Language::C, code, &[("", None); 40]);
    request.budget_ms = Some(1000);
    let answer = judge.client.run(&request).await.unwrap();
    assert_eq!(answer.cases.len(), 40);
    assert!(answer.cases[0].is_accepted());
    assert_eq!(answer.cases[39].verdict, RunVerdict::Skipped);
}

#[tokio::test]
async fn a_full_queue_is_busy_and_the_others_are_served() {
    let judge = Judge::start().await;
    let code = "#include <time.h>\nint main(void) { while (clock() < 2 * CLOCKS_PER_SEC / 10); return 0; }";
    let request = judge.request(Language::C, code, &[("", None)]);
    let answers = join_all((0..80).map(|_| judge.client.run(&request))).await;
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(served.len() >= 33, "{}", served.len());
    assert!(!refused.is_empty());
    assert!(
        refused
            .iter()
            .all(|error| matches!(error, Err(Error::Busy))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_program_is_compiled_once_for_all_requests() {
    let judge = Judge::start().await;
    let code = "#include <stdio.h>\nint main(void) { puts(\"1\"); }";
    let case = Case {
        input: String::new(),
        expected: None,
    };
    let mut request = judge.request(Language::C, code, &[]);
    request.cases = vec![case];
    assert!(judge.client.run(&request).await.unwrap().compile_ms > 0);
    assert_eq!(judge.client.run(&request).await.unwrap().compile_ms, 0);
}
