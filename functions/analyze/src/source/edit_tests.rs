use proptest::prelude::*;

use super::*;

fn one<'a>(old: &'a str, new: &'a str) -> Edit<'a> {
    Edit {
        old,
        new,
        line: None,
    }
}

fn edited(program: &str, edits: &[Edit<'_>]) -> String {
    edit(program, edits).unwrap().code
}

fn refused(program: &str, edits: &[Edit<'_>]) -> String {
    edit(program, edits).unwrap_err().join("\n")
}

const PROGRAM: &str = "n = int(input())\r\nfor i in range(1, n):  \r\n    print(i)\r\n";

#[test]
fn an_edit_changes_its_lines_and_no_other_byte() {
    for (old, new, expected) in [
        // A part of a line.
        (
            "range(1, n)",
            "range(1, n + 1)",
            "n = int(input())\r\nfor i in range(1, n + 1):  \r\n    print(i)\r\n",
        ),
        // A whole line, with the line before it, which keeps its white space.
        (
            "for i in range(1, n):\n    print(i)\n",
            "for i in range(1, n):\n    print(i + 1)\n",
            "n = int(input())\r\nfor i in range(1, n):  \r\n    print(i + 1)\r\n",
        ),
        // Lines that are added after one, and before one.
        (
            "n = int(input())",
            "n = int(input())\nm = 2 * n",
            "n = int(input())\r\nm = 2 * n\r\nfor i in range(1, n):  \r\n    print(i)\r\n",
        ),
        (
            "    print(i)",
            "    i += 1\n    print(i)",
            "n = int(input())\r\nfor i in range(1, n):  \r\n    i += 1\r\n    print(i)\r\n",
        ),
        // A line that goes, and a part of one.
        (
            "    print(i)\n",
            "",
            "n = int(input())\r\nfor i in range(1, n):  \r\n",
        ),
        (
            "1, ",
            "",
            "n = int(input())\r\nfor i in range(n):  \r\n    print(i)\r\n",
        ),
        // Fences and other line ends of the model's own.
        (
            "```python\n    print(i)\n```",
            "```python\n    print(i)\r\n    print()\n```",
            "n = int(input())\r\nfor i in range(1, n):  \r\n    print(i)\r\n    print()\r\n",
        ),
    ] {
        assert_eq!(edited(PROGRAM, &[one(old, new)]), expected, "{old:?}");
    }
}

/// A file that went through a program that writes CR LF for each LF.
#[test]
fn cr_cr_lf_is_one_end_of_a_line_and_stays() {
    let program = "a = 1 // x\r\r\nb = 2\r\r\n\r\r\nc = 3";
    for (old, new, expected) in [
        (
            "a = 1 // x",
            "a = 1 // x\ny = 2",
            "a = 1 // x\r\r\ny = 2\r\r\nb = 2\r\r\n\r\r\nc = 3",
        ),
        (
            "a = 1 // x\nb = 2",
            "a = 1 // x\r\nb = 3",
            "a = 1 // x\r\r\nb = 3\r\r\n\r\r\nc = 3",
        ),
        ("b = 2\n", "", "a = 1 // x\r\r\n\r\r\nc = 3"),
        ("c = 3", "", "a = 1 // x\r\r\nb = 2\r\r\n"),
        (
            "c = 3",
            "c = 4\r\r\nd = 5",
            "a = 1 // x\r\r\nb = 2\r\r\n\r\r\nc = 4\r\r\nd = 5",
        ),
    ] {
        assert_eq!(edited(program, &[one(old, new)]), expected, "{old:?}");
    }
    let lines = edit(program, &[one("c = 3", "c = 4")]).unwrap().lines;
    assert_eq!(lines, [Lines { start: 4, end: 4 }]);
}

#[test]
fn the_last_line_may_have_no_end_and_the_first_a_byte_order_mark() {
    let program = "\u{feff}a = 1\nb = 2";
    assert_eq!(
        edited(program, &[one("a = 1", "a = 3")]),
        "\u{feff}a = 3\nb = 2"
    );
    assert_eq!(
        edited(program, &[one("b = 2\n", "b = 3\nc = 4\n")]),
        "\u{feff}a = 1\nb = 3\nc = 4"
    );
    assert_eq!(edited(program, &[one("b = 2", "")]), "\u{feff}a = 1");
    assert_eq!(
        edited(program, &[one("\u{feff}a = 1", "\u{feff}a = 3")]),
        "\u{feff}a = 3\nb = 2"
    );
    assert_eq!(
        edited("a = 1", &[one("a = 1", "a = 1\nb = 2")]),
        "a = 1\nb = 2"
    );
}

#[test]
fn the_lines_are_those_of_the_old_program() {
    let edits = [
        one("    print(i)", "    print(i, i)"),
        one("int(input())", "3"),
    ];
    let lines = edit(PROGRAM, &edits).unwrap().lines;
    assert_eq!(
        lines,
        [Lines { start: 3, end: 3 }, Lines { start: 1, end: 1 }]
    );
    let both = [one("for i in range(1, n):\n    print(i)", "print(n)")];
    assert_eq!(
        edit(PROGRAM, &both).unwrap().lines,
        [Lines { start: 2, end: 3 }]
    );
}

#[test]
fn what_stands_there_more_than_once_is_told_apart_or_refused() {
    let program = "a\nx = 1\nb\nc\nd\ne\nf\nx = 1\ng\n";
    let edit = one("x = 1", "x = 2");
    let why = refused(program, &[edit]);
    assert!(
        why.contains("fixes[0].old stands 2 times") && why.contains("lines 2, 8"),
        "{why}"
    );
    let at = Edit {
        line: Some(8),
        ..edit
    };
    let second = "a\nx = 1\nb\nc\nd\ne\nf\nx = 2\ng\n";
    assert_eq!(edited(program, &[at]), second);
    assert_eq!(
        edited(program, &[edit, one("g", "h")]),
        second.replace('g', "h")
    );
}

#[test]
fn a_part_of_a_word_is_not_the_word() {
    assert_eq!(
        edited("sum2 = sum + 1\n", &[one("sum", "total")]),
        "sum2 = total + 1\n"
    );
}

#[test]
fn what_does_not_stand_there_is_refused_with_the_nearest_lines() {
    let why = refused(PROGRAM, &[one("for i in range(0, n):", "x")]);
    assert!(why.contains("does not stand in the program"), "{why}");
    assert!(
        why.contains("From line 2 on the program has:\nfor i in range(1, n):"),
        "{why}"
    );
    let why = refused(PROGRAM, &[one("for i in range(1,n):\nprint(i)", "x")]);
    assert!(
        why.contains("white space") && why.contains("    print(i)"),
        "{why}"
    );
    for empty in ["", " \n", "```\n```"] {
        assert!(refused(PROGRAM, &[one(empty, "x")]).contains("is empty"));
    }
    let same = refused(PROGRAM, &[one("print(i)", "print(i)")]);
    assert!(same.contains("are the same"), "{same}");
}

#[test]
fn edits_do_not_overlap_but_may_say_the_same_twice() {
    let program = "a = b + c\n";
    let why = refused(program, &[one("a = b", "x"), one("b + c", "y")]);
    assert!(why.contains("overlaps"), "{why}");
    let twice = [one("b + c", "b - c"), one("b + c", "b - c")];
    assert_eq!(edited(program, &twice), "a = b - c\n");
}

/// Lines of a program, each with white space and an end of its own. CR alone is not mixed with LF: a pair of them is one end.
fn programs() -> impl Strategy<Value = (Vec<String>, Vec<&'static str>)> {
    let line = "[ \t]{0,3}[a-c=+]{0,4}[ \t]{0,2}";
    let kinds = prop::sample::select(vec![&["\n", "\r\n"][..], &["\r"]]);
    kinds.prop_flat_map(move |ends| {
        let end = prop::sample::select(ends);
        prop::collection::vec((line, end), 1..12).prop_map(|lines| lines.into_iter().unzip())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn bytes_outside_an_edit_never_change(
        (lines, ends) in programs(),
        bom in any::<bool>(),
        last_end in any::<bool>(),
        at in 0_usize..12,
        new in prop::collection::vec("[x-z ]{0,5}[x-z]", 0..4),
    ) {
        let at = at % lines.len();
        let mut before: String = if bom { BOM.to_string() } else { String::new() };
        for (line, end) in lines.iter().zip(&ends).take(at) {
            before += &format!("{line}{end}");
        }
        let mut after = String::new();
        for (index, (line, end)) in lines.iter().zip(&ends).enumerate().skip(at + 1) {
            after += line;
            if index + 1 < lines.len() || last_end {
                after += end;
            }
        }
        // A line that stands nowhere else.
        let old = "  unique = 1";
        let blank = "\t ";
        let end = if at + 1 < lines.len() || last_end { ends[at] } else { "" };
        let program = format!("{before}{old}{blank}{end}{after}");
        let new = new.join("\n");
        let code = edited(&program, &[one(old, &new)]);
        if new.is_empty() {
            let kept = if end.is_empty() {
                before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r'])).unwrap_or(&before).to_owned()
            } else {
                before + &after
            };
            prop_assert_eq!(code, kept);
        } else {
            prop_assert!(code.starts_with(&before), "{:?}", code);
            prop_assert!(code.ends_with(&format!("{blank}{end}{after}")), "{:?}", code);
            let inside = &code[before.len()..code.len() - blank.len() - end.len() - after.len()];
            prop_assert_eq!(plain(inside), plain(&new));
        }
    }

    #[test]
    fn nothing_panics(program in "[ab \t\r\n\u{feff}é]{0,40}", old in "[ab \t\r\n`é]{0,6}", new in "[ab\n\r`é]{0,6}", line in 0_usize..5) {
        let edit = Edit { old: &old, new: &new, line: Some(line) };
        let _ = super::edit(&program, &[edit, one("a", "b")]);
    }
}
