"""The broker connection: paho in a thread of its own, guarded.

Threads: paho's network thread reads, writes and calls back; callbacks only hand over to the event loop, and all public
methods are called from the event loop. The thread has to be paho's own (`loop_start`): with `loop_forever` in a thread of
ours paho believes that it has none and lets every `publish` write to the socket, too, at the same time and in any order.

What paho does not do by itself is done here. An exception in a callback would end its thread while it still says connected:
every callback catches everything. Its reconnect has no jitter: before each attempt the delay is drawn anew, and the last
will gets the present time. A thread that died is seen by `check` and replaced. Messages are acknowledged to the broker by
`ack`, when the receiver has stored what it had to store.
"""

import asyncio
import contextlib
import random
import socket
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
_FAREWELL_S = 1.0
_QUIET_S = 0.1
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
        self._stopping = False
        self._backoff = Backoff(random.random, cap_s=5.0)
        self._client: Client | None = None
        self._connections = 0
        self._unconfirmed: set[int] = set()
        self._heard_at = 0.0
        self.generation = 0
        self.connected = False
        self.callback_errors = 0

    def start(self) -> None:
        """Begin connecting; returns at once."""
        self.generation += 1
        self._client = self._make_client(self.generation)
        self._prepare_attempt(self._client)
        self._client.connect_async(self._settings.host, self._settings.port, self._settings.keepalive_s)
        self._client.loop_start()

    def check(self) -> bool:
        """Watchdog: replace a network thread that died. False when it had to."""
        # paho offers no public way to ask; it drops the reference when the thread ends, however it ends.
        if self._stopping or (self._client is not None and self._client._thread is not None):
            return True
        self._lost(self.generation, "network thread died")
        self.start()
        return False

    async def stop(self) -> None:
        """Disconnect properly, so that the last will stays unsent, and end the thread.

        What was said last has to be confirmed first: a socket closed while the broker still talks to us is reset, and a
        reset overtakes our DISCONNECT, so that the broker speaks the last will after the farewell.
        """
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                while self.connected and (self._unconfirmed or self._heard_lately()):  # noqa: ASYNC110 - quiet is no event
                    await asyncio.sleep(0.02)
        if self._client is not None:
            with contextlib.suppress(OSError, ValueError):
                self._client.disconnect()
            await self._loop.run_in_executor(None, self._client.loop_stop)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> int | None:
        """Hand a message over and return its id, or None when there is no connection."""
        if not self.connected or self._client is None:
            return None
        info = self._client.publish(topic, payload, qos, retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        if qos:
            self._unconfirmed.add(info.mid)
        return info.mid

    def subscribe(self, topics: list[str]) -> None:
        """Hear more, now and after every connect."""
        fresh = [topic for topic in topics if topic not in self._subscriptions]
        self._subscriptions += fresh
        if fresh and self.connected and self._client is not None:
            self._client.subscribe([(topic, 1) for topic in fresh])

    def _heard_lately(self) -> bool:
        return self._loop.time() - self._heard_at < _QUIET_S

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
            manual_ack=True,
        )
        client.max_inflight_messages_set(self._window + _INFLIGHT_MARGIN)
        client.on_socket_open = self._guarded(_without_delay, generation)
        settings = self._settings
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password())
        if settings.tls:
            client.tls_set(
                ca_certs=_text(settings.ca_file), certfile=_text(settings.cert_file), keyfile=_text(settings.key_file)
            )
        client.on_connect = self._guarded(self._on_connect, generation)
        client.on_connect_fail = self._guarded(self._on_connect_fail, generation)
        client.on_disconnect = self._guarded(self._on_disconnect, generation)
        client.on_message = self._guarded(self._on_message, generation)
        client.on_publish = self._guarded(self._on_publish, generation)
        return client

    def _prepare_attempt(self, client: Client) -> None:
        """What the next attempt to connect needs: a delay of its own and a last will that is not old."""
        delay: Any = self._backoff.wait()  # Any: paho says int, but sleeps for fractions as well
        client.reconnect_delay_set(delay, delay)
        will = self._will()
        client.will_set(will.topic, will.payload, qos=1, retain=True)

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
        self._prepare_attempt(client)
        self._hand_over(self._lost, generation, str(code))

    def _on_connect_fail(self, generation: int, client: Client, userdata: object) -> None:
        log.debug("broker unreachable")
        self._prepare_attempt(client)

    def _on_message(self, generation: int, client: Client, userdata: object, message: MQTTMessage) -> None:
        self._heard_at = self._loop.time()
        incoming = Incoming(message.topic, bytes(message.payload), message.mid, message.qos, self._connections)
        self._hand_over(self._handlers.message, incoming)

    def _on_publish(
        self, generation: int, client: Client, userdata: object, mid: int, code: ReasonCode, properties: Properties
    ) -> None:
        if generation == self.generation:
            self._hand_over(self._confirmed, mid)

    def _confirmed(self, mid: int) -> None:
        self._unconfirmed.discard(mid)
        self._handlers.published(mid)

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
            self._unconfirmed.clear()
            log.info("broker lost", detail=why)
            self._handlers.disconnected(why)


def _without_delay(generation: int, client: Client, userdata: object, opened: socket.socket) -> None:
    """An event is small and should not wait for the acknowledgement of the one before it."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _text(path: object) -> str | None:
    return None if path is None else str(path)
