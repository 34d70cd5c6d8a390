"""A scanner that types: real key events of the browser, stamped with the scanner's own pace.

Without stamps the pace would be this machine's, and a busy machine would look like a person typing.
"""

import time

from playwright.sync_api import Page

KEY_S = 0.008
_ENDS = {"Enter": (13, "\r"), "Tab": (9, "")}


def scan(page: Page, code: str, end: str = "Enter") -> None:
    session = page.context.new_cdp_session(page)
    now = time.time()
    for number, sign in enumerate([*code, end]):
        virtual, text = _ENDS.get(sign, (0, sign))
        event = {"key": sign, "text": text, "windowsVirtualKeyCode": virtual, "timestamp": now + number * KEY_S}
        session.send("Input.dispatchKeyEvent", {"type": "keyDown"} | event)
        session.send("Input.dispatchKeyEvent", {"type": "keyUp"} | event)
    session.detach()
