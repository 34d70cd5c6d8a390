"""Templates: a file a device model in `devices/templates`, so that a site configures a scale by its name plate.

    template: mettler_ind331            of the device in the gateway's file
    link: serial:/dev/ttyUSB0           what only the site knows; any other key here goes before the template's

A template is a flat YAML file of keys of one kind, with `model` and `document` for the reader. Site keys replace template
keys whole: a list or a mapping is not merged, because half of two setup pages is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "templates"
_NAME = re.compile(r"[a-z0-9_]{1,64}")
_ABOUT = ("model", "document")


@dataclass(frozen=True, slots=True)
class Template:
    """`keys` of the settings model, with `kind`; `link_options` are what the model's line usually runs at."""

    name: str
    model: str
    document: str
    keys: Mapping[str, Any]


@cache
def names() -> tuple[str, ...]:
    """Every template there is."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def template(name: str) -> Template:
    """Read a template. ValueError when there is none of this name."""
    if not _NAME.fullmatch(name) or name not in names():
        near = [known for known in names() if name.split("_")[0] and name.split("_")[0] in known]
        raise ValueError(f"no template {name!r}; there are: {', '.join(near or names())}")
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    keys = {key: value for key, value in data.items() if key not in _ABOUT}
    return Template(name, str(data["model"]), str(data["document"]), keys)


def filled(device: Any) -> Any:
    """The keys of a device with those of its template; anything that names no template comes back as it is."""
    if not isinstance(device, Mapping) or device.get("template") is None:
        return device
    name = device["template"]
    if not isinstance(name, str):
        raise ValueError("template: expected the name of a template")
    return {**template(name).keys, **device}
