use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(language: &str, wanted: bool, pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_eq!(
            same_program(a, b, language),
            wanted,
            "{language}: {a:?} and {b:?}"
        );
        assert_eq!(
            same_program(b, a, language),
            wanted,
            "{language}: {b:?} and {a:?}"
        );
    }
}

#[test]
fn white_space_between_tokens_does_not_count_in_c_like_languages() {
    let pairs = [
        (
            "int main(){int n;cin>>n;return 0;}",
            "int main() {\n    int n;\n    cin >> n;\n    return 0;\n}\n",
        ),
        ("a+b", "a + b"),
        ("x=-1;y=a<-1;", "x = -1;\ny = a < -1;"),
        ("f( ( x ) , y );", "f((x), y);"),
        ("*p=&x;a&&!b;", "*p = &x; a && !b;"),
        ("while(n-->0)", "while (n-- > 0)"),
        ("a=b;\r\nc=d;\r\n", "\u{feff}a = b;\rc = d;"),
        ("x; // c\ny;", "x;\n// c\ny;"),
        ("//x\ny;", "// x  \n  y;"),
        ("/* a\n   b */x", "/* a b */ x"),
        ("return'a';", "return 'a';"),
        ("vector<int>v;", "vector<int> v;"),
        ("", " \n\t"),
    ];
    for language in ["c++", "c", "java", "c#"] {
        check(language, true, &pairs);
    }
}

#[test]
fn a_change_of_the_program_is_noticed() {
    let pairs = [
        ("a - -b", "a--b"),
        ("a + ++b", "a++ + b"),
        ("return x", "returnx"),
        ("a < = b", "a <= b"),
        ("i <= n", "i < n"),
        ("1.5", "1 . 5"),
        ("x = .5", "x = . 5"),
        ("1e-5", "1e - 5"),
        ("s = \"a  b\";", "s = \"a b\";"),
        ("s = \"//  x\";", "s = \"// x\";"),
        ("c = ' ';", "c = '  ';"),
        ("c = '\\'';  x = \" \"", "c = '\\'';  x = \"\""),
        ("// c\nx;", "// c x;"),
        ("/* a */ x", "/* b */ x"),
        ("/* a */ x", "/* ax */"),
        ("f(a, b)", "f(a b)"),
        ("{ x; }", "{ x; "),
        ("int Max", "int max"),
        ("a\u{a0}b", "a b"),
    ];
    for language in [
        "c++", "c", "java", "c#", "js", "go", "kotlin", "python", "rust", "swift", "scala", "what",
    ] {
        check(language, false, &pairs);
    }
}

#[test]
fn c_and_cpp_directives_and_literals_are_known() {
    check(
        "c++",
        true,
        &[
            (
                "#include<bits/stdc++.h>\nint x;",
                "# include <bits/stdc++.h>\n\nint x;\n",
            ),
            (
                "#define f(a,b) a+b\nint x;",
                "#define f(a, b) a + b\n  int x;",
            ),
            ("#define A(x) \\\r\n  x", "#define A(x) \\\n    x"),
            ("R\"(a\r\n b)\"", "R\"(a\n b)\""),
            ("x=1'000'000;", "x = 1'000'000 ;"),
            ("int x; // a \\\n b\ny;", "int x; // a \\\nb\ny;"),
            ("R\"x(a)\"b)x\" ;", "R\"x(a)\"b)x\";"),
        ],
    );
    check(
        "c++",
        false,
        &[
            ("#define A 1\nint x;", "#define A 1 int x;"),
            ("#define f(x) x", "#define f (x) x"),
            ("#define S \"a  b\"", "#define S \"a b\""),
            ("#include <a b>", "#include <a  b>"),
            ("int x;\n#define A", "int x; #define A"),
            ("R\"x(a)\"  b)x\"", "R\"x(a)\" b)x\""),
            ("u8R\"(a  b)\"", "u8R\"(a b)\""),
            ("L\"a\"", "L \"a\""),
            ("\"a\"_s", "\"a\" _s"),
            ("int a\\\nb;", "int a\\\n b;"),
            ("x; // a \\\ny;\nz;", "x; // a \\\ny; z;"),
            ("\"a\\\n  b\"", "\"a\\\n b\""),
            ("\"open  x\ny", "\"open x\ny"),
        ],
    );
    check("c++", true, &[("\"open \n  y", "\"open\ny")]);
}

