"""Submit, read and the history."""

import base64
import re
from urllib.parse import urlsplit

from common import URL, check, hear, page_of, say
from playwright.sync_api import expect

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def fill(page, text, code):
    page.fill("#text", text)
    page.fill("#code", code)


def finished(page):
    page.wait_for_selector("#head[data-finished]", state="attached")


def submit(browser):
    given = hear()
    with page_of(browser) as page:
        page.goto(URL)
        expect(page.locator(".example a")).to_be_visible()
        fill(page, given["text"], given["code"])
        expect(page.locator("#language")).to_have_value("C++")
        expect(page.locator("#gutter")).to_contain_text("7")
        page.evaluate(
            """(pixel) => {
                const bytes = Uint8Array.from(atob(pixel), (c) => c.charCodeAt(0));
                const data = new DataTransfer();
                data.items.add(new File([bytes], 'shot.png', { type: 'image/png' }));
                document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }""",
            PIXEL,
        )
        expect(page.locator("#previews img")).to_have_count(1)
        page.press("#code", "Control+Enter")
        page.wait_for_url("**/submissions/*")
        running = page.locator('[data-stage="problem"].running')
        expect(running).to_contain_text("waiting for the model")
        assert "Running" in page.title()
        say(watching=urlsplit(page.url).path)
        expect(running).to_contain_text("receiving 3.2 KB")
        say(receiving=True)
        finished(page)
        expect(page.locator("#head .status")).to_have_text("Completed")
        expect(page.locator("#head h1")).to_have_text("A + B")
        assert "Completed" in page.title()
        assert "favicon-done" in page.locator('link[rel="icon"]').get_attribute("href")
        expect(page.locator("#announcement")).to_have_text("Completed")
        assert page.evaluate("localStorage.getItem('cc-draft')") is None
        card = page.locator("#fix-1")
        expect(card.locator(".lines-link")).to_have_text("Line 6")
        expect(card.locator(".hint")).to_be_hidden()
        expect(page.locator("#fix tr.add").first).to_be_hidden()
        page.click(".ladder a[data-step='2']")
        expect(card.locator(".hint")).to_be_visible()
        expect(card.locator(".explanation")).to_be_hidden()
        page.click(".ladder a.all")
        expect(card.locator(".explanation")).to_be_visible()
        added = page.locator("#fix tr.add")
        expect(added.locator("mark")).to_have_text("+")
        card.hover()
        expect(page.locator("#fix tr.near")).to_have_count(2)
        page.check("input[value='split']")
        expect(page.locator("#fix td.add.line mark")).to_have_text("+")
        expect(page.locator("#fix tr[data-fix]")).to_have_count(1)
        page.reload()
        expect(page.locator("#fix td.add.line mark")).to_have_text("+")
        page.keyboard.press("u")
        expect(added).to_be_visible()
        page.click("#tab-submitted")
        expect(page.locator(".shots img")).to_have_count(1)


def failed(browser):
    given = hear()
    with page_of(browser) as page:
        page.goto(URL)
        fill(page, given["text"], given["code"])
        page.click("#send")
        page.wait_for_url("**/submissions/*")
        finished(page)
        expect(page.locator("#failure h2")).to_have_text("CodeChecker's AI account isn't set up correctly")
        expect(page.locator("#failure")).not_to_contain_text("Incorrect API key")
        expect(page.locator("#problem")).to_be_visible()
        assert "favicon-failed" in page.locator('link[rel="icon"]').get_attribute("href")
        check(page, "a failed one")
        say(failed=True)
        hear()
        # A run may cost money: no single key begins one.
        page.keyboard.press("r")
        page.reload()
        expect(page.locator("#head .status")).to_have_text("Failed")
        page.click("#retry")
        expect(page.locator("#head .status")).to_have_text("Completed")
        expect(page.locator("#failure h2")).to_have_count(0)


