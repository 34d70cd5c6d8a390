"""A sorter controller for tests that have to hold every telegram in their own hand."""

import contextlib
import socket
import threading
from datetime import UTC, datetime

from devices.protocols.frames import Garbage
from devices.protocols.osip import (
    UNKNOWN_TARGET,
    Ack,
    Body,
    Header,
    Locu,
    OsipDecoder,
    Req,
    Res,
    Synq,
    Telegram,
    Upd,
    encode,
)

AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
OK = "00000000"


def place(kind: str, number: int) -> str:
    return f"SRT1{kind}{number:04d}00000000"


def upd(tid: str, kind: str, number: int, error: str = OK) -> Upd:
    return Upd(tid, place(kind, number), error, AT)


def req(tid: str, at: datetime = AT) -> Req:
    return Req(tid, place("TUNN", 1), UNKNOWN_TARGET, OK, at)


def locu(chute: int, error: str = OK) -> Locu:
    return Locu("SRT1CHUT", place("CHUT", chute), error, AT)


class Controller:
    """Listens on a port, takes one host after the other, and keeps what they say."""

    def __init__(self, port: int) -> None:
        self.heard: list[Telegram] = []
        self.connections = 0
        self._seq = 0
        self._server = socket.create_server(("127.0.0.1", port))
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End; the thread closes its sockets itself."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        self._thread.join(5)

    def hang_up(self) -> None:
        """Cut the current connection."""
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def send(self, body: Body) -> bytes:
        """Send a body with the next number; returns the bytes, for sending them again."""
        self._seq += 1
        data = encode(Telegram(Header("SPS01", "MFC__", self._seq), body))
        self.send_bytes(data)
        return data

    def send_bytes(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.sendall(data)

    def answers(self, tid: str) -> list[Res]:
        return [t.body for t in list(self.heard) if isinstance(t.body, Res) and t.body.barcode == tid]

    def acks(self) -> list[int]:
        """Numbers of the acknowledged telegrams, in order."""
        return [t.header.seq for t in list(self.heard) if isinstance(t.body, Ack)]

    def _serve(self) -> None:
        with self._server, contextlib.suppress(OSError):
            while True:
                sock, _ = self._server.accept()
                with sock:
                    self._socket = sock
                    self.connections += 1
                    self._listen(sock)
                    self._socket = None

    def _listen(self, sock: socket.socket) -> None:
        decoder = OsipDecoder()
        with contextlib.suppress(OSError):
            self.send(Synq(AT))
            while data := sock.recv(65_536):
                for telegram in decoder.feed(data):
                    assert not isinstance(telegram, Garbage), telegram
                    self.heard.append(telegram)
