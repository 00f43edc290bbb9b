use super::*;

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
