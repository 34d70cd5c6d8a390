"""A topic of a broker as a link: each message comes in as one line. For machines that speak MQTT and a format of their own.

A machine that publishes the contract of Kouan itself needs no gateway. Nothing can be written: a probe is only heard. A
retained message is heard once more at every connect; a driver that keeps only changes does not mind.
"""

import asyncio
import contextlib
from pathlib import Path

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices.transports.address import MqttAddress
from devices.transports.inbox import Inbox
from devices.transports.link import LinkLost, LinkRefused

CONNECT_WITHIN_S = 5.0
MESSAGE_CAP = 64 * 1024


class MqttLink:
    def __init__(self, topic: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._topic = topic
        self._subscribed: asyncio.Future[None] = self._loop.create_future()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.suppress_exceptions = True  # an exception in a callback would end paho's thread silently
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @classmethod
    async def open(cls, address: MqttAddress) -> "MqttLink":
        """Connect and subscribe within CONNECT_WITHIN_S, or raise LinkRefused."""
        link = cls(address.topic)
        try:
            if address.user:
                link._client.username_pw_set(address.user, _secret(address.password_file))
            await asyncio.to_thread(link._client.connect, address.host, address.port, 15)
            link._client.loop_start()
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await link._subscribed
        except (OSError, ValueError, TimeoutError, LinkLost) as error:
            link.close()
            raise LinkRefused(f"{address.host}:{address.port}: {error or 'no answer'}") from error
        except asyncio.CancelledError:
            link.close()
            raise
        return link

    async def read(self) -> bytes:
        return await self._inbox.read()

    def write(self, data: bytes) -> None:
        raise LinkLost("nothing can be said to a topic")

    def close(self) -> None:
        self._inbox.lose("closed")
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: Client, data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._tell(lambda: self._refused(str(reason)))
            return
        client.subscribe(self._topic, 1)

    def _on_subscribe(
        self, client: Client, data: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        """The broker listens for us from here on; what was published before is not ours."""
        if any(reason.is_failure for reason in reasons):
            self._tell(lambda: self._refused("subscription refused"))
            return
        self._tell(lambda: None if self._subscribed.done() else self._subscribed.set_result(None))

    def _on_disconnect(
        self, client: Client, data: object, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._tell(lambda: self._inbox.lose(f"broker: {reason}"))

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        if len(message.payload) <= MESSAGE_CAP:
            line = bytes(message.payload).replace(b"\n", b" ") + b"\n"
            self._tell(lambda: self._inbox.put(line))

    def _refused(self, why: str) -> None:
        if not self._subscribed.done():
            self._subscribed.set_exception(LinkLost(why))

    def _tell(self, what: "object") -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has gone, and with it everyone who could care
            self._loop.call_soon_threadsafe(what)  # type: ignore[arg-type]  # a function of ours


def _secret(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""
