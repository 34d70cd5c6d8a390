"""Planting the demonstration world. Asking twice changes nothing."""

import json
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from devices.contract.sort_table import BUCKETS, Roles, SortRule
from wms.equipment.tables import chute, line
from wms.kit.db import Tx
from wms.returns.windows import plant_windows
from wms.seed.plant_goods import plant_goods
from wms.seed.plant_labels import plant_labels
from wms.sites.tables import site
from wms.sorting.set_plan import SetPlan, set_plan
from wms.sorting.tables import directory_bucket
from wms.stock.add_location import add_location


def read_seed(name: str) -> Any:
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


async def plant_world(tx: Tx, _: None) -> None:
    """Sites, line S1 at SFH-S with its chutes and first sort plan, owners, their goods and the places for them."""
    await tx.conn.execute(insert(site).on_conflict_do_nothing(), read_seed("sites.json"))
    await plant_line(tx, read_seed("line_s1.json"))
    await plant_goods(tx, read_seed("goods.json"))
    await plant_labels(tx, read_seed("labels.json"))
    await plant_windows(tx, None)


async def plant_line(tx: Tx, seed: dict[str, Any]) -> None:
    """A line with its locations, chutes, directory and plan version 1, unless it exists."""
    path, code = seed["path"], seed["site"]
    if await tx.conn.scalar(sa.select(line.c.path).where(line.c.path == path)):
        return
    await tx.conn.execute(
        line.insert().values(
            path=path,
            site=code,
            name=seed["name"],
            geometry=seed["geometry"],
            outside_id=await add_location(tx, code, "outside", "outside", virtual=True),
            belt_id=await add_location(tx, code, f"{seed['name']}-belt", "line"),
            lost_id=await add_location(tx, code, f"{seed['name']}-lost", "lost"),
            plan_version=0,
            target_parcels_per_hour=seed["target_parcels_per_hour"],
        )
    )
    for name in seed["chutes"]:
        await tx.conn.execute(
            chute.insert().values(
                line=path,
                name=name,
                location_id=await add_location(tx, code, f"{seed['name']}-{name}", "chute"),
                state="open",
                state_at=tx.now,
                bag_max_parcels=seed["bag_max_parcels"],
                bag_max_weight_g=seed["bag_max_weight_g"],
            )
        )
    await tx.conn.execute(
        directory_bucket.insert(),
        [{"line": path, "bucket": bucket, "version": 1, "published_version": 0} for bucket in range(BUCKETS)],
    )
    plan = seed["plan"]
    rules = [SortRule.model_validate(rule) for rule in plan["rules"]]
    roles = Roles.model_validate(plan["roles"])
    await set_plan(tx, SetPlan(line=path, based_on=0, max_passes=plan["max_passes"], rules=rules, roles=roles))
