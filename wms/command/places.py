"""Where this installation keeps its things, and its secrets: made once, 0600, never printed."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from wms.kit.seal import Seal
from wms.settings import Settings


class Home:
    """The folder `KOUAN_HOME`. Every path below it is decided here."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.home.absolute()
        self.postgres = self.root / "postgres" / "data"
        self.broker = self.root / "broker"
        self.run = self.root / "run"
        self.gateway = self.root / "gateway"
        self._secrets = self.root / "secrets"

    def prepare(self) -> None:
        for folder in (self.root, self.run, self.gateway, self._secrets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret_file(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> Path:
        """The file of a secret, made on first use. O_EXCL: two processes never disagree about a secret."""
        self._secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._secrets / name
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return file
        with os.fdopen(handle, "w") as out:
            out.write(make())
        return file

    def secret(self, name: str) -> str:
        return self.secret_file(name).read_text(encoding="utf-8").strip()


def personal_data_seal(settings: Settings) -> Seal:
    file = settings.personal_data_key_file or Home(settings).secret_file(
        "personal_data_key", lambda: secrets.token_hex(32)
    )
    return Seal(bytes.fromhex(file.read_text(encoding="utf-8").strip()))
