use chrono::TimeZone as _;

use super::*;
use db::{Json, submissions::Submission};
use domain::{
    AnswerLanguage, Difference, FixReason, FixStatus, Lines, NeededChange, Outcome, RunLimits,
    RunVerdict, Sample, StageName, StageState, Status, Test, TestSource, Usage, Verdict,
    Verification,
};

fn submission(status: Status) -> Submission {
    let created_at = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).unwrap();
    Submission {
        id: "019a3b5e-7c1d-7f00-8000-000000000000".parse().unwrap(),
        status,
        run: 1,
        version: 1,
        title: String::new(),
        text: "A + B".to_owned(),
        code: Some("print(a - b)\n".to_owned()),
        language: Some("Python 3".to_owned()),
        verdict: Some(Verdict::WrongAnswer),
        failing_input: Some("1 2".to_owned()),
        samples: Json(Vec::new()),
        settled: Default::default(),
        time_limit_ms: None,
        memory_limit_mb: None,
        reference_code: None,
        answer_language: AnswerLanguage::English,
        image_count: 0,
        visitor_id: None,
        owner_token_hash: None,
        request_id: None,
        has_contents: true,
        claims: 0,
        is_unlimited: false,
        traceparent: None,
        error_code: None,
        error_detail: None,
        retry_at: None,
        helpful: None,
        created_at,
        updated_at: created_at,
        queued_at: created_at,
        started_at: None,
        stages: Json(Vec::new()),
        callback: None,
        finished_at: None,
    }
}

fn stage(stage: StageName, state: StageState) -> Stage {
    Stage {
        stage,
        state,
        started_at: None,
        finished_at: None,
        model: None,
        usage: None,
        calls: 0,
        result: None,
        error_code: None,
        error_detail: None,
    }
}

pub(super) fn waiting(status: Status) -> Results {
    let stages = StageName::ALL
        .iter()
        .map(|name| stage(*name, StageState::Pending));
    Results {
        submission: submission(status),
        stages: stages.collect(),
        hunt: None,
        problem: None,
        program: None,
        analysis: None,
        verification: None,
        shown: domain::Shown::ALL,
    }
}

fn completed() -> Results {
    let mut found = waiting(Status::Completed);
    let start = found.submission.created_at;
    found.submission.finished_at = Some(start + chrono::TimeDelta::seconds(9));
    for stage in &mut found.stages {
        stage.state = StageState::Completed;
        stage.started_at = Some(start);
        stage.finished_at = Some(start + chrono::TimeDelta::milliseconds(2_340));
        stage.model = Some("gpt-4o".to_owned());
        stage.calls = 1;
        stage.usage = Some(Json(Usage {
            prompt_tokens: 100,
            completion_tokens: 10,
            ..Usage::default()
        }));
    }
    found.problem = Some(Problem {
        title: "A + B".to_owned(),
        time_limit: "1 s".to_owned(),
        description: "Print $a + b$.".to_owned(),
        samples: vec![Sample {
            input: "1 2".to_owned(),
            output: "3\n".to_owned(),
            explanation: String::new(),
        }],
        ..Problem::default()
    });
    found.program = Some(Program {
        language: "Python 3".to_owned(),
        code: "print(a - b)\n".to_owned(),
        source: CodeSource::Code,
        span: None,
        verified: true,
    });
    found.analysis = Some(Analysis {
        bug_found: true,
        summary: "It subtracts.".to_owned(),
        fixes: vec![Fix {
            category: "wrong operator".to_owned(),
            severity: "critical".to_owned(),
            hint: "Try 1 2.".to_owned(),
            explanation: "`a - b` is the *difference*.".to_owned(),
            original_snippet: "print(a - b)".to_owned(),
            modified_snippet: "print(a + b)".to_owned(),
            lines: Some(Lines { start: 1, end: 1 }),
        }],
        modified_code: "print(a + b)\n".to_owned(),
        lines_added: 1,
        lines_removed: 1,
    });
    found.verification = Some(verification());
    found
}

