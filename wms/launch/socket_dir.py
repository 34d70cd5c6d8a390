"""A directory for Unix sockets that is private and short enough.

A socket's whole path must fit into sun_path (108 bytes with its NUL on Linux, 104 on macOS); a checkout deep in a home
directory does not. Such a server listens in a short directory whose name is derived from the long one, so that other
processes of the same user compute the same address.
"""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from wms.launch.failure import LaunchError

_LONGEST_SOCKET_PATH_BYTES = 103
# PostgreSQL splits unix_socket_directories at commas and its lock file adds `.lock`; URLs have their own special signs.
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")


def socket_dir_for(wanted: Path, socket_name: str) -> Path:
    """`wanted` itself, or its short substitute when a socket `socket_name` in it could not be bound."""
    absolute = Path(os.path.abspath(wanted))  # noqa: PTH100 - resolve() would lengthen a path that the user shortened
    length = len(os.fsencode(absolute / socket_name))
    if length <= _LONGEST_SOCKET_PATH_BYTES and _PLAIN.fullmatch(str(absolute)):
        return absolute
    digest = hashlib.sha256(os.fsencode(absolute)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kouan-{os.getuid()}-{digest}"


def make_private(directory: Path) -> None:
    """Create `directory` as 0700, or make sure that an existing one is ours alone.

    In a shared /tmp somebody else may have put a directory or a symbolic link at the name we would use.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise LaunchError(f"{directory} is not a directory") from None
        if os.geteuid() not in (found.st_uid, 0):
            raise LaunchError(f"{directory} belongs to uid {found.st_uid}") from None
        if os.geteuid() == 0 and found.st_uid not in (0, 65534):
            raise LaunchError(f"{directory} belongs to uid {found.st_uid}") from None
        directory.chmod(0o700)
