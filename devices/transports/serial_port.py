"""A serial port: pyserial opens and configures it, the event loop reads it.

pyserial's own reading polls with timeouts; here the descriptor is made non-blocking and given to `add_reader`, so an idle
port costs nothing and a byte is seen at once. Only the open is left to pyserial, which also tolerates the ENOTTY that a
pseudo-terminal answers to modem-line calls; no modem line is touched afterwards for the same reason.
"""

import asyncio
import os

import serial
import serial.rs485

from devices.transports.address import SerialAddress
from devices.transports.link import WRITE_BUFFER_LIMIT, LinkLost, LinkRefused

_CHUNK = 4096


class SerialLink:
    """An open port. EIO, end of file and a vanished device all mean unplugged: LinkLost."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._fd: int = port.fileno()
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._lost: str | None = None
        os.set_blocking(self._fd, False)
        self._loop.add_reader(self._fd, self._readable)

    @classmethod
    def open(cls, address: SerialAddress) -> "SerialLink":
        """Open and configure the port, or raise LinkRefused."""
        try:
            port = serial.Serial(
                address.path,
                baudrate=address.baud,
                bytesize=address.bytesize,
                parity=address.parity,
                stopbits=address.stopbits,
                timeout=0,
            )
            if address.rs485:
                # The driver of the port switches the direction: RTS on while we speak, off to listen.
                port.rs485_mode = serial.rs485.RS485Settings()
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkRefused(f"{address.path}: {getattr(error, 'strerror', None) or error}") from error
        return cls(port)

    async def read(self) -> bytes:
        while not self._inbox:
            if self._lost is not None:
                raise LinkLost(self._lost)
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._inbox)
        self._inbox.clear()
        return data

    def write(self, data: bytes) -> None:
        if self._lost is not None:
            raise LinkLost(self._lost)
        if len(self._outbox) + len(data) > WRITE_BUFFER_LIMIT:
            self._lose("the device does not take what is sent")
            raise LinkLost("the device does not take what is sent")
        waiting = bool(self._outbox)
        self._outbox += data
        if not waiting:
            self._flush()

    def close(self) -> None:
        self._lose("closed")

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"unplugged: {error.strerror}")
            return
        if not data:
            self._lose("unplugged: end of file")
            return
        self._inbox += data
        self._arrived.set()

    def _flush(self) -> None:
        try:
            sent = os.write(self._fd, self._outbox)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lose(f"unplugged: {error.strerror}")
            raise LinkLost(str(self._lost)) from error
        del self._outbox[:sent]
        if self._outbox:
            self._loop.add_writer(self._fd, self._writable)
        else:
            self._loop.remove_writer(self._fd)

    def _writable(self) -> None:
        try:
            self._flush()
        except LinkLost:
            return  # the reader reports it

    def _lose(self, why: str) -> None:
        if self._lost is not None:
            return
        self._lost = why
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._arrived.set()
        try:
            self._port.close()
        except (OSError, serial.SerialException):
            return  # a port that is already gone cannot be closed again
