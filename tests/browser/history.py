"""The history, as a column and as a page."""

import re

from common import URL, check, hear, page_of
from playwright.sync_api import expect

WIDE = {"width": 1440, "height": 700}
NARROW = {"width": 360, "height": 700}


def visit(page, given, path="/history"):
    page.context.add_cookies([{"name": "cc_visitor", "value": given["visitor"], "url": URL}])
    page.goto(URL + path)


def column(browser, given):
    with page_of(browser, viewport={"width": 1400, "height": 600}) as page:
        visit(page, given, "/")
        entries = page.locator("#items li[id]")
        expect(entries).to_have_count(20)
        expect(entries.first.locator(".title")).to_contain_text("C++ · ")
        expect(entries.nth(1).locator(".title")).to_have_text("number 44 of many")
        # The form comes before the history, and the focus gets through it.
        page.focus("#text")
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('#history .older') !== null"):
                break
            if page.evaluate("document.activeElement.id") == "code":
                page.keyboard.press("Escape")
        expect(page.locator(".older a")).to_be_focused()
        expect(entries).to_have_count(20)
        page.keyboard.press("Enter")
        expect(entries).to_have_count(40)
        expect(page.locator("#items .entry").nth(20)).to_be_focused()
        page.locator("#history").hover()
        page.mouse.wheel(0, 20000)
        expect(entries).to_have_count(46)
        expect(page.locator(".older")).to_have_count(0)
        page.fill(".filter input", "MBER 7 ")
        expect(entries).to_have_count(1)
        expect(entries.locator("mark")).to_have_text("mber 7")
        page.fill(".filter input", "second line")
        expect(entries.first.locator(".excerpt mark")).to_have_text("second line")
        page.fill(".filter input", "zzzz")
        expect(page.locator("#items .none")).to_contain_text("No submissions match “zzzz”.")
        page.click(".clear")
        expect(entries).to_have_count(20)
        page.select_option(".filter select", "FAILED")
        expect(page.locator("#items .none")).to_contain_text("No submissions match.")
        page.select_option(".filter select", "QUEUED")
        expect(entries).to_have_count(20)
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/submissions/*")
        expect(page.locator(".place")).to_be_visible()
        check(page, "a queued one")
        page.click("#cancel")
        expect(page.locator("#head .status")).to_have_text("Cancelled")


def table(browser, given):
    for viewport in (WIDE, NARROW, {"width": 320, "height": 700}):
        with page_of(browser, viewport=viewport) as page:
            visit(page, given)
            rows = page.locator("tr.submission")
            expect(rows).to_have_count(20)
            expect(page.locator("tr.day").first).to_have_text(re.compile("Today|Yesterday"))
            check(page, f"the history at {viewport}")
            top = page.locator("tr.submission").first.bounding_box()
            assert (top["height"] < 60) == (viewport == WIDE), top
            page.click(".older a")
            expect(rows).to_have_count(40)
            days = page.locator("tr.day").all_text_contents()
            assert len(days) == len(set(days)), days
            page.select_option(".filter [name=language]", "python")
            expect(page.locator("tr.submission td.language").filter(has_text="C++")).to_have_count(0)
            page.select_option(".filter [name=verdict]", "TLE")
            # 1, 7, 13 and so on are odd, and one more than a multiple of three.
            expect(rows).to_have_count(8)
            expect(page).to_have_url(re.compile("language=python"))
            page.reload()
            expect(rows).to_have_count(8)
            page.fill(".filter [name=q]", "zzzz")
            expect(page.locator(".none")).to_contain_text("No submissions match “zzzz”.")
            check(page, "nothing found")
            page.click(".clear")
            expect(rows).to_have_count(20)
    with page_of(browser, viewport=WIDE, java_script_enabled=False) as page:
        visit(page, given)
        rows = page.locator("tr.submission")
        page.select_option(".filter [name=verdict]", "TLE")
        page.select_option(".filter [name=language]", "python")
        page.click(".filter button")
        expect(rows).to_have_count(8)
        page.goto(URL + "/history")
        page.click(".older a")
        expect(rows).to_have_count(20)
        page.click(".older a")
        expect(rows).to_have_count(6)


def find(browser):
    given = hear()
    table(browser, given)
    column(browser, given)


def outcomes(browser):
    given = hear()
    for scheme in ("light", "dark"):
        with page_of(browser, viewport=WIDE, color_scheme=scheme) as page:
            visit(page, given)

            def told(name):
                return page.locator(f"#item-{given[name]}")

            expect(told("found").locator(".status")).to_have_text("1 bug · wrong operator")
            expect(told("found").locator(".language")).to_have_text("C++")
            expect(told("found").locator(".verdict")).to_have_text("WA")
            expect(told("right").locator(".status")).to_have_text("No bug")
            expect(told("failed").locator(".status")).to_have_text("Failed: API key rejected")
            for row in page.locator("tr.submission").all():
                expect(row.locator(".status .icon")).to_have_count(1)
            check(page, f"outcomes, {scheme}")
            page.goto(URL)
            expect(told("found").locator(".status")).to_have_text("1 bug · wrong operator")
            check(page, f"outcomes in the column, {scheme}")


def delete(browser):
    given = hear()
    with page_of(browser, viewport=WIDE) as page:
        visit(page, given)
        rows = page.locator("tr.submission")
        expect(rows).to_have_count(9)
        # A stranger's is shown, and is not the visitor's to delete.
        expect(rows.filter(has_text="of a stranger").locator("input, .delete")).to_have_count(0)
        button = page.locator("#delete-selected")
        expect(button).to_be_disabled()
        for name in ("number 7", "number 6"):
            box = page.get_by_label(f"Select: {name}")
            box.check()
            expect(box).to_have_css("opacity", "1")
            shape = box.bounding_box()
            assert shape["width"] == shape["height"] == 18, f"no check box: {shape}"
        expect(button).to_have_text("Delete selected (2)")
        button.click()
        dialog = page.locator("#confirm")
        expect(dialog).to_contain_text("Delete these 2 submissions?")
        check(page, "the question in a dialog")
        dialog.get_by_text("Keep").click()
        expect(dialog).to_be_hidden()
        expect(rows).to_have_count(9)
        button.click()
        dialog.get_by_role("button", name="Delete").click()
        expect(page.locator("#done")).to_have_text("2 submissions deleted.")
        expect(rows).to_have_count(7)
        check(page, "after deleting")
        page.get_by_role("link", name="Delete: number 5").click()
        expect(dialog).to_contain_text("Delete this submission?")
        dialog.get_by_role("button", name="Delete").click()
        expect(page.locator("#done")).to_have_text("Submission deleted.")
        expect(rows).to_have_count(6)
    with page_of(browser, viewport=NARROW, java_script_enabled=False) as page:
        visit(page, given)
        rows = page.locator("tr.submission")
        for name in ("number 4", "number 3"):
            page.get_by_label(f"Select: {name}").check()
        page.click("#delete-selected")
        expect(page.locator("h1")).to_have_text("Delete these 2 submissions?")
        expect(page.locator(".named li")).to_have_text(["number 4", "number 3"])
        page.click("#delete-now")
        expect(page.locator("#done")).to_have_text("2 submissions deleted.")
        page.get_by_role("link", name="Delete: number 2").click()
        expect(page.locator("h1")).to_have_text("Delete this submission?")
        page.get_by_text("Keep").click()
        page.wait_for_url("**/submissions/*")
        page.go_back()
        page.click("#delete-now")
        expect(page.locator("#done")).to_have_text("Submission deleted.")
        expect(rows).to_have_count(3)
    with page_of(browser, viewport=NARROW) as page:
        visit(page, given)
        page.goto(page.locator("a.delete").first.evaluate("(link) => link.href"))
        check(page, "the question as a page")
