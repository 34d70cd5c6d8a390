"""How root, or a uid without a name, runs a server that refuses both, without chown and under a 0700 home.

First choice: a user namespace in which our root is uid 65534. The server sees an ordinary user, the files stay ours.
Where user namespaces are forbidden (many containers): uid 65534 for real, on a directory that is given to it, and with
CAP_DAC_OVERRIDE when a parent directory would otherwise bar the way.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wms.launch.failure import LaunchError
from wms.launch.tether import setpriv_path, tethered

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Privilege:
    """A way to run: what stands before the command, and who must own the server's directories (None: as they are)."""

    prefix: tuple[str, ...] = ()
    owner: int | None = None

    def command(self, argv: Sequence[str], death_signal: signal.Signals) -> list[str]:
        """`argv` under this privilege, tethered to the caller.

        The tether comes last: a change of uid clears the parent-death signal.
        """
        return [*self.prefix, *tethered(argv, death_signal)]

    def give(self, *paths: Path) -> None:
        """Hand directories and what is in them to the server's user, where it is another one."""
        if self.owner is None:
            return
        for path in paths:
            for entry in (path, *path.rglob("*")):
                os.chown(entry, self.owner, self.owner, follow_symlinks=False)


def choose_privilege(program: Path, directory: Path) -> Privilege:
    """The first way of running `program` on `directory` that works here; LaunchError when root has none."""
    if os.name != "posix" or _has_a_name(os.geteuid()):
        return Privilege()
    if os.geteuid() != 0:
        return _with_a_name(program, directory)
    keeper = directory.stat().st_uid
    namespace = _namespace()
    if keeper == 0 and namespace is not None and _works(namespace.prefix, program, directory, "-w"):
        return namespace
    owner = keeper or NOBODY
    for prefix in _other_user(owner):
        if _works(prefix, program, directory, "-e"):
            return Privilege(prefix, owner)
    raise LaunchError(
        f"as root, {program} cannot be run for {directory}: user namespaces are forbidden and uid {owner} cannot reach "
        "both. Run as an ordinary user, or set KOUAN_DATABASE_URL and KOUAN_MQTT_URL to servers of your own"
    )


def _has_a_name(uid: int) -> bool:
    """Whether an ordinary uid is known to the machine: initdb refuses one that is not, as containers like to give."""
    if uid == 0:
        return False
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _with_a_name(program: Path, directory: Path) -> Privilege:
    namespace = _namespace()
    if namespace is not None and _works(namespace.prefix, program, directory, "-w"):
        return namespace
    raise LaunchError(
        f"uid {os.geteuid()} has no name on this machine, which {program.name} demands, and user namespaces are forbidden. "
        "Give the uid a line in /etc/passwd, or set KOUAN_DATABASE_URL to a server of your own"
    )


def _namespace() -> Privilege | None:
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    return Privilege((unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"))


def _other_user(owner: int) -> list[tuple[str, ...]]:
    setpriv = setpriv_path()
    if setpriv is None:
        return []
    plain = (setpriv, f"--reuid={owner}", f"--regid={owner}", "--clear-groups")
    passing = (*plain, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    return [(*plain, "--"), (*passing, "--")]


def _works(prefix: Sequence[str], program: Path, directory: Path, test: str) -> bool:
    """Whether `program` can be executed and `directory` reached when started with `prefix`."""
    check = f'test -x "$0" && test {test} "$1"'
    tried = subprocess.run([*prefix, "sh", "-c", check, program, directory], capture_output=True, check=False)
    return tried.returncode == 0
