"""Commands from the warehouse: topic `…/{device}/cmd/{name}`, reply on `…/{device}/rsp/{name}`.

Order: check, journal row committed, broker's message acknowledged, executed, ending committed, reply. A command that comes
twice is executed once and answered twice. What is past its deadline is dropped and answered `expired`; what is older than
the last one executed for its target is answered `stale`. A command that was running when the process ended is answered
`failed`/`interrupted`: nobody knows whether the scale was zeroed, so a person has to ask again.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog
from pydantic import ValidationError

from devices.contract.commands import COMMAND_NAMES, Command, CommandReply
from devices.contract.envelope import MAX_PAYLOAD_BYTES
from devices.contract.topics import DeviceAddress, parse_device_topic
from devices.drivers.outputs import Commandable
from gateway.clock import Clock
from gateway.device import Device
from gateway.downlink.journal import Ending, Journal
from gateway.outbox import Outbox, Statement
from gateway.recorder import after
from gateway.station.line import Line
from gateway.uplink.broker import Incoming

log = structlog.get_logger()
_OF_LINES = frozenset({"chute_enable", "chute_disable"})

Reply = Callable[[str, bytes], None]


class Commands:
    """`lines` maps the address of a sorter to its line; `reply` publishes, `ack` confirms a message to the broker."""

    def __init__(
        self, outbox: Outbox, clock: Clock, devices: Mapping[str, Device], lines: Mapping[str, Line], reply: Reply,
        ack: Callable[[Incoming], None],
    ) -> None:  # fmt: skip
        self._outbox = outbox
        self._clock = clock
        self._devices = devices
        self._lines = lines
        self._reply = reply
        self._ack = ack
        self._journal = Journal()
        self._running: dict[UUID, tuple[str, str]] = {}
        self.counters: Counter[str] = Counter()

    async def restore(self) -> None:
        """Read the journal and end what the last process left running."""
        for left in await self._outbox.query(self._journal.load):
            self._running[left.cmd_id] = (left.dev, left.name)
            self._finish(left.cmd_id, Ending("failed", "interrupted"))

    def receive(self, message: Incoming) -> None:
        """Take a command. Never raises; what cannot be understood is counted and acknowledged, or it would come for ever."""
        found = parse_device_topic(message.topic)
        command = _parse(message.payload)
        if found is None or command is None or str(found[0]) not in self._devices:
            self.counters["bad_commands"] += 1
            log.warning("command not understood", topic=message.topic, size=len(message.payload))
            self._ack(message)
            return
        dev, name = str(found[0]), found[1].removeprefix("cmd/")
        if self._journal.knows(command.cmd_id):
            self.counters["repeated_commands"] += 1
            self._answer_again(dev, name, command.cmd_id)
            self._ack(message)
            return
        refusal = self._refusal(dev, name, command)
        if refusal is None:
            self._begin(dev, command, message)
        else:
            rows = self._journal.close(dev, command, self._now_ms(), refusal)
            self._settle(rows, dev, name, command.cmd_id, refusal, message)

    def done(self, key: str, code: str) -> None:
        """A device answered the command with this key."""
        self._finish(UUID(key), Ending("failed", code) if code else Ending("done"))

    def _refusal(self, dev: str, name: str, command: Command) -> Ending | None:
        if command.name != name or name not in COMMAND_NAMES:
            return Ending("refused", "unknown_command")
        if command.deadline <= self._clock.wall():
            return Ending("expired")
        if self._journal.is_stale(dev, command):
            return Ending("stale")
        if name in _OF_LINES:
            line = self._lines.get(dev)
            known = line is not None and line.station.has_chute(command.target)
            return None if known else Ending("refused", "unknown_chute")
        driver = self._devices[dev].driver
        obeys = name == "ping" or (isinstance(driver, Commandable) and name in driver.commands)
        return None if obeys else Ending("refused", "unsupported")

    def _begin(self, dev: str, command: Command, message: Incoming) -> None:
        self._running[command.cmd_id] = (dev, command.name)
        rows = self._journal.accept(dev, command, self._now_ms())
        if command.name in _OF_LINES:
            rows += self._set_chute(dev, command)
            rows += self._journal.finish(command.cmd_id, Ending("done"))
            del self._running[command.cmd_id]
            self._settle(rows, dev, command.name, command.cmd_id, Ending("done"), message)
            return
        stored = self._outbox.barrier(rows)
        after(stored, lambda: self._ack(message))
        after(stored, lambda: self._execute(dev, command))

    def _set_chute(self, dev: str, command: Command) -> list[Statement]:
        row = self._lines[dev].set_chute(command.target, closed=command.name == "chute_disable")
        return [] if row is None else [row]

    def _execute(self, dev: str, command: Command) -> None:
        device = self._devices[dev]
        driver = device.driver
        if isinstance(driver, Commandable):
            now = self._clock.mono()
            device.deliver(driver.command(command.name, str(command.cmd_id), now), now)
        else:  # a ping: whether there is a link is all we can say
            code = "" if device.connected else "not_connected"
            self.done(str(command.cmd_id), code)

    def _finish(self, cmd_id: UUID, ending: Ending) -> None:
        where = self._running.pop(cmd_id, None)
        if where is not None:
            self._settle(self._journal.finish(cmd_id, ending), *where, cmd_id, ending, None)

    def _settle(
        self, rows: list[Statement], dev: str, name: str, cmd_id: UUID, ending: Ending, message: Incoming | None
    ) -> None:
        """Commit, then acknowledge to the broker and reply."""
        self.counters[ending.outcome] += 1
        stored = self._outbox.barrier(rows)
        if message is not None:
            after(stored, lambda: self._ack(message))
        after(stored, lambda: self._send(dev, name, cmd_id, ending))

    def _answer_again(self, dev: str, name: str, cmd_id: UUID) -> None:
        ending = self._journal.ending(cmd_id)
        if ending is not None:
            self._send(dev, name, cmd_id, ending)

    def _send(self, dev: str, name: str, cmd_id: UUID, ending: Ending) -> None:
        reply = CommandReply(cmd_id=cmd_id, outcome=ending.outcome, code=ending.code)
        self._reply(DeviceAddress.parse(dev).topic("rsp", name), reply.model_dump_json().encode())

    def _now_ms(self) -> int:
        return int(self._clock.wall().timestamp() * 1000)


def _parse(payload: bytes) -> Command | None:
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        return Command.model_validate_json(payload)
    except ValidationError:
        return None
