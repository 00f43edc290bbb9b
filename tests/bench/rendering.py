#!/usr/bin/env python3
"""The processor time of pages, ordinary ones and the most expensive, for their first view and for the next.

usage: rendering.py DATABASE_URL PID [URL]

DATABASE_URL is the database, in which psql stores what is rendered, and PID the process of a CodeChecker that is built for release
and has CODE_CHECKER_ROLE=web, so that nobody works on it. It is for a database of its own: it leaves behind all that it stores.
"""

import gzip
import json
import pathlib
import subprocess
import sys
from urllib.request import Request, urlopen

database, pid = sys.argv[1:3]
url = sys.argv[3] if len(sys.argv) > 3 else "http://localhost:3000"
TEXT = 200 * 1024
CODE = 256 * 1024


def deep(open, close="", times=2000):
    return f"${open * times}x{close * times}$"


def of(piece, size=TEXT):
    return (piece * (size // len(piece.encode()) + 1)).encode()[:size].decode(errors="ignore")


def problem(description):
    return {"problem": {"title": "t", "description": description}}


def code(text, fixed=None, fixes=(), language="C++"):
    program = {"language": language, "code": text, "source": "code", "span": None, "verified": True}
    analysis = {
        "bug_found": True, "summary": "s", "fixes": list(fixes), "modified_code": fixed or text,
        "lines_added": 1, "lines_removed": 1,
    }
    return {"code": program, "analysis": analysis}


def functions(lines):
    """A C++ program as people write them."""
    out = ["#include <vector>", ""]
    while len(out) < lines:
        n = len(out)
        out += [
            f"// Solves part {n}.",
            f"long long solve{n}(const std::vector<int>& a, int from) {{",
            f"    long long best = {n}, sum = 0;",
            "    for (std::size_t i = from; i < a.size(); ++i) {",
            "        sum += a[i] * 2LL;",
            f"        if (sum > best) best = sum; else if (sum < -{n}) sum = 0;",
            "    }",
            "    return best;",
            "}",
            "",
        ]
    return "\n".join(out[:lines]) + "\n"


def fix(text):
    return {
        "category": "c", "severity": "major", "hint": text, "explanation": text,
        "original_snippet": text, "modified_snippet": text, "lines": None,
    }


CASES = {
    "a page with nothing": problem(""),
    "20,000 quotes": problem("> " * 20_000),
    "200 KB of quotes": problem(of(">")),
    "50 fixes of 4,000 quotes": code("int x;\n", "int y;\n", [fix(">" * 4000)] * 50),
    "an ordinary program of 17 lines, one changed": code(functions(17), functions(17).replace("2LL", "3LL", 1)),
    "an ordinary program of 407 lines, 40 changed": code(functions(407), functions(407).replace("2LL", "3LL")),
    "50 fixes of 4,000 brackets": code("int x;\n", "int y;\n", [fix(of("[*a*](http://b) ", 4000))] * 50),
}
for piece in (
    "&", "$x$ ", "\\(x\\) ", "$ x $", "$$$x$$$ ", "\\(", "\\[", "$", "`$", "``` `` ` ", "*a* ", "*a **b ", "_a*", "[", "[a](", "![[]()", "<a ",
    "<!--", "<?", "<![CDATA[", "|a|b|\n|-|-|\n", "|", "- a\n", "- ", "1. ", "> a\n\n", "# a\n", "[a]: b\n", "[a]: http://b\n[a]\n", "\\",
    "~~a", "&amp;", "a\n=\n", "<http://a>", "\t", "\n", "> - ", "a\\\n", "``` a\n", "$\\bar x$ ", "$\\frac{a}{b}$ ", "$\\left(x\\right)$ ",
):
    for size in (100 * 1024, TEXT):
        CASES[f"{size // 1024} KB of {piece!r}"] = problem(of(piece, size))
for open, close in (("\\bar", " "), ("\\bar ", ""), ("{", "}"), ("\\sqrt{", "}"), ("\\left(", "\\right)")):
    for times in (20, 45, 95, 2000):
        CASES[f"{times} × {open!r}, as often as it fits"] = problem(of(deep(open, close, times) + " ", 100 * 1024))
for piece in (
    "int x = f(1, \"a\");\n", "(", "(a,\n", "\"\n", "/*\n", "\x01", "\u202e", "&", "a b\n", "x\n", "\n", "<<<<<<\n", "template<a<\n", "{}[]()\n",
    "1 2 3 4 5 6 7 8 9 0 ", "&" * 900 + "\n", "(a*" * 300 + "\n", "'" * 900 + "\n", "a::b<c>::" * 100 + "\n",
):
    for language in ("C++", "Python", "Haskell"):
        text = of(piece, CODE)
        CASES[f"a {language} program of {piece[:20]!r}, all of it changed"] = code(text, text.replace("\n", " \n"), language=language)
lines = "".join(f"x{n} = a[{n}] + b[{n}];\n" for n in range(9000))
CASES["9,000 lines, each with a changed word"] = code(lines, lines.replace("+", "-"))


def seconds():
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def store(stages):
    body = json.dumps({"text": "a"}).encode()
    with urlopen(Request(url + "/api/v1/submissions", body, {"content-type": "application/json"})) as answer:
        id = json.load(answer)["id"]
    statements = [
        f"UPDATE submissions SET status = 'COMPLETED', finished_at = now(), version = version + 1 WHERE id = '{id}';"
    ]
    for stage, result in stages.items():
        quoted = json.dumps(result).replace("'", "''")
        statements.append(
            f"INSERT INTO stages (submission_id, stage, state, result) VALUES ('{id}', '{stage}', 'COMPLETED', '{quoted}') "
            "ON CONFLICT (submission_id, stage) DO UPDATE SET state = excluded.state, result = excluded.result;"
        )
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", database], input="\n".join(statements), text=True, check=True)
    return f"/submissions/{id}?step=4"


def view(path):
    before = seconds()
    with urlopen(Request(url + path, headers={"accept-encoding": "gzip"}), timeout=600) as answer:
        body = answer.read()
    return (seconds() - before) * 1000, len(body), len(gzip.decompress(body))


view("/example")
rows = []
for name, stages in CASES.items():
    path = store(stages)
    first, compressed, size = view(path)
    rows.append((first, view(path)[0], size, compressed, name))
print("first view, next view, page, compressed")
for first, again, size, compressed, name in sorted(rows, reverse=True):
    print(f"{first:7.0f} ms {again:7.0f} ms {size / 1024:8.0f} KB {compressed / 1024:6.0f} KB  {name}")
