"""The tasks, a plain random `g`, and programs run natively: those of the tasks are our own."""

import http.client
import importlib.util
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def load(name):
    path = HERE / "tasks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    task = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(task)
    task.name, task.text = name, path.read_text()
    return task


def tasks(only=()):
    names = sorted(path.stem for path in (HERE / "tasks").glob("*.py"))
    unknown = set(only) - set(names)
    if unknown:
        sys.exit(f"unknown tasks: {', '.join(sorted(unknown))}")
    return [load(name) for name in names if not only or name in only]


def language(code):
    return "cpp17" if "#include" in code else "python3"


class Draws:
    """What `case(g)` draws from; sizes and numbers come from `size` and `num`, which a subclass defines."""

    def pick(self, values):
        values = list(values)
        return values[self.num(0, len(values) - 1)]

    def flag(self):
        return self.num(0, 1) == 1

    def perm(self, n):
        left = list(range(1, n + 1))
        for i in range(n - 1):
            j = self.num(i, n - 1)
            left[i], left[j] = left[j], left[i]
        return left

    def nums(self, n, lo, hi, distinct=False):
        if not distinct:
            return [self.num(lo, hi) for _ in range(n)]
        found = {}
        while len(found) < n:
            value = self.num(lo, hi)
            while value in found:
                value = value + 1 if value < hi else lo
            found[value] = None
        return list(found)

    def text(self, n, letters="abc"):
        return "".join(self.pick(letters) for _ in range(n))

    def tree(self, n):
        names = self.perm(n)
        edges = [(names[self.num(1, v - 1) - 1], names[v - 1]) for v in range(2, n + 1)]
        return [edges[place - 1] for place in self.perm(n - 1)]

    def graph(self, n, m, connected=False):
        edges = dict.fromkeys(self.tree(n)) if connected else {}
        while len(edges) < m:
            u, v = self.num(1, n), self.num(1, n)
            u, v = min(u, v), max(u, v)
            while u == v or (u, v) in edges:
                u, v = (u, v + 1) if v < n else (u % (n - 1) + 1, u % (n - 1) + 2)
            edges[u, v] = None
        return list(edges)

    def cases(self, one, most=10):
        t = self.size(1, most)
        parts = [one(self) for _ in range(t)]
        return "\n".join([str(t)] + [part if isinstance(part, str) else "\n".join(part) for part in parts])


class Plain(Draws):
    """Uniform over the full ranges, or over small sizes and, half of the time, small numbers."""

    def __init__(self, seed, largest=None):
        self.random = random.Random(seed)
        self.largest = largest
        self.near = largest is not None and self.random.random() < 0.5

    def size(self, lo, hi):
        return self.random.randint(lo, hi if self.largest is None else min(hi, lo + self.largest))

    def num(self, lo, hi):
        if self.near and hi - lo > 12:
            start = max(lo, min(hi - 12, -6))
            return self.random.randint(start, start + 12)
        if self.largest is not None and hi - lo > 1000 and self.random.random() < 0.2:
            return self.random.choice((lo, hi))
        return lo + int(self.random.random() * (hi - lo + 1))

    def text(self, n, letters="abc"):
        if self.largest is not None and self.random.random() < 0.2:
            letters = self.random.choice(letters)
        return super().text(n, letters)


def made(task, g):
    text = task.case(g)
    return text if isinstance(text, str) else "\n".join(text) + "\n"


def tokens(text):
    return len(text.split())


def is_right(task, text, output, answer):
    """Whether an output (None for a crash) is right."""
    if output is None:
        return False
    if hasattr(task, "check"):
        return bool(task.check(text, output, answer))
    return output.split() == answer.split()


class Program:
    """A program in a process that forks itself once an input, so that thousands of inputs take seconds."""

    def __init__(self, code, folder):
        kind = language(code)
        path = pathlib.Path(tempfile.mkdtemp(dir=folder)) / ("main.cpp" if kind == "cpp17" else "main.py")
        path.write_text(code)
        if kind == "cpp17":
            server = pathlib.Path(folder) / "server.o"
            if not server.exists():
                subprocess.run(["g++", "-O1", "-c", HERE / "server.cpp", "-o", server], check=True)
            command = [path.with_suffix("")]
            subprocess.run(["g++", "-std=c++17", "-O2", "-w", "-static", path, server, "-o", command[0]], check=True)
        else:
            command = [sys.executable, "-I", HERE / "server.py", path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def run(self, text):
        """The output, or None if the program crashed or took too long."""
        data = text.encode()
        self.process.stdin.write(struct.pack("<I", len(data)) + data)
        self.process.stdin.flush()
        status, size = struct.unpack("<iI", self.process.stdout.read(8))
        output = self.process.stdout.read(size).decode(errors="replace")
        return output if status == 0 else None

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class OnSocket(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("judge", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Judge:
    """A judge of our own, which ends with the block."""

    def __init__(self, program=None):
        built = os.environ.get("CARGO_TARGET_DIR") or HERE.parents[2] / "target"
        self.program = pathlib.Path(program or pathlib.Path(built) / "release" / "judge")
        if not self.program.exists():
            sys.exit(f"there is no judge at {self.program}: cargo build --release -p judge, or give its path")

    def __enter__(self):
        self.folder = tempfile.mkdtemp()
        self.socket = f"{self.folder}/judge.socket"
        subprocess.run([self.program, "headers", self.folder], check=True, stdout=subprocess.DEVNULL, env={})
        command = [self.program, "--socket", self.socket, "--folder", self.folder, "--headers", self.folder]
        self.log = open(f"{self.folder}/log", "w+b")
        self.process = subprocess.Popen(command, env={"LOG_FORMAT": "json"}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while "the judge is on" not in open(self.log.name).read():
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            sys.exit(f"the judge did not start: {open(self.log.name).read()}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def hunt(self, request):
        """The answer to a hunt, or {"error": …}."""
        connection = OnSocket(self.socket, request["budget_ms"] / 1000 + 60)
        try:
            connection.request("POST", "/api/v1/judge/hunt", json.dumps(request), {"content-type": "application/json"})
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
            return json.loads(body) if answer.status == 200 else {"error": f"{answer.status}: {body[:300]}"}
        except (OSError, http.client.HTTPException, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            connection.close()


def samples(task):
    return [{"input": text, "expected": output} for text, output in task.SAMPLES]


def request(task, code, **more):
    """A hunt over a program of a task; `more` adds helpers and a reference."""
    return {
        "language": language(code),
        "code": code,
        "cases": samples(task),
        "any_answer": hasattr(task, "check"),
        "budget_ms": 10_000,
        **more,
    }


def helpers(task, **other):
    own = {
        "generator": task.text,
        "validators": [task.text],
        "references": [task.text],
        "checker": task.text if hasattr(task, "check") else "",
    }
    return {**own, **other}


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print(" | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
