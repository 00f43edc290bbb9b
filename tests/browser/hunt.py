"""The hunt for a failing input, from the form on."""

from common import URL, check, hear, page_of, say
from playwright.sync_api import expect

COPIED = "navigator.clipboard.readText()"
# The product promises the failing input within this time, in milliseconds.
SOON = 30000


def fill(page, given):
    """Fills in the form: a program that passes all samples."""
    page.goto(URL)
    page.fill("#text", given["text"])
    page.fill("#code", given["code"])
    page.fill("#language", given["language"])
    page.click("#samples-box > summary")
    for number, sample in enumerate(given["samples"], 1):
        if number > 1:
            page.click("#add-sample")
        page.fill(f"#sample_input-{number}", sample["input"])
        page.fill(f"#sample_output-{number}", sample["output"])


def submitted(browser):
    """The input is there while the model still looks for the bug; then its fix is proven."""
    given = hear()
    with page_of(browser, viewport={"width": 1280, "height": 900}) as page:
        fill(page, given)
        page.click("#send")
        expect(page.locator(".evidence")).to_contain_text("Your program answers 0 on this input; right is -1.", timeout=SOON)
        expect(page.locator("#failing-test")).to_have_value("1\n-1\n")
        expect(page.locator(".level.sure")).to_contain_text("two programs written independently from the statement agree")
        expect(page.locator(".proof")).to_have_count(0)
        say(evidence=True)
        expect(page.locator(".proof.verified")).to_be_visible(timeout=SOON)
        expect(page.locator(".evidence")).to_contain_text("right is -1")
        check(page, "a proven fix of a hunted input")


def checked(browser):
    """Running on the samples hunts with a brute force of another language, and its input can be copied."""
    given = hear()
    with page_of(browser, viewport={"width": 1280, "height": 900}) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        fill(page, given)
        page.click("#reference-box > summary")
        expect(page.locator("#reference-hint")).to_contain_text("looks for the smallest input on which yours is wrong")
        page.fill("#reference_code", given["reference_code"])
        page.click("#run-samples")
        expect(page.locator("#outcome .evidence")).to_contain_text("Your program answers 0 on this input; right is -1.", timeout=SOON)
        expect(page.locator("#outcome .level.sure")).to_have_text("Confirmed by the program you gave.")
        page.click("#outcome [data-copy]")
        expect(page.locator("#toast")).to_have_class("shown")
        expect(page.locator("#toast")).to_have_text("Copied")
        assert page.evaluate(COPIED).split() == ["1", "-1"]
        check(page, "what the form found")
