"""Scanners that talk and listen: Zebra over SSI, Honeywell with menu commands, Cognex over DMCC, SICK over CoLa.

Each reads a code when it is shown one (`scan`), the last three only while their trigger is not off.
"""

from base64 import b64encode

from devices.protocols import cognex_dmcc, honeywell_menu, sick_cola, zebra_ssi
from devices.protocols.frames import Garbage
from firmware_sim.models.instrument import Send
from firmware_sim.schedule import Timer, Timers

_AGAIN_S = 0.4
_MOST_TRIES = 4
_CODE_128 = 0x03


class SsiReader:
    """Repeats what is not acknowledged, with the bit for it, and gives up after some tries."""

    def __init__(self, timers: Timers, send: Send) -> None:
        self._timers = timers
        self._send = send
        self._on = False
        self._decoder = zebra_ssi.PacketDecoder(zebra_ssi.HOST)
        self._queue: list[zebra_ssi.Packet] = []
        self._tries = 0
        self._timer: Timer | None = None
        self.repetitions = 0
        self.given_up = 0
        self.beeps = 0

    def power_on(self) -> None:
        self._on = True
        self._decoder = zebra_ssi.PacketDecoder(zebra_ssi.HOST)
        self._queue.clear()

    def power_off(self) -> None:
        self._on = False
        self._stop()

    def scan(self, text: str) -> None:
        """Read a Code 128."""
        if self._on:
            data = bytes([_CODE_128]) + text.encode("ascii")
            self._queue.append(zebra_ssi.Packet(zebra_ssi.DECODE_DATA, zebra_ssi.SCANNER, 0, data))
            if len(self._queue) == 1:
                self._offer()

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if isinstance(found, Garbage):
                continue
            if found.opcode == zebra_ssi.ACK and self._queue:
                self._stop()
                self._queue.pop(0)
                if self._queue:
                    self._offer()
            elif found.opcode not in (zebra_ssi.ACK, zebra_ssi.NAK):
                self.beeps += found.opcode == zebra_ssi.BEEP
                self._send(zebra_ssi.encode(zebra_ssi.Packet(zebra_ssi.ACK, zebra_ssi.SCANNER)))

    def _offer(self) -> None:
        self._tries = 0
        self._try()

    def _try(self) -> None:
        if self._tries == _MOST_TRIES:
            self.given_up += 1
            self._queue.pop(0)
            if self._queue:
                self._offer()
            return
        packet = self._queue[0]
        status = zebra_ssi.RETRANSMITTED if self._tries else 0
        self.repetitions += bool(self._tries)
        self._tries += 1
        self._send(zebra_ssi.encode(zebra_ssi.Packet(packet.opcode, packet.source, status, packet.data)))
        self._timer = self._timers.after(_AGAIN_S, self._try)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class MenuReader:
    """Codes as text behind `prefix`; every setting it is sent is kept in `menu` and acknowledged."""

    def __init__(self, send: Send, prefix: bytes = b"") -> None:
        self._send = send
        self._prefix = prefix
        self._on = False
        self._decoder = honeywell_menu.CommandDecoder()
        self.triggered = False
        self.menu: dict[str, str] = {}

    def power_on(self) -> None:
        self._on = True
        self._decoder = honeywell_menu.CommandDecoder()
        self.menu.clear()  # what was set with '!' does not outlive the power

    def power_off(self) -> None:
        self._on = False

    def scan(self, text: str) -> None:
        if self._on:
            self._send(self._prefix + text.encode("ascii") + b"\r\n")

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if isinstance(found, honeywell_menu.Trigger):
                self.triggered = found.on
            elif isinstance(found, honeywell_menu.Menu):
                self._set(found)

    def _set(self, menu: honeywell_menu.Menu) -> None:
        answers = []
        for setting in menu.settings:
            self.menu[setting.tag + setting.subtag] = setting.data
            answers.append(honeywell_menu.Answer(setting.tag + setting.subtag + setting.data, "ack"))
        marks = ";" * (len(answers) - 1)
        self._send(honeywell_menu.encode_answers(honeywell_menu.Answers(tuple(answers), marks, menu.store)))


class DmccDevice:
    """Silent out of the box: its reads are framed only after the extended response was switched on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._on = self._extended = False
        self._decoder = cognex_dmcc.CommandDecoder()

    def power_on(self) -> None:
        self._on, self._extended = True, False
        self._decoder = cognex_dmcc.CommandDecoder()

    def power_off(self) -> None:
        self._on = False

    def scan(self, text: str) -> None:
        if self._on:
            read = cognex_dmcc.Response(cognex_dmcc.READ, b64encode(text.encode("ascii")).decode("ascii"))
            self._send(cognex_dmcc.encode_response(read) if self._extended else text.encode("ascii") + b"\r\n")

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if isinstance(found, Garbage):
                continue
            if found.text == "SET COM.DMCC-RESPONSE 1":
                self._extended = True
            known = found.text.split(" ")[0] in ("SET", "GET", "TRIGGER", "BEEP")
            if self._extended:
                answer = cognex_dmcc.Response(0 if known else 100, "DM374" if found.text[:3] == "GET" else "", found.id)
                self._send(cognex_dmcc.encode_response(answer))


class ColaDevice:
    """Sends its result event once it is subscribed; the gate opens and closes by method."""

    def __init__(self, send: Send, *, binary: bool = False, result: str = "ODOprint") -> None:
        self._send = send
        self._binary = binary
        self._result = result
        self._on = self._subscribed = False
        self._decoder: sick_cola.ColaADecoder | sick_cola.ColaBDecoder = sick_cola.ColaADecoder()
        self.gate = False

    def power_on(self) -> None:
        self._on, self._subscribed = True, False
        self._decoder = sick_cola.ColaBDecoder() if self._binary else sick_cola.ColaADecoder()

    def power_off(self) -> None:
        self._on = False

    def scan(self, text: str) -> None:
        if self._on and self._subscribed:
            self._say(sick_cola.Telegram("sSN", self._result, text.encode("ascii")))

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if not isinstance(found, Garbage):
                self._answer(found)

    def _answer(self, asked: sick_cola.Telegram) -> None:
        one = b"\x01" if self._binary else b"1"
        match asked.verb:
            case "sEN":
                self._subscribed = asked.name == self._result
                self._say(sick_cola.Telegram("sEA", asked.name, asked.args))
            case "sRN":
                self._say(sick_cola.Telegram("sRA", asked.name, one))
            case "sMN" if asked.name.startswith("mTCgate"):
                self.gate = asked.name == "mTCgateon"
                self._say(sick_cola.Telegram("sAN", asked.name, one))
            case _:
                self._say(sick_cola.Telegram("sFA", "", b"3"))

    def _say(self, telegram: sick_cola.Telegram) -> None:
        self._send(sick_cola.encode_b(telegram) if self._binary else sick_cola.encode_a(telegram))
