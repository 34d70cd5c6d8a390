"""Questions of a Modbus TCP client, joined to their answers by the transaction number."""

from collections.abc import Sequence

from devices.drivers.outputs import Noise, Output
from devices.protocols.frames import Garbage
from devices.protocols.modbus_tcp import (
    Read,
    Refused,
    Response,
    ResponseDecoder,
    Values,
    Write,
    Written,
    encode_request,
)

_LAST = 0x7FFF
UNASKED = 0x8000
"""Transaction of a write whose answer nobody waits for: a receipt that is sent again when it got lost."""


class ModbusClient:
    """Transactions 1 to 32767 are numbered here; `feed` gives back only the answer to the one that is open."""

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._decoder = ResponseDecoder()
        self._transaction = 0

    def reset(self) -> None:
        """A fresh connection."""
        self._decoder = ResponseDecoder()

    def read(self, function: int, address: int, count: int) -> bytes:
        """Ask for registers; only the answer to the last question is believed."""
        self._transaction = self._transaction % _LAST + 1
        return encode_request(Read(self._transaction, self._unit, function, address, count))

    def write(self, address: int, values: Sequence[int]) -> bytes:
        """Write registers, unasked for: the answer is ignored."""
        return encode_request(Write(UNASKED, self._unit, address, tuple(values)))

    def feed(self, data: bytes) -> tuple[list[Values | Refused], list[Output]]:
        """Answers to the question that is open, and what was none."""
        answers: list[Values | Refused] = []
        rest: list[Output] = []
        for item in self._decoder.feed(data):
            if isinstance(item, Garbage):
                rest.append(Noise(len(item.data), item.why))
            elif _is_answer(item, self._transaction):
                assert not isinstance(item, Written)
                answers.append(item)
            elif isinstance(item, Refused) or item.transaction != UNASKED:
                rest.append(Noise(0, "unexpected_answer"))
        return answers, rest


def _is_answer(item: Response, transaction: int) -> bool:
    return item.transaction == transaction and not isinstance(item, Written)
