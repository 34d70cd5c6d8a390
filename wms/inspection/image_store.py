"""Images as files named by their SHA-256: raw, written once, outside the database.

    FOLDER / ab / cdef…      the first two hex digits of the digest, then the rest

A file is written beside its place and renamed, so that a name always holds the whole content.
"""

import hashlib
import os
import re
import secrets
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ImageStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> str:
        """The digest of the content, which is on disk afterwards. Keeping the same again writes nothing."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        return digest

    def read(self, digest: str) -> bytes | None:
        """The content, or None when it is not there or is no longer what its name says."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == digest else None

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:]
