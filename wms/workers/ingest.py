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
    await _open_lanes(tx, lanes)
    await tx.conn.execute(insert(event).on_conflict_do_nothing(), [_row(tx, *one) for one in batch.events])
    rejected: dict[tuple[str, str], list[RejectedEvent]] = {}
    for envelope, code in batch.events:
        if code is not None:
            rejected.setdefault((envelope.dev, envelope.boot), []).append(RejectedEvent(seq=envelope.seq, code=code))
    acks = []
    for dev, boot in sorted(lanes):
        through, missing = await _advance(tx, dev, boot)
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
        "data": {} if refused else envelope.data,  # the bytes of a refused one are parked
        "refused": refused,
    }


async def _open_lanes(tx: Tx, lanes: dict[tuple[str, str], str | None]) -> None:
    start = {"through_seq": 0, "highest_seq": 0, "handled_seq": 0, "skipped": 0, "changed_at": tx.now}
    rows = [{"dev": dev, "boot": boot, "gw": gw, **start} for (dev, boot), gw in sorted(lanes.items())]
    await tx.conn.execute(insert(lane).on_conflict_do_nothing(), rows)


async def _advance(tx: Tx, dev: str, boot: str) -> tuple[int, list[int]]:
    """Move the lane's end over the unbroken run; the new end and the holes above it."""
    here = (lane.c.dev == dev, lane.c.boot == boot)
    through = await tx.conn.scalar(sa.select(lane.c.through_seq).where(*here).with_for_update())
    assert through is not None
    above = await tx.conn.scalars(
        sa.select(event.c.seq)
        .where(event.c.dev == dev, event.c.boot == boot, event.c.seq > through)
        .order_by(event.c.seq)
        .limit(_BATCH * 4)
    )
    stored = above.all()
    highest = stored[-1] if stored else through
    for seq in stored:
        if seq != through + 1:
            break
        through = seq
    await tx.conn.execute(
        lane.update()
        .where(*here)
        .values(through_seq=through, highest_seq=sa.func.greatest(lane.c.highest_seq, highest), changed_at=tx.now)
    )
    return through, holes(through, stored)


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