fn ran(verdict: RunVerdict, output: &str) -> Outcome {
    Outcome {
        cpu_ms: 12,
        memory_kb: 9216,
        exit_code: Some(0),
        output: output.to_owned(),
        ..Outcome::not_run(verdict)
    }
}

fn verification() -> Verification {
    let wrong = Outcome {
        difference: Some(Difference {
            expected: Some((0, 1)),
            actual: Some((0, 2)),
        }),
        ..ran(RunVerdict::WrongAnswer, "-1\n")
    };
    Verification {
        status: Some(FixStatus::Verified),
        language: "Python 3 (Python 3.11.2)".to_owned(),
        limits: Some(RunLimits::default()),
        tests: vec![Test {
            source: TestSource::Statement,
            number: 1,
            input: "1 2".to_owned(),
            expected: Some("3\n".to_owned()),
            by_reference: false,
            level: None,
            before: Some(wrong.clone()),
            after: Some(ran(RunVerdict::Accepted, "3\n")),
        }],
        fresh_inputs: 84,
        repairs: 1,
        lines_dropped: 2,
        changes: vec![NeededChange {
            lines: Lines { start: 1, end: 1 },
            test: 0,
            without: wrong,
        }],
        ..Verification::default()
    }
}

const WHOLE: &str = r#"# A + B

- **Status:** Completed
- **Verdict:** Wrong Answer (WA)
- **Language:** Python 3
- **Submitted:** 2026-01-02T03:04:05Z
- **Finished:** 2026-01-02T03:04:14Z
- **Submission:** `019a3b5e-7c1d-7f00-8000-000000000000`

## Problem

- **Time limit:** 1 s

### Description

Print $a + b$.

### Sample 1

**Input**

```
1 2
```

**Output**

```
3
```

## Failing test case

```
1 2
```

## Program

```python
print(a - b)
```

## Tests

Python 3 (Python 3.11.2) · 2000 ms · 256 MB

| Tests | Your program | Fix |
|---|---|---|
| Sample 1 | WA (Wrong Answer), 12 ms, 9.0 MB | AC (Accepted), 12 ms, 9.0 MB |

### Sample 1

**Input**

```
1 2
```

**Expected output**

```
3
```

**Output of your program**

```
-1
```

## What is wrong

It subtracts.

### Fix 1: wrong operator

- **Severity:** critical
- **Lines:** 1

**Hint**

Try 1 2.

**Why**

`a - b` is the *difference*.

**Before**

```python
print(a - b)
```

**After**

```python
print(a + b)
```

## The whole change

- **Lines added:** 1
- **Lines removed:** 1

```diff
--- a/solution.py
+++ b/solution.py
@@ -1 +1 @@
-print(a - b)
+print(a + b)
```

## How well the fix is tested

**Verified:** Your program fails a test. The fix passes all of them, and every change in it is needed.

**Runs**

- 1 sample
- 84 further inputs
- 1 repair
- 2 lines left out as unneeded

**Why it is needed**

- **Line 1:** Without this change, on Sample 1 the program answers `-1` instead of `3`.

## How it was analysed

| Stage | State | Seconds | Model | Calls | Tokens sent | Tokens received |
|---|---|---|---|---|---|---|
| Problem | completed | 2.3 | gpt-4o | 1 | 100 | 10 |
| Code | completed | 2.3 | gpt-4o | 1 | 100 | 10 |
| Hunt | completed | 2.3 | gpt-4o | 1 | 100 | 10 |
| Finding the bug | completed | 2.3 | gpt-4o | 1 | 100 | 10 |
| Running it | completed | 2.3 | gpt-4o | 1 | 100 | 10 |
"#;

#[test]
fn a_completed_submission_is_told_from_its_title_to_its_tokens() {
    assert_eq!(render(&completed()), WHOLE);
}

