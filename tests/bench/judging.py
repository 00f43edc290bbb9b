#!/usr/bin/env python3
"""How long the judge takes: for each of its languages, compiling a program, and running it on 100 inputs.

usage: judging.py PID ADDRESS      (the judge's process; its address, or the path of its socket)
"""

import http.client
import json
import re
import socket
import statistics
import sys
import time

pid, address = sys.argv[1:]
RUNS, COMPILATIONS = 100, 5
PROGRAMS = {
    "c": "#include <stdio.h>\nint main(void) { long a, b; scanf(\"%ld%ld\", &a, &b); printf(\"%ld\\n\", a + b); return MARK; }\n",
    "cpp17": "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; return MARK; }\n",
    "cpp20": "#include <bits/stdc++.h>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; return MARK; }\n",
    "python3": "a, b = map(int, input().split())\nprint(a + b + MARK)\n",
    "java": "import java.util.*;\npublic class Main { public static void main(String[] x) { Scanner s = new Scanner(System.in); "
    "System.out.println(s.nextInt() + s.nextInt() + MARK); } }\n",
    "javascript": "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number);\nconsole.log(a + b + MARK);\n",
}


class OnSocket(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(address)


def call(method, path, body=None):
    connection = OnSocket("judge") if address.startswith("/") else http.client.HTTPConnection(re.sub("^http://", "", address))
    connection.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    return json.loads(answer.read())


def memory(of):
    status = open(f"/proc/{of}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def run(language, number, cases):
    # A comment makes each program another one, so that it is compiled anew.
    end = "#" if language == "python3" else "//"
    code = PROGRAMS[language].replace("MARK", "0") + f"{end} {time.time()} {number}\n"
    cases = [{"input": f"{n} {n}\n", "expected": f"{2 * n}\n"} for n in range(cases)]
    began = time.monotonic()
    answer = call("POST", "/api/v1/judge/run", {"language": language, "code": code, "cases": cases, "budget_ms": 300000})
    took = (time.monotonic() - began) * 1000
    assert answer["compiled"] and all(case["verdict"] == "AC" for case in answer["cases"]), answer
    return answer, took


print(f"the judge at rest: {memory(pid):.1f} MB")
print("language | compiling, ms | a run, ms | of the processor, ms | memory of a run, MB | cases a second")
for known in call("GET", "/api/v1/judge/languages")["languages"]:
    language = known["language"]
    compiling = [run(language, number, 1)[0]["compile_ms"] for number in range(COMPILATIONS)]
    answer, took = run(language, "runs", RUNS)
    running = took - answer["compile_ms"]
    cpu = statistics.median(case["cpu_ms"] for case in answer["cases"])
    most = statistics.median(case["memory_kb"] for case in answer["cases"]) / 1024
    print(f"{known['title']} | {statistics.median(compiling):.0f} | {running / RUNS:.1f} | {cpu:.0f} | {most:.1f} | {RUNS * 1000 / running:.0f}")
print(f"the judge afterwards: {memory(pid):.1f} MB")
