"""From a driver's output to disk, and only then the device's receipt.

The law of the edge: nothing is acknowledged to a machine before what it said is committed. A telegram that was taken before
(also by an earlier process) is not recorded twice; its receipt is repeated once everything before it is on disk.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from devices.contract.events import Alarm
from devices.drivers.outputs import Passing, Report, WeighRequest
from gateway.clock import Clock
from gateway.device import Device
from gateway.outbox import Draft, Outbox, Statement

Receipted = Report | Passing | WeighRequest


class Recorder:
    def __init__(self, outbox: Outbox, clock: Clock, own_address: str) -> None:
        self._outbox = outbox
        self._clock = clock
        self._own_address = own_address
        self.retransmits = 0
        self.receipts_undelivered = 0

    def is_repeat(self, device: Device, output: Receipted) -> bool:
        """Whether the telegram was taken before; if so, repeat its receipt."""
        if output.identity is None or not self._outbox.seen(_identity(device, output.identity)):
            return False
        self.retransmits += 1
        self._receipt_after(self._outbox.barrier(), device, output.receipt)
        return True

    def take(
        self, device: Device, output: Receipted, drafts: Sequence[Draft], also: Sequence[Statement] = ()
    ) -> "asyncio.Future[None]":
        """Store what an output came to, then give the receipt."""
        identity = None if output.identity is None else _identity(device, output.identity)
        stored = self._outbox.append(drafts, identity, also)
        self._receipt_after(stored, device, output.receipt)
        return stored

    def store(self, drafts: Sequence[Draft], also: Sequence[Statement] = ()) -> "asyncio.Future[None]":
        """Store events that no device waits for."""
        return self._outbox.append(drafts, also=also)

    def alarm(self, code: str, params: Mapping[str, str | int], dev: str | None = None) -> None:
        """Something a person should see; without `dev` it is the gateway's own."""
        short = {key: value[:200] if isinstance(value, str) else value for key, value in params.items()}
        self._outbox.append([Draft(dev or self._own_address, "alarm", Alarm(code=code, params=short))])

    def _receipt_after(self, stored: "asyncio.Future[None]", device: Device, receipt: bytes | None) -> None:
        if receipt is not None:
            stored.add_done_callback(lambda _: self._give(device, receipt))

    def _give(self, device: Device, receipt: bytes) -> None:
        # An undelivered receipt costs nothing: the device repeats its telegram and `is_repeat` answers it.
        if not device.send(receipt):
            self.receipts_undelivered += 1


def draft(device: Device, output: Report, read_at: float) -> Draft:
    """The event of a report."""
    return Draft(device.address, output.type, output.body, output.at, output.src_seq, read_at)


def after(stored: "asyncio.Future[None]", then: Callable[[], None]) -> None:
    """Call `then` when it is on disk; never when the gateway stops before."""
    stored.add_done_callback(lambda future: None if future.cancelled() else then())


def _identity(device: Device, identity: bytes) -> bytes:
    return device.address.encode() + b"\0" + identity
