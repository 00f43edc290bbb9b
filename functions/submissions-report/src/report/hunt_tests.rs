use domain::{
    Counterexample, Difference, Dispute, GrowthRun, HelperFault, HelperKind, HuntReport, InputKind,
    Level, Outcome, RunVerdict, Status, Tried, UnusableHelper, Verification,
};

use super::{super::tests::waiting, *};
use crate::report::render;

fn report(ending: HuntEnding) -> HuntReport {
    HuntReport {
        hunt: Hunt {
            ending,
            guessed: false,
            counterexample: None,
            dispute: None,
            tried: vec![Tried {
                kind: InputKind::Tiny,
                inputs: 1204,
            }],
            faults: Vec::new(),
            unsteady: 0,
            complete: false,
        },
        growth: Vec::new(),
        helpers: None,
    }
}

fn rendered(report: HuntReport) -> String {
    let mut found = waiting(Status::Completed);
    let tests = report.hunt.test().into_iter().collect();
    found.verification = Some(Verification {
        tests,
        ..Verification::default()
    });
    found.hunt = Some(report);
    render(&found)
}

#[test]
fn a_hunted_input_is_told_with_how_sure_it_is() {
    let mut hunted = report(HuntEnding::Found);
    hunted.hunt.counterexample = Some(Counterexample {
        input: "3\n1 1 2\n".to_owned(),
        expected: Some("4\n".to_owned()),
        outcome: Outcome {
            output: "5\n".to_owned(),
            difference: Some(Difference {
                expected: Some((0, 1)),
                actual: Some((0, 1)),
            }),
            ..Outcome::not_run(RunVerdict::WrongAnswer)
        },
        level: Level::Suggested,
        tokens_found: 79,
        tokens: 4,
    });
    let run = |verdict, cpu_ms| Some(GrowthRun { verdict, cpu_ms });
    hunted.growth = [(1000, 100), (2000, 400)]
        .map(|(size, cpu_ms)| GrowthStep {
            size,
            bytes: 1,
            before: run(RunVerdict::Accepted, cpu_ms),
            after: None,
        })
        .to_vec();
    hunted.growth.push(GrowthStep {
        size: 4000,
        bytes: 1,
        before: run(RunVerdict::TimeLimit, 1600),
        after: None,
    });
    let text = rendered(hunted);
    for part in [
        "\n## Hunt for a failing input\n\nYour program answers `5` on this input; a program written from the statement answers `4`. Input: `3 1 1 2`\n",
        "\n- Suggested: one program written from the statement says so. Check it by hand.\n- Made smaller from 79 to 4 values.\n\
         - Tried: 1,204 small inputs.\n",
        "(quadratic).\n\n| Size | Your program | Fix |\n|--:|--:|--:|\n| 1,000 | 100 ms |  |\n| 2,000 | 400 ms |  |\n\
         | 4,000 | stopped after 1,600 ms |  |\n",
        "| Found input 1 | WA (Wrong Answer)",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[test]
fn a_hunt_without_a_failing_input_says_why() {
    let text = rendered(report(HuntEnding::NothingFound));
    assert!(text.contains("\nNo failing input among 1,204 inputs.\n"));
    let mut unusable = report(HuntEnding::Unusable);
    unusable.hunt.faults.push(UnusableHelper {
        helper: HelperKind::Validator,
        place: 0,
        fault: HelperFault::Raises,
        detail: "```\n<script>".to_owned(),
    });
    let text = rendered(unusable);
    assert!(text.contains("\nThe validator raises an error"));
    assert!(text.contains("\n````\n```\n<script>\n````\n"));
    // The references may disagree later, about the fix.
    for ending in [
        HuntEnding::Disputed,
        HuntEnding::NothingFound,
        HuntEnding::Found,
    ] {
        let mut disputed = report(ending);
        disputed.hunt.dispute = Some(Dispute {
            input: "1".to_owned(),
            first: "2".to_owned(),
            second: "3".to_owned(),
        });
        let text = rendered(disputed);
        assert!(text.contains("\nDisputed: the programs"), "{text}");
        assert!(
            text.contains("**First answer**\n\n```\n2\n```\n\n**Second answer**\n\n```\n3\n```"),
            "{text}"
        );
    }
}
