"""The page of a submission: its result step by step, its change, its progress and its failures."""

from common import URL, check, hear, page_of, say
from playwright.sync_api import expect

COPIED = "navigator.clipboard.readText()"


def numbers(page):
    return page.locator("#fix tr .mark a:visible").all_inner_texts()


def lines(page, selector):
    return page.locator(selector).all_inner_texts()


def reveal(browser):
    """Each step shows more of all bugs, or of one; numbers follow the lines."""
    given = hear()
    with page_of(browser, viewport={"width": 1100, "height": 900}) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{URL}/submissions/{given['id']}")
        expect(page.locator(".found .big")).to_contain_text("2 bugs found")
        assert numbers(page) == ["1", "2"]
        # The second one is the most important.
        expect(page.locator("#fix-1 .badge")).to_have_count(0)
        expect(page.locator("#fix-2 .badge")).to_have_text("Start here")
        expect(page.locator("#fix tr.add").first).to_be_hidden()
        expect(page.locator(".summary")).to_be_hidden()
        page.click("#fix-2 [data-show='2']")
        expect(page.locator("#fix-2 .hint")).to_be_visible()
        expect(page.locator("#fix-1 .hint")).to_be_hidden()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator("#fix-2 .explanation")).to_be_visible()
        expect(page.locator("#fix tr.add:visible")).to_have_count(1)
        expect(page.locator("#fix tr.add:visible")).to_contain_text("int last = 4")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".hint:visible")).to_have_count(2)
        expect(page.locator("#fix tr.add:visible")).to_have_count(0)
        page.click(".ladder .next:visible")
        expect(page.locator(".summary")).to_be_visible()
        # Focus stays where the reader goes on.
        page.keyboard.press("Enter")
        expect(page.locator("#fix tr.add:visible")).to_have_count(3)
        assert page.evaluate("document.activeElement.id") == "copy-fixed"
        page.keyboard.press("c")
        expect(page.locator("#toast")).to_have_class("shown")
        assert page.evaluate(COPIED) == given["fixed"]
        expect(page.locator("#feedback")).to_have_count(0)
        page.context.add_cookies([{"name": "cc_visitor", "value": given["visitor"], "url": URL}])
        page.reload()
        page.click("#feedback [value='no']")
        expect(page.locator("#feedback [value='no']")).to_have_attribute("aria-pressed", "true")
        page.click("#feedback [value='yes']")
        expect(page.locator("#feedback [value='yes']")).to_have_attribute("aria-pressed", "true")
        page.goto(f"{URL}/submissions/{given['id']}?step=4")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#fix tr.add:visible")).to_have_count(0)
        expect(page.locator(".ladder [aria-current]")).to_contain_text("Why")
        check(page, "a step of the ladder")


def change(browser):
    """The change in one column or two, with more lines, and the whole program with it."""
    given = hear()
    address = f"{URL}/submissions/{given['id']}?step=4"
    for width, split in ((1280, False), (1600, True)):
        with page_of(browser, viewport={"width": width, "height": 900}) as page:
            page.goto(address)
            expect(page.locator("#fix .hunk table.split")).to_have_count(2 if split else 0)
            check(page, f"the change at {width}")
    with page_of(browser, viewport={"width": 1100, "height": 900}) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address)
        hunk = page.locator(".hunk").first
        before = hunk.locator("tr:not(.explained)").count()
        expect(hunk.locator("[data-expand=up]")).to_be_hidden()
        hunk.locator("[data-expand=down]").click()
        expect(hunk.locator("tr:not(.explained)")).to_have_count(before + 10)
        last = hunk.locator("tr:not(.explained)").last
        old, new = (int(last.locator("td").nth(at).inner_text()) for at in (1, 2))
        assert new == old + 1, (old, new)
        assert last.locator(".line").inner_text() == given["lines"][old - 1]
        hunk.locator("[data-expand=down]").click()
        expect(hunk.locator("[data-expand=down]")).to_be_hidden()
        page.locator(".hunk").nth(1).locator("[data-hunk]").click()
        assert page.evaluate(COPIED).split("\n")[-1] == given["fixed"].rstrip("\n").split("\n")[-1]
        page.click("#tab-code")
        assert lines(page, "#program .line") == given["lines"]
        page.check("[name='version'][value='after']")
        assert lines(page, "#program .line") == given["fixed"].rstrip("\n").split("\n")
        expect(page.locator("#program tr.add")).to_have_count(3)
        check(page, "the program with its fix")
        page.check("[name='version'][value='before']")
        assert lines(page, "#program .line") == given["lines"]
        # While the program with the fix is shown, the change can be expanded all the same.
        page.check("[name='version'][value='after']")
        page.go_back()
        expect(page.locator("#fix")).to_be_visible()
        above = page.locator(".hunk").nth(1).locator("tr:not(.explained)").count()
        page.set_viewport_size({"width": 1600, "height": 900})
        expect(page.locator("#fix .hunk table.split")).to_have_count(2)
        page.set_viewport_size({"width": 1100, "height": 900})
        expect(page.locator("#fix .hunk table.split")).to_have_count(0)
        expect(page.locator(".hunk").nth(1).locator("tr:not(.explained)")).to_have_count(above)
        page.click("#more-actions summary")
        page.click("#copy-link")
        assert page.evaluate(COPIED) == address
        check(page, "the menu of actions")
    with page_of(browser, viewport={"width": 1100, "height": 900}, forced_colors="active") as page:
        page.goto(address)
        border = "getComputedStyle(document.querySelector('%s')).borderBottomStyle"
        assert page.evaluate(border % "#tab-fix") == "solid"
        assert page.evaluate(border % "#tab-code") == "none"


