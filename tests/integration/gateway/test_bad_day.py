"""A day on which everything happens: noise, an unplugged scanner, full chutes, a killed gateway and a killed broker.

The law: what the warehouse heard equals what really happened, item by item, once.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway.conftest import CHUTE_OF, LINE, GatewayProcess, Mosquitto, Warehouse, until
from tests.integration.gateway.line import SimulatedLine

pytestmark = pytest.mark.servers
ITEMS = 400
SORTER = f"{LINE}/sorter"


@pytest.fixture
def line(tmp_path: Path, gateway: GatewayProcess) -> Iterator[SimulatedLine]:
    line = SimulatedLine(tmp_path, gateway.sorter_port, "suifenhe", seed=5)
    yield line
    line.stop()


def test_the_warehouse_knows_what_really_happened(
    gateway: GatewayProcess, warehouse: Warehouse, mosquitto: Mosquitto, line: SimulatedLine
) -> None:
    parcels = line.announce(ITEMS)
    warehouse.push_table(parcels)
    gateway.start()
    until(lambda: warehouse.retained.get("sfh-s/_gw/gw1/state", {}).get("directory_entries") == ITEMS)
    line.start(ITEMS, "--speed", "4")
    until(lambda: len(warehouse.of_type("sort_conf")) > 40, 30)
    gateway.kill()
    gateway.start()
    time.sleep(4)
    mosquitto.kill()
    time.sleep(2)
    gateway.kill()
    gateway.start()
    mosquitto.start()
    assert line.wait(150) == 0
    truth = {item["tid"]: item for item in line.truth()}
    until(lambda: {e["data"]["tid"] for e in ended(warehouse)} == truth.keys(), 30)
    compare(warehouse, truth)
    guilty = [item for item in truth.values() if item["actual"] in CHUTE_OF.values()]
    assert all(item["actual"] == CHUTE_OF[parcels[item["waybill"]].d] for item in guilty), "a parcel in a wrong country"
    assert len(guilty) > ITEMS / 2


def ended(warehouse: Warehouse) -> list[dict[str, object]]:
    """One event a real confirmation or loss: copies of the same event id count once."""
    events = {e["id"]: e for e in warehouse.of_type("sort_conf") + warehouse.of_type("item_lost")}
    return list(events.values())


def compare(warehouse: Warehouse, truth: dict[str, dict[str, object]]) -> None:
    said: Counter[str] = Counter()
    for event in ended(warehouse):
        data = event["data"]
        assert isinstance(data, dict)
        said[data["tid"]] += 1
        assert data.get("actual", "lost") == truth[data["tid"]]["actual"], data
    assert set(said.values()) == {1}, "an item was confirmed twice"
    for start in {event["boot"] for event in warehouse.events}:
        seqs = set(warehouse.seqs(SORTER, start))
        assert seqs == set(range(1, max(seqs, default=0) + 1)), "a hole"
    decided: dict[tuple[str, int], set[object]] = {}
    for event in warehouse.of_type("decision"):
        data = event["data"]
        decided.setdefault((data["tid"], data["pass_no"]), set()).add(data["chute"])
    assert all(len(chutes) == 1 for chutes in decided.values()), "two different answers for one pass"
