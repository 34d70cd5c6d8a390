"""A warehouse that commits every event once and tells so badly: late, twice, out of order, or not before it is asked again."""

import contextlib
import json
import random
import socket
import threading
import time
from collections import Counter
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devices.contract.topics import EVENT_FILTER

Stream = tuple[str, str]
_TICK_S = 0.05


class Warehouse:
    """`effects` counts what was applied, by type and item: the inbox takes (dev, boot, seq) once, whatever comes how often."""

    def __init__(self, port: int, ack_topic: str, seed: int) -> None:
        self.effects: Counter[tuple[str, str]] = Counter()
        self.events = 0
        self.again = 0
        self.changed = 0  # the same number with another content: never
        self._rng = random.Random(seed)
        self._topic = ack_topic
        self._through: dict[Stream, int] = {}
        self._ahead: dict[Stream, dict[int, str]] = {}
        self._dirty: set[Stream] = set()
        self._said: list[tuple[Stream, int]] = []
        self._silent_until = 0.0
        self._lock = threading.Lock()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="chaos-warehouse", clean_session=False)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = lambda client, *rest: client.subscribe(EVENT_FILTER, 1)
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._acknowledge, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def holes(self) -> int:
        with self._lock:
            return sum(map(len, self._ahead.values()))

    def crash(self) -> None:
        """Between the commit and the acknowledgement: what was to be said is forgotten, the connection is gone."""
        with self._lock:
            self._dirty.clear()
            self._said.clear()
        if (opened := self._client.socket()) is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def _take(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        event: dict[str, Any] = json.loads(message.payload)
        stream, seq = (event["dev"], event["boot"]), event["seq"]
        with self._lock:
            ahead, through = self._ahead.setdefault(stream, {}), self._through.get(stream, 0)
            self._dirty.add(stream)
            if seq <= through or seq in ahead:
                self.again += 1
                self.changed += ahead.get(seq, event["id"]) != event["id"]
                return
            ahead[seq] = event["id"]
            self.events += 1
            self.effects[_effect(event)] += 1
            while through + 1 in ahead:
                through += 1
                del ahead[through]
            self._through[stream] = through

    def _acknowledge(self) -> None:
        while not self._stop.wait(_TICK_S):
            if time.monotonic() < self._silent_until:
                continue
            mood = self._rng.random()
            if mood < 0.01:
                self._silent_until = time.monotonic() + 2.0
            with self._lock:
                said = [(stream, self._through.get(stream, 0)) for stream in self._dirty]
                missing = {
                    stream: [n for n in range(self._through.get(stream, 0) + 1, max(ahead)) if n not in ahead][:100]
                    for stream, ahead in self._ahead.items() if ahead and stream in self._dirty
                }  # fmt: skip
                self._dirty.clear()
            if mood > 0.9:
                said = said + self._said[-3:]  # older words, later
            if mood > 0.95:
                said = said + said
            self._said = (self._said + said)[-50:]
            for stream, through in said:
                self._say(stream, through, missing.get(stream, []))

    def _say(self, stream: Stream, through: int, missing: list[int]) -> None:
        message = {"v": 1, "dev": stream[0], "boot": stream[1], "through_seq": through, "missing": missing}
        self._client.publish(self._topic, json.dumps(message), 1)


def _effect(event: dict[str, Any]) -> tuple[str, str]:
    data = event["data"]
    if event["type"] == "scan":
        return "scan", ",".join(code["text"] for code in data["codes"])
    return event["type"], str(data.get("tid", data.get("code", "")))
