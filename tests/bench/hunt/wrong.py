"""Wrong fixes and wrong helpers, made of a task: each is a case of the bench `false-verified`."""

import inspect
import tempfile

from common import Plain, Program, helpers, is_right, language, made, request

CLAIMS = {"given", "reference", "agreed", "checked"}


def claims(hunt):
    found = hunt["counterexample"]
    return bool(found) and found["level"] in CLAIMS


def right(task):
    return {"language": "cpp17", "code": task.RIGHT}


class Case:
    """A request, and which answers to it are in order."""

    def __init__(self, group, task, what, body, is_fine):
        self.group, self.task, self.what, self.body, self.is_fine = group, task.name, what, body, is_fine


# Fixes, with a right reference.


def is_found(hunt):
    return hunt["ending"] == "found"


def hard_coded(task):
    known = {" ".join(text.split()): output for text, output in task.SAMPLES}
    return f"import sys\nknown = {known!r}\nprint(known.get(' '.join(sys.stdin.read().split()), '0'))\n"


def special_case(code, text, answer):
    """The program with the right answer to one input built in, or None where it is not plain how."""
    if language(code) != "cpp17" or "scanf" in code or "int main() {" not in code:
        return None
    begin = f"""int main() {{
    static stringstream all, words;
    all << cin.rdbuf();
    words << all.str();
    string word, joined;
    while (words >> word) joined += word + " ";
    if (joined == R"~({' '.join(text.split())} )~") {{ cout << R"~({answer})~"; return 0; }}
    cin.rdbuf(all.rdbuf());
"""
    return code.replace("int main() {", begin, 1)


def is_wrong(task, code):
    """Whether a program is wrong on one of many small inputs."""
    with tempfile.TemporaryDirectory() as folder, Program(code, folder) as program:
        texts = (made(task, Plain(seed, 1 + seed % 12)) for seed in range(3000))
        return any(not is_right(task, text, program.run(text), task.solve(text)) for text in texts)


def fixes(all_tasks, least):
    for place, task in enumerate(all_tasks):
        given = {"helpers": helpers(task, references=[]), "reference": right(task)}
        programs = list(task.FAULTY.items())
        other = all_tasks[(place + 1) % len(all_tasks)]
        name, code = programs[-1]
        yield Case("fix: another wrong program", task, name, request(task, code, **given), is_found)
        code = list(other.FAULTY.values())[0]
        yield Case("fix: another task's program", task, other.name, request(task, code, **given), is_found)
        yield Case("fix: only the samples", task, "hard-coded", request(task, hard_coded(task), **given), is_found)
        for name, code in programs:
            text = least.get(task.name, {}).get(name, {}).get("input")
            patched = text and special_case(code, text, task.solve(text))
            if patched and is_wrong(task, patched):
                yield Case("fix: a special case", task, name, request(task, patched, **given), is_found)
                break


# References, over a program that is right.


def after(task, body):
    """The task's module, whose `solve` is replaced."""
    return f"{task.text}\n\nright = solve\n\n\ndef solve(text):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def swapped(task):
    """The first comparison, or the first `max` or `min`, of `solve` turned around."""
    source = inspect.getsource(task.solve)
    for old, new in ((" <= ", " < "), (" < ", " <= "), ("max(", "min("), (" % ", " // "), (" == ", " != ")):
        if old in source:
            return task.text.replace(source, source.replace(old, new, 1))
    return after(task, "return right(text)[::-1]")


WAYS = {
    "off by one": "words = right(text).split()\nif words[-1].lstrip('-').isdigit():\n    words[-1] = str(int(words[-1]) + 1)\n"
    "return ' '.join(words)",
    "last element ignored": "words = text.split()\nif len(words) > 1:\n    words[-1] = words[-2]\nreturn right(' '.join(words))",
    "constant": "return SAMPLES[0][1]",
    "echo": "return text",
    "raises at times": "if len(text.split()) % 3 == 0:\n    raise ValueError(text)\nreturn right(text)",
    "endless at times": "while len(text) % 2 == 0:\n    pass\nreturn right(text)",
    "megabytes": "return '7 ' * 4000000",
    "right on the samples": "known = {' '.join(a.split()): b for a, b in SAMPLES}\nreturn known.get(' '.join(text.split()), '0')",
}


def but_for_samples(text):
    """The same, but right on the samples."""
    return text.rstrip() + """


wrong = solve


def solve(text):
    known = {' '.join(a.split()): b for a, b in SAMPLES}
    return known.get(' '.join(text.split())) or wrong(text)
"""


def wrong_references(task):
    for way, body in WAYS.items():
        yield way, after(task, body)
    yield "swapped comparison", swapped(task)


def same_program(task):
    """A wrong program of the user's in Python, which is its own reference too."""
    body = "words = right(text).split()\nknown = [' '.join(a.split()) for a, b in SAMPLES]\n"
    body += "return ' '.join(words if ' '.join(text.split()) in known else words + ['0'])"
    code = after(task, body) + "\n\nif __name__ == '__main__':\n    import sys\n    print(solve(sys.stdin.read()))\n"
    renamed = "# mine\n" + code.replace("words", "tokens").replace("known", "samples_")
    return request(task, code, helpers=helpers(task, references=[renamed], checker=""), any_answer=False, language="python3")


