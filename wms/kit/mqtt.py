"""The warehouse's MQTT client: paho in its own thread, bridged into asyncio, with the traps of paho closed.

- a callback never raises (an exception would kill paho's thread while `is_connected()` stays true);
- messages are acknowledged by hand, after the commit;
- the session is persistent with a fixed client id, so the broker keeps what arrives while this process is down;
- reconnecting is our own loop with full jitter.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

_log = structlog.get_logger()
_KEEPALIVE_S = 20
_LONGEST_PAUSE_S = 5.0
_HEALTHY_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """`ack_id` goes back into `MqttClient.ack` once the message is safe."""

    topic: str
    payload: bytes
    retained: bool
    ack_id: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int
    username: str | None

    @classmethod
    def parse(cls, url: str) -> "BrokerAddress":
        """Read `mqtt://user@host:port`."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError("an MQTT URL looks like mqtt://user@host:1883")
        return cls(parts.hostname, parts.port or 1883, parts.username)


class MqttClient:
    """`incoming` is filled from paho's thread; its size is bounded by the broker's in-flight window."""

    def __init__(self, url: str, password: str | None, client_id: str, filters: tuple[str, ...], window: int) -> None:
        self._address = BrokerAddress.parse(url)
        self._filters = filters
        self._session = 0
        self.connected = asyncio.Event()
        self.forgotten = asyncio.Event()  # set when the broker knew no session of ours: retained data may be gone too
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._lost = asyncio.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        self._client.suppress_exceptions = True
        self._client.max_inflight_messages_set(window)
        self._client.max_queued_messages_set(10_000)
        if self._address.username:
            self._client.username_pw_set(self._address.username, password)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    async def run(self) -> None:
        """Stay connected until cancelled."""
        attempt = 0
        try:
            while True:
                if await self._connect():
                    since = self._loop.time()
                    await self._lost.wait()
                    if self._loop.time() - since > _HEALTHY_AFTER_S:  # else refused, or somebody has our client id
                        attempt = 0
                attempt = min(attempt + 1, 10)
                await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.2 * 2**attempt)))
        finally:
            await asyncio.to_thread(self._stop)

    def ack(self, message: Message) -> None:
        """Tell the broker that a message is safe; one of an older connection is passed over, it will come again."""
        session, mid, qos = message.ack_id
        if session == self._session:
            self._client.ack(mid, qos)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = 5.0) -> bool:
        """Publish with QoS 1 and wait for the broker's PUBACK; False when it did not come."""
        if not self.connected.is_set():
            return False
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:  # the connection is gone before we were told, or paho's queue is full
            return False
        deadline = self._loop.time() + timeout_s
        while not info.is_published():
            if self._loop.time() > deadline or not self.connected.is_set():
                return False
            await asyncio.sleep(0.002)
        return True

    def send(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 1 without waiting, for messages that are repeated anyway when they get lost."""
        if self.connected.is_set():
            self._client.publish(topic, payload, qos=1)

    async def _connect(self) -> bool:
        self._lost.clear()
        try:
            await asyncio.to_thread(self._client.connect, self._address.host, self._address.port, _KEEPALIVE_S)
        except OSError as error:
            _log.warning("mqtt_unreachable", host=self._address.host, port=self._address.port, error=str(error))
            return False
        self._client.loop_start()
        return True

    def _stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _in_loop(self, call: Callable[..., Any], *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _on_connect(self, client: paho.Client, _u: Any, flags: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            _log.error("mqtt_refused", reason=str(reason))
            return
        self._session += 1
        for topic_filter in self._filters:
            client.subscribe(topic_filter, qos=1)
        if not flags.session_present:
            self._in_loop(self.forgotten.set)
        self._in_loop(self.connected.set)

    def _on_disconnect(self, _c: paho.Client, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self._in_loop(self._forget_connection, str(reason))

    def _forget_connection(self, reason: str) -> None:
        if self.connected.is_set():
            _log.warning("mqtt_lost", reason=reason)
        self.connected.clear()
        self._lost.set()
        self._client.loop_stop()

    def _on_message(self, _c: paho.Client, _u: Any, message: paho.MQTTMessage) -> None:
        # The topic may be any bytes of a hostile client; a broken one must not end paho's thread.
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "?"
        ack_id = (self._session, message.mid, message.qos)
        self._in_loop(self.incoming.put_nowait, Message(topic, bytes(message.payload), message.retain, ack_id))
