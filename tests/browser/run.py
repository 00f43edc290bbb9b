"""A scenario in a real browser: run.py FILE SCENARIO URL, driven by lines of JSON on the standard input."""

import importlib
import sys

from common import hear, say
from playwright.sync_api import sync_playwright

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]

scenario = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=hear()["chromium"], args=ARGS)
    scenario(chromium)
    chromium.close()
    say(passed=True)
