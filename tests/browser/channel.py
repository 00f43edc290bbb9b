"""The lines of JSON between a scenario and the test that runs it."""

import json
import sys

URL = sys.argv[3]


def say(**what):
    print(json.dumps(what), flush=True)


def hear():
    return json.loads(sys.stdin.readline())
