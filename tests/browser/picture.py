"""The picture of a result in the README."""

import io
from pathlib import Path

from common import URL, hear, page_of
from PIL import Image
from playwright.sync_api import expect

WIDTH, HEIGHT = 1080, 900
# The first change ends it, below as much of the page as there is room for.
END = """() => {
    const change = document.querySelector('#fix .diff') ?? document.querySelector('#fix');
    return Math.ceil(change.getBoundingClientRect().bottom + scrollY + 24);
}"""


def result(browser):
    """Writes result-light.png and result-dark.png, in few colours, into the folder that it is told."""
    folder = Path(hear()["folder"])
    for theme in ("light", "dark"):
        with page_of(browser, viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, color_scheme=theme, reduced_motion="reduce") as page:
            page.goto(URL + "/example?step=all")
            expect(page.locator("#fix .add").locator("visible=true").first).to_be_visible()
            page.evaluate("document.fonts.ready.then(() => true)")
            end = page.evaluate(END)
            top = max(0, end - HEIGHT)
            clip = {"x": 0, "y": top, "width": WIDTH, "height": end - top}
            shot = page.screenshot(animations="disabled", full_page=True, clip=clip)
        picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        picture.save(folder / f"result-{theme}.png", optimize=True)
