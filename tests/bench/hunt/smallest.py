"""The smallest inputs on which the faulty programs are wrong, found without the judge: every input that `case` makes from few sizes and
few values is run, those of fewest tokens first."""

import itertools
import json
import math
import random
import tempfile

from common import HERE, Draws, Program, is_right, made, tasks, tokens

STORED = HERE / "smallest.json"
INPUTS = {0: 70_000, 2: 20_000, 5: 20_000}
MOST = 9
WIDE = 10
PROBES = 40


class Choices(Draws):
    """Follows a path of choices and notes how many there are at each; beyond its end `beyond` chooses."""

    def __init__(self, path, room, values, far, beyond):
        self.path, self.room, self.values, self.far, self.beyond = path, room, values, far, beyond
        self.taken, self.counts = [], []

    def choose(self, options):
        place = len(self.taken)
        taken = self.path[place] if place < len(self.path) else self.beyond(len(options))
        self.taken.append(taken)
        self.counts.append(len(options))
        return options[taken]

    def size(self, lo, hi):
        size = self.choose(range(lo, min(hi, lo + self.room) + 1))
        self.room -= size - lo
        return size

    def num(self, lo, hi):
        if hi - lo < WIDE:
            return self.choose(range(lo, hi + 1))
        ends = [hi, lo, hi - 1, (lo + hi) // 2 + 1234567, 2**31][: self.far]
        near = sorted(range(max(lo, -self.values), min(hi, max(lo, 0) + self.values) + 1), key=lambda value: (abs(value), value < 0))
        options = [value for value in ends if lo <= value <= hi] + near
        return self.choose(list(dict.fromkeys(options))[: self.values])


def estimate(task, room, values, far):
    """About how many paths there are: the mean of the products of the choices on random ones (Knuth)."""
    rng = random.Random(values)
    total = 0
    for _ in range(PROBES):
        g = Choices([], room, values, far, rng.randrange)
        made(task, g)
        total += math.prod(g.counts)
    return total / PROBES


def every(task, room, values, far):
    path = []
    while path is not None:
        g = Choices(path, room, values, far, lambda count: 0)
        yield made(task, g)
        path = g.taken
        while path and path[-1] + 1 == g.counts[len(path) - 1]:
            path.pop()
        path = [*path[:-1], path[-1] + 1] if path else None


def inputs(task, room):
    """Those with so much room for sizes, those of fewest tokens first."""
    found = {}
    for far, most in INPUTS.items():
        for values in (40, 24, 16, 12, 8, 6, 5, 4, 3, 2):
            if values > far // 2 and estimate(task, room, values, far) <= most:
                found.update(dict.fromkeys(itertools.islice(every(task, room, values, far), 2 * most)))
                break
    return sorted(found, key=lambda text: (tokens(text), len(text), text))


def search(task, folder):
    programs = {name: Program(code, folder) for name, code in task.FAULTY.items()}
    results = {name: {"tokens": None, "input": None} for name in programs}
    answers = {}
    for room in range(MOST + 1):
        texts = [text for text in inputs(task, room) if text not in answers]
        most = max(result["tokens"] or math.inf for result in results.values())
        if not texts or tokens(texts[0]) >= most:
            break
        for text in texts:
            answers[text] = None
            for name, program in programs.items():
                if tokens(text) >= (results[name]["tokens"] or math.inf) or answers[text] == "":
                    continue
                if answers[text] is None:
                    answers[text] = task.solve(text) if task.valid(text) else ""
                if answers[text] and not is_right(task, text, program.run(text), answers[text]):
                    results[name] = {"tokens": tokens(text), "input": text}
    for program in programs.values():
        program.close()
    return results


def compute(only=()):
    """Finds them anew and stores them."""
    known = stored()
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(only):
            known[task.name] = search(task, folder)
            sizes = ", ".join(f"{name} {result['tokens']}" for name, result in known[task.name].items())
            print(f"{task.name}: {sizes}", flush=True)
            STORED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def stored():
    return json.loads(STORED.read_text()) if STORED.exists() else {}


if __name__ == "__main__":
    import sys

    compute(sys.argv[1:])
