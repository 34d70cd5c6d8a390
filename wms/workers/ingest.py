"""The ingest loop: MQTT events into the inbox, in batches, acknowledged to the gateway only after the commit.

What cannot be an event is parked with its reason, visible to people, and taken from the broker: never lost, never a crash,
never a message that blocks all others.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from devices.contract.acks import Ack, RejectedEvent
from devices.contract.envelope import MAX_PAYLOAD_BYTES, Envelope, Rejected, read_event
from devices.contract.topics import DeviceAddress, gateway_topic, parse_event_topic
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.inbox import INBOX_CHANNEL, event, lane, parked
from wms.kit.mqtt import Message, MqttClient
from wms.workers.end_of_run import end_of_run

_BATCH = 500
_WINDOW_S = 0.02
_MISSING_TOLD = 500
_log = structlog.get_logger()


@dataclass(slots=True)
class Batch:
    """Messages sorted into what is stored and what is parked."""

    events: list[tuple[Envelope, str | None]] = field(default_factory=list)  # with the code of its refusal
    parked: list[tuple[Message, Rejected]] = field(default_factory=list)


def sort_messages(messages: Iterable[Message]) -> Batch:
    """Read messages. An event with a sound envelope but a body nobody knows keeps its place in the lane, refused."""
    batch = Batch()
    for message in messages:
        topic = parse_event_topic(message.topic)
        try:
            if topic is None:
                raise Rejected("bad_topic", message.topic[:200])
            envelope, _ = read_event(topic, message.payload)
            batch.events.append((envelope, None))
        except Rejected as refusal:
            batch.parked.append((message, refusal))
            if refusal.envelope is not None and refusal.code in ("unknown_type", "bad_body"):
                batch.events.append((refusal.envelope, refusal.code))
    return batch


async def store_batch(tx: Tx, batch: Batch) -> list[tuple[str | None, Ack]]:
    """Store events once each, park the rest, and give the acknowledgements to send after the commit."""
    await _park(tx, batch.parked)
    lanes = {(envelope.dev, envelope.boot): envelope.gw for envelope, _ in batch.events}
    if not lanes:
        return []
    ends = await _lock_lanes(tx, lanes)
    late = await _find_late(tx, batch, ends)
    rows = [_row(tx, one, code or ("too_late" if _identity(one) in late else None)) for one, code in batch.events]
    await tx.conn.execute(insert(event).on_conflict_do_nothing(), rows)
    rejected: dict[tuple[str, str], list[RejectedEvent]] = {}
    for envelope, code in batch.events:
        if code is not None:
            rejected.setdefault((envelope.dev, envelope.boot), []).append(RejectedEvent(seq=envelope.seq, code=code))
    acks = []
    for dev, boot in sorted(lanes):
        came_late = sum(one[:2] == (dev, boot) for one in late)
        highest = max(one.seq for one, _ in batch.events if (one.dev, one.boot) == (dev, boot))
        through, missing = await _advance(tx, dev, boot, ends[dev, boot].through_seq, highest, came_late)
        ack = Ack(dev=dev, boot=boot, through_seq=through, missing=missing, rejected=rejected.get((dev, boot), []))
        acks.append((lanes[dev, boot], ack))
    tx.notify.add(INBOX_CHANNEL)
    return acks


def ack_topic(gateway: str | None, dev: str) -> str:
    """A gateway's own topic, or the device's for a device that speaks MQTT itself."""
    address = DeviceAddress.parse(dev)
    return gateway_topic(address.site, gateway, "ack") if gateway else address.topic("ack")


def _row(tx: Tx, envelope: Envelope, refused: str | None) -> dict[str, Any]:
    return {
        "dev": envelope.dev,
        "boot": envelope.boot,
        "seq": envelope.seq,
        "id": envelope.id,
        "type": envelope.type,
        "happened_at": envelope.ts,
        "received_at": tx.now,
        "data": {}
        if refused and refused != "too_late"
        else envelope.data,  # the bytes of other refused ones are parked
        "refused": refused,
    }


def _identity(envelope: Envelope) -> tuple[str, str, int]:
    return envelope.dev, envelope.boot, envelope.seq


async def _lock_lanes(tx: Tx, lanes: dict[tuple[str, str], str | None]) -> dict[tuple[str, str], Any]:
    """Open lanes that are new and lock all, in key order: a batch of another process waits instead of interleaving."""
    start = {"through_seq": 0, "highest_seq": 0, "handled_seq": 0, "skipped": 0, "changed_at": tx.now}
    rows = [{"dev": dev, "boot": boot, "gw": gw, **start} for (dev, boot), gw in sorted(lanes.items())]
    await tx.conn.execute(insert(lane).on_conflict_do_nothing(), rows)
    wanted = sa.tuple_(lane.c.dev, lane.c.boot).in_(sorted(lanes))
    query = sa.select(lane).where(wanted).order_by(lane.c.dev, lane.c.boot).with_for_update()
    return {(row.dev, row.boot): row for row in await tx.conn.execute(query)}


async def _find_late(tx: Tx, batch: Batch, ends: dict[tuple[str, str], Any]) -> set[tuple[str, str, int]]:
    """Events that were given up for lost and come after all. Nothing acts on them any more: later ones were acted on."""
    late: set[tuple[str, str, int]] = set()
    for (dev, boot), end in ends.items():
        old = [one.seq for one, _ in batch.events if (one.dev, one.boot) == (dev, boot) and one.seq <= end.through_seq]
        if old and end.skipped:
            mine = (event.c.dev == dev, event.c.boot == boot, event.c.seq.in_(old))
            known = set(await tx.conn.scalars(sa.select(event.c.seq).where(*mine)))
            late |= {(dev, boot, seq) for seq in old if seq not in known}
    return late


async def _advance(tx: Tx, dev: str, boot: str, through: int, highest: int, late: int) -> tuple[int, list[int]]:
    """Move a locked lane's end over the unbroken run; the new end and the holes above it."""
    through, behind = await end_of_run(tx, dev, boot, through)
    await tx.conn.execute(
        lane.update()
        .where(lane.c.dev == dev, lane.c.boot == boot)
        .values(
            through_seq=through,
            highest_seq=sa.func.greatest(lane.c.highest_seq, highest, through),
            skipped=lane.c.skipped - late,
            changed_at=tx.now,
        )
    )
    return through, holes(through, behind)