def running(browser):
    """While it runs, the program is there, nothing moves, and a lost connection is told."""
    given = hear()
    with page_of(browser, viewport={"width": 1280, "height": 900}) as page:
        page.add_init_script(
            """globalThis.shift = 0;
            new PerformanceObserver((list) => { for (const e of list.getEntries()) globalThis.shift += e.value; })
                .observe({ type: 'layout-shift', buffered: true });"""
        )
        page.goto(f"{URL}/submissions/{given['id']}")
        expect(page.locator(".working .line").first).to_have_text("#include <iostream>")
        expect(page.locator(".now strong")).to_have_text("Looking for the bug…")
        expect(page.locator(".now")).to_contain_text("usually about")
        expect(page.locator("#problem")).to_be_hidden()
        check(page, "a running one")
        assert page.evaluate("globalThis.shift") <= 0.02, page.evaluate("globalThis.shift")
        for address in ("/", "/example", "/history"):
            page.goto(URL + address)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("globalThis.shift") <= 0.02, (address, page.evaluate("globalThis.shift"))
    with page_of(browser) as page:
        page.goto(f"{URL}/submissions/{given['id']}")
        expect(page.locator(".lost")).to_be_hidden()
        page.expected.add("/submissions/*")
        page.expected.add("/api/v1/submissions/*/events")
        say(away=True)
        expect(page.locator(".lost")).to_be_visible(timeout=30000)
        seconds = page.locator(".elapsed [data-since]").inner_text()
        page.wait_for_timeout(2100)
        assert page.locator(".elapsed [data-since]").inner_text() == seconds


def waits(browser):
    """A visitor reads when it goes on, the admin why; a cancelled one is no error."""
    given = hear()
    with page_of(browser) as page:
        page.context.add_cookies([{"name": "cc_visitor", "value": given["visitor"], "url": URL}])
        page.goto(f"{URL}/submissions/{given['failed']}")
        expect(page.locator("#failure h2")).to_have_text("The AI provider is busy")
        expect(page.locator("#failure .until")).to_contain_text("Try again in 2 h")
        expect(page.locator("#retry")).to_be_disabled()
        expect(page.locator("#failure")).not_to_contain_text("organization")
        check(page, "a long wait")
        page.goto(f"{URL}/submissions/{given['waiting']}")
        expect(page.locator("#progress .until")).to_contain_text("CodeChecker tries again in 9 min")
        page.click("#cancel")
        expect(page.locator("#failure .calm h2")).to_have_text("Cancelled")
        page.expected.add("/settings")
        page.goto(URL + "/settings")
        page.fill("#token", given["token"])
        page.click(".login button")
        expect(page.locator(".sections")).to_be_visible()
        page.goto(f"{URL}/submissions/{given['failed']}")
        page.click("#failure-details summary")
        expect(page.locator("#failure-text")).to_contain_text("organization org-x")
        check(page, "a long wait for the admin")


