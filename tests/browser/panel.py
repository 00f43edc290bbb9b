"""The panel."""

from urllib.parse import urlsplit

from common import URL, check, hear, page_of, say
from playwright.sync_api import expect


def log_in(page, token, path="/settings"):
    page.expected.update({"/settings", "/settings/login", path})
    page.goto(URL + path)
    page.fill("#token", token)
    page.keyboard.press("Enter")
    expect(page.locator(".sections")).to_be_visible()


def notice(page, text):
    expect(page.locator("#notice")).to_contain_text(text)


def login(browser):
    given = hear()
    for script in (True, False):
        with page_of(browser, java_script_enabled=script) as page:
            page.expected.update({"/settings/queue", "/settings/login"})
            page.goto(URL + "/settings/queue")
            page.fill("#token", "wrong")
            page.click(".login button")
            expect(page.locator("#token-error")).to_contain_text("Wrong token")
            page.fill("#token", given["token"])
            page.click(".login button")
            expect(page.locator("h1")).to_have_text("Queue")
            assert urlsplit(page.url).path == "/settings/queue"
            expect(page.locator("header.top a[href='/settings'] span")).to_be_visible()
            page.click(".sections form button")
            page.wait_for_url(URL + "/")
            page.goto(URL + "/settings/queue")
            expect(page.locator("#token")).to_be_visible()


