//! Counts of a page that are the same on every machine. A change that makes a page dearer raises them here, and says why.

use std::sync::Arc;

use allocation_counter::measure;
use askama::Template as _;
use domain::{Analysis, AnswerLanguage, CodeSource, Fix, Lines, Program};
use site::{Page, Theme, Words};

use crate::{
    example,
    found::{Found, Parts},
    history::History,
    submission::SubmissionPage,
    submitted::Submitted,
};

const WORDS: Words = Words(AnswerLanguage::English);

fn program(lines: usize) -> Program {
    let functions = (0..).flat_map(|n| {
        [
            format!("// Solves part {n}."),
            format!("long long solve{n}(const std::vector<int>& a, int from) {{"),
            format!("    long long best = {n}, sum = 0;"),
            "    for (std::size_t i = from; i < a.size(); ++i) {".to_owned(),
            "        sum += a[i] * 2LL;".to_owned(),
            format!("        if (sum > best) best = sum; else if (sum < -{n}) sum = 0;"),
            "    }".to_owned(),
            "    return best;".to_owned(),
            "}".to_owned(),
            String::new(),
        ]
    });
    let first = ["#include <vector>".to_owned(), String::new()];
    let code = first.into_iter().chain(functions).take(lines);
    Program {
        language: "C++".to_owned(),
        code: code.map(|line| line + "\n").collect(),
        source: CodeSource::Code,
        span: None,
        verified: true,
    }
}

fn analysis(program: &Program) -> Analysis {
    let (old, new) = ("a[i] * 2LL", "a[i] * 3LL");
    let is_wrong = |line: &str| line.contains(old);
    let line = 1 + program.code.lines().position(is_wrong).unwrap();
    Analysis {
        bug_found: true,
        summary: "Each number counts **three** times, not $2$.".to_owned(),
        fixes: vec![Fix {
            category: "wrong factor".to_owned(),
            severity: "critical".to_owned(),
            hint: "Read the formula again.".to_owned(),
            explanation: "The factor is `3`.".to_owned(),
            original_snippet: old.to_owned(),
            modified_snippet: new.to_owned(),
            lines: Some(Lines {
                start: line,
                end: line,
            }),
        }],
        modified_code: program.code.replacen(old, new, 1),
        lines_added: 1,
        lines_removed: 1,
    }
}

fn found(lines: usize) -> Found {
    let program = program(lines);
    let parts = Parts {
        program: Some(&program),
        analysis: Some(&analysis(&program)),
        ..Parts::default()
    };
    Found::of(parts, WORDS)
}

fn page(found: Arc<Found>) -> SubmissionPage {
    let page = Page {
        words: WORDS,
        theme: Theme::System,
        here: "/submissions/x".to_owned(),
        is_admin: false,
        has_entered: false,
        favicon: "favicon-done.svg",
    };
    let head = example::head("Sums".to_owned(), WORDS);
    let (history, submitted) = (History::default(), Submitted::default());
    SubmissionPage::example(page, history, head, 4, found, submitted)
}

/// The number of allocations that something takes.
fn allocations<T>(mut make: impl FnMut() -> T) -> u64 {
    // The first time also fills what is kept for ever: the words, the grammar.
    drop(make());
    let mut made = None;
    measure(|| made = Some(make())).count_total
}

#[test]
fn a_page_takes_so_many_allocations_and_bytes() {
    for (lines, limits) in [(17, [8300, 40, 26_200]), (407, [112_000, 43, 111_000])] {
        let views = Arc::new(found(lines));
        let first = allocations(|| found(lines));
        let again = allocations(|| page(views.clone()).render().unwrap());
        let bytes = page(views).render().unwrap().len() as u64;
        let counts = [first, again, bytes];
        let is_within = counts
            .iter()
            .zip(limits)
            .all(|(count, limit)| *count <= limit);
        assert!(is_within, "{lines} lines: {counts:?}");
    }
}

#[test]
fn the_same_is_found_every_time() {
    let [one, other] = [found(407), found(407)].map(|views| page(Arc::new(views)).render());
    assert_eq!(one.unwrap(), other.unwrap());
}
