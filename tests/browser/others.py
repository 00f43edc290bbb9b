"""The main journeys in other browsers than Chromium: others.py ENGINE PROGRAM URL, driven by lines of JSON.

They are written once for all of them, and know no words and no looks: fields by their name, buttons by their form or id.
"""

import struct
import sys
import tempfile
import zlib

from engines import ENGINES

from channel import URL, hear, say

# Without a session, the panel answers with the form to log in.
EXPECTED = f"401 for {URL}/settings"
LOG_OUT = "form[action$='/logout'] button"
FORM = "form[action='/submissions'] "
# A page that is loaded anew loses it.
MARK = "() => { globalThis.marked = true; return true; }"
MARKED = "() => globalThis.marked === true"


def png(width, height):
    """A picture in black."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 + (width + 7) // 8) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def at(page, start):
    return page.until("(start) => location.pathname.startsWith(start) && location.pathname", start, of=bool)


def status(page, wanted):
    page.until("() => document.querySelector('#head')?.dataset.status ?? null", of=lambda now: now == wanted)


def fill(page, given):
    page.fill(FORM + "[name='text']", given["text"])
    page.fill(FORM + "[name='code']", given["code"])


def submit(page, given):
    """Submit with an image, watch the progress, and read the result, without ever loading a page anew."""
    page.goto("/")
    fill(page, given)
    page.until("(field) => document.querySelector(field).value", FORM + "[name='language']", of=lambda found: found == "C++")
    with tempfile.NamedTemporaryFile(suffix=".png") as image:
        image.write(png(4000, 3000))
        image.flush()
        page.attach(FORM + "[name='images']", image.name)
        page.until("() => document.querySelector('[name=images]').files.length", of=lambda number: number == 1)
        page.until("() => document.querySelector('#previews img')?.naturalWidth", of=bool)
        page.until("() => { document.querySelector('[name=code]').focus(); return true; }")
        page.press("Control", "Enter")
        path = at(page, "/submissions/")
    page.see("[data-stage='problem']")
    page.until(MARK)
    say(watching=path)
    page.until("() => document.querySelector('#progress').textContent.includes('3.2 KB')", of=bool)
    say(receiving=True)
    status(page, "COMPLETED")
    assert page.call(MARKED), "the page was loaded anew"
    result(page)
    page.click("[href='#submitted']")
    # The page made it smaller before it sent it.
    page.until("() => document.querySelector('#submitted img')?.naturalWidth", of=lambda width: width == 2048)


def result(page):
    """The steps give it away one after the other, and the tabs change without a request."""
    page.miss("#fix .explanation")
    page.miss("#fix tr.add")
    page.click("#fix a[data-step='2']")
    page.see("#fix .hint")
    page.miss("#fix .explanation")
    page.click("#fix a[data-step='all']")
    page.see("#fix .explanation")
    page.see("#fix .add")
    page.click("#fix [data-copy]")
    page.until("() => document.querySelector('#toast').textContent", of=bool)
    for part in ("problem", "code", "submitted", "fix"):
        page.click(f"#tabs [href='#{part}']")
        page.see(f"#{part}")
        others = {"problem", "code", "submitted", "fix"} - {part}
        for other in others:
            page.miss(f"#{other}")
    assert page.call(MARKED), "the page was loaded anew"


def retry(page, given):
    """The fixed program is on the clipboard; a failure is run again from its page."""
    page.goto("/")
    page.fill(FORM + "[name='code']", "")
    page.paste(FORM + "[name='code']", "int main")
    fill(page, given)
    page.click(FORM + "#send")
    at(page, "/submissions/")
    status(page, "FAILED")
    page.see("#failure")
    say(failed=True)
    hear()
    page.click("form[action$='/retry'] button")
    status(page, "COMPLETED")


def panel(page, given):
    """Log in, save a setting, stop the queue and start it again, log out."""
    page.goto("/settings/queue")
    page.fill("[name='token']", given["token"])
    page.press("Enter")
    page.see(LOG_OUT)
    page.click("[href='/settings']")
    page.fill("[name='OPENAI_MODEL']", "other-model")
    page.click("#save")
    page.see("#notice")
    page.goto("/settings")
    assert page.value("[name='OPENAI_MODEL']") == "other-model"
    page.click("[name='reset'][value='OPENAI_MODEL']")
    page.until("() => document.querySelector('[name=OPENAI_MODEL]').value", of=lambda value: value == "stand-in")
    page.goto("/settings/queue")
    page.click("form[action$='/pause'] button")
    page.click("form[action$='/resume'] button")
    page.see("form[action$='/pause'] button")
    page.click(LOG_OUT)
    page.miss(LOG_OUT)
    page.goto("/settings")
    page.see("[name='token']")


def looks(page, _):
    """Nothing is cut off at the side, and the colours follow the choice."""
    for theme in ("dark", "light"):
        page.resize(1280, 900)
        page.goto("/")
        page.click("details:has([name='theme']) summary")
        page.click(f"[name='theme'][value='{theme}']")
        light = "() => Math.max(...getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3))"
        page.until(light, of=lambda most: (most > 128) == (theme == "light"))
        for path in ("/", "/example?step=4", "/history", "/settings", "/docs"):
            page.goto(path)
            for width in (360, 820, 1280):
                page.resize(width, 900)
                wide = page.until("() => [document.documentElement.scrollWidth, innerWidth]")
                assert wide[0] <= wide[1], f"{path} is {wide[0]} wide on {wide[1]}"


if __name__ == "__main__":
    given = hear()
    with ENGINES[sys.argv[1]](sys.argv[2], URL) as page:
        for journey in (submit, retry, panel, looks):
            journey(page, given)
            wrong = [what for what in page.complaints if not what.startswith(EXPECTED)]
            assert not wrong, wrong
    say(passed=True)
