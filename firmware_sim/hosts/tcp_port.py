"""A machine's network plug: it listens on the loopback, one host at a time speaks; pulled, it hangs up and refuses."""

from collections.abc import Callable

from firmware_sim.hosts.sorter_server import SorterServer
from firmware_sim.models.correspondence import Send


class TcpPort:
    """`plug` opens the port, always the same one after the first time; `unplug` closes it with its connection."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.on_data: Callable[[bytes], None] | None = None
        self.on_host: Callable[[], None] | None = None
        self._server: SorterServer | None = None
        self._say: Send | None = None

    async def plug(self) -> None:
        """Listen; nothing happens when the plug is in."""
        if self._server is None:
            self._server = SorterServer(self)
            self.port = await self._server.listen(self.port)

    def unplug(self) -> None:
        """Hang up and listen no more."""
        server, self._server, self._say = self._server, None, None
        if server is not None:
            server.close()

    def write(self, data: bytes) -> bool:
        """Bytes to the host; False when there is none and they are lost."""
        if self._say is None:
            return False
        self._say(data)
        return True

    def host_connected(self, send: Send) -> None:
        self._say = send
        if self.on_host is not None:
            self.on_host()

    def host_disconnected(self) -> None:
        self._say = None

    def host_received(self, data: bytes) -> None:
        if self.on_data is not None:
            self.on_data(data)
