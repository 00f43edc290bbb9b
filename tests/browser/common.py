"""Helpers that the scenarios share."""

from contextlib import contextmanager
from fnmatch import fnmatch
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

from channel import URL, hear, say

__all__ = ["URL", "check", "hear", "page_of", "say"]


@contextmanager
def page_of(browser, **options):
    """A page that must not ask another host for anything, complain, or open a dialog."""
    options.setdefault("locale", "en")
    context = browser.new_context(**options)
    wrong = []
    expected = set()
    page = context.new_page()
    page.set_default_timeout(30000)

    def is_expected(url):
        return any(fnmatch(urlsplit(url).path, pattern) for pattern in expected)

    def console(message):
        refused = "Failed to load resource" in message.text and is_expected(message.location["url"])
        if message.type in ("error", "warning") and not refused:
            wrong.append(f"console: {message.text} ({message.location})")

    def request(asked):
        parts = urlsplit(asked.url)
        if parts.scheme not in ("blob", "data") and f"{parts.scheme}://{parts.netloc}" != URL:
            wrong.append(f"asked for {asked.url}")

    def answer(response):
        if response.status >= 400 and not is_expected(response.url):
            wrong.append(f"{response.status} for {response.url}")

    def dialog(opened):
        wrong.append(f"dialog: {opened.message}")
        opened.dismiss()

    page.on("console", console)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", request)
    page.on("response", answer)
    page.on("dialog", dialog)
    page.expected = expected
    yield page
    assert not wrong, wrong
    context.close()


def check(page, what):
    """Nothing is wrong for those who cannot see it well, and nothing is cut off at the side."""
    page.evaluate("Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations !== Infinity).map((a) => a.finished))")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{what}: {found.generate_report()}"
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], f"{what} is {width[0]} wide on {width[1]}"
