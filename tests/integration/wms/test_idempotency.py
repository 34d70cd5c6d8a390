"""A key means one effect, however often, however fast and whatever went wrong before."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx
from wms.kit.idempotency import kept_answer
from wms.kit.refusal import Refusal
from wms.stock.mint_sscc import mint_ssccs

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

OTHER = Actor(UUID(int=9), "other", "receiver", frozenset(), None)


class Mint(BaseModel):
    count: int = 1


class Minted(BaseModel):
    codes: list[str]


async def mint(tx: Tx, command: Mint) -> Minted:
    await asyncio.sleep(0.01)
    return Minted(codes=await mint_ssccs(tx, "9501101", command.count))


async def test_simultaneous_requests_with_one_key_have_one_effect(db: Database):
    """A double tap and its retry arrive in the same millisecond, at any process."""
    answers = await asyncio.gather(*(db.run(mint, Mint(), actor=SYSTEM, key="key-0001") for _ in range(8)))
    assert len({answer.codes[0] for answer in answers}) == 1
    assert all(isinstance(answer, Minted) for answer in answers)
    others = await asyncio.gather(
        db.run(mint, Mint(), actor=OTHER, key="key-0001"), db.run(mint, Mint(), actor=SYSTEM, key="key-0002")
    )
    assert len({answer.codes[0] for answer in [answers[0], *others]}) == 3


async def test_a_refused_request_keeps_no_answer(db: Database):
    """What was refused may succeed later with the same key: the reason may be gone."""
    closed = True

    async def close_once(tx: Tx, _: Mint) -> Minted:
        await mint_ssccs(tx, "9501101", 1)
        if closed:
            raise Refusal("conflict")
        return Minted(codes=["done"])

    with pytest.raises(Refusal, match="conflict"):
        await db.run(close_once, Mint(), actor=SYSTEM, key="key-0001")
    async with db.read() as conn:
        assert await conn.scalar(sa.select(sa.func.count()).select_from(kept_answer)) == 0
        assert await conn.scalar(sa.text("SELECT count(*) FROM sscc_counter")) == 0
    closed = False
    assert (await db.run(close_once, Mint(), actor=SYSTEM, key="key-0001")).codes == ["done"]


async def test_another_command_under_a_used_key_is_refused(db: Database):
    """The first answer would be a lie, a second effect a surprise."""
    await db.run(mint, Mint(count=1), actor=SYSTEM, key="key-0001")
    with pytest.raises(Refusal, match="key_reused"):
        await db.run(mint, Mint(count=2), actor=SYSTEM, key="key-0001")


async def test_contention_is_tried_again_and_then_told(db: Database):
    """A deadlock is nobody's mistake; one that never ends is told as busy, not as a failure."""
    tries = 0

    async def unlucky(tx: Tx, until: int) -> int:
        nonlocal tries
        tries += 1
        if tries < until:
            await tx.conn.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"))
        return tries

    assert await db.run(unlucky, 3, actor=SYSTEM) == 3
    tries = 0
    with pytest.raises(Refusal, match="busy"):
        await db.run(unlucky, 1000, actor=SYSTEM)


async def test_an_error_tells_no_parameters(db: Database):
    """Errors are logged; what was to be stored may be a name or a password's hash."""
    with pytest.raises(sa.exc.DBAPIError) as raised:
        async with db.read() as conn:
            await conn.execute(sa.text("SELECT CAST(CAST(:name AS text) AS integer)"), {"name": "Olga-the-Secret"})
    assert "[parameters" not in str(raised.value).replace("[SQL parameters hidden", "")