def looks(browser):
    given = hear()
    done = URL + given["path"]
    words = {"en": "Find the bug", "zh": "查找错误", "de": "Fehler suchen"}
    for theme in given["themes"]:
        for width in (320, 820, 1400):
            options = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "has_touch": width < 700}
            with page_of(browser, **options) as page:
                for address in ("/", "/history", "/example?step=4", "/docs", "/docs#createSubmission"):
                    page.goto(URL + address)
                    check(page, f"{address} {theme} {width}")
                for part in ("fix", "problem", "code", "submitted"):
                    page.goto(f"{done}?step=4#{part}")
                    page.reload()
                    expect(page.locator(f"#{part}")).to_be_visible()
                    check(page, f"{part} {theme} {width}")
                page.expected.add("/submissions/nothing")
                answer = page.goto(URL + "/submissions/nothing")
                assert answer.status == 404
                check(page, f"404 {theme} {width}")
                ground = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
                dark = sum(int(part) for part in ground[4:-1].split(",")) < 384
                assert dark == (theme == "dark"), ground
    if "dark" in given["themes"]:
        return
    for language, send in words.items():
        with page_of(browser, locale=language) as page:
            page.goto(URL)
            expect(page.locator("#send")).to_contain_text(send)
            assert page.evaluate("document.documentElement.lang").startswith(language)
    with page_of(browser, viewport={"width": 360, "height": 800}) as page:
        for address in (URL, done + "?step=4"):
            page.goto(address)
            small = page.evaluate(
                """[...document.querySelectorAll('a, button, select, summary, input')]
                    .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.skip, .prose, .lines, .card'))
                    .filter((e) => !e.matches('.skip, #images, [type="hidden"], [type="radio"]'))
                    .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
                    .filter(([, height]) => height > 0 && height < 44)"""
            )
            assert not small, small
        page.click(".bottom .preferences summary")
        page.click(".bottom button[value='de']")
        expect(page.locator("#head .status")).to_have_text("Fertig")
        page.click(".bottom .preferences summary")
        page.click(".bottom button[value='dark']")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def scriptless(browser):
    given = hear()
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(URL)
        page.expected.add("/submissions")
        page.fill("#text", "   ")
        page.fill("#language", "x" * 40)
        page.click("#send")
        expect(page.locator(".banner")).to_contain_text("Paste the problem")
        expect(page.locator("#language")).to_have_value("x" * 40)
        fill(page, given["text"], given["code"])
        page.fill("#language", "C++")
        page.click("#send")
        page.wait_for_url("**/submissions/*")
        say(submitted=urlsplit(page.url).path)
        hear()
        page.reload()
        expect(page.locator("#head .status")).to_have_text("Completed")
        for part in ("#fix", "#problem", "#code", "#submitted"):
            expect(page.locator(part)).to_be_visible()
        page.click(".ladder a.all")
        expect(page.locator("#fix .explanation")).to_be_visible()
        page.goto(URL + "/history?q=sum")
        expect(page.locator("tr.submission")).to_have_count(1)
        page.goto(URL + "/history?status=FAILED")
        expect(page.locator(".none")).to_contain_text("No submissions match.")


def typing(browser):
    with page_of(browser) as page:
        page.goto(URL)
        page.click("#code")
        page.keyboard.type("if x:")
        page.keyboard.press("Enter")
        page.keyboard.type("print(1)")
        expect(page.locator("#code")).to_have_value("if x:\n    print(1)")
        page.keyboard.press("Shift+Tab")
        expect(page.locator("#code")).to_have_value("if x:\nprint(1)")
        expect(page.locator("#language")).to_have_value("Python")
        for options in ({"key": "Tab"}, {"key": "Enter", "ctrlKey": True}):
            # Both are the input method's while it composes.
            left = page.evaluate(
                """(options) => document.querySelector('#code').dispatchEvent(
                    new KeyboardEvent('keydown', { ...options, isComposing: true, bubbles: true, cancelable: true }))""",
                options,
            )
            assert left, options
        expect(page.locator("#code")).to_have_value("if x:\nprint(1)")
        assert page.locator("#submit").get_attribute("data-sent") is None
        page.fill("#text", "a problem")
        page.reload()
        expect(page.locator("#text")).to_have_value("a problem")
        expect(page.locator("#code")).to_have_value("if x:\nprint(1)")
        page.focus("#code")
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") != "code"
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        check(page, "the keys")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.name") == "q"
        page.evaluate("document.activeElement.blur()")
        page.click(".top .preferences summary")
        page.click(".top [data-keys]")
        expect(page.locator(".top [data-keys]")).to_have_attribute("aria-pressed", "false")
        page.reload()
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_hidden()
        page.click(".top .preferences summary")
        page.click(".top [data-keys]")
        page.goto(URL + "/example")
        page.keyboard.press("2")
        expect(page.locator("#problem")).to_be_visible()
        expect(page.locator("#fix")).to_be_hidden()
        page.focus("#tab-problem")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#code")).to_be_visible()
        page.goto(URL + "/example#L7")
        page.reload()
        expect(page.locator("#L7")).to_be_visible()
        page.click(".actions .primary")
        expect(page.locator("#code")).to_have_value(re.compile("best"))


