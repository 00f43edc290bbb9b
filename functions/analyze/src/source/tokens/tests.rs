mod other_languages;
mod properties;

use super::*;

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
