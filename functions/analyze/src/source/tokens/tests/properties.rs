use super::*;
use proptest::prelude::*;

#[test]
fn large_and_hostile_texts_take_linear_time() {
    let hostile = [
        "x = a+b; ",
        "do ",
        "/[",
        "=/[ ",
        "\"",
        "'",
        "((((",
        "{",
        "/*",
        "{-",
        "r#",
        "f\"{",
        "`${",
        "<<A\n",
        "<<",
        "R\"(",
        "$\"{",
        "  x\n",
        " ",
        "\\\n",
        "#",
        "[=",
        "@\"",
        "--",
        "%w",
        "=begin\n",
        ".5",
        "+",
        "\n",
        "é",
        "# x\n",
        "#define a(",
        "//\\\n",
        "'\\",
        "if(",
        "$@",
        "\t1'",
    ];
    // Of families that are scanned alike, one.
    let families = [
        Family::Cpp,
        Family::CSharp,
        Family::Kotlin,
        Family::Swift,
        Family::Rust,
        Family::JavaScript,
        Family::Python,
        Family::Pascal,
        Family::Haskell,
        Family::Lua,
        Family::Ruby,
        Family::Perl,
        Family::Shell,
    ];
    for family in families {
        for piece in hostile {
            let text = piece.repeat(16_384 / piece.len());
            let start = std::time::Instant::now();
            let _ = scanner::scan(&text, family);
            let taken = start.elapsed();
            // Linear time is far below this without optimisation, quadratic time above it.
            assert!(
                taken < std::time::Duration::from_secs(2),
                "{family:?} {piece:?}: {taken:?}"
            );
        }
    }
}

fn any_family() -> impl Strategy<Value = Family> {
    prop::sample::select(Family::ALL.to_vec())
}

/// Text of the characters that scanners care about.
fn code_like() -> impl Strategy<Value = String> {
    "([a-z0-9]{1,3}|[-+*/=<>!&|.:?%^~@#$\\\\]|[(){},;\\[\\]]|[\"'`]|R\"\\(|\\$\\{|f\"|\"\"\"|r#|<<A|[ \n\t\r]|é){0,40}"
}

/// Tokens of a program that can be spaced freely where brackets do not care.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("([a-z]{1,4}|[0-9]{1,3}|\"[a-z ]{0,4}\"|[(),;])", 1..30)
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), code in code_like(), family in any_family()) {
        let _ = same_in_family(&text, &code, family);
        prop_assert!(same_in_family(&code, &unified(&code).replace('\n', "\r\n"), family));
    }

    #[test]
    fn a_program_spaced_anew_is_the_same(
        pieces in pieces(),
        blanks in prop::collection::vec("[ \t]{1,3}", 30),
        family in any_family().prop_filter("blanks are exact", |family| rules::rules(*family).blanks != rules::Blanks::Exact),
    ) {
        let spaced: String = pieces.iter().zip(&blanks).map(|(piece, blank)| format!("{piece}{blank}")).collect();
        let spaced = format!("{spaced}\r\n\n");
        prop_assert!(same_in_family(&pieces.join(" "), &spaced, family));
    }

    #[test]
    fn a_program_on_other_lines_is_the_same_where_lines_do_not_count(
        pieces in pieces(),
        blanks in prop::collection::vec("[ \t\r\n]{1,3}", 30),
    ) {
        let spaced: String = pieces.iter().zip(&blanks).map(|(piece, blank)| format!("{piece}{blank}")).collect();
        for family in [Family::C, Family::Cpp, Family::CSharp, Family::Java, Family::Rust, Family::Pascal] {
            prop_assert!(same_in_family(&pieces.join(" "), &spaced, family));
        }
    }

    #[test]
    fn a_changed_character_is_always_noticed(
        code in code_like(),
        at in any::<prop::sample::Index>(),
        with in "[a-z0-9+=;(\"'#/\\\\]",
        family in any_family(),
    ) {
        let places: Vec<(usize, char)> = code.char_indices().filter(|(_, c)| !c.is_ascii_whitespace()).collect();
        if places.is_empty() {
            return Ok(());
        }
        let (offset, old) = places[at.index(places.len())];
        if with.starts_with(old) {
            return Ok(());
        }
        let changed = format!("{}{with}{}", &code[..offset], &code[offset + old.len_utf8()..]);
        prop_assert!(!same_in_family(&code, &changed, family));
        let removed = format!("{}{}", &code[..offset], &code[offset + old.len_utf8()..]);
        prop_assert!(!same_in_family(&code, &removed, family));
    }
}
