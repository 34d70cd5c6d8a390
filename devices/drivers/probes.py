"""Temperature probes: registers of a Modbus TCP server that is asked, or JSON objects that are pushed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.listening import ListeningDevice
from devices.drivers.modbus_client import ModbusClient
from devices.drivers.outputs import CommandDone, Noise, Output
from devices.drivers.probe_watch import ProbeWatch
from devices.protocols.json_lines import JsonObject, ObjectDecoder
from devices.protocols.modbus_tcp import READ_HOLDING, READ_INPUT, Refused

_COLDEST, _HOTTEST = -273_150, 1_000_000


@dataclass(frozen=True, slots=True)
class Register:
    """Where a probe stands: `scale_milli` thousandths of a degree a count, `fault` the count of a broken one."""

    probe: str
    number: int
    scale_milli: int = 100
    fault: int | None = -32_768


@dataclass(frozen=True, slots=True)
class ModbusProbeRules:
    unit: int = 1
    holding: bool = False
    poll_every_s: float = 5.0
    answer_within_s: float = 2.0


class ModbusProbes:
    """Each register is asked by itself, because probes need not lie together."""

    commands = frozenset({"ping"})

    def __init__(self, registers: Sequence[Register], watch: ProbeWatch, rules: ModbusProbeRules) -> None:
        self._registers = registers
        self._watch = watch
        self._rules = rules
        self._client = ModbusClient(rules.unit)
        self._asker = Asker(rules.answer_within_s)
        self._next = 0
        self._ask_at: float | None = None

    def connected(self, now: float) -> list[Output]:
        self._client.reset()
        self._next = 0
        return [*self._asker.reset(opened=True), *self._ask(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        answers, out = self._client.feed(data)
        for answer in answers:
            if self._asker.asked is None:
                out.append(Noise(0, "unexpected_answer"))
                continue
            register = self._registers[self._next]
            milli = None if isinstance(answer, Refused) else _milli(register, answer.values)
            out += [*self._asker.answered(now), *self._watch.take(register.probe, milli, now)]
            out += self._advance(now)
        return out

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at)

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        if lost is not None:
            self._ask_at = now + self._rules.poll_every_s
        if self._ask_at is not None and now >= self._ask_at:
            self._next = 0
            out += self._ask(now)
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        return self._asker.reset(opened=False)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """The probes are asked all the time; a ping says that there is a link."""
        return [self._asker.alive(key) if name == "ping" else CommandDone(key, "unsupported")]

    def _advance(self, now: float) -> list[Output]:
        self._next = (self._next + 1) % len(self._registers)
        if self._next:
            return self._ask(now)
        self._ask_at = now + self._rules.poll_every_s
        return []

    def _ask(self, now: float) -> list[Output]:
        self._ask_at = None
        function = READ_HOLDING if self._rules.holding else READ_INPUT
        wire = self._client.read(function, self._registers[self._next].number, 1)
        return self._asker.ask(Question("read", wire, attempts=2), now)


def json_probes(keys: Mapping[str, str], watch: ProbeWatch) -> ListeningDevice:
    """`keys`: probe → key of the object whose value is its temperature in degrees Celsius."""

    def say(message: object, now: float) -> list[Output]:
        assert isinstance(message, JsonObject)
        present = {key for key, _ in message.values}
        out: list[Output] = []
        for probe, key in keys.items():
            if key in present:
                out += watch.take(probe, _degrees(message.get(key)), now)
        return out or [Noise(0, "no_probe")]

    return ListeningDevice(ObjectDecoder, say)


def _milli(register: Register, values: Sequence[int]) -> int | None:
    if len(values) != 1:
        return None
    count = values[0] - 0x10000 if values[0] > 0x7FFF else values[0]
    milli = count * register.scale_milli
    return None if count == register.fault or not _COLDEST <= milli <= _HOTTEST else milli


def _degrees(text: str) -> int | None:
    """Thousandths, or None for a value that no probe has."""
    try:
        value = Decimal(text) if len(text) <= 16 else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value) > 1000:
        return None
    milli = int((value * 1000).to_integral_value())
    return milli if milli >= _COLDEST else None