def hostile(browser):
    given = hear()
    for script in (True, False):
        with page_of(browser, java_script_enabled=script) as page:
            page.context.add_cookies([{"name": "cc_visitor", "value": given["visitor"], "url": URL}])
            for path in given["paths"]:
                page.goto(f"{URL}{path}?step=4")
                for part in ("fix", "problem", "code", "submitted"):
                    page.goto(f"{URL}{path}?step=4#{part}")
                    # Images that were submitted are the only ones.
                    assert page.locator("main img, main iframe, main object, main embed").count() == 0
                    assert page.locator("main script, main style, main svg:not(.icon)").count() == 0
                    if not script:
                        continue
                    unsafe = page.evaluate(
                        """[...document.querySelectorAll('main *')].filter((e) =>
                            [...e.attributes].some((a) => a.name.startsWith('on') || a.name === 'style')
                            || (e.hasAttribute('href') && !/^https?:/.test(e.href)))
                            .map((e) => e.outerHTML)"""
                    )
                    assert not unsafe, unsafe
                if script:
                    assert page.evaluate("globalThis.owned") is None
            page.goto(URL + "/history?q=%3Cscript%3Eowned%3D1%3C%2Fscript%3E")
            page.goto(URL + "/history")
            assert page.locator("main script").count() == 0


