"""A server with a password, a budget that is used up, and fixes that are not released."""

from urllib.parse import urlsplit

from common import URL, check, hear, page_of
from playwright.sync_api import expect

WIDTHS = (320, 1440)


def path_of(page):
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def leave(page):
    if page.locator("#top-preferences summary").is_visible():
        menu = page.locator("#top-preferences")
    else:
        menu = page.locator("#bottom-preferences")
    menu.locator("summary").click()
    menu.locator(".to-leave").click()


def password(browser):
    given = hear()
    for script in (True, False):
        with page_of(browser, java_script_enabled=script) as page:
            page.expected.update({"/access"})
            page.goto(URL + "/history?q=sum")
            assert urlsplit(page.url).path == "/access"
            expect(page.locator("h1")).to_have_text("Password required")
            expect(page.locator("#password")).to_be_focused()
            page.fill("#password", "not-the-password")
            page.keyboard.press("Enter")
            expect(page.locator("#password-error")).to_contain_text("Wrong password")
            if script:
                for theme in ("light", "dark"):
                    page.emulate_media(color_scheme=theme)
                    for width in WIDTHS:
                        page.set_viewport_size({"width": width, "height": 800})
                        check(page, f"the password, {theme}, {width}")
            page.fill("#password", given["password"])
            page.click(".login button")
            expect(page.locator("h1")).to_have_text("History")
            assert path_of(page) == "/history?q=sum", page.url
            page.goto(URL + "/")
            expect(page.locator("#submit")).to_be_visible()
            leave(page)
            assert urlsplit(page.url).path == "/access"
            page.goto(URL + "/")
            expect(page.locator("#password")).to_be_visible()


def kept(browser):
    """What was typed stays when the password is asked for in between."""
    given = hear()
    with page_of(browser) as page:
        page.expected.update({"/access"})
        page.goto(URL + "/")
        page.fill("#password", given["password"])
        page.click(".login button")
        page.fill("#code", "int main() {}")
        page.context.clear_cookies()
        page.click("#send")
        expect(page.locator("#refused")).to_contain_text("Password required")
        expect(page.locator("#code")).to_have_value("int main() {}")


def closed(browser):
    with page_of(browser) as page:
        page.expected.update({"/submissions"})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(URL + "/")
                expect(page.locator("#closed")).to_contain_text("used up")
                check(page, f"the form without a budget, {theme}, {width}")
        page.fill("#code", "int main() {}")
        page.click("#send")
        expect(page.locator("#refused")).to_contain_text("Today's budget is used up")
        expect(page.locator("#code")).to_have_value("int main() {}")


def spending(browser):
    given = hear()
    with page_of(browser) as page:
        page.expected.update({"/settings/data", "/settings/login"})
        page.goto(URL + "/settings/data")
        page.fill("#token", given["token"])
        page.keyboard.press("Enter")
        expect(page.locator("#spending meter")).to_be_visible()
        expect(page.locator("#spending")).to_contain_text("1,000 of 1,000 tokens")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                check(page, f"the spending, {theme}, {width}")


def locked(browser):
    given = hear()
    with page_of(browser) as page:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(f"{URL}/submissions/{given['id']}?step=all")
                expect(page.locator(".ladder .locked")).to_have_count(2)
                expect(page.locator("#locked")).to_contain_text("All of it is shown from 1 Dec 2999, 18:00 UTC on.")
                expect(page.locator(".hint").first).to_be_visible()
                check(page, f"a fix that is not released, {theme}, {width}")
        assert "a + b" not in page.content()