#[test]
fn headings_are_in_the_language_of_the_answer() {
    for (language, headings) in [
        (
            AnswerLanguage::Chinese,
            "状态:** 已完成|答案错误 (WA)|## 题目|### 样例 1|## 问题所在|### 修改 1: wrong|严重程度:** 严重|## 分析过程",
        ),
        (
            AnswerLanguage::German,
            "Status:** Fertig|falsche Antwort (WA)|## Aufgabe|### Beispiel 1|## Was falsch ist|Schwere:** kritisch",
        ),
    ] {
        let mut found = completed();
        found.submission.answer_language = language;
        let report = render(&found);
        for heading in headings.split('|') {
            assert!(report.contains(heading), "{heading}: {report}");
        }
        for english in ["## Problem", "Status:** Completed", "Before", "Seconds"] {
            assert!(!report.contains(english), "{english}: {report}");
        }
    }
}

#[test]
fn every_doubt_is_said() {
    let mut found = completed();
    let program = found.program.as_mut().unwrap();
    program.verified = false;
    program.source = CodeSource::Image;
    found.analysis.as_mut().unwrap().fixes[0].lines = None;
    found.stages[2].usage = Some(Json(Usage {
        estimated: true,
        cost: Some(0.0125),
        ..Usage::default()
    }));
    let report = render(&found);
    for note in [
        "read from an image, unverified",
        "**Lines:** not located",
        "≈ estimated",
        "| ≈ 0 |",
        "Cost: $0.0125",
    ] {
        assert!(report.contains(note), "{note}: {report}");
    }
}

#[test]
fn a_program_that_is_right_is_said_to_be_right() {
    let mut found = completed();
    let analysis = found.analysis.as_mut().unwrap();
    analysis.bug_found = false;
    analysis.fixes.clear();
    let report = render(&found);
    assert!(report.contains("No bug was found."));
    assert!(!report.contains("## The whole change") && !report.contains("```diff"));
}

#[test]
fn what_there_is_is_reported_while_it_runs_and_after_it_failed() {
    let report = render(&waiting(Status::Queued));
    for part in [
        "# Analysis\n",
        "**Status:** Queued",
        "**Text as submitted**\n\n```\nA + B\n```",
        "```python\nprint(a - b)\n```",
        "| Problem | pending |  |  | 0 |  |  |",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let mut found = waiting(Status::Failed);
    found.submission.error_code = Some("model_auth".to_owned());
    found.submission.error_detail = Some("The key <k> is not\naccepted.".to_owned());
    found.stages[0].state = StageState::Failed;
    found.stages[0].error_detail = Some("401".to_owned());
    let report = render(&found);
    assert!(
        report.contains("## Why it failed\n\nThe key &lt;k&gt; is not accepted. (model\\_auth)")
    );
    assert!(report.contains("**Problem**\n\n401\n"), "{report}");
}

#[test]
fn a_fix_that_failed_is_told_with_the_test_against_it() {
    let mut found = completed();
    let verification = found.verification.as_mut().unwrap();
    verification.status = Some(FixStatus::Failed);
    verification.reason = Some(FixReason::BreaksTest);
    verification.fix_compiler = "warning: x".to_owned();
    let test = &mut verification.tests[0];
    test.before = Some(ran(RunVerdict::Accepted, "3\n"));
    test.after = Some(Outcome {
        signal: Some("segmentation fault".to_owned()),
        errors: "y".repeat(5000),
        ..ran(RunVerdict::RuntimeError, "")
    });
    let report = render(&found);
    for said in [
        "**Failed:** The fix fails a test that your program passes.",
        "The fix ends on Sample 1 with: Runtime Error. Input: `1 2`",
        "**The fix does not compile**\n\n```\nwarning: x\n```",
        "Ended by a signal: segmentation fault",
        "… the rest is left out",
    ] {
        assert!(report.contains(said), "{said}: {report}");
    }
}

/// The outline that a renderer makes of a report: its headings down to the third level, and its code.
fn outline(report: &str) -> (Vec<String>, Vec<String>) {
    use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
    let (mut headings, mut codes) = (Vec::new(), Vec::new());
    let (mut heading, mut code): (Option<String>, Option<String>) = (None, None);
    for event in Parser::new(report) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("raw HTML: {html}\n{report}"),
            Event::Start(Tag::Image { .. }) => panic!("an image\n{report}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://"), "{dest_url}\n{report}");
            }
            Event::Start(Tag::Heading { level, .. }) if level < HeadingLevel::H4 => {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Start(Tag::CodeBlock(_)) => code = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => codes.extend(code.take()),
            Event::Text(text) | Event::Code(text) => {
                for place in [&mut heading, &mut code].into_iter().flatten() {
                    place.push_str(&text);
                }
            }
            _ => {}
        }
    }
    (headings, codes)
}