def references(all_tasks, each):
    """`each` tasks for each way, others for the next."""
    place = 0
    for number in range(10):
        for _ in range(each):
            task = all_tasks[place % len(all_tasks)]
            place += 1
            if number == 9:
                yield Case("reference: wrong", task, "the program itself", same_program(task), lambda hunt: not claims(hunt))
                continue
            way, text = list(wrong_references(task))[number]
            hidden = but_for_samples(text)
            for group, given, is_fine in (
                ("wrong", [text], lambda hunt: not claims(hunt)),
                ("wrong but for the samples", [hidden], lambda hunt: not claims(hunt)),
                ("wrong but for the samples, and a right one", [hidden, task.text], lambda hunt: not is_found(hunt)),
                ("wrong but for the samples, twice", [hidden, "# another\n" + hidden], lambda hunt: not claims(hunt)),
            ):
                yield Case(f"reference: {group}", task, way, request(task, task.RIGHT, helpers=helpers(task, references=given)), is_fine)


def with_any_answer(all_tasks):
    """A wrong answer given to a checker that is right."""
    bodies = {"always NO": "return 'NO'", "never NO": "return right(text) if text.split()[0] != '1' else 'NO'"}
    for task in all_tasks:
        if hasattr(task, "check"):
            for way, body in (bodies | {"swapped comparison": None}).items():
                text = after(task, body) if body else swapped(task)
                body = request(task, task.RIGHT, helpers=helpers(task, references=[text]))
                yield Case("reference: wrong, with a checker", task, way, body, lambda hunt: not claims(hunt))


# Other helpers.

GENERATORS = {
    "negative n": "def case(g):\n    return [str(-g.size(1, 9)), '1 2 3']\n",
    "too many tokens": "\n\nmade = case\n\n\ndef case(g):\n    text = made(g)\n"
    "    text = text if isinstance(text, str) else '\\n'.join(text)\n    return text + f'\\n{g.num(1, 9)} 1 1\\n'\n",
    "no bounds": "\n\nmade = case\n\n\ndef case(g):\n    text = made(g)\n"
    "    words = (text if isinstance(text, str) else '\\n'.join(text)).split()\n"
    "    words[g.num(0, len(words) - 1)] = str(g.num(10**15, 10**17))\n    return ' '.join(words)\n",
    "empty": "def case(g):\n    g.size(1, 9)\n    return ''\n",
}
ACCEPTS = "def valid(text):\n    return True\n"


def generators(all_tasks):
    place = 0
    for way, text in GENERATORS.items():
        for _ in range(3):
            task = all_tasks[place % len(all_tasks)]
            place += 2
            text_of_it = task.text + text if "made" in text else text
            body = request(task, task.RIGHT, helpers=helpers(task, generator=text_of_it))
            yield Case("generator: not allowed", task, way, body, faulty("generator", "invalid_inputs"))
            body = request(task, task.RIGHT, helpers=helpers(task, generator=text_of_it, validators=[ACCEPTS]))
            yield Case("generator: not allowed, validator accepts all", task, way, body, lambda hunt: not claims(hunt))


def faulty(helper, fault):
    def is_fine(hunt):
        named = any(one["helper"] == helper and one["fault"] == fault for one in hunt["faults"])
        return hunt["ending"] == "unusable" and named

    return is_fine


FUNCTIONS = {"generator": "case(g)", "validator": "valid(text)", "reference": "solve(text)", "checker": "check(input, output, answer)"}
BROKEN = {
    "endless": ("while True:\n        pass", "endless"),
    "deaf": ("while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass", "endless"),
    "raises": ("raise ValueError('no')", "raises"),
    "no function": ("", "raises"),
    "megabytes": ("return 'x' * 50000000", "too_much_output"),
    "prints": ("while True:\n        print('x' * 1000)", "too_much_output"),
}


def broken(all_tasks):
    place = 0
    for kind, head in FUNCTIONS.items():
        for what, (body, fault) in BROKEN.items():
            text = f"def {head}:\n    {body}\n" if body else "x = 1\n"
            if kind in ("validator", "checker") and what == "megabytes":
                continue
            fitting = [task for task in all_tasks if kind != "checker" or hasattr(task, "check")]
            task = fitting[place % len(fitting)]
            place += 1
            field = {"validator": "validators", "reference": "references"}.get(kind, kind)
            other = helpers(task, **{field: [text] if field.endswith("s") else text})
            yield Case(f"{kind}: broken", task, what, request(task, task.RIGHT, helpers=other), faulty(kind, fault))


def checkers(all_tasks):
    text = "def check(input, output, answer):\n    return True\n"
    for task in all_tasks:
        if hasattr(task, "check"):
            for name, code in [("a right program", task.RIGHT), *task.FAULTY.items()]:
                body = request(task, code, helpers=helpers(task, checker=text))
                yield Case("checker: accepts all", task, name, body, faulty("checker", "accepts_everything"))


def every(all_tasks, least, each):
    yield from fixes(all_tasks, least)
    yield from references(all_tasks, each)
    yield from with_any_answer(all_tasks)
    yield from generators(all_tasks)
    yield from broken(all_tasks)
    yield from checkers(all_tasks)
