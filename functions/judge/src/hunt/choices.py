"""Choices of a generator. Each is a number on a tape, so that an input can be made again from its tape, and made smaller by changing
the tape.
"""

import sys

MASK = (1 << 64) - 1
FARTHEST = (1 << 63) - 1


class TooMuch(BaseException):
    """A helper prints, draws or answers too much."""


def joined(made):
    if isinstance(made, str):
        return made
    if isinstance(made, (int, float)):
        return str(made)
    if isinstance(made, (list, tuple)):
        return "\n".join(
            line if isinstance(line, str) else " ".join(map(str, line)) if isinstance(line, (list, tuple)) else str(line)
            for line in made
        )
    raise TypeError(f"it answers {type(made).__name__} instead of a text")


class Dice:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed & MASK

    def below(self, limit):
        self.state = state = (self.state + 0x9E3779B97F4A7C15) & MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
        return (state ^ (state >> 31)) % limit

    def between(self, low, high):
        width = high - low + 1
        return low + (self.below(width) if width <= MASK else self.below(MASK) * width // MASK)


def simplest(low, high):
    return min(max(low, 0), high)


def window(low, high, width):
    """The numbers near the simplest one."""
    middle = simplest(low, high)
    return max(low, middle - width), min(high, middle + width)


class Random:
    """Chooses by a plan: sizes up to a bound, and values of a kind."""

    def __init__(self, plan):
        self.dice = Dice(plan["seed"])
        self.plan = plan
        self.last = {}

    def draw(self, kind, low, high, site, place):
        dice, plan = self.dice, self.plan
        if kind == "size":
            most = min(high, max(low, plan["size"]))
            if plan.get("exact"):
                return most
            # Empty ones are rare: they look all alike.
            return dice.between(low if dice.below(8) == 0 else min(max(low, 1), most), most)
        if kind == "cases":
            return plan.get("cases", 1)
        if kind == "parent":
            shape = plan.get("shape", "any")
            if shape == "path":
                return high
            if shape == "star":
                return low
            return dice.between(low, high)
        if kind != "num":
            if plan["values"] == "equal" and kind in ("letter", "pick"):
                return self.last.setdefault(site, dice.between(low, high))
            return dice.between(low, high)
        return self.number(low, high, site)

    def number(self, low, high, site):
        dice, values = self.dice, self.plan["values"]
        if values == "mixed":
            values = ("small", "edge", "full")[dice.below(3)]
        if values == "small":
            return dice.between(*window(low, high, self.plan.get("width", 3)))
        if values == "edge":
            one = (low, min(low + 1, high), max(high - 1, low), high)[dice.below(4)]
            return one if dice.below(8) else dice.between(*window(low, high, 2))
        if values == "full":
            return dice.between(low, high)
        if values == "equal":
            fresh = lambda: dice.between(*((low, high) if dice.below(2) else window(low, high, 3)))
            return self.last.setdefault(site, fresh())
        # Rising or falling.
        first = simplest(low, high) if values == "rising" else min(high, simplest(low, high) + 12)
        step = dice.below(3)
        last = self.last.get(site)
        value = first if last is None else last + (step if values == "rising" else -step)
        self.last[site] = value = min(max(value, low), high)
        return value


class Replay:
    """Repeats a tape; behind its end every choice is the simplest."""

    def __init__(self, tape):
        self.tape = tape

    def draw(self, kind, low, high, site, place):
        if place < len(self.tape):
            return self.tape[place]
        return simplest(low, high)


class Every:
    """Goes through all choices near the simplest, one tape after the other."""

    def __init__(self, scale):
        self.scale = scale
        self.tape = []
        self.bounds = []

    def draw(self, kind, low, high, site, place):
        if kind == "size":
            high = min(high, max(low, self.scale))
        elif kind == "cases":
            high = low
        elif kind == "num":
            low, high = window(low, high, self.scale)
        elif kind in ("letter", "pick"):
            high = min(high, low + self.scale)
        if place >= len(self.tape):
            self.tape.append(low)
        if place >= len(self.bounds):
            self.bounds.append(high)
        self.bounds[place] = high
        return self.tape[place]

    def next(self, used):
        """Moves on to the next tape; whether there is one."""
        del self.tape[used:], self.bounds[used:]
        while self.tape and self.tape[-1] >= self.bounds[len(self.tape) - 1]:
            self.tape.pop()
            self.bounds.pop()
        if not self.tape:
            return False
        self.tape[-1] += 1
        return True


class Choices:
    """What a generator draws from."""

    def __init__(self, source, most):
        self._source = source
        self._most = most
        self._tape = []

    def _draw(self, kind, low, high):
        low, high = int(low), int(high)
        if low < -FARTHEST or high > FARTHEST:
            raise ValueError("its numbers have more than 64 bits")
        if low > high:
            raise ValueError(f"no number is from {low} to {high}")
        if len(self._tape) >= self._most:
            raise TooMuch("it makes a large input where a small one is asked for")
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename == __file__:
            frame = frame.f_back
        site = frame.f_lineno * 1000 + frame.f_lasti % 1000 if frame else 0
        value = min(max(self._source.draw(kind, low, high, site, len(self._tape)), low), high)
        self._tape.append((value, low, high, kind, site))
        return value

    def size(self, lo, hi):
        return self._draw("size", lo, hi)

    def num(self, lo, hi):
        return self._draw("num", lo, hi)

    def flag(self):
        return self._draw("pick", 0, 1) == 1

    def pick(self, items):
        items = list(items)
        return items[self._draw("pick", 0, len(items) - 1)]

    def nums(self, n, lo, hi, distinct=False):
        if not distinct:
            return [self._draw("num", lo, hi) for _ in range(n)]
        if hi - lo + 1 < n:
            raise ValueError(f"there are no {n} distinct numbers from {lo} to {hi}")
        taken, found = set(), []
        for _ in range(n):
            value = self._draw("num", lo, hi)
            # The next one that is free.
            start = value
            while value in taken:
                value = lo if value == hi else value + 1
                if value == start:
                    break
            taken.add(value)
            found.append(value)
        return found

    def perm(self, n):
        left = list(range(1, n + 1))
        return [left.pop(self._draw("place", 0, len(left) - 1)) for _ in range(n)]

    def text(self, n, letters="abc"):
        return "".join(letters[self._draw("letter", 0, len(letters) - 1)] for _ in range(n))

    def tree(self, n):
        return [(self._draw("parent", 1, child - 1), child) for child in range(2, n + 1)]

    def graph(self, n, m, connected=False):
        pairs = n * (n - 1) // 2
        if m > pairs or (connected and m < n - 1):
            raise ValueError(f"there is no such graph with {n} vertices and {m} edges")
        edges = self.tree(n) if connected else []
        known = set(edges)
        if pairs <= 4000:
            free = [(u, v) for u in range(1, n + 1) for v in range(u + 1, n + 1) if (u, v) not in known]
            while len(edges) < m:
                edges.append(free.pop(self._draw("place", 0, len(free) - 1)))
            return edges
        while len(edges) < m:
            u, v = self._draw("place", 1, n), self._draw("place", 1, n)
            while u == v or (min(u, v), max(u, v)) in known:
                v = v + 1 if v < n else 1
                if u == v:
                    u = u + 1 if u < n else 1
            edge = (min(u, v), max(u, v))
            known.add(edge)
            edges.append(edge)
        return edges

    def cases(self, f, most=10):
        count = self._draw("cases", 1, most)
        takes = f.__code__.co_argcount if hasattr(f, "__code__") else 1
        return "\n".join([str(count)] + [joined(f(self) if takes else f()).rstrip("\n") for _ in range(count)])