#[test]
fn a_hostile_submission_stays_in_its_place() {
    let expected = outline(&render(&completed())).0;
    for evil in [
        "# Owned",
        "Owned\n===",
        "```",
        "~~~~",
        "  ```\n<script>x</script>",
        "- ```\n\n# Owned",
        "<script>alert(1)</script>",
        "</textarea><img src=x onerror=alert(1)>",
        "<!-- ",
        "![x](https://h.example/track.png)",
        "[x](javascript:alert(1))",
        "[Sample]: javascript:a\n[x]: data:a\n\n[x]",
        "` | ` <b>\n\n# Owned",
        "\r# Owned\r",
        "``````\n# Owned\n``````",
        "    # code",
        "> # Owned\n# Owned",
    ] {
        let mut found = completed();
        let text = || evil.to_owned();
        found.submission.failing_input = Some(text());
        let problem = found.problem.as_mut().unwrap();
        problem.time_limit = text();
        problem.description = text();
        problem.notes = text();
        problem.samples[0] = Sample {
            input: text(),
            output: text(),
            explanation: text(),
        };
        let program = found.program.as_mut().unwrap();
        program.code = format!("{evil}\n{evil}");
        let analysis = found.analysis.as_mut().unwrap();
        analysis.summary = text();
        analysis.modified_code = format!("{evil}\nfixed");
        let fix = &mut analysis.fixes[0];
        (fix.hint, fix.explanation) = (text(), text());
        (fix.original_snippet, fix.modified_snippet) = (text(), text());
        let verification = found.verification.as_mut().unwrap();
        verification.language = text();
        let test = &mut verification.tests[0];
        (test.input, test.expected) = (text(), Some(text()));
        let hostile = |run: &mut Outcome| {
            (run.output, run.errors, run.signal) = (text(), text(), Some(text()));
            let end = evil.len();
            run.difference = Some(Difference {
                expected: Some((0, end)),
                actual: Some((0, end)),
            });
        };
        test.before.as_mut().into_iter().for_each(hostile);
        hostile(&mut verification.changes[0].without);
        found.stages[0].model = Some(text());
        found.stages[0].error_detail = Some(text());
        let report = render(&found);
        let (headings, codes) = outline(&report);
        let ours: Vec<_> = headings
            .iter()
            .filter(|heading| *heading != "Explanation" && *heading != "Notes")
            .collect();
        assert_eq!(
            ours,
            expected.iter().collect::<Vec<_>>(),
            "{evil:?}\n{report}"
        );
        let line_feeds = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
        let codes: Vec<_> = codes.iter().map(|code| line_feeds(code)).collect();
        let whole = line_feeds(&format!("{evil}\n{evil}\n"));
        assert!(codes.contains(&whole), "{evil:?}\n{codes:#?}\n{report}");
    }
    let mut found = completed();
    let (title, category) = ("A\n# B <b>|", "x\n## y");
    found.problem.as_mut().unwrap().title = title.to_owned();
    found.analysis.as_mut().unwrap().fixes[0].category = category.to_owned();
    let report = render(&found);
    assert!(report.starts_with("# A # B &lt;b>|\n"), "{report}");
    assert!(report.contains("### Fix 1: x \\#\\# y\n"), "{report}");
}
