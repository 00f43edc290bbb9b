"""The smallest inputs on which the faulty programs are wrong, found without the judge: every input that `case` makes from few sizes and
few values is run, those of fewest tokens first."""

import itertools
import json
import math
import random
import tempfile

from common import HERE, Draws, Program, is_right, made, tasks, tokens

STORED = HERE / "smallest.json"
# How many of the values are near the ends of a range, and inputs at most. The last one is left out where a first has enough values.
LEVELS = ((0, 4_000), (2, 4_000), (5, 4_000), (0, 70_000))
ENOUGH = 6
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

    def pick(self, values):
        return super().pick(dict.fromkeys(values))

    def tree(self, n):
        # The names and the order of the edges make too many of the larger ones.
        return super().tree(n) if n < 5 else [(self.num(1, v - 1), v) for v in range(2, n + 1)]

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


def fitting(task, room, far, most):
    """The greatest number of values with which there are not too many inputs."""
    for values in (40, 24, 16, 12, 8, 6, 5, 4, 3, 2):
        if values > far // 2 and estimate(task, room, values, far) <= most:
            return values
    return 0


def levels(task, room):
    """Inputs with so much room for sizes, level by level, in each those of fewest tokens first."""
    enough = fitting(task, room, *LEVELS[0])
    for number, (far, most) in enumerate(LEVELS):
        values = fitting(task, room, far, most)
        if values and (number == 0 or far or enough < ENOUGH):
            found = set(itertools.islice(every(task, room, values, far), 2 * most))
            yield sorted(found, key=lambda text: (tokens(text), len(text), text))


class Search:
    def __init__(self, task, folder):
        self.task = task
        self.programs = {name: Program(code, folder) for name, code in task.FAULTY.items()}
        self.results = {name: {"tokens": None, "input": None} for name in self.programs}
        self.seen = set()

    def wanting(self, size):
        """Programs for which no input of so many tokens is known."""
        return [name for name, result in self.results.items() if size < (result["tokens"] or math.inf)]

    def look(self, text):
        wanting = self.wanting(tokens(text))
        if text in self.seen or not wanting:
            return
        self.seen.add(text)
        if self.task.valid(text):
            answer = self.task.solve(text)
            for name in wanting:
                if not is_right(self.task, text, self.programs[name].run(text), answer):
                    self.results[name] = {"tokens": tokens(text), "input": text}

    def all(self):
        for room in range(MOST + 1):
            least = math.inf
            for texts in levels(self.task, room):
                least = min(least, tokens(texts[0]))
                if not self.wanting(least):
                    break
                for text in texts:
                    self.look(text)
            if not self.wanting(least):
                break
        for program in self.programs.values():
            program.close()
        return self.results


def compute(only=()):
    """Finds them anew and stores them."""
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(only):
            found = Search(task, folder).all()
            print(f"{task.name}: " + ", ".join(f"{name} {result['tokens']}" for name, result in found.items()), flush=True)
            STORED.write_text(json.dumps(stored() | {task.name: found}, indent=1, sort_keys=True) + "\n")


def stored():
    return json.loads(STORED.read_text()) if STORED.exists() else {}


if __name__ == "__main__":
    import sys

    compute(sys.argv[1:])
