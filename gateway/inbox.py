"""What comes from the broker, one message a turn of the event loop, sorted by topic to the part that reads it.

A connect brings hundreds of retained parts of the sort table at once; read in one go they would hold up a decision. A
message is acknowledged to the broker when its reader is done with it, and always: one that stays unacknowledged would come
for ever and in the end block the broker's window. Commands acknowledge themselves, after their journal row is on disk.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from devices.contract.topics import ROOT, directory_filter, gateway_topic, sort_plan_topic
from gateway.sort_table import NO_PART, PLAN
from gateway.uplink.broker import Incoming

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readers:
    acknowledgement: Callable[[bytes], None]
    table_part: Callable[[str, int, bytes], None]
    command: Callable[[Incoming], None]
    configuration: Callable[[bytes], None]
    done: Callable[[Incoming], None]


class Inbox:
    def __init__(self, site: str, gateway: str) -> None:
        self._ack_topic = gateway_topic(site, gateway, "ack")
        self._config_topic = gateway_topic(site, gateway, "cfg_desired")
        self._waiting: asyncio.Queue[Incoming] = asyncio.Queue()

    def subscriptions(self, devices: Iterable[str], lines: Iterable[str]) -> list[str]:
        """Every topic the gateway listens to."""
        wanted = [self._ack_topic, self._config_topic, *(f"{ROOT}/{address}/cmd/+" for address in devices)]
        for line in lines:
            wanted += [sort_plan_topic(line), directory_filter(line)]
        return wanted

    def put(self, message: Incoming) -> None:
        self._waiting.put_nowait(message)

    async def run(self, readers: Readers) -> None:
        """Read until cancelled."""
        while True:
            message = await self._waiting.get()
            try:
                done = self._read(readers, message)
            except Exception:
                log.exception("message failed", topic=message.topic)
                done = True
            if done:
                readers.done(message)
            await asyncio.sleep(0)

    def _read(self, readers: Readers, message: Incoming) -> bool:
        """Hand a message over; False when its reader acknowledges it later."""
        parts = message.topic.split("/")
        if message.topic == self._ack_topic:
            readers.acknowledgement(message.payload)
        elif message.topic == self._config_topic:
            readers.configuration(message.payload)
        elif len(parts) > 6 and parts[5] == "_sort":
            readers.table_part("/".join(parts[2:5]), _part_number(parts[6:]), message.payload)
        else:
            readers.command(message)
            return False
        return True


def _part_number(name: list[str]) -> int:
    """The bucket a topic ends with, PLAN for the plan; no bucket has the number of anything else."""
    if name == ["plan"]:
        return PLAN
    return int(name[-1]) if name[-1].isascii() and name[-1].isdigit() else NO_PART
