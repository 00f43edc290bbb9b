# Runs the helpers of a hunt: reads an order in JSON, and prints one line of JSON for each of its jobs. It stands behind
# `choices.py` in one file.

import json
import os
import signal

LARGE_BYTES = 1 << 20
SMALL_BYTES = 64 << 10
PRINTED_CHARS = 1 << 20
SMALL_DRAWS = 400
LARGE_DRAWS = 1 << 21
LARGE_FACTOR = 8
TOO_LONG = "it takes too long"
LATE = b"late\n"
RINGS = 10
LATES_BEFORE_END = 40


class Late(BaseException):
    """A helper has taken too long."""


class Sink:
    """Takes the place of the output, which is the harness's own."""

    def __init__(self):
        self.room = PRINTED_CHARS

    def write(self, text):
        self.room -= len(text)
        if self.room < 0:
            raise TooMuch("it prints too much")
        return len(text)

    def flush(self):
        pass


class Clock:
    """Ends a call that takes too long; one that goes on all the same ends the process."""

    def __init__(self):
        self.rings = 0
        signal.signal(signal.SIGALRM, self.ring)

    def start(self, seconds):
        self.rings = 0
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)

    def stop(self):
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, *_):
        self.rings += 1
        if self.rings > RINGS:
            os.write(2, LATE)
            os._exit(1)
        raise Late(TOO_LONG)


CLOCK = Clock()


class Helper:
    """A function of a module, which is loaded anew for each call: it must not remember the last one."""

    def __init__(self, mark, source, name):
        self.mark, self.source, self.name = mark, source, name
        self.code = None
        self.lates = 0

    def call(self, seconds, *arguments):
        # One that was late often will be late again: the others are not to wait for it.
        if self.lates >= LATES_BEFORE_END:
            raise Late(TOO_LONG)
        os.write(2, self.mark)
        sys.stdout = sys.stderr = Sink()
        CLOCK.start(seconds if self.lates == 0 else seconds / 5 if self.lates < 5 else seconds / 20)
        try:
            if self.code is None:
                self.code = compile(self.source, f"<{self.name}>", "exec")
            module = {"__name__": self.name, "__builtins__": __builtins__}
            exec(self.code, module)
            function = module.get(self.name)
            if not callable(function):
                raise NameError(f"it does not define {self.name}")
            return function(*arguments)
        except Late:
            self.lates += 1
            raise
        finally:
            CLOCK.stop()


def failed(error):
    kind = "late" if isinstance(error, Late) else "much" if isinstance(error, TooMuch) else "error"
    words = f"{type(error).__name__}: {error}" if kind == "error" else str(error)
    return {"fault": kind, "detail": words[:300]}


def text_of(made, most=SMALL_BYTES):
    text = joined(made)
    if len(text) > most or len(text.encode()) > most:
        raise TooMuch("its text is too long")
    return text


def truth(answer):
    if isinstance(answer, (bool, int)):
        return bool(answer)
    raise TypeError(f"it answers {type(answer).__name__} instead of True or False")


class Harness:
    def __init__(self, order):
        helpers = order["helpers"]
        self.seconds = order["seconds"]
        self.output = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1 << 16)
        self.generator = Helper(b"generator 0\n", helpers["generator"], "case")
        self.validators = [Helper(b"validator %d\n" % at, text, "valid") for at, text in enumerate(helpers["validators"])]
        self.references = [Helper(b"reference %d\n" % at, text, "solve") for at, text in enumerate(helpers["references"])]
        self.checker = Helper(b"checker 0\n", helpers["checker"], "check")

    def say(self, value):
        self.output.write(json.dumps(value) + "\n")
        self.output.flush()

    def guarded(self, work):
        try:
            return work()
        except (Exception, Late, TooMuch, SystemExit, GeneratorExit, KeyboardInterrupt) as error:
            return failed(error)

    def is_valid(self, text):
        """Each validator's answer."""
        answers = []
        for helper in self.validators:
            answers.append(self.guarded(lambda: truth(helper.call(self.seconds, text))))
        return answers

    def answers(self, text):
        found = []
        for helper in self.references:
            found.append(self.guarded(lambda: text_of(helper.call(self.seconds, text))))
        return found

    def looked_at(self, text, solve=True, always=False):
        valid = self.is_valid(text)
        found = {"text": text, "valid": valid}
        if solve and (always or all(answer is True for answer in valid)):
            found["answers"] = self.answers(text)
        return found

    def made(self, source, solve, is_large=False):
        choices = Choices(source, LARGE_DRAWS if is_large else SMALL_DRAWS)
        seconds = self.seconds * (LARGE_FACTOR if is_large else 1)
        most = LARGE_BYTES if is_large else SMALL_BYTES
        text = self.guarded(lambda: text_of(self.generator.call(seconds, choices), most))
        if isinstance(text, dict):
            return text
        if not text.endswith("\n"):
            text += "\n"
        found = self.looked_at(text, solve)
        if is_large:
            found["size"] = sum(value for value, _, _, kind, _ in choices._tape if kind == "size")
        else:
            found["tape"] = choices._tape
        return found

    def every(self, job):
        """All inputs of a scale, unless they are more than `most`."""
        source, count = Every(job["scale"]), 0
        texts = set()
        while True:
            choices = Choices(source, SMALL_DRAWS)
            text = self.guarded(lambda: text_of(self.generator.call(self.seconds, choices)))
            if isinstance(text, str):
                text += "" if text.endswith("\n") else "\n"
                if text not in texts:
                    texts.add(text)
                    self.say({**self.looked_at(text), "tape": choices._tape})
            count += 1
            if not source.next(len(choices._tape)):
                return {"end": True}
            if count >= job["most"]:
                return {"end": False}

    def do(self, job):
        kind = job["job"]
        if kind == "make":
            plan = job["plan"]
            self.say(self.made(Random(plan), job["solve"], plan["exact"]))
        elif kind == "replay":
            self.say(self.made(Replay(job["tape"]), True))
        elif kind == "every":
            self.say(self.every(job))
        elif kind == "look":
            self.say(self.looked_at(job["text"], job["solve"], True))
        elif kind == "check":
            call = lambda: truth(self.checker.call(self.seconds, job["input"], job["output"], job["answer"]))
            answer = self.guarded(call)
            self.say(answer if isinstance(answer, dict) else {"right": answer})


def main():
    order = json.loads(sys.stdin.buffer.read())
    sys.setrecursionlimit(20000)
    sys.set_int_max_str_digits(0)
    harness = Harness(order)
    for job in order["jobs"]:
        harness.do(job)


main()
