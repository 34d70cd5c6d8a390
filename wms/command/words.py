"""The words of the terminal: the same locale files as the screens, in the language of the shell."""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_LOCALES = Path(__file__).parents[1] / "web" / "locales"
_KNOWN = ("zh", "ru", "en")


def language() -> str:
    """zh, ru or en, by LC_ALL, LC_MESSAGES or LANG."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")
    return wanted[:2] if wanted[:2] in _KNOWN else "en"


@cache
def _table(locale: str) -> dict[str, str]:
    try:
        words: dict[str, str] = json.loads((_LOCALES / f"{locale}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return words


def tell(group: str, code: str, params: Mapping[str, object]) -> str:
    """The sentence of `group.code`, or the bare code with its parameters where there is none."""
    text = _table(language()).get(f"{group}.{code}")
    if text is None:
        return " ".join([code, *(f"{name}={value}" for name, value in params.items())])
    for name, value in params.items():
        text = text.replace("{" + name + "}", str(value))
    return text