def weight(browser):
    """A first visit costs little, also to the result of a program of 400 lines."""
    given = hear()
    for address in ("/", "/history", "/example?step=4", "/example#problem", f"/submissions/{given['id']}?step=4"):
        with page_of(browser) as page:
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            received = []
            session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
            page.goto(URL + address)
            page.wait_for_load_state("networkidle")
            total = sum(received)
            assert 5_000 < total <= 60 * 1024, (address, total)
            nodes = page.evaluate("document.querySelectorAll('*').length")
            assert nodes < 12_000, (address, nodes)


def hunted(browser):
    """The failing input that was hunted, how sure it is, its files, and the times on larger inputs."""
    given = hear()
    address = f"{URL}/submissions/{given['id']}"
    for width in (320, 1280):
        for scheme in ("light", "dark"):
            with page_of(browser, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
                page.goto(address)
                expect(page.locator(".evidence")).to_contain_text("Your program answers 5 on this input; right is 4.")
                expect(page.locator(".growth svg polyline")).to_have_count(2)
                page.click("#growth-table summary")
                check(page, f"a hunted input at {width} in {scheme}")
    with page_of(browser, viewport={"width": 1280, "height": 900}) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address)
        expect(page.locator(".level.sure")).to_have_text("Corroborated: two programs written independently from the statement agree.")
        assert lines(page, ".found > .ran li") == ["Made smaller from 79 to 4 values.", "Tried: 2 known, 1,204 small and 120 extreme inputs."]
        page.click("[data-copy='#failing-test']")
        expect(page.locator("#toast")).to_have_class("shown")
        assert page.evaluate(COPIED) == "3\n1 1 2\n"
        files = {}
        for link in page.locator(".files a").all():
            with page.expect_download() as download:
                link.click()
            with open(download.value.path()) as file:
                files[download.value.suggested_filename] = file.read()
        assert files["input.txt"] == "3\n1 1 2\n"
        assert files["expected.txt"] == "4\n"
        assert '"tests":[{"id":1,' in files["solution.cpp.prob"]
        page.click(".evidence a")
        expect(page.locator("#test-1[open]")).to_contain_text("Found input 1")
        expect(page.locator(".growth figcaption")).to_contain_text("four times as long on an input twice as large (quadratic)")
        page.click("#growth-table summary")
        expect(page.locator(".growth tbody tr").last).to_have_text("8,000stopped after 4,000 ms9 ms")
    for other, said in given["others"].items():
        with page_of(browser, viewport={"width": 320, "height": 900}) as page:
            page.goto(f"{URL}/submissions/{other}")
            expect(page.locator(".found")).to_contain_text(said)
            for fold in page.locator(".found details summary").all():
                fold.click()
            check(page, said)
    settled(browser, given)


def settled(browser, given):
    """Its owner says which output is right, and the run goes on."""
    address = f"{URL}/submissions/{given['owned']}"
    cookie = {"name": "cc_visitor", "value": given["visitor"], "url": URL}
    for width in (320, 1280):
        for scheme in ("light", "dark"):
            with page_of(browser, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
                page.goto(address)
                expect(page.locator("#disputed")).to_contain_text("Disputed:")
                expect(page.locator(".settle")).to_have_count(0)
                page.context.add_cookies([cookie])
                page.reload()
                expect(page.locator(".evidence")).to_contain_text("Your program answers 5 on this input")
                assert lines(page, ".dispute figcaption")[1:] == ["First answer", "Second answer"]
                assert lines(page, "#settle button") == ["First answer", "Second answer"]
                page.click("#settle-neither summary")
                check(page, f"a dispute of its owner at {width} in {scheme}")
    with page_of(browser) as page:
        page.context.add_cookies([cookie])
        page.goto(address)
        page.click("#settle button[value=second]")
        expect(page.locator("#cancel")).to_be_visible()
        expect(page.locator(".settle")).to_have_count(0)
        assert page.url.split("#")[0].split("?")[0] == address, page.url
        answer = page.evaluate("(id) => fetch(`/api/v1/submissions/${id}`).then((answer) => answer.json())", given["owned"])
        assert answer["status"] == "QUEUED", answer["status"]