#[test]
fn python_keeps_lines_and_indentation_structure() {
    check(
        "python",
        true,
        &[
            (
                "if x:\n  y\n  if z:\n    w\nv\n",
                "if x:\n\ty\n\tif z:\n\t\tw\n\n\nv",
            ),
            ("if x:\n        y\n\tz\n", "if x:\n    y\n    z"),
            ("x=[1,\n2,\n  3]\ny=-1", "x = [1, 2, 3]\ny = -1\n"),
            ("x = 1 + \\\n  2", "x = 1 + \\\n      2"),
            ("if x:\n# note\n    y", "if x:\n    # note\n    y"),
            ("    x = 1\n    y = 2\n", "x = 1\ny = 2"),
            (
                "for i in range(n):print(i)",
                "for i in range( n ): print(i)",
            ),
            ("x  =  1 #a", "x = 1  # a"),
            (
                "def f(a,*b,**c):\n return a",
                "def f(a, *b, **c):\n    return a",
            ),
            ("s = '''a\r\nb'''", "s='''a\nb'''"),
            ("x = f\"{a['b']}\"", "x=f\"{a['b']}\""),
            ("print('a'if x else'b')", "print('a' if x else 'b')"),
        ],
    );
    check(
        "python",
        false,
        &[
            ("if x:\n  y\n  z", "if x:\n  y\nz"),
            ("if x:\n  y\nz", "if x: y\nz"),
            (
                "if x:\n  y\n  if z:\n    w\n  v",
                "if x:\n  y\n  if z:\n    w\n    v",
            ),
            ("x\ny", "x y"),
            ("x = 1 + \\\n 2", "x = 1 + 2"),
            ("x = 1 + \\\n 2", "x = 1 + \\ 2"),
            ("s = '''a\n  b'''", "s = '''a\n b'''"),
            ("s = '''a\n\nb'''", "s = '''a\nb'''"),
            ("f\"{x[\"a  b\"]}\"", "f\"{x[\"a b\"]}\""),
            ("r'\\'  'x'", "r'\\' 'x'"),
            ("rb'a  b'", "rb'a b'"),
            ("# a\nx", "# a x"),
            ("if x:\n    y\n  z", "if x:\n    y\nz"),
            ("x = 'it''s  '", "x = 'it''s '"),
        ],
    );
}

#[test]
fn lines_count_where_the_language_ends_statements_by_them() {
    for language in ["js", "typescript", "kotlin", "swift"] {
        check(
            language,
            true,
            &[
                ("if (x) { f(); g() }", "if (x) {\n  f();\n  g()\n}"),
                ("f(a,\n  b)", "f(a, b)"),
                ("a = 1\n\n\nb = 2\n", "a = 1\nb = 2"),
            ],
        );
        check(
            language,
            false,
            &[
                ("return\nx", "return x"),
                ("a\n(b)", "a (b)"),
                ("return /* a\n */ x", "return /* a */ x"),
                ("a = b\n++c", "a = b ++c"),
            ],
        );
    }
    check(
        "go",
        true,
        &[
            ("if x {\n\tf(a,\n\t\tb)\n}", "if x { f(a, b)\n}"),
            ("c<-1", "c <- 1"),
        ],
    );
    check(
        "go",
        false,
        &[
            ("x\ny", "x y"),
            ("f(a\n)", "f(a)"),
            ("`a\n  b`", "`a\n b`"),
            ("//go:embed x", "// go:embed x"),
        ],
    );
}

#[test]
fn javascript_templates_and_regular_expressions_are_literals() {
    check(
        "js",
        true,
        &[
            ("x=a/b+c/d", "x = a / b + c / d"),
            ("x=(a+b)/2+(c)/3", "x = (a + b) / 2 + (c) / 3"),
            ("x=/[/ ]a/g.test(s)", "x = /[/ ]a/g.test(s)"),
            ("if(/a b/.test(s))f()", "if (/a b/.test(s)) f()"),
            ("a[0]/b/c", "a[0] / b / c"),
        ],
    );
    check(
        "js",
        false,
        &[
            ("x = /a  b/", "x = /a b/"),
            ("if (x) /a  b/.test(s)", "if (x) /a b/.test(s)"),
            ("return /a  b/", "return /a b/"),
            ("`a  b`", "`a b`"),
            ("`a ${f(\"}\")}  b`", "`a ${f(\"}\")} b`"),
            ("`a ${`x  y`}`", "`a ${`x y`}`"),
            ("`a\n  b`", "`a\n b`"),
            ("x = /['\"]/; y = '  '", "x = /['\"]/; y = ' '"),
        ],
    );
}

