#!/usr/bin/env python3
"""Checks the tasks themselves, without a judge.

usage: check_tasks.py [TASK…]
"""

import random
import sys
import tempfile

from common import Plain, Program, is_right, made, tasks

SAME, WRONG = 300, 30000


def broken(text, rng):
    """Inputs that hardly any task allows."""
    words = text.split()
    lines = text.splitlines()
    yield ""
    yield "X"
    yield " ".join(words + ["7"])
    yield " ".join(words[:-1])
    if all(word.lstrip("-").isdigit() for word in words):
        place = rng.randrange(len(words))
        for wrong in (10**13, -10**13, "1.5", "one"):
            yield " ".join(map(str, [*words[:place], wrong, *words[place + 1:]]))
        yield " ".join(["0"] + words[1:])
        yield " ".join(["-1"] + words[1:])
    else:
        yield text.replace("a", "?").replace("b", "B").replace("z", "Z").replace("#", "?").replace(".", "?")
        yield "\n".join(lines + lines)


def small(task):
    return (made(task, Plain(seed, 1 + seed % 12)) for seed in range(WRONG))


def check(task, folder):
    problems = []
    with Program(task.RIGHT, folder) as right:
        for text, output in task.SAMPLES:
            if not task.valid(text):
                problems.append(f"refuses the sample {text!r}")
            for name, answer in (("solve", task.solve(text)), ("RIGHT", right.run(text))):
                if not is_right(task, text, answer, output):
                    problems.append(f"{name} answers {answer!r} to the sample {text!r}")
        rng = random.Random(1)
        for text, _ in zip(small(task), range(SAME)):
            if not task.valid(text):
                problems.append(f"refuses its own {text!r}")
            answer = task.solve(text)
            if not is_right(task, text, right.run(text), answer):
                problems.append(f"RIGHT is wrong on {text!r}")
            for wrong in broken(text, rng):
                if task.valid(wrong) is not False:
                    problems.append(f"accepts {wrong!r}")
            if len(problems) > 5:
                break
        for seed in range(2):
            text = made(task, Plain(seed))
            if not task.valid(text):
                problems.append(f"refuses a large one of its own of {len(text)} bytes")
            if right.run(text) is None:
                problems.append(f"RIGHT does not end on {len(text)} bytes")
    found = {}
    for name, code in task.FAULTY.items():
        with Program(code, folder) as faulty:
            for text, output in task.SAMPLES:
                if not is_right(task, text, faulty.run(text), output):
                    problems.append(f"{name} answers {faulty.run(text)!r} to the sample {text!r}")
            for number, text in enumerate(small(task), 1):
                if not is_right(task, text, faulty.run(text), task.solve(text)):
                    found[name] = number
                    break
            else:
                problems.append(f"{name} is right on {WRONG} inputs")
    return problems, found


def main():
    programs = wrong = python = 0
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(sys.argv[1:]):
            problems, found = check(task, folder)
            print(f"{task.name}: " + ", ".join(f"{name} after {number}" for name, number in found.items()), flush=True)
            for problem in problems:
                print(f"    {problem[:400]}")
            programs += len(task.FAULTY)
            python += sum("#include" not in code for code in task.FAULTY.values())
            wrong += len(problems)
    print(f"{programs} faulty programs, {python} of them in Python; {wrong} problems")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
