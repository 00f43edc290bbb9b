"""Runs the Python program in the file that is given, once an input that comes on standard input; see server.cpp."""

import io
import os
import signal
import struct
import sys


def late(*_):
    raise TimeoutError


def run(code, text):
    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(text)), io.TextIOWrapper(io.BytesIO())
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        exec(code, {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = int(end.code not in (None, 0))
    except BaseException:
        status = 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.flush()
    return status, sys.stdout.buffer.getvalue()


signal.signal(signal.SIGALRM, late)
code = compile(open(sys.argv[1]).read(), sys.argv[1], "exec")
commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
while len(size := commands.read(4)) == 4:
    status, output = run(code, commands.read(struct.unpack("<I", size)[0]))
    answers.write(struct.pack("<iI", status, len(output)) + output)
    answers.flush()
