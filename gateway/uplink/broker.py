"""The broker connection: paho in a thread of its own, guarded.

Threads: paho's callbacks run in our connection thread and only hand over to the event loop; all public methods are called
from the event loop. What paho does not do by itself is done here: an exception in a callback would end its network thread
while it still says connected, so every callback catches everything; its reconnect has no jitter, so the loop of attempts
is ours; a thread that dies is seen by `check` and replaced. Messages are acknowledged to the broker by `ack`, when the
receiver has stored what it had to store.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.backoff import Backoff
from gateway.settings import Mqtt

log = structlog.get_logger()
_INFLIGHT_MARGIN = 64  # life signs and replies beside the outbox's own window


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker; give it back with `Broker.ack`. `connection`: its id means nothing on a later one."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int


@dataclass(frozen=True, slots=True)
class Handlers:
    """Called on the event loop. `published` gets the message id whose PUBACK came."""

    connected: Callable[[], None]
    disconnected: Callable[[str], None]
    message: Callable[[Incoming], None]
    published: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes


class Broker:
    """Start with `start`, end with `stop`. `generation` counts clients: message ids of an older one mean nothing."""

    def __init__(
        self, settings: Mqtt, client_id: str, subscriptions: list[str], handlers: Handlers, will: Callable[[], Will],
        window: int,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._client_id = client_id
        self._subscriptions = subscriptions
        self._handlers = handlers
        self._will = will
        self._window = window
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._backoff = Backoff(random.random, cap_s=5.0)
        self._client: Client | None = None
        self._thread: threading.Thread | None = None
        self._connections = 0
        self.generation = 0
        self.connected = False
        self.callback_errors = 0

    def start(self) -> None:
        """Begin connecting; returns at once."""
        self.generation += 1
        self._client = self._make_client(self.generation)
        self._thread = threading.Thread(target=self._run, args=(self._client,), name="mqtt", daemon=True)
        self._thread.start()

    def check(self) -> bool:
        """Watchdog: replace a connection thread that died. False when it had to."""
        if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
            return True
        self._lost(self.generation, "connection thread died")
        self.start()
        return False

    async def stop(self) -> None:
        """Disconnect properly, so that the last will stays unsent, and end the thread."""
        self._stopping.set()
        if self._client is not None:
            with contextlib.suppress(OSError, ValueError):
                self._client.disconnect()
        if self._thread is not None:
            await self._loop.run_in_executor(None, self._thread.join, 5.0)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> int | None:
        """Hand a message over and return its id, or None when there is no connection."""
        if not self.connected or self._client is None:
            return None
        info = self._client.publish(topic, payload, qos, retain)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def ack(self, message: Incoming) -> None:
        """Tell the broker that a message is done with; one of an earlier connection will come again by itself."""
        if self._client is not None and message.connection == self._connections and message.qos:
            self._client.ack(message.mid, message.qos)

    def _make_client(self, generation: int) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=False,
            protocol=MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(self._window + _INFLIGHT_MARGIN)
        settings = self._settings
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password())
        if settings.tls:
            client.tls_set(
                ca_certs=_text(settings.ca_file), certfile=_text(settings.cert_file), keyfile=_text(settings.key_file)
            )
        client.on_connect = self._guarded(self._on_connect, generation)
        client.on_disconnect = self._guarded(self._on_disconnect, generation)
        client.on_message = self._guarded(self._on_message, generation)
        client.on_publish = self._guarded(self._on_publish, generation)
        return client

    def _run(self, client: Client) -> None:
        """The connection thread: connect, serve until lost, wait with jitter, again."""
        while not self._stopping.is_set():
            try:
                will = self._will()
                client.will_set(will.topic, will.payload, qos=1, retain=True)
                client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s)
                client.loop_forever(retry_first_connection=False)
            except (OSError, ValueError) as error:
                log.debug("broker unreachable", detail=str(error))
            if self._stopping.wait(self._backoff.wait()):
                return

    def _guarded(self, callback: Callable[..., None], generation: int) -> Callable[..., None]:
        """No exception may reach paho: it would end the network thread without a word."""

        def guarded(*args: Any) -> None:
            try:
                callback(generation, *args)
            except Exception:
                self.callback_errors += 1
                log.exception("mqtt callback failed")

        return guarded

    def _on_connect(
        self, generation: int, client: Client, userdata: object, flags: ConnectFlags, code: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if code.is_failure:
            log.warning("broker refused", reason=str(code))
            return
        self._backoff.attempts = 0
        self._connections += 1
        client.subscribe([(topic, 1) for topic in self._subscriptions])
        self._hand_over(self._up, generation)

    def _on_disconnect(
        self, generation: int, client: Client, userdata: object, flags: DisconnectFlags, code: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        self._hand_over(self._lost, generation, str(code))

    def _on_message(self, generation: int, client: Client, userdata: object, message: MQTTMessage) -> None:
        incoming = Incoming(message.topic, bytes(message.payload), message.mid, message.qos, self._connections)
        self._hand_over(self._handlers.message, incoming)

    def _on_publish(
        self, generation: int, client: Client, userdata: object, mid: int, code: ReasonCode, properties: Properties
    ) -> None:
        if generation == self.generation:
            self._hand_over(self._handlers.published, mid)

    def _hand_over(self, call: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended; nobody is left to tell
            self._loop.call_soon_threadsafe(call, *args)

    def _up(self, generation: int) -> None:
        if generation == self.generation:
            self.connected = True
            log.info("broker connected", host=self._settings.host, port=self._settings.port)
            self._handlers.connected()

    def _lost(self, generation: int, why: str) -> None:
        if generation == self.generation and self.connected:
            self.connected = False
            log.info("broker lost", detail=why)
            self._handlers.disconnected(why)


def _text(path: object) -> str | None:
    return None if path is None else str(path)
