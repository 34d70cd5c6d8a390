"""A serial device's plug as a pty under a stable name.

Measured habits of ptys that shape this file: a master whose slave nobody has open reads EIO, so one slave descriptor
stays open here; without raw mode the kernel echoes and rewrites CR LF; closing the master is what pulling a USB plug looks
like to pyserial; and some 18 kB after the reader stopped, writes would block, which on a real line means that bytes are
lost.
"""

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path

_CHUNK = 4096


class PtyPort:
    """Publishes `link` as a symlink to the slave; `unplug` removes it, `plug` publishes a new one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, link: Path) -> None:
        self._loop = loop
        self._link = link
        self._master: int | None = None
        self._slave: int | None = None
        self.on_data: Callable[[bytes], None] | None = None

    def plug(self) -> None:
        """Open a pty and publish its name; nothing happens when the plug is in."""
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._master, self._readable, self._master)
        self._publish(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Close the pty as a pulled plug would and take the name away."""
        if self._master is None or self._slave is None:
            return
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = None
        self._link.unlink(missing_ok=True)

    def write(self, data: bytes) -> bool:
        """Put bytes on the wire; False when the plug is out. Bytes that nobody collects are lost, as on a real line."""
        if self._master is None:
            return False
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)
        return True

    def _publish(self, name: str) -> None:
        # Rename is atomic: a gateway polling for the name sees the old pty or the new one, never none in between.
        fresh = self._link.with_name(f".{self._link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.replace(self._link)

    def _readable(self, master: int) -> None:
        try:
            data = os.read(master, _CHUNK)
        except OSError:
            # Someone hung up or flushed the line; the pty lives on, because its slave is open here.
            return
        if data and self.on_data is not None:
            self.on_data(data)