PASTE = """async ([width, height]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    context.fillText('A + B', 10, 20);
    const blob = await new Promise((done) => canvas.toBlob(done));
    const data = new DataTransfer();
    data.items.add(new File([blob], 'large.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


COPIED = """async ([selector, name, type, text, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    if (text) data.setData('text/plain', text);
    const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    return document.querySelector(selector).dispatchEvent(paste);
}"""


def pasted(browser):
    """Files copied in a file manager are attached and leave no name behind; text with its picture is text."""
    dot = [*base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")]
    with page_of(browser) as page:
        page.goto(URL)
        for name, text in (("a b.gif", "a b.gif"), ("c.gif", "file:///home/me/c.gif"), ("d.gif", "C:\\me\\d.gif")):
            assert not page.evaluate(COPIED, ["#text", name, "image/gif", text, dot]), text
        expect(page.locator("#previews img")).to_have_count(3)
        assert page.evaluate(COPIED, ["#text", "image.gif", "image/gif", "1\t2", dot])
        expect(page.locator("#previews img")).to_have_count(3)
        assert not page.evaluate(COPIED, ["#code", "a.cpp", "text/x-c++src", "a.cpp", [65]])
        expect(page.locator("#code")).to_have_value("A")
        expect(page.locator("#previews img")).to_have_count(3)
        assert page.evaluate(COPIED, ["#code", "image.gif", "image/gif", "a.cpp", dot])


def refused(browser):
    """A refused form keeps everything, the chosen images too; the page shrinks large ones before it sends them."""
    given = hear()
    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": bytes.fromhex("89504e470d0a1a0a") + b"not one"}
    with page_of(browser) as page:
        page.goto(URL)
        page.expected.add("/submissions")
        page.click("#send")
        expect(page.locator("#refused")).to_contain_text("Paste the problem, your code, or both.")
        fill(page, given["text"], given["code"])
        page.set_input_files("#images", broken)
        page.evaluate(PASTE, [4000, 3000])
        expect(page.locator("#previews img")).to_have_count(2)
        size = "createImageBitmap(document.querySelector('#images').files[%d]).then((i) => [i.width, i.height])"
        assert page.evaluate(size % 1) == [2048, 1536]
        # A long one stays wide enough to be read, and a file is taken for what it is.
        page.evaluate(PASTE, [1080, 8000])
        expect(page.locator("#previews img")).to_have_count(3)
        long = page.evaluate(size % 2)
        assert long == [1024, 7585], long
        page.locator("#previews button").last.click()
        png = page.evaluate(
            "document.querySelector('#images').files[1].arrayBuffer().then((b) => [...new Uint8Array(b)])"
        )
        page.set_input_files("#images", {"name": "shot", "mimeType": "", "buffer": bytes(png)})
        expect(page.locator("#previews img")).to_have_count(3)
        page.locator("#previews button").last.click()
        expect(page.locator("#previews img")).to_have_count(2)
        page.click("#send")
        expect(page.locator("#images-error")).to_be_visible()
        expect(page.locator("#images")).to_have_attribute("aria-invalid", "true")
        check(page, "a refused form")
        expect(page.locator("#previews img")).to_have_count(2)
        expect(page.locator("#code")).to_have_value(given["code"])
        page.locator("#previews button").first.click()
        expect(page.locator("#previews img")).to_have_count(1)
        page.click("#send")
        page.wait_for_url("**/submissions/*")
        finished(page)
        page.click("#tab-submitted")
        expect(page.locator(".shots img")).to_have_count(1)
        assert page.evaluate("document.querySelector('.shots img').decode().then(() => document.querySelector('.shots img').naturalWidth)") == 2048


def polling(browser):
    """Where the stream of events does not come through, the page asks instead."""
    given = hear()
    with page_of(browser) as page:
        page.expected.add("/api/v1/submissions/*/events")
        page.route("**/events", lambda route: route.fulfill(status=404, body=""))
        page.goto(f"{URL}/submissions/{given['id']}")
        expect(page.locator("#head .status")).to_have_text("Queued")
        say(watching=True)
        finished(page)
        expect(page.locator("#head .status")).to_have_text("Completed")
        expect(page.locator("#fix-1")).to_be_visible()


def regenerate(browser):
    given = hear()
    with page_of(browser) as page:
        page.goto(f"{URL}/submissions/{given['id']}")
        expect(page.locator("#regenerate")).to_have_count(0)
        page.expected.add("/settings")
        page.goto(URL + "/settings")
        page.fill("#token", given["token"])
        page.click(".login button")
        expect(page.locator(".sections")).to_be_visible()
        page.goto(f"{URL}/submissions/{given['id']}")
        page.click("#more")
        page.click("#regenerate")
        expect(page.locator('[data-stage="analysis"].running')).to_be_visible()
        say(running=True)
        finished(page)
        expect(page.locator("#head .status")).to_have_text("Completed")


def blind(browser):
    with page_of(browser) as page:
        page.goto(URL)
        expect(page.locator("#text")).to_be_visible()
        expect(page.locator("#images-box")).to_have_count(0)
        page.evaluate(PASTE, [10, 10])
        assert not page.evaluate(COPIED, ["#code", "a.png", "image/png", "a.png", [1]])
        page.fill("#text", "typed")
        expect(page.locator("#text")).to_have_value("typed")


def doubts(browser):
    given = hear()
    with page_of(browser, viewport={"width": 1000, "height": 900}) as page:
        page.goto(f"{URL}/submissions/{given['right']}?step=4")
        expect(page.locator(".nobug")).to_contain_text("It is right as it is.")
        expect(page.locator(".ladder")).to_have_count(0)
        check(page, "no bug found")
        page.goto(f"{URL}/submissions/{given['judged']}?step=4")
        expect(page.locator(".found")).to_contain_text("No bug found in the program itself")
        expect(page.locator(".nobug li")).to_have_count(4)
        check(page, "no bug found although the judge found one")
        page.goto(f"{URL}/submissions/{given['in_text']}?step=4#code")
        expect(page.locator("#problem .caution")).to_contain_text("Not extracted")
        check(page, "a statement that could not be extracted")
        page.goto(f"{URL}/submissions/{given['image']}?step=4")
        expect(page.locator("#fix .caution").first).to_contain_text("read from a screenshot")
        check(page, "a program from an image")
        page.goto(f"{URL}/submissions/{given['in_text']}")
        expect(page.locator("#fix-1 .explanation")).to_be_hidden()
        page.emulate_media(media="print", color_scheme="dark")
        for part in ("#fix", "#problem", "#code"):
            expect(page.locator(part).first).to_be_visible()
        # Nothing is printed that the reader has not asked for.
        expect(page.locator("#fix-1 .explanation")).to_be_hidden()
        page.emulate_media(media="screen")
        page.click(".ladder .all")
        page.emulate_media(media="print", color_scheme="dark")
        for part in ("#fix-1 .explanation", "#fix tr.add"):
            expect(page.locator(part).first).to_be_visible()
        expect(page.locator("header.top")).to_be_hidden()
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        page.set_viewport_size({"width": 720, "height": 1000})
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], width


def give(page, number, sample):
    page.fill(f"#sample_input-{number}", sample[0])
    page.fill(f"#sample_output-{number}", sample[1])


def outcomes(page):
    """The verdicts of the tests, and the marked difference of the one that is open."""
    expect(page.locator("#outcome .test")).to_have_count(2)
    expect(page.locator("#outcome .outcome").nth(0)).to_contain_text("AC")
    expect(page.locator("#outcome .outcome").nth(1)).to_contain_text("WA")
    opened = page.locator("#outcome .test[open]")
    expect(opened).to_have_count(1)
    assert opened.locator("mark").all_inner_texts() == ["3", "-1"]


def samples(browser):
    given = hear()
    with page_of(browser) as page:
        page.goto(URL)
        page.click("#samples-box > summary")
        expect(page.locator(".given-sample")).to_have_count(1)
        page.fill("#code", given["code"])
        page.expected.add("/check")
        page.click("#run-samples")
        expect(page.locator("#samples-error")).to_contain_text("1 to 20 samples")
        give(page, 1, given["samples"][0])
        page.click("#add-sample")
        page.keyboard.type("to be removed")
        page.click("#add-sample")
        page.click("[aria-label='Remove: Sample 2']")
        give(page, 2, given["samples"][1])
        page.fill("#time_limit_ms", "0")
        page.click("#run-samples")
        expect(page.locator("#time_limit_ms-error")).to_contain_text("from 100 to 30000")
        page.fill("#time_limit_ms", "1000")
        page.click("#reference-box summary")
        page.fill("#reference_code", "int main() {}")
        page.click("#run-samples")
        outcomes(page)
        expect(page.locator("#time_limit_ms-error")).to_be_hidden()
        assert page.evaluate("document.activeElement.id") == "outcome"
        check(page, "the outcome")
        page.set_viewport_size({"width": 320, "height": 800})
        check(page, "the outcome on a phone")
        page.reload()
        expect(page.locator(".given-sample")).to_have_count(2)
        expect(page.locator("#sample_output-2")).to_have_value(given["samples"][1][1])
        expect(page.locator("#time_limit_ms")).to_have_value("1000")
        expect(page.locator("#reference_code")).to_have_value("int main() {}")
        page.locator("#language").press("Enter")
        page.wait_for_url("**/submissions/*")
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(URL)
        page.click("#samples-box > summary")
        page.fill("#code", given["code"])
        page.fill("#language", "C++")
        expect(page.locator(".given-sample")).to_have_count(3)
        give(page, 1, given["samples"][0])
        give(page, 2, given["samples"][1])
        page.click("#run-samples")
        outcomes(page)
        assert urlsplit(page.url)[2:] == ("/check", "", "outcome")
        expect(page.locator("#code")).to_have_value(re.compile("main"))
        expect(page.locator("#sample_output-2")).to_have_value(given["samples"][1][1])


def proven(browser):
    given = hear()
    with page_of(browser) as page:
        page.goto(f"{URL}/submissions/{given['running']}")
        wrong = page.locator("#fix .test").nth(1)
        expect(wrong.locator(".outcome")).to_contain_text("WA")
        expect(wrong.locator("mark")).to_have_text(["3", "-1"])
        expect(page.locator(".proof")).to_have_count(0)
        check(page, "tests before the fix")
        say(tests=True)
        finished(page)
        expect(page.locator(".proof")).to_have_class(f"proof {given['status']}")
        expect(page.locator(".evidence")).to_contain_text("Your program answers -1 on this input; right is 3")
        expect(wrong.locator(".outcome").nth(0)).to_contain_text("WA")
        expect(wrong.locator(".outcome").nth(1)).to_contain_text("AC")
        expect(page.locator(".needed")).to_be_hidden()
        page.click(".ladder a[data-step='3']")
        expect(page.locator(".needed")).to_contain_text("the program answers -1 instead of 3")
    looks = [("en", theme, width) for theme in ("light", "dark") for width in (320, 1400)]
    for language, theme, width in [*looks, ("de", "light", 320), ("zh", "light", 320)]:
        options = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "locale": language}
        with page_of(browser, **options) as page:
            for which in ("running", "failed"):
                page.goto(f"{URL}/submissions/{given[which]}?step=4")
                check(page, f"{which} {language} {theme} {width}")
    with page_of(browser) as page:
        page.goto(f"{URL}/submissions/{given['failed']}?step=4")
        expect(page.locator(".proof.failed")).to_be_visible()
        expect(page.locator("#refuted summary")).to_contain_text("5 0")
        expect(page.locator("#fix .hunk").first).to_be_hidden()
        page.click("#refuted summary")
        expect(page.locator("#fix .hunk").first).to_be_visible()