def holes(through: int, stored: Sequence[int]) -> list[int]:
    """The first missing numbers between `through` and the highest stored, at most as many as one answer may carry."""
    missing: list[int] = []
    expected = through + 1
    for seq in stored:
        if seq <= through:
            continue
        missing.extend(range(expected, min(seq, expected + _MISSING_TOLD - len(missing))))
        expected = seq + 1
        if len(missing) >= _MISSING_TOLD:
            break
    return missing


async def _park(tx: Tx, refused: list[tuple[Message, Rejected]]) -> None:
    for message, refusal in refused:
        payload = message.payload[:MAX_PAYLOAD_BYTES]
        digest = hashlib.sha256(message.topic.encode("utf-8", "replace") + b"\0" + payload).hexdigest()
        row = insert(parked).values(
            topic=message.topic.replace("\0", "")[:500],
            payload=payload,
            size_bytes=len(message.payload),
            code=refusal.code,
            detail=refusal.detail.replace("\0", "")[:500],
            digest=digest,
            times=1,
            at=tx.now,
        )
        again = {"times": parked.c.times + 1, "at": tx.now}
        await tx.conn.execute(row.on_conflict_do_update(index_elements=["digest"], set_=again))


class Ingest:
    """Takes messages off the client, stores them and acknowledges both ways."""

    def __init__(self, db: Database, client: MqttClient) -> None:
        self._db = db
        self._client = client

    async def run(self) -> None:
        while True:
            messages = await self._next_batch()
            await self._store(messages)

    async def _next_batch(self) -> list[Message]:
        queue = self._client.incoming
        messages = [await queue.get()]
        if queue.empty():
            await asyncio.sleep(_WINDOW_S / 4)
        while len(messages) < _BATCH and not queue.empty():
            messages.append(queue.get_nowait())
        return messages

    async def _store(self, messages: list[Message]) -> None:
        """Store until it succeeds: unacknowledged messages wait here and at the broker while the database is away."""
        batch = sort_messages(messages)
        pause_s = 0.1
        while True:
            try:
                acks = await self._db.run(store_batch, batch, actor=SYSTEM)
                break
            except Exception as error:
                if not is_outage(error):
                    await self._store_one_by_one(messages, error)
                    return
                _log.warning("ingest_waits", error=repr(error)[:200])
                await asyncio.sleep(pause_s)
                pause_s = min(2.0, pause_s * 2)
        self._answer(messages, acks)

    async def _store_one_by_one(self, messages: list[Message], error: Exception) -> None:
        """A batch the database refuses: find the message it is, and park that one."""
        if len(messages) > 1:
            for message in messages:
                await self._store([message])
            return
        _log.error("message_unstorable", topic=messages[0].topic, error=repr(error)[:200])
        batch = sort_messages(messages)
        kept = Batch(parked=batch.parked or [(messages[0], Rejected("unstorable", repr(error)[:200]))])
        for envelope, _ in batch.events:  # its place in the lane is kept, or everything behind it would wait
            kept.events.append((envelope.model_copy(update={"ts": self._db.clock()}), "unstorable"))
        self._answer(messages, await self._db.run(store_batch, kept, actor=SYSTEM))

    def _answer(self, messages: list[Message], acks: list[tuple[str | None, Ack]]) -> None:
        for gw, ack in acks:
            self._client.send(ack_topic(gw, ack.dev), ack.model_dump_json().encode())
        for message in messages:
            self._client.ack(message)
