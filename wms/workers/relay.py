"""The relay loop: outbox rows, sort plans and changed directory buckets out to MQTT, each marked after the broker has it."""

import asyncio

import structlog

from devices.contract.sort_table import DirectoryBucket
from devices.contract.topics import directory_topic
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.listen import Listener
from wms.kit.mqtt import MqttClient
from wms.kit.outbox import OUTBOX_CHANNEL, mark_sent, take_unsent
from wms.sorting.build_directory import build_buckets, mark_published
from wms.sorting.publish_again import publish_again

_ROWS = 100
_BUCKETS = 64
_log = structlog.get_logger()


class Relay:
    def __init__(self, db: Database, client: MqttClient) -> None:
        self._db = db
        self._client = client

    async def run(self, listener: Listener) -> None:
        while True:
            try:
                await self._client.connected.wait()
                await self._remind()
                if not await self.drain():
                    await listener.wait(OUTBOX_CHANNEL, 1.0)
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("relay_waits_for_database", error=repr(error)[:200])
                await asyncio.sleep(0.5)

    async def _remind(self) -> None:
        """Queue everything again for a broker that has forgotten us. It may forget once more while we queue."""
        if self._client.forgotten.is_set():
            self._client.forgotten.clear()
            try:
                await self._db.run(publish_again, None, actor=SYSTEM)
            except BaseException:
                self._client.forgotten.set()
                raise

    async def drain(self) -> int:
        """Send one round; how many messages went out."""
        return await self._db.run(self._send_rows, None, actor=SYSTEM) + await self._send_buckets()

    async def _send_rows(self, tx: Tx, _: None) -> int:
        rows = await take_unsent(tx.conn, _ROWS)
        sent = []
        for row in rows:
            live = row.expires_at is None or row.expires_at > tx.now
            if live and not await self._client.publish(row.topic, row.payload, retain=row.retain):
                break
            sent.append(row.id)
        if sent:
            await mark_sent(tx.conn, sent, tx.now)
        return len(sent)

    async def _send_buckets(self) -> int:
        async with self._db.read() as conn:
            buckets = await build_buckets(conn, _BUCKETS)
        results = await asyncio.gather(*(self._send_bucket(bucket) for bucket in buckets))
        done = [bucket for bucket, sent in zip(buckets, results, strict=True) if sent]
        if done:
            await self._db.run(mark_published, done, actor=SYSTEM)
        return len(done)

    async def _send_bucket(self, bucket: DirectoryBucket) -> bool:
        return await self._client.publish(
            directory_topic(bucket.line, bucket.bucket),
            bucket.model_dump_json(exclude_defaults=True).encode(),
            retain=True,
        )
