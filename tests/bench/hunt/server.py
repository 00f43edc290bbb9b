"""Runs the Python program in the file that is given, forked once an input that comes on standard input; see server.cpp."""

import os
import resource
import struct
import sys

code = compile(open(sys.argv[1]).read(), sys.argv[1], "exec")
commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
while len(size := commands.read(4)) == 4:
    text = commands.read(struct.unpack("<I", size)[0])
    given, printed = os.memfd_create("input"), os.memfd_create("output")
    with os.fdopen(os.dup(given), "wb") as file:
        file.write(text)
    os.lseek(given, 0, os.SEEK_SET)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
            os.dup2(given, 0)
            os.dup2(printed, 1)
            sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
            exec(code, {"__name__": "__main__"})
            sys.stdout.flush()
            status = 0
        except SystemExit as end:
            sys.stdout.flush()
            status = int(end.code not in (None, 0))
        except BaseException:
            pass
        os._exit(status)
    status = os.waitpid(child, 0)[1]
    length = os.lseek(printed, 0, os.SEEK_END)
    os.lseek(printed, 0, os.SEEK_SET)
    with os.fdopen(os.dup(printed), "rb") as file:
        output = file.read()
    answers.write(struct.pack("<iI", status, len(output)) + output)
    answers.flush()
    os.close(given)
    os.close(printed)
