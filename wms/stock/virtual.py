"""The places that stand for what a site does not hold: outside, lost, scrapped, workshop."""

from uuid import UUID

from wms.kit.db import Tx
from wms.stock.add_location import add_location

VIRTUAL_KINDS = ("outside", "lost", "scrapped", "workshop")


async def virtual_location(tx: Tx, site: str, kind: str) -> UUID:
    """The id of a site's virtual location, made when it is asked for the first time."""
    if kind not in VIRTUAL_KINDS:
        raise ValueError(kind)
    name = kind if kind == "outside" else f"({kind})"
    return await add_location(tx, site, name, kind, virtual=True)
