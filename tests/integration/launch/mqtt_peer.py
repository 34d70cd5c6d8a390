"""A small MQTT client for tests: connect, hear, say; everything waits for the broker's word."""

import queue
import threading
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

WAIT_S = 10.0


class Peer:
    """One client. `reason` is the CONNACK's, `heard` the messages in order."""

    def __init__(
        self,
        port: int,
        name: str | None,
        password: str | None,
        *,
        client_id: str = "",
        clean: bool = True,
        manual_ack: bool = False,
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self.heard: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        self.reason: Any = None
        self._connected, self._acknowledged = threading.Event(), threading.Event()
        self.lost = threading.Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, manual_ack=manual_ack
        )
        if name is not None:
            self.client.username_pw_set(name, password)
        if will is not None:
            self.client.will_set(will[0], will[1], qos=1)
        self.client.max_queued_messages_set(0)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.lost.set()
        self.client.on_subscribe = lambda *_: self._acknowledged.set()
        self.client.on_message = lambda _client, _data, message: self.heard.put(message)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._connected.wait(WAIT_S), "no CONNACK"

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.reason = reason
        self._connected.set()
        if reason.is_failure:
            self.client.disconnect()

    @property
    def welcome(self) -> bool:
        return not self.reason.is_failure

    def hear(self, topic_filter: str) -> None:
        self._acknowledged.clear()
        self.client.subscribe(topic_filter, qos=1)
        assert self._acknowledged.wait(WAIT_S), "no SUBACK"

    def say(self, topic: str, text: str, *, retain: bool = False) -> None:
        info = self.client.publish(topic, text, qos=1, retain=retain)
        info.wait_for_publish(WAIT_S)

    def next(self) -> tuple[str, str]:
        message = self.heard.get(timeout=WAIT_S)
        return message.topic, message.payload.decode()

    def all_until(self, last_text: str) -> list[tuple[str, str]]:
        """Everything heard up to the message with `last_text`, which is the fence and not included."""
        got: list[tuple[str, str]] = []
        while True:
            topic, text = self.next()
            if text == last_text:
                return got
            got.append((topic, text))

    def cut(self) -> None:
        """Vanish without DISCONNECT, as a machine that loses power does."""
        socket = self.client.socket()
        assert socket is not None
        self.client.loop_stop()  # before the socket, so that nothing reconnects
        socket.close()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def eventually(question: Any, within_s: float = WAIT_S) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.02)
    return False
