"""The form: files, the editor, verdicts, drafts, and problems from Competitive Companion."""

import json
import re

from common import URL, check, hear, page_of, say
from playwright.sync_api import expect

PROGRAM = """#include <iostream>
// adds
int main() {
    std::cout << "a + b" << 42;
}
"""

DROP = """async ([selector, files, kind]) => {
    const data = new DataTransfer();
    for (const [name, type, bytes] of files) data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    const target = document.querySelector(selector);
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""

PNG = [*bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)]


def drop(page, selector, *files):
    given = [[name, kind, [*(data.encode() if isinstance(data, str) else data)]] for name, kind, data in files]
    page.evaluate(DROP, [selector, given, "drop"])


def files(browser):
    """Each file goes where it belongs, and what cannot be used is named with what to do."""
    with page_of(browser) as page:
        page.goto(URL)
        said = page.locator("#said")
        # All at once, in the middle of nowhere.
        drop(
            page, "#send",
            ("main.cpp", "text/x-c++src", PROGRAM), ("statement.html", "text/html", "<h1>A + B</h1><p>Add <i>a</i> and b, 10<sup>9</sup>.</p><script>alert(1)</script>"),
            ("2.in", "", "3 4\n"), ("2.ans", "", "7\n"), ("1.in", "", "1 2\n"), ("1.out", "", "3\n"), ("fail.inp", "", "5 6\n"),
            ("shot.png", "image/png", bytes(PNG)), ("a.pdf", "application/pdf", "%PDF-1.7"), ("a.zip", "", b"PK\x03\x04"), ("a.exe", "", b"MZ\0\0"),
            ("3.out", "", "9"), ("other.py", "", "print(1)"), ("empty.cpp", "", ""), ("large.cpp", "", "x" * 300_000),
        )
        expect(page.locator("#code")).to_have_value(PROGRAM)
        expect(page.locator("#language")).to_have_value("C++")
        expect(page.locator("#text")).to_have_value("A + B\n\nAdd a and b, 10^9.")
        expect(page.locator("#failing_input")).to_have_value("5 6\n")
        for number, side, value in ((1, "input", "1 2\n"), (1, "output", "3\n"), (2, "input", "3 4\n"), (2, "output", "7\n")):
            expect(page.locator(f"#sample_{side}-{number}")).to_have_value(value)
        expect(page.locator("#previews img")).to_have_count(1)
        for sentence in (
            "“a.pdf” is a PDF. Take a screenshot of it, or copy its text.", "“a.zip” is an archive", "“a.exe” is not a text file",
            "“3.out” is an expected output", "“other.py” was left out: “main.cpp”", "“empty.cpp” is empty", "“large.cpp” is too large: at most 256 KB",
        ):
            expect(said).to_contain_text(sentence)
        check(page, "files that were refused")
        said.get_by_role("button", name="Undo").click()
        expect(page.locator("#code")).to_have_value("")
        expect(page.locator("#previews img")).to_have_count(0)
        expect(page.locator(".given-sample")).to_have_count(1)

        # A text that could go to either goes to the box under the pointer; without one it is told by what is in it.
        drop(page, "#text", ("notes.txt", "text/plain", "import sys\nprint(1)\n"))
        expect(page.locator("#text")).to_have_value("import sys\nprint(1)\n")
        drop(page, "#code", ("notes.md", "text/markdown", "# a\n"))
        expect(page.locator("#code")).to_have_value("# a\n")
        drop(page, "#send", ("p.txt", "text/plain", "#include <iostream>\nint main() {}\n"))
        expect(page.locator("#code")).to_have_value("#include <iostream>\nint main() {}\n")
        expect(said).to_contain_text("The text that was there is replaced")
        drop(page, "#text", ("a.rs", "", "fn main() {}\n"))
        expect(page.locator("#code")).to_have_value("fn main() {}\n")
        expect(page.locator("#language")).to_have_value("Rust")
        # Also the browser can undo it.
        page.focus("#code")
        page.keyboard.press("Control+z")
        expect(page.locator("#code")).to_have_value("#include <iostream>\nint main() {}\n")

        for name, data, text in (
            ("bom.txt", "\ufeffé".encode(), "é"), ("u16.txt", "\ufeffé汉".encode("utf-16-le"), "é汉"), ("be.txt", "\ufeffé".encode("utf-16-be"), "é"),
            ("latin.txt", "Größe: café, naïve".encode("cp1252"), "Größe: café, naïve"), ("gb.txt", "给定两个整数".encode("gb18030"), "给定两个整数"),
            ("crlf.txt", b"a\r\nb\r", "a\nb\n"),
        ):
            drop(page, "#text", (name, "text/plain", data))
            expect(page.locator("#text")).to_have_value(text)

        # The box that will take it stands out meanwhile.
        for kind, over in (("image/png", ".drop"), ("text/x-c++src", ".editor"), ("text/markdown", "#text")):
            page.evaluate(DROP, ["#text", [["a", kind, [65]]], "dragover"])
            assert page.evaluate("[...document.querySelectorAll('.over')].map((box) => box.className)") == page.evaluate(
                "(box) => [document.querySelector(box).className]", over
            ), kind
        drop(page, "#send", ("a.md", "text/markdown", "x"))
        expect(page.locator(".over")).to_have_count(0)
        expect(page.locator("#text")).to_have_value("x")

        # By the keyboard.
        chooser = page.locator("[data-for=code]")
        chooser.focus()
        expect(chooser).to_be_focused()
        chooser.set_input_files([{"name": "Main.java", "mimeType": "", "buffer": b"class Main {}\n"}])
        expect(page.locator("#code")).to_have_value("class Main {}\n")
        expect(page.locator("#language")).to_have_value("Java")


def painted(page):
    return page.evaluate("[...document.querySelectorAll('#colours span')].map((span) => [span.className, span.textContent])")


def editor(browser):
    """Colours lie behind the text, keys indent, and everything can be undone."""
    with page_of(browser) as page:
        page.goto(URL)
        code = page.locator("#code")
        # The first field is ready on a page with room for it.
        expect(page.locator("#text")).to_be_focused()
        code.fill(PROGRAM)
        expect(page.locator("#colours .k").first).to_have_text("int")
        for piece in (["p", "#include <iostream>"], ["c", "// adds"], ["f", "main"], ["s", '"a + b"'], ["n", "42"]):
            assert piece in painted(page), piece
        assert page.evaluate("document.querySelector('#colours').textContent") == PROGRAM
        style = "[...'#code,#colours'.split(',')].length && ['#code', '#colours'].map((one) => { const s = getComputedStyle(document.querySelector(one)); return [s.font, s.tabSize, s.whiteSpace, s.letterSpacing].join(); })"
        theirs, ours = page.evaluate(style)
        assert theirs == ours, (theirs, ours)
        check(page, "the editor")
        page.fill("#language", "Python")
        expect(page.locator("#colours .c").first).to_have_text("#include <iostream>")
        page.fill("#language", "Brainwave")
        expect(page.locator(".coloured")).to_have_count(0)
        page.fill("#language", "C++")

        # Only what is in sight is painted, and it follows the text.
        code.evaluate("(area, value) => { area.value = value; area.dispatchEvent(new Event('input', { bubbles: true })); }", "int x; // y\n" * 2000 + "/* end")
        expect(page.locator("#gutter")).to_contain_text("2001")
        assert len(painted(page)) < 300
        code.evaluate("(area) => { area.scrollTop = area.scrollHeight; }")
        expect(page.locator("#colours .c").last).to_have_text("/* end")
        code.evaluate("(area) => { area.scrollTop = 0; area.setSelectionRange(0, 0); }")
        page.focus("#code")
        page.keyboard.type("/*")
        expect(page.locator("#colours .c")).to_have_count(1)
        expect(page.locator("#colours span")).to_have_count(1)

        # So much is undone by a button: browsers take minutes to insert it in a way that they can undo.
        page.keyboard.press("Control+a")
        page.keyboard.press("Tab")
        expect(page.locator("#said")).to_contain_text("2001 lines were indented.")
        assert code.evaluate("(area) => area.value.startsWith('    /*int')")
        page.locator("#said").get_by_role("button", name="Undo").click()
        assert code.evaluate("(area) => area.value.startsWith('/*int')")

        code.evaluate("(area) => { area.value = ''; area.dispatchEvent(new Event('input', { bubbles: true })); }")
        page.focus("#code")
        page.keyboard.type("int main() {")
        page.keyboard.press("Enter")
        page.keyboard.type("f();")
        page.keyboard.press("Enter")
        page.keyboard.type("}")
        expect(code).to_have_value("int main() {\n    f();\n}")
        page.keyboard.press("Control+a")
        page.keyboard.press("Tab")
        expect(code).to_have_value("    int main() {\n        f();\n    }")
        page.keyboard.press("Shift+Tab")
        expect(code).to_have_value("int main() {\n    f();\n}")
        for expected in ("    int main() {\n        f();\n    }", "int main() {\n    f();\n}"):
            page.keyboard.press("Control+z")
            expect(code).to_have_value(expected)
        code.fill("g() {}")
        code.evaluate("(area) => area.setSelectionRange(5, 5)")
        page.keyboard.press("Enter")
        expect(code).to_have_value("g() {\n    \n}")
        # An input method marks its own text, in the field's own colour.
        transparent = "getComputedStyle(document.querySelector('#code')).color === 'rgba(0, 0, 0, 0)'"
        assert page.evaluate(transparent)
        page.evaluate("document.querySelector('#code').dispatchEvent(new CompositionEvent('compositionstart'))")
        assert not page.evaluate(transparent)
        page.evaluate("document.querySelector('#code').dispatchEvent(new CompositionEvent('compositionend'))")
        assert page.evaluate(transparent)
    with page_of(browser, forced_colors="active") as page:
        page.goto(URL)
        page.fill("#code", PROGRAM)
        expect(page.locator(".coloured")).to_have_count(1)
        expect(page.locator("#colours")).to_be_hidden()
        assert not page.evaluate(transparent)
    with page_of(browser, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        page.goto(URL)
        assert page.evaluate("document.activeElement === document.body")


def fields(browser):
    """A verdict is chosen at a glance; a draft is kept, cleared and brought back; a mistake moves nothing."""
    with page_of(browser) as page:
        page.goto(URL)
        expect(page.locator(".steps")).to_be_visible()
        failing = page.locator("#failing_input")
        expect(failing).to_be_hidden()
        group = page.get_by_role("radiogroup", name="Verdict")
        expect(group.get_by_role("radio")).to_have_count(7)
        expect(group.get_by_role("radio", name="Not sure")).to_be_checked()
        group.get_by_role("radio", name="TLE: Time Limit Exceeded").check()
        expect(failing).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(group.get_by_role("radio", name="MLE: Memory Limit Exceeded")).to_be_checked()
        failing.fill("1 2")
        group.get_by_role("radio", name="CE: Compile Error").check()
        # What was typed is not hidden.
        expect(failing).to_be_visible()
        page.fill("#code", PROGRAM)
        page.fill("#time_limit_ms", "1500")
        page.select_option("#answer_language", "zh")
        expect(page.locator("#draft")).to_be_visible()
        page.reload()
        expect(group.get_by_role("radio", name="CE: Compile Error")).to_be_checked()
        expect(failing).to_have_value("1 2")
        expect(page.locator("#answer_language")).to_have_value("zh")
        page.click("#clear")
        expect(page.locator("#code")).to_have_value("")
        expect(group.get_by_role("radio", name="Not sure")).to_be_checked()
        expect(failing).to_be_hidden()
        expect(page.locator("#draft")).to_be_hidden()
        page.locator("#said").get_by_role("button", name="Undo").click()
        expect(page.locator("#code")).to_have_value(PROGRAM)
        expect(page.locator("#time_limit_ms")).to_have_value("1500")
        expect(group.get_by_role("radio", name="CE: Compile Error")).to_be_checked()
        page.click("#clear")

        page.expected.add("/submissions")
        top = "document.querySelector('.panes').getBoundingClientRect().top + scrollY"
        before = page.evaluate(top)
        page.click("#send")
        expect(page.locator("#refused")).to_have_text("Paste the problem, your code, or both.")
        for area in ("#text", "#code"):
            expect(page.locator(area)).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#text")).to_be_focused()
        assert page.evaluate(top) == before
        check(page, "an empty form that was refused")
        page.fill("#code", "x")
        page.fill("#text", "y")
        expect(page.locator("#refused")).to_be_hidden()
        page.fill("#text", "é" * 100_000)
        expect(page.locator("[data-size=text]")).to_have_text("196 of 200 KB")
        page.fill("#text", "é" * 103_000)
        expect(page.locator(".size.wrong")).to_have_text("202 of 200 KB")
        page.fill("#text", "y")
        expect(page.locator(".size")).to_have_count(0)
        page.click("#send")
        page.wait_for_url("**/submissions/*")
        page.goto(URL)
        # Seen once is enough.
        expect(page.locator(".steps")).to_have_count(0)
        expect(page.locator("#answer_language")).to_have_value("zh")
    for width in (360, 1280):
        with page_of(browser, viewport={"width": width, "height": 800}, has_touch=width < 700) as page:
            page.goto(URL)
            page.get_by_role("link", name="Try the example").click()
            expect(page.locator("#code")).to_have_value(re.compile("best"))
            expect(page.get_by_role("radio", name="WA: Wrong Answer")).to_be_checked()
            gap = page.evaluate(
                "document.querySelector('.editor').getBoundingClientRect().top - document.querySelector('#failing_input').getBoundingClientRect().bottom"
            )
            assert gap >= 4, gap
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(URL)
        expect(page.locator(".open-file").first).to_be_hidden()
        page.locator(".pick", has_text="WA").click()
        page.fill("#failing_input", "1 2\n")
        page.fill("#code", PROGRAM)
        page.click("#send")
        page.wait_for_url("**/submissions/*")
        say(submitted=page.url.rsplit("/", 1)[1].split("?")[0])
        page.goto(f"{URL}/?from={page.url.rsplit('/', 1)[1].split('?')[0]}")
        expect(page.locator("[name=verdict]:checked")).to_have_value("WA")
        expect(page.locator("#failing_input")).to_have_value("1 2\n")


def unset(browser):
    """Without a model the form says so before anything is typed."""
    for width in (320, 1280):
        with page_of(browser, viewport={"width": width, "height": 800}) as page:
            page.expected.add("/settings")
            page.goto(URL)
            expect(page.locator(".setup")).to_contain_text("CodeChecker needs a model before it can analyse anything")
            check(page, "a form without a model")
            page.get_by_role("link", name="See an example first").click()
            page.wait_for_url("**/example")
            page.goto(URL)
            page.get_by_role("link", name="Set up the model").click()
            page.wait_for_url("**/settings**")
    say(unset=True)
    hear()
    with page_of(browser) as page:
        page.goto(URL)
        expect(page.locator(".setup")).to_have_count(0)


def companion(browser):
    """An open form fills in; what was typed stays until it is asked for."""
    with page_of(browser) as page:
        page.goto(URL)
        say(open=True)
        expect(page.locator("#imported a")).to_have_text("G. Castle Defense · Codeforces - Educational Round 40")
        expect(page.locator("#imported a")).to_have_attribute("href", "https://codeforces.com/problemset/problem/954/G")
        expect(page.locator("#text")).to_have_value("G. Castle Defense\nhttps://codeforces.com/problemset/problem/954/G\n")
        expect(page.locator("#time_limit_ms")).to_have_value("1500")
        expect(page.locator("#memory_limit_mb")).to_have_value("256")
        expect(page.locator(".given-sample")).to_have_count(2)
        expect(page.locator("#sample_output-2")).to_have_value("6\n")
        expect(page.locator("#said")).to_contain_text("Filled in from Competitive Companion")
        check(page, "a form that was filled in")
        page.fill("#text", "my own words")
        say(filled=True)
        expect(page.locator("#said")).to_contain_text("H. Path arrived from Competitive Companion. What you typed was kept.")
        expect(page.locator("#text")).to_have_value("my own words")
        expect(page.locator("#time_limit_ms")).to_have_value("1500")
        page.get_by_role("button", name="Use this problem").click()
        expect(page.locator("#text")).to_have_value("H. Path\n")
        expect(page.locator("#time_limit_ms")).to_have_value("")
        expect(page.locator(".given-sample")).to_have_count(1)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#text")).to_have_value("my own words")
        expect(page.locator(".given-sample")).to_have_count(2)
        # It was seen, and does not come again.
        page.click("#clear")
        page.reload()
        expect(page.locator("#text")).to_have_value("")
        say(seen=json.loads(page.evaluate("JSON.stringify(localStorage.getItem('cc-companion') !== null)")))