#[test]
fn literals_of_other_languages_are_kept() {
    for (language, pairs) in [
        (
            "rust",
            [
                ("r#\"a\"  b\"#", "r#\"a\" b\"#"),
                ("b\"a  b\"", "b\"a b\""),
                ("'\\''; \"  \"", "'\\''; \" \""),
            ],
        ),
        (
            "rust",
            [
                ("'a", "' a"),
                ("\"a\n b\"", "\"a\nb\""),
                ("f::<'a>('\"', \"  \")", "f::<'a>('\"', \" \")"),
            ],
        ),
        (
            "c#",
            [
                ("@\"a\"\"  b\"", "@\"a\"\" b\""),
                ("$\"{x[\"a\"]}  b\"", "$\"{x[\"a\"]} b\""),
                ("\"\"\"a\"  b\"\"\"", "\"\"\"a\" b\"\"\""),
            ],
        ),
        (
            "java",
            [
                ("\"\"\"\n a\"  b\"\"\"", "\"\"\"\n a\" b\"\"\""),
                ("'\"'; \"  \"", "'\"'; \" \""),
                ("$ x", "$x"),
            ],
        ),
        (
            "kotlin",
            [
                ("\"\"\"a\n  b\"\"\"", "\"\"\"a\n b\"\"\""),
                ("\"${f(\"x  y\")}\"", "\"${f(\"x y\")}\""),
                ("`a  b`", "`a b`"),
            ],
        ),
        (
            "swift",
            [
                ("\"\\(f(\"x  y\"))\"", "\"\\(f(\"x y\"))\""),
                ("#\"a\"  b\"#", "#\"a\" b\"#"),
                ("a -b", "a - b"),
            ],
        ),
        (
            "scala",
            [
                ("s\"a  b\"", "s\"a b\""),
                ("s\"a\"", "s \"a\""),
                ("if a\n  b\nc", "if a\n  b\n  c"),
            ],
        ),
        (
            "pascal",
            [
                ("'it''s  '", "'it''s '"),
                ("'a'#13'b'", "'a' #13 'b'"),
                ("'a' 'b'", "'a''b'"),
            ],
        ),
        (
            "lua",
            [
                ("[[a\n  b]]", "[[a\n b]]"),
                ("[==[a]]  b]==]", "[==[a]] b]==]"),
                ("-- a\nx", "-- a x"),
            ],
        ),
        (
            "sql",
            [
                ("'it''s  x'", "'it''s x'"),
                ("-- a\nselect", "-- a select"),
                ("a < > b", "a <> b"),
            ],
        ),
        (
            "haskell",
            [
                ("x' = 'a'; y = \"  \"", "x' = 'a'; y = \" \""),
                ("f . g", "f.g"),
                ("a --> b  \"x  y\"", "a --> b \"x y\""),
            ],
        ),
        (
            "ruby",
            [
                ("puts -x", "puts - x"),
                ("x = <<~A\n  a\n A\ny", "x = <<~A\n a\n A\ny"),
                ("%w[a\n  b]", "%w[a\n b]"),
            ],
        ),
        (
            "ruby",
            [
                ("=begin\n a\n=end\nx", "=begin\na\n=end\nx"),
                ("f (1)", "f(1)"),
                ("'a\n  b'", "'a\n b'"),
            ],
        ),
        (
            "bash",
            [
                ("a = 1", "a=1"),
                ("cat <<'E'\n  x\nE\ny", "cat <<'E'\n x\nE\ny"),
                ("echo \"a\n  b\"", "echo \"a\n b\""),
            ],
        ),
        (
            "bash",
            [
                ("echo a  b", "echo a b"),
                ("a\\\nb", "a\\\n b"),
                ("x # a\ny", "x # a y"),
            ],
        ),
        (
            "perl",
            [
                ("s/a  b/c/", "s/a b/c/"),
                ("print \"a\n  b\"", "print \"a\n b\""),
                ("q(a\n  b)", "q(a\n b)"),
            ],
        ),
        (
            "php",
            [
                ("$ x", "$x"),
                ("echo <<<E\n  x\nE;\ny", "echo <<<E\n x\nE;\ny"),
                ("'a\n  b'", "'a\n b'"),
            ],
        ),
        (
            "what",
            [
                ("a  b", "a b"),
                ("\"a\n  b\"", "\"a\n b\""),
                ("a\n  b\n  c", "a\n  b\nc"),
            ],
        ),
    ] {
        check(language, false, &pairs);
    }
}

