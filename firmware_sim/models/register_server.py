"""A Modbus TCP server: a bank of holding and one of input registers. The base of the simulated probe and of the mailbox PLC."""

from collections.abc import Callable

from devices.protocols.frames import Garbage
from devices.protocols.modbus_tcp import (
    READ_HOLDING,
    WRITE_MANY,
    WRITE_ONE,
    Read,
    Refused,
    Request,
    RequestDecoder,
    Response,
    Values,
    Write,
    Written,
    encode_response,
)
from firmware_sim.models.instrument import Send

_BAD_ADDRESS = 2


class RegisterServer:
    """`holding` and `inputs` may be set at any time; `written` hears of every write of the host."""

    def __init__(self, send: Send, size: int = 64, written: Callable[[], None] | None = None) -> None:
        self._send = send
        self._written = written
        self._decoder = RequestDecoder()
        self._on = False
        self.holding = [0] * size
        self.inputs = [0] * size

    def power_on(self) -> None:
        self._on = True
        self._decoder = RequestDecoder()

    def power_off(self) -> None:
        self._on = False

    def set_input(self, number: int, count: int) -> None:
        """A signed count in an input register."""
        self.inputs[number] = count & 0xFFFF

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if not isinstance(found, Garbage):
                self._send(encode_response(self._answer(found)))

    def _answer(self, asked: Request) -> Response:
        if isinstance(asked, Read):
            bank = self.holding if asked.function == READ_HOLDING else self.inputs
            values = bank[asked.address : asked.address + asked.count]
            if len(values) < asked.count:
                return Refused(asked.transaction, asked.unit, asked.function, _BAD_ADDRESS)
            return Values(asked.transaction, asked.unit, asked.function, tuple(values))
        return self._write(asked)

    def _write(self, asked: Write) -> Response:
        function = WRITE_ONE if asked.single else WRITE_MANY
        end = asked.address + len(asked.values)
        if end > len(self.holding):
            return Refused(asked.transaction, asked.unit, function, _BAD_ADDRESS)
        self.holding[asked.address : end] = asked.values
        if self._written is not None:
            self._written()
        number = asked.values[0] if asked.single else len(asked.values)
        return Written(asked.transaction, asked.unit, function, asked.address, number)
