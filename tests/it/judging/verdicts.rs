//! The verdicts on programs of each kind, in each language.

use domain::RunVerdict::{
    self, Accepted, CompileError, MemoryLimit, OutputLimit, RuntimeError, TimeLimit, WrongAnswer,
};
use judge_api::Language;

use crate::support::judge::Judge;

/// A program, its input, the expected output, and the verdict.
type Row<'a> = (&'a str, &'a str, &'a str, RunVerdict);

#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn skipped(language: Language) {
    eprintln!("skipped: {language} cannot be run here");
}

async fn check(language: Language, rows: &[Row<'_>]) {
    let judge = Judge::start().await;
    if !judge.can_run(language).await {
        skipped(language);
        return;
    }
    let mut wrong = Vec::new();
    for (code, input, expected, verdict) in rows {
        let mut request = judge.request(language, code, &[(input, Some(expected))]);
        request.limits.time_ms = 1000;
        let answer = judge.client.run(&request).await.unwrap();
        let outcome = &answer.cases[0];
        if outcome.verdict != *verdict {
            wrong.push(format!(
                "{verdict} wanted: {outcome:?} {} {code}",
                answer.compiler
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn programs_in_c() {
    check(Language::C, &[
        ("#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d%d\", &a, &b); printf(\"%d\", a + b); }", "1 2\n", "3\n", Accepted),
        ("#include <stdio.h>\nint main(void) { puts(\"4\"); }", "", "3\n", WrongAnswer),
        ("#include <stdio.h>\nint main(void) { puts(\"3\"); return 1; }", "", "3\n", RuntimeError),
        ("#include <stdlib.h>\nint main(void) { abort(); }", "", "", RuntimeError),
        ("int main(void) { int *p = 0; return *(volatile int *)p; }", "", "", RuntimeError),
        ("#include <stdio.h>\nint main(void) { volatile int z = 0; printf(\"%d\", 7 / z); }", "", "", RuntimeError),
        ("int main(void) { for (volatile int i = 0;; i++); }", "", "", TimeLimit),
        ("#include <unistd.h>\nint main(void) { pause(); }", "", "", TimeLimit),
        ("static int a[500000000];\nint main(void) { for (int i = 0; i < 500000000; i++) a[i] = i; return a[7] - 7; }", "", "", MemoryLimit),
        ("static int a[500000000];\nint main(void) { a[3] = 1; return 0; }", "", "", Accepted),
        ("#include <stdio.h>\nint main(void) { for (;;) puts(\"flood\"); }", "", "", OutputLimit),
        ("int main(void) { retrun 0; }", "", "", CompileError),
    ])
    .await;
}

#[tokio::test]
async fn programs_in_cpp() {
    check(Language::Cpp17, &[
        ("#include <bits/stdc++.h>\nusing namespace std;\nint main() { long long n; cin >> n; cout << n * n << '\\n'; }", "100000\n", "10000000000\n", Accepted),
        ("#include <bits/stdc++.h>\nusing namespace std;\nint main() { int n; cin >> n; cout << n * n << '\\n'; }", "100000\n", "10000000000\n", WrongAnswer),
        ("#include <iostream>\nint main() { std::cout << 0.1 + 0.2; }", "", "0.30000000000000004\n", Accepted),
        ("#include <iostream>\nint main() { std::cout << \"1 \\n 2\\n\\n\"; }", "", "1\n2\n", Accepted),
        ("#include <iostream>\nint main() { std::cout << \"1\\n2\"; }", "", "1\n2\n3\n", WrongAnswer),
        ("#include <vector>\nint main() { std::vector<int> v(3); return v.at(5); }", "", "", RuntimeError),
        ("#include <vector>\nint main() { std::vector<int> v; for (;;) v.push_back(1); }", "", "", MemoryLimit),
        ("#include <cstdio>\nint f(int n) { return n ? f(n - 1) + 1 : 0; }\nint main() { printf(\"%d\", f(200000)); }", "", "200000", Accepted),
        ("#include <cstdio>\nint f(int n) { volatile int a[9]; a[0] = n; return f(n + 1) + a[0]; }\nint main() { printf(\"%d\", f(0)); }", "", "", RuntimeError),
        ("#include <string>\n#include <iostream>\nint main() { std::string s; while (std::cin >> s); for (;;); }", "x\n", "", TimeLimit),
        ("\u{feff}#include <iostream>\r\nint main() {\r\n\tstd::cout << 1;\r\n}", "", "1", Accepted),
        ("#include <ranges>\n#include <vector>\nint main() { std::vector<int> v; auto w = v | std::views::reverse; }", "", "", CompileError),
    ])
    .await;
}

#[tokio::test]
async fn programs_in_newer_cpp() {
    check(Language::Cpp20, &[
        ("#include <bits/stdc++.h>\nint main() { std::vector v{3, 1}; std::ranges::sort(v); std::cout << v[0]; }", "", "1", Accepted),
        ("#include <compare>\nint main() { return (1 <=> 2) < 0 ? 0 : 1; }", "", "", Accepted),
    ])
    .await;
}

#[tokio::test]
async fn programs_in_python() {
    check(Language::Python3, &[
        ("n = int(input())\nprint(n * 2)", "21", "42\n", Accepted),
        ("import sys\nprint(sum(map(int, sys.stdin.read().split())))", "1 2\n3\n", "6\n", Accepted),
        ("print(open(0).read().strip())", "ab\n", "ab\n", Accepted),
        ("print(1 / 3)", "", "0.333333\n", Accepted),
        ("print('é', '中')", "", "é 中\n", Accepted),
        ("print(41)", "", "42\n", WrongAnswer),
        ("print(42)\nraise ValueError", "", "42\n", RuntimeError),
        ("print(int(input()))", "", "", RuntimeError),
        ("exit(3)", "", "", RuntimeError),
        ("def f(n): return f(n + 1)\nf(0)", "", "", RuntimeError),
        ("import sys, threading\nsys.setrecursionlimit(10 ** 6)\nthreading.stack_size(2 ** 26)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\n\
          threading.Thread(target=lambda: print(f(50000))).start()", "", "50000\n", Accepted),
        ("while True: pass", "", "", TimeLimit),
        ("a = [0] * 10 ** 9", "", "", MemoryLimit),
        ("a = []\nwhile True: a.append('x' * 1000000 + str(len(a)))", "", "", MemoryLimit),
        ("while True: print('flood' * 1000)", "", "", OutputLimit),
        ("print(1", "", "", CompileError),
        ("if 1:\n\tx = 1\n        y = 2", "", "", CompileError),
    ])
    .await;
}

#[tokio::test]
async fn programs_in_java() {
    check(Language::Java, &[
        ("import java.util.*;\npublic class Main { public static void main(String[] a) { Scanner s = new Scanner(System.in); \
          System.out.println(s.nextInt() + s.nextInt()); } }", "1 2", "3\n", Accepted),
        ("public class Solution { public static void main(String[] a) { System.out.println(4); } }", "", "3\n", WrongAnswer),
        ("class A { static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); } }\nclass B { public static void main(String[] a) { System.out.println(A.f(20000)); } }", "", "20000\n", Accepted),
        ("public class Main { public static void main(String[] a) { int[] b = new int[1]; b[1] = 2; } }", "", "", RuntimeError),
        ("public class Main { public static void main(String[] a) { long[][] b = new long[4000][]; for (int i = 0; i < 4000; i++) b[i] = new long[100000]; } }", "", "", MemoryLimit),
        ("public class Main { public static void main(String[] a) { for (;;); } }", "", "", TimeLimit),
        ("public class Main { public static void main(String[] a) { int x = ; } }", "", "", CompileError),
        ("package a.b;\npublic class Main { public static void main(String[] a) { System.out.println(1); } }", "", "1\n", Accepted),
        ("// A public class solves it.\nclass A { public static void main(String[] a) { System.out.println(1); } }\npublic class Z { public static \
          void main(String[] a) { System.out.println(2); } }", "", "2\n", Accepted),
        ("public class Main { public static void main(String[] a) { int[] b = new int[45000000]; b[7] = 1; System.out.println(b[7]); } }", "", "1\n", Accepted),
    ])
    .await;
}

#[tokio::test]
async fn programs_in_javascript() {
    check(Language::JavaScript, &[
        ("const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b);", "1 2", "3\n", Accepted),
        ("require('readline').createInterface({ input: process.stdin }).on('line', l => console.log(l));", "x\ny\n", "x\ny\n", Accepted),
        ("console.log(4)", "", "3\n", WrongAnswer),
        ("throw new Error('x')", "", "", RuntimeError),
        ("for (;;);", "", "", TimeLimit),
        ("const a = []; for (;;) a.push(new Array(100000).fill(a.length));", "", "", MemoryLimit),
        ("let x = ;", "", "", CompileError),
    ])
    .await;
}

#[tokio::test]
async fn an_outcome_says_what_happened() {
    let judge = Judge::start().await;
    let crash = judge
        .run(
            Language::C,
            "#include <stdlib.h>\nint main(void) { abort(); }",
            &[("", None)],
        )
        .await;
    assert_eq!(crash.cases[0].signal.as_deref(), Some("aborted (SIGABRT)"));
    let trace = judge
        .run(
            Language::Python3,
            "def f():\n    return [1][2]\nf()",
            &[("", None)],
        )
        .await;
    let errors = &trace.cases[0].errors;
    assert!(
        errors.contains("IndexError")
            && errors.contains("main.py\", line 2")
            && !errors.contains("/judge-"),
        "{errors}"
    );
    let other = judge
        .run(
            Language::Python3,
            "print('1 2')\nprint('3 5')",
            &[("", Some("1 2\n3 4\n"))],
        )
        .await;
    let difference = other.cases[0].difference.unwrap();
    assert_eq!(
        (difference.expected, difference.actual),
        (Some((6, 7)), Some((6, 7)))
    );
    let padded = judge
        .run(Language::Python3, "print('1  2')", &[("", Some("1 2\n"))])
        .await;
    assert!(padded.cases[0].is_accepted() && padded.cases[0].white_space_differs);
    let bytes = "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe' * 20000)";
    let bytes = judge.run(Language::Python3, bytes, &[("", None)]).await;
    assert!(bytes.cases[0].output_cut && bytes.cases[0].output.len() <= judge_api::OUTPUT_BYTES);
    let wrong = judge
        .run(Language::Cpp17, "int main() { return x; }", &[("", None)])
        .await;
    assert!(
        wrong.compiler.starts_with("main.cpp: In function"),
        "{}",
        wrong.compiler
    );
    assert!(crash.cases[0].memory_kb > 0);
}

#[tokio::test]
async fn a_time_between_the_limit_and_twice_the_limit_is_near_it() {
    let judge = Judge::start().await;
    // It ends after a time of its own processor, whatever machine it is on.
    let code = "#include <time.h>\nint main(void) { while (clock() < 3 * CLOCKS_PER_SEC / 10); return 0; }";
    for (time_ms, verdict, is_near) in [
        (1000, Accepted, false),
        (200, Accepted, true),
        (100, TimeLimit, false),
    ] {
        let mut request = judge.request(Language::C, code, &[("", None)]);
        request.limits.time_ms = time_ms;
        let outcome = judge.client.run(&request).await.unwrap().cases.remove(0);
        assert_eq!(
            (outcome.verdict, outcome.near_limit),
            (verdict, is_near),
            "{outcome:?}"
        );
    }
}
