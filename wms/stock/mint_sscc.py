"""Minting SSCCs: from a counter row, so that a number is never given twice, not even after a crash."""

from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.standards.gs1 import make_sscc
from wms.stock.tables import sscc_counter


async def mint_ssccs(tx: Tx, company_prefix: str, count: int) -> list[str]:
    """`count` new SSCC-18. The counter row stays locked until the commit; a rollback leaves a gap, never a repeat."""
    if count == 0:
        return []
    row = insert(sscc_counter).values(company_prefix=company_prefix, next_serial=count)
    next_serial = await tx.conn.scalar(
        row.on_conflict_do_update(
            index_elements=["company_prefix"], set_={"next_serial": sscc_counter.c.next_serial + count}
        ).returning(sscc_counter.c.next_serial)
    )
    assert next_serial is not None
    return [make_sscc(company_prefix, serial) for serial in range(next_serial - count, next_serial)]
