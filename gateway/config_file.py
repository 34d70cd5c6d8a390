"""Reading the configuration: one YAML file, checked completely before anything is opened.

Relative paths in it are relative to the file itself.
"""

from pathlib import Path

import yaml
from pydantic import ValidationError

from gateway.building import chutes_of
from gateway.settings import AnySorter, Settings


class ConfigError(Exception):
    """A configuration nobody can run; the message names file and key."""


def load(path: Path) -> Settings:
    """Read and check a configuration, or raise ConfigError with file and key."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values")
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(path, error)) from error
    settings = _anchored(settings, path.resolve().parent)
    _check_safe_chutes(path, settings)
    _check_secrets(path, settings)
    return settings


def _explain(path: Path, error: ValidationError) -> str:
    """One line a fault. The input is left out: a password typed into the wrong key must not reach a log."""
    lines = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        key = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
        lines.append(f"{path}: {key}: {fault['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _anchored(settings: Settings, base: Path) -> Settings:
    """Relative paths are meant from the configuration file, not from wherever the process was started."""
    mqtt = settings.mqtt
    files = {
        key: base / path
        for key in ("password_file", "ca_file", "cert_file", "key_file")
        if (path := getattr(mqtt, key)) is not None
    }
    token = settings.http.token_file
    http = settings.http if token is None else settings.http.model_copy(update={"token_file": base / token})
    devices = [device.model_copy(update={"link": _anchored_link(device.link, base)}) for device in settings.devices]
    update = {
        "devices": devices,
        "data_dir": base / settings.data_dir,
        "mqtt": mqtt.model_copy(update=files),
        "http": http,
    }
    return settings.model_copy(update=update)


def _anchored_link(link: str, base: Path) -> str:
    scheme, _, rest = link.partition(":")
    return f"{scheme}:{base / rest}" if scheme in ("serial", "replay") else link


def _check_secrets(path: Path, settings: Settings) -> None:
    for key, file in (
        ("mqtt.password_file", settings.mqtt.password_file),
        ("http.token_file", settings.http.token_file),
    ):
        if file is not None and not file.is_file():
            raise ConfigError(f"{path}: {key}: no such file: {file}")


def _check_safe_chutes(path: Path, settings: Settings) -> None:
    """The one chute that must exist whatever the plan says."""
    sorters = {device.address: device for device in settings.devices if isinstance(device, AnySorter)}
    for number, station in enumerate(settings.stations):
        sorter = sorters[f"{station.line}/{station.sorter}"]
        if not chutes_of(sorter)(station.safe_chute):
            raise ConfigError(f"{path}: stations.{number}.safe_chute: this sorter has no chute {station.safe_chute!r}")
