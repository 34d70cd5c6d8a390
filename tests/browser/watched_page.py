"""A page that remembers every complaint of the browser and every address it called."""

import re

from playwright.sync_api import Page, expect

# A refusal of the API is an answer, not a fault of the page; Chromium logs it all the same.
_ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

# Text that lies outside its box, in boxes that neither scroll nor clip on purpose.
_OVERFLOWING = """(root) => [...document.querySelectorAll(root + ", " + root + " *")]
  .filter((e) => !e.closest("svg") && !e.classList.contains("hidden"))
  .filter((e) => e.tagName !== "INPUT" && getComputedStyle(e).display !== "inline")
  .filter((e) => !["auto", "scroll"].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth)
  .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} > ${e.clientWidth} "${e.textContent.slice(0, 40)}"`)"""

# Contrast of each text with what lies behind it, by WCAG 2.2 (1.4.3 and 1.4.6); `least` is for text below 24 px.
_PALE = """([least, leastLarge]) => {
  const rgb = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { c: [r, g, b], a };
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ({ c }) => {
    const [r, g, b] = c.map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const under = rgb(getComputedStyle(e).backgroundColor);
      if (under.a > 0.99) return under;
    }
    return rgb("rgb(255, 255, 255)");
  };
  const pale = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("svg") || e.disabled || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    // Marks beside a word are graphics (1.4.11): 3 is enough.
    const needed = e.ariaHidden ? 3 : parseFloat(style.fontSize) >= 24 ? leastLarge : least;
    if (ratio < needed) pale.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} "${e.textContent.trim().slice(0, 30)}"`);
  }
  return pale;
}"""


class WatchedPage:
    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._origin = "/".join(address.split("/")[:3])
        self.may_be_cut_off = False
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined] # a ConsoleMessage
        if (
            kind in ("error", "warning")
            and not _ANSWERED.match(text)
            and not (self.may_be_cut_off and "net::ERR_" in text)
        ):
            self.complaints.append(text)

    def _asked(self, request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined] # a Request
        if not url.startswith((f"{self._origin}/", "data:", "blob:")):
            self.strangers.append(url)

    def sign_in(self, name: str, password: str) -> None:
        self.page.fill("input[autocomplete=username]", name)
        self.page.fill("input[type=password]", password)
        self.page.click("button.main")

    def must_be_clean(self) -> None:
        assert self.complaints == [], self.complaints
        assert self.strangers == [], self.strangers


def overflowing(page: Page, root: str = "body") -> list[str]:
    """The elements below `root` whose text does not fit."""
    found: list[str] = page.evaluate(_OVERFLOWING, root)
    return found


def pale(page: Page, least: float, least_large: float) -> list[str]:
    """The texts whose contrast is below `least` (`least_large` from 24 px on)."""
    found: list[str] = page.evaluate(_PALE, [least, least_large])
    return found


def switch_language(page: Page, lang: str) -> None:
    page.click(f".languages button[lang={lang}]")
    expect(page.locator("html")).to_have_attribute("lang", lang)
