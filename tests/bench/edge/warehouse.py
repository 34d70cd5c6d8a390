"""The warehouse's side in a process of its own: hears every event, acknowledges in batches as ingest does, keeps times."""

import json
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devices.contract.topics import EVENT_FILTER

_ACK_EVERY_S = 0.05


@dataclass(slots=True)
class Heard:
    """Since the last question: `waited_ms` from the write of a scan to its arrival here, the rest by stream."""

    events: int = 0
    waited_ms: list[float] = field(default_factory=list)
    read_ms: list[float] = field(default_factory=list)
    newest_lag_s: float = 0.0
    holes: int = 0


class Warehouse:
    def __init__(self, port: int, ack_topic: str) -> None:
        self._heard = Heard()
        self._through: dict[tuple[str, str], int] = {}
        self._ahead: dict[tuple[str, str], set[int]] = {}
        self._dirty: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._topic = ack_topic
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="bench-warehouse", clean_session=False)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = lambda client, *rest: client.subscribe(EVENT_FILTER, 1)
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def ask(self) -> Heard:
        """What came since the last time, and begin anew."""
        with self._lock:
            heard, self._heard = self._heard, Heard()
            heard.holes = sum(map(len, self._ahead.values()))
        return heard

    def acknowledge(self) -> None:
        with self._lock:
            due = {stream: self._through[stream] for stream in self._dirty}
            self._dirty.clear()
        for (dev, boot), through in due.items():
            self._client.publish(self._topic, json.dumps({"v": 1, "dev": dev, "boot": boot, "through_seq": through}), 1)

    def _take(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        now = time.monotonic()
        event: dict[str, Any] = json.loads(message.payload)
        stream, seq = (event["dev"], event["boot"]), event["seq"]
        with self._lock:
            heard = self._heard
            heard.events += 1
            heard.newest_lag_s = now - event["mono_us"] / 1e6
            if event["type"] == "scan":
                written = int(event["data"]["codes"][0]["text"]) / 1e6
                heard.waited_ms.append((now - written) * 1000)
                heard.read_ms.append(event["mono_us"] / 1e3 - written * 1000)
            ahead, through = self._ahead.setdefault(stream, set()), self._through.get(stream, 0)
            if seq > through:
                ahead.add(seq)
            while through + 1 in ahead:
                through += 1
                ahead.discard(through)
            self._through[stream] = through
            self._dirty.add(stream)


def serve(pipe: Connection, port: int, ack_topic: str) -> None:
    """Answer every message on the pipe with what was heard; end when it closes."""
    warehouse = Warehouse(port, ack_topic)
    while True:
        if pipe.poll(_ACK_EVERY_S):
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send(warehouse.ask())
        warehouse.acknowledge()
