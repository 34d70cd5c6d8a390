"""The warehouse's MQTT client against the moments in which paho raises, storms or lies."""

import asyncio
from types import SimpleNamespace

import paho.mqtt.client as paho
import pytest

from wms.kit import mqtt
from wms.kit.mqtt import BrokerAddress, Message, MqttClient

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def make() -> MqttClient:
    return MqttClient("mqtt://wms@127.0.0.1:1", "x", "kouan-test", (), window=10)


async def test_publishing_when_the_connection_went_a_moment_ago_is_no_accident():
    """Between paho's loss and our being told there is an instant; in it, publishing says False and ends nobody."""
    client = make()
    client.connected.set()
    assert await client.publish("a/b", b"x", timeout_s=0.05) is False


async def test_a_full_queue_is_no_accident():
    """A broker that takes and never answers fills paho's queue; the relay waits, it does not die."""
    client = make()
    client.connected.set()
    client._client.publish = lambda *_, **__: SimpleNamespace(  # type: ignore[method-assign,assignment] # a full queue
        rc=paho.MQTT_ERR_QUEUE_SIZE, is_published=lambda: 1 / 0
    )
    assert await client.publish("a/b", b"x", timeout_s=0.05) is False


async def test_a_broker_that_always_hangs_up_is_not_stormed(monkeypatch: pytest.MonkeyPatch):
    """A wrong password or a twin with our client id: the pauses grow although each connection is made."""
    client = make()
    pauses: list[float] = []

    async def connect_and_lose() -> bool:
        client._lost.set()
        return True

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            raise asyncio.CancelledError

    monkeypatch.setattr(client, "_connect", connect_and_lose)
    monkeypatch.setattr(mqtt.asyncio, "sleep", pause)
    monkeypatch.setattr(mqtt.random, "uniform", lambda _, most: most)
    with pytest.raises(asyncio.CancelledError):
        await client.run()
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.4, 5.0)


async def test_only_messages_of_this_connection_are_acknowledged():
    """After a reconnect the numbers begin anew: an old number would acknowledge a message nobody has stored."""
    client = make()
    acknowledged: list[tuple[int, int]] = []
    client._client.ack = lambda mid, qos: acknowledged.append((mid, qos))  # type: ignore[method-assign,assignment] # records
    client._session = 2
    client.ack(Message("t", b"", False, (1, 7, 1)))
    client.ack(Message("t", b"", False, (2, 8, 1)))
    assert acknowledged == [(8, 1)]


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "x", "mqtts://host"])
def test_an_address_that_is_none_is_refused(url: str):
    """A typing mistake in the settings is told at the start."""
    with pytest.raises(ValueError, match="mqtt://user@host"):
        BrokerAddress.parse(url)