def settings(browser):
    given = hear()
    with page_of(browser) as page:
        log_in(page, given["token"])
        page.expected.add("/settings")
        page.fill("#OPENAI_BASE_URL", "nonsense")
        page.fill("#OPENAI_MODEL", "other-model")
        page.fill("#OPENAI_API_KEY", "sk-typed-in-the-panel")
        page.click("#save")
        notice(page, "Not saved")
        expect(page.locator("#OPENAI_BASE_URL")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#OPENAI_BASE_URL")).to_have_value("nonsense")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("other-model")
        expect(page.locator("#OPENAI_API_KEY")).to_have_value("sk-typed-in-the-panel")
        check(page, "refused settings")
        page.click("[name='preset'][value='ollama']")
        notice(page, "Filled in")
        expect(page.locator("[name='preset'][aria-pressed='true']")).to_have_text("Ollama")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("qwen2.5-coder:14b")
        expect(page.locator("#OPENAI_API_KEY")).to_have_value("sk-typed-in-the-panel")
        page.click("[name='preset'][value='gemini']")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("gemini-2.5-flash")
        expect(page.locator("#OPENAI_CONTEXT_TOKENS")).to_have_value("")
        check(page, "a preset")
        page.fill("#OPENAI_BASE_URL", given["base_url"])
        page.click("#list-models")
        notice(page, "offers the endpoint's models")
        expect(page.locator("#models option")).to_have_count(2)
        page.fill("#OPENAI_MODEL", "other-model")
        page.fill("#OPENAI_BASE_URL", given["misplaced"])
        page.click("#test")
        expect(page.locator("#report")).to_have_class("card report bad")
        check(page, "a failed test")
        page.click("[name='use-address']")
        notice(page, "Filled in")
        expect(page.locator("#OPENAI_BASE_URL")).to_have_value(given["base_url"])
        page.fill("#OPENAI_API_KEY", "sk-typed-in-the-panel")
        page.click("#test")
        expect(page.locator("#report h2")).to_have_text("It works")
        expect(page.locator("#OPENAI_API_KEY")).to_have_value("sk-typed-in-the-panel")
        check(page, "a good test")
        page.click(".fold summary")
        page.fill("#OPENAI_TEMPERATURE", "0.25")
        page.click("#save")
        notice(page, "Saved")
        page.reload()
        model = page.locator(".setting", has=page.locator("#OPENAI_MODEL"))
        expect(model.locator(".source")).to_have_text("Saved here")
        expect(page.locator("#OPENAI_API_KEY")).to_have_value("")
        expect(page.locator("#OPENAI_API_KEY")).to_have_attribute("placeholder", "Set (ends in …anel). Type to replace.")
        assert "sk-typed" not in page.content()
        model.locator("[name='reset']").click()
        notice(page, "Default restored")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("stand-in")


def prompts(browser):
    given = hear()
    with page_of(browser) as page:
        log_in(page, given["token"], "/settings/prompts")
        card = page.locator("#prompt-code")
        expect(card.locator(".source")).to_have_text("Built-in")
        expect(card.locator(".diff")).to_have_count(0)
        text = card.locator("textarea").input_value()
        expect(card.locator(".primary")).to_be_disabled()
        card.locator("textarea").fill(text.replace("You ", "Thou ", 1))
        card.locator("[name='try']").click()
        expect(page.locator("#report")).to_contain_text("Answer to the example")
        expect(card.locator("textarea")).to_have_value(text.replace("You ", "Thou ", 1))
        expect(card.locator(".source")).to_have_text("Built-in")
        check(page, "a tried prompt")
        card.locator(".primary").click()
        notice(page, "Prompt saved")
        expect(card.locator(".source")).to_have_text("Yours")
        expect(card.locator(".diff tr.add mark")).to_have_text("Thou")
        check(page, "a saved prompt")
        page.expected.add("/settings/prompts/code")
        card.locator("textarea").fill("  ")
        card.locator(".primary").click()
        notice(page, "not saved")
        expect(card.locator("textarea")).to_have_value("  ")
        page.fill("#analysis", "typed and not saved yet")
        card.locator("[name='reset']").click()
        notice(page, "is in the field")
        expect(card.locator("textarea")).to_have_value(text)
        expect(card.locator(".source")).to_have_text("Yours")
        card.locator(".primary").click()
        notice(page, "in use again")
        expect(card.locator(".source")).to_have_text("Built-in")
        expect(page.locator("#analysis")).to_have_value("typed and not saved yet")
        expect(card.locator("textarea")).to_have_value(text)


def delete_without_script(browser):
    given = hear()
    with page_of(browser, java_script_enabled=False) as page:
        log_in(page, given["token"], "/settings/data")
        page.locator(f"#stored tr:has(a[href='/submissions/{given['id']}']) [name='one']").click()
        page.click("#delete-now")
        notice(page, "Deleted submissions: 1.")
        expect(page.locator(f"a[href='/submissions/{given['id']}']")).to_have_count(0)
        page.goto(URL + "/settings?preset=ollama")
        expect(page.locator("#OPENAI_BASE_URL")).to_have_value("http://localhost:11434/v1")
        page.click("[name='preset'][value='groq']")
        expect(page.locator("#OPENAI_BASE_URL")).to_have_value("https://api.groq.com/openai/v1")


def data(browser):
    given = hear()
    with page_of(browser) as page:
        log_in(page, given["token"], "/settings/data")
        total = page.locator(".counts dd").first
        expect(total).to_have_text("3")
        page.fill("#amount", "1")
        page.select_option("[name='unit']", "months")
        page.click("#prune")
        expect(page.locator("#ask")).to_contain_text("To be deleted: 1")
        check(page, "a pruning to confirm")
        # An age typed since the count is counted, not deleted.
        page.fill("#amount", "2")
        page.click("#prune-now")
        expect(page.locator("#ask")).to_contain_text("To be deleted: 0")
        expect(total).to_have_text("3")
        page.fill("#amount", "1")
        page.click("#prune")
        page.click("#prune-now")
        notice(page, "Deleted submissions: 1.")
        expect(total).to_have_text("2")
        # The list asks first; nothing is deleted by one click.
        page.expected.add("/settings/data/selected")
        expect(page.locator("#stored tbody tr")).to_have_count(2)
        page.locator("#stored [type='checkbox']").first.check()
        page.click("#delete-selected")
        expect(page.locator("#ask")).to_contain_text("Delete this submission?")
        check(page, "a deletion to confirm")
        page.click("#ask a")
        expect(total).to_have_text("2")
        page.fill("#q", "no such thing")
        page.click("#find")
        expect(page.locator("#stored")).to_contain_text("No submissions match.")
        page.goto(f"{URL}/settings/data?delete={given['id']}")
        expect(page.locator("#id")).to_have_value(given["id"])
        page.click("#delete")
        notice(page, "The submission was deleted")
        page.expected.update({"/settings/data/delete", "/settings/data/clear"})
        page.fill("#id", given["id"])
        page.click("#delete")
        expect(page.locator("#id-error")).to_be_visible()
        page.fill("#confirm", "delete al")
        page.click("#clear")
        expect(page.locator("#confirm-error")).to_be_visible()
        expect(total).to_have_text("1")
        page.fill("#confirm", "delete all")
        page.click("#clear")
        notice(page, "Everything was deleted. Submissions: 1.")
        expect(total).to_have_text("0")


def queue(browser):
    given = hear()
    with page_of(browser) as page:
        log_in(page, given["token"], "/settings/queue")
        # Nothing waits, so that nobody is missed.
        expect(page.locator("#queue")).not_to_contain_text("No worker is connected")
        page.click("#pause")
        notice(page, "Paused")
        expect(page.locator(".state")).to_have_text("Paused")
        check(page, "a paused queue")
        waiting = page.locator(".counts dd").first
        expect(waiting).to_have_text("0")
        page.evaluate("document.activeElement.blur()")
        say(paused=True)
        # It is looked at again and again.
        expect(waiting).to_have_text("1")
        page.click("#resume")
        notice(page, "Queue resumed")
        expect(page.locator("[data-updated]")).to_contain_text("Updated")
        check(page, "a queue with a failed job")
        expect(page.locator("#retry-failed")).to_have_text("Retry 1 failed")
        page.click("#retry-failed")
        notice(page, "Queued again: 1")
        expect(page.locator("#retry-failed")).to_be_disabled()
        expect(waiting).to_have_text("2")


def expired(browser):
    given = hear()
    with page_of(browser) as page:
        log_in(page, given["token"])
        page.fill("#OPENAI_MODEL", "typed-for-long")
        session = [cookie for cookie in page.context.cookies() if cookie["name"] == "cc_session"]
        page.context.clear_cookies(name="cc_session")
        page.expected.add("/settings")
        page.click("#save")
        notice(page, "no longer logged in")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("typed-for-long")
        page.context.add_cookies(session)
        page.click("#save")
        notice(page, "Saved")
        expect(page.locator("#OPENAI_MODEL")).to_have_value("typed-for-long")


def looks(browser):
    given = hear()
    paths = ("/settings", "/settings/prompts", "/settings/data", "/settings/queue")
    titles = {"en": "Model", "zh": "模型", "de": "Modell"}
    with page_of(browser) as page:
        log_in(page, given["token"])
        state = page.context.storage_state()
    for language, title in titles.items():
        for theme in ("light", "dark"):
            for width in (320, 820, 1400):
                options = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "has_touch": width < 700}
                with page_of(browser, locale=language, storage_state=state, **options) as page:
                    for path in paths:
                        page.goto(URL + path)
                        if path in ("/settings/data", "/settings/queue"):
                            page.locator(".fold-in summary").first.click()
                        if path == "/settings":
                            expect(page.locator("h1")).to_have_text(title)
                        check(page, f"{path} {language} {theme} {width}")
    for theme in ("light", "dark"):
        with page_of(browser, color_scheme=theme) as page:
            page.expected.add("/settings")
            page.goto(URL + "/settings")
            check(page, f"the login {theme}")
