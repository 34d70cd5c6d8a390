"""Documents that must not drift from the code."""

import json
from pathlib import Path

from wms.command.write_openapi import write_openapi
from wms.kit.refusal import REFUSALS
from wms.settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented():
    """An installer reads docs/settings.md, not the code."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`KOUAN_{name.upper()}`" not in text]
    assert missing == []
    assert all(field.description for field in Settings.model_fields.values())


def test_the_openapi_document_is_current(tmp_path: Path):
    """The screens' types are generated from the committed document; an old one would compile against the past."""
    fresh = tmp_path / "openapi.json"
    write_openapi(fresh)
    committed = (ROOT / "wms" / "web" / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json.loads(fresh.read_text(encoding="utf-8"))


def test_every_refusal_raised_in_the_code_is_registered():
    """A refusal without a status and a translation would reach the user as an accident."""
    import re

    raised = set()
    for file in (ROOT / "wms").rglob("*.py"):
        raised |= set(re.findall(r'Refusal\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8")))
    assert raised - set(REFUSALS) == set()


def test_the_readme_names_the_two_commands():
    """A stranger with a clone needs nothing else."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in text
    assert "make test" in text