#[test]
fn other_languages_can_be_laid_out_anew() {
    for (language, a, b) in [
        (
            "rust",
            "fn f<'a>(x:&'a str)->u8{b'x'}",
            "fn f<'a>(x: &'a str) -> u8 {\n    b'x'\n}\n",
        ),
        (
            "rust",
            "/* a /* b */ c */x=r\"\\\";y",
            "/* a /* b */ c */\nx = r\"\\\"; y",
        ),
        ("rust", "for i in 0..n{}", "for i in 0 .. n {}"),
        (
            "pascal",
            "begin{a}x:=1;(*b*)y:='q';end.",
            "begin { a }\n  x := 1; (* b *)\n  y := 'q';\nend.",
        ),
        ("lua", "x=1--a\ny=[[b]]", "x = 1 -- a\n\ny = [[b]]"),
        (
            "sql",
            "select a,b from t where a=-1",
            "select a, b\nfrom t\nwhere a = -1",
        ),
        (
            "haskell",
            "f x=do\n  a\n  b\n where a=1",
            "f x=do\n    a\n    b\n  where a=1",
        ),
        ("haskell", "{- a {- b -} -}\nx", "{- a   {- b -} -}\n\nx"),
        (
            "swift",
            "let x=1\nif x==2{y()}",
            "let x = 1\nif x == 2 {\n    y()\n}",
        ),
        (
            "kotlin",
            "val x=a?:b\nfun f(){g()}",
            "val x = a ?: b\nfun f() {\n  g()\n}",
        ),
        (
            "ruby",
            "if x\nputs 'a' # b\nend\n",
            "if x\n  puts 'a' # b\n\nend",
        ),
        ("bash", "if x; then\ny\nfi", "if x; then\n    y\nfi\n"),
        (
            "c#",
            "#region A b\nvar x=$\"{a}\";\n#endregion",
            "#region A b\n  var x = $\"{a}\";\n#endregion\n",
        ),
        ("what", "a b\n  c\n  d", "a b  \n\n    c\n    d\n"),
    ] {
        check(language, true, &[(a, b)]);
    }
}

#[test]
fn haskell_layout_keeps_its_columns() {
    check(
        "haskell",
        true,
        &[(
            "f = let x = 1\n        y = 2\n    in x",
            "f = let  x = 1\n         y = 2\n    in x",
        )],
    );
    check(
        "haskell",
        false,
        &[
            (
                "f = let x = 1\n        y = 2\n    in x",
                "f = let  x = 1\n        y = 2\n    in x",
            ),
            (
                "f = do a\n       b\n  where c",
                "f = do a\n        b\n  where c",
            ),
        ],
    );
}

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
    let start = std::time::Instant::now();
    for family in Family::ALL {
        for piece in hostile {
            let t0 = std::time::Instant::now();
            let _ = scanner::scan(&piece.repeat(32_768 / piece.len()), family);
            if t0.elapsed().as_millis() > 40 { println!("SLOW {family:?} {piece:?} {:?}", t0.elapsed()); }
        }
    }
    // Quadratic time would need minutes.
    assert!(start.elapsed() < std::time::Duration::from_secs(30));
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
        prop_assume!(!places.is_empty());
        let (offset, old) = places[at.index(places.len())];
        prop_assume!(!with.starts_with(old));
        let changed = format!("{}{with}{}", &code[..offset], &code[offset + old.len_utf8()..]);
        prop_assert!(!same_in_family(&code, &changed, family));
        let removed = format!("{}{}", &code[..offset], &code[offset + old.len_utf8()..]);
        prop_assert!(!same_in_family(&code, &removed, family));
    }
}
