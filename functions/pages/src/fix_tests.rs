use domain::{AnswerLanguage, CodeSource, Lines};

use super::*;

fn program(original: &str) -> Program {
    Program {
        language: "C".to_owned(),
        code: original.to_owned(),
        source: CodeSource::Code,
        span: None,
        verified: true,
    }
}

fn fix(start: usize, end: usize) -> Fix {
    Fix {
        category: "x".to_owned(),
        severity: "minor".to_owned(),
        hint: "h".to_owned(),
        explanation: "e".to_owned(),
        original_snippet: "a".to_owned(),
        modified_snippet: "b".to_owned(),
        lines: (start > 0).then_some(Lines { start, end }),
    }
}

fn seen(original: &str, modified: &str, fixes: Vec<Fix>) -> FixView {
    let analysis = Analysis {
        bug_found: true,
        summary: "s".to_owned(),
        fixes,
        modified_code: modified.to_owned(),
        lines_added: 0,
        lines_removed: 0,
    };
    let old: Vec<&str> = with_ends(original).collect();
    view(
        &analysis,
        &program(original),
        (&old, &vec![Vec::new(); old.len()]),
        None,
        (&mut Highlighter::of("C"), &mut Renderer::default()),
        Words(AnswerLanguage::English),
    )
}

fn numbers(hunk: &Hunk) -> Vec<usize> {
    let cards = hunk.rows.iter().flat_map(|row| &row.cards);
    cards.map(|card| card.number).collect()
}

#[test]
fn a_fix_is_numbered_by_its_place_and_stands_below_its_last_line() {
    let original: String = (1..=40).map(|n| format!("line {n};\n")).collect();
    let modified = original
        .replace("line 5;", "line five;")
        .replace("line 30;\n", "");
    let view = seen(
        &original,
        &modified,
        vec![fix(30, 30), fix(5, 5), fix(0, 0), fix(20, 20)],
    );
    let numbers: Vec<Vec<usize>> = view.hunks.iter().map(numbers).collect();
    // The fix of line 20 changed nothing, and is shown where it points all the same.
    assert_eq!(numbers, [[1], [2], [3]]);
    assert_eq!(view.unlocated.len(), 1);
    let most_important = |row: &Row| row.cards.iter().any(|card| card.first);
    assert!(view.hunks[2].rows.iter().any(most_important));
    let first = &view.hunks[0];
    assert_eq!(first.label, "Lines 2–8");
    assert!(!first.unexplained);
    let marked: Vec<_> = first.rows.iter().filter(|row| row.markers == [1]).collect();
    assert_eq!((marked.len(), marked[0].old.as_str()), (1, "5"));
    let added = first.rows.iter().find(|row| row.class == "add").unwrap();
    assert!(added.html.to_string().contains("<mark>five</mark>"));
    assert_eq!((added.fixes.as_str(), added.cards.len()), ("1", 1));
}

#[test]
fn a_change_that_no_fix_explains_says_so_and_an_inserted_line_belongs_to_its_neighbour() {
    let view = seen("a\nb\nc\n", "a\nx\nb\nc\n", vec![fix(2, 2)]);
    assert!(!view.hunks[0].unexplained);
    assert_eq!(numbers(&view.hunks[0]), [1]);
    let view = seen("a\nb\nc\n", "a\nb\nd\n", vec![fix(1, 1)]);
    assert!(view.hunks[0].unexplained);
}

#[test]
fn lines_are_counted_as_the_fixes_count_them_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r\r\n", "\r"] {
        let original = ["a // x", "b", "c", ""].join(end);
        let view = seen(&original, &original.replace('b', "d"), vec![fix(2, 2)]);
        let rows: Vec<_> = view.hunks[0].rows.iter().collect();
        assert_eq!(rows.len(), 4, "{end:?}");
        assert!(rows.iter().all(|row| !row.html.to_string().contains("U+")));
        assert_eq!((rows[1].old.as_str(), rows[1].fixes.as_str()), ("2", "1"));
        assert_eq!(view.modified, "a // x\nd\nc\n");
    }
}

#[test]
fn fixes_of_one_line_are_all_there() {
    let view = seen("a\nb\n", "a\nc\n", vec![fix(2, 2), fix(2, 2)]);
    assert_eq!(numbers(&view.hunks[0]), [1, 2]);
    assert!(view.hunks[0].rows.iter().any(|row| row.markers == [1, 2]));
    assert!(view.unlocated.is_empty());
}

#[test]
fn a_huge_change_is_cut() {
    let view = seen(&"a\n".repeat(9000), &"b\n".repeat(9000), vec![]);
    let rows: usize = view.hunks.iter().map(|hunk| hunk.rows.len()).sum();
    assert_eq!(rows, ROWS);
    assert!(view.cut);
}
