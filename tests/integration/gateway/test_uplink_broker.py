"""Events through a real broker: delivered, kept until the warehouse has them, sent again, and never a way to crash."""

import time

import pytest

from tests.integration.gateway.conftest import GW, LINE, GatewayProcess, Mosquitto, Warehouse, until
from tests.integration.gateway.controller import Controller, locu, req, upd

pytestmark = pytest.mark.servers
SORTER = f"{LINE}/sorter"


@pytest.fixture
def silent(mosquitto: Mosquitto, warehouse: Warehouse) -> Warehouse:
    """A warehouse that acknowledges only when the test says so."""
    warehouse.auto_ack = False
    return warehouse


@pytest.fixture
def running(gateway: GatewayProcess, controller: Controller) -> GatewayProcess:
    gateway.start()
    until(lambda: controller.connected or gateway.ended())
    assert not gateway.ended(), gateway.log.read_text()
    return gateway


def rows(warehouse: Warehouse) -> int:
    state = warehouse.retained.get("sfh-s/_gw/gw1/state")
    return -1 if state is None else int(state["outbox_rows"])


def boot(warehouse: Warehouse) -> str:
    return str(until(lambda: warehouse.events)[-1]["boot"])


def induct(controller: Controller, *tids: str) -> None:
    for tid in tids:
        controller.send(upd(tid, "INDU", 1))


def test_an_event_is_published_and_kept_until_the_warehouse_has_it(
    running: GatewayProcess, controller: Controller, silent: Warehouse
) -> None:
    induct(controller, "1", "2", "3")
    until(lambda: silent.seqs(SORTER)[:3] == [1, 2, 3])
    until(lambda: rows(silent) == 3)
    silent.ack(SORTER, boot(silent), 2)
    until(lambda: rows(silent) == 1)
    silent.ack(SORTER, boot(silent), 3)
    until(lambda: rows(silent) == 0)


def test_what_is_not_acknowledged_comes_again(
    running: GatewayProcess, controller: Controller, silent: Warehouse
) -> None:
    induct(controller, "1", "2")
    until(lambda: silent.seqs(SORTER) == [1, 2, 1, 2])
    silent.ack(SORTER, boot(silent), 2)
    until(lambda: rows(silent) == 0)
    before = len(silent.events)
    time.sleep(2.5)
    assert len(silent.events) == before


def test_missing_rows_are_replayed_and_only_those(
    running: GatewayProcess, controller: Controller, silent: Warehouse
) -> None:
    induct(controller, *"123456")
    until(lambda: silent.seqs(SORTER)[:6] == [1, 2, 3, 4, 5, 6])
    silent.ack(SORTER, boot(silent), 2, missing=[3, 5])
    until(lambda: silent.seqs(SORTER)[6:8] == [3, 5], 0.9)


def test_a_rejected_event_becomes_a_dead_letter_and_an_alarm(
    running: GatewayProcess, controller: Controller, silent: Warehouse
) -> None:
    induct(controller, "1", "2")
    until(lambda: len(silent.seqs(SORTER)) >= 2)
    silent.ack(SORTER, boot(silent), 2, rejected=[{"seq": 1, "code": "bad_body"}])
    alarm = until(lambda: silent.of_type("alarm"))[0]
    assert alarm["data"] == {"code": "event_rejected", "params": {"device": SORTER, "seq": 1, "code": "bad_body"}}
    until(lambda: silent.retained.get("sfh-s/_gw/gw1/state", {}).get("dead_letters") == 1)


def test_a_broker_that_dies_costs_nothing(
    running: GatewayProcess, controller: Controller, warehouse: Warehouse, mosquitto: Mosquitto
) -> None:
    """The line goes on without it, and everything arrives in order when it is back."""
    induct(controller, *(str(number) for number in range(50)))
    until(lambda: len(warehouse.seqs(SORTER)) == 50)
    mosquitto.kill()
    induct(controller, *(str(number) for number in range(50, 400)))
    until(lambda: len(controller.acks()) == 400)
    mosquitto.start()
    until(lambda: set(warehouse.seqs(SORTER)) == set(range(1, 401)), 20)
    firsts = list(dict.fromkeys(warehouse.seqs(SORTER)))
    assert firsts == sorted(firsts)
    until(lambda: rows(warehouse) == 0)
    assert warehouse.retained[f"{SORTER}/connection"]["state"] == "ONLINE", "said again at the connect"


def test_a_gateway_that_vanishes_is_declared_broken(
    running: GatewayProcess, controller: Controller, warehouse: Warehouse
) -> None:
    until(lambda: warehouse.retained.get("sfh-s/_gw/gw1/connection", {}).get("state") == "ONLINE")
    assert until(lambda: warehouse.retained.get(f"{SORTER}/factsheet"))["protocol"] == "osip"
    running.kill()
    until(lambda: warehouse.retained["sfh-s/_gw/gw1/connection"]["state"] == "CONNECTION_BROKEN")


def test_nothing_from_the_broker_can_crash_the_gateway(
    running: GatewayProcess, controller: Controller, warehouse: Warehouse
) -> None:
    rubbish = [b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b'{"v": 99}', b"x" * 200_000, b'{"v":1,"dev":5}', b'"text"']
    topics = [f"{GW}/ack", f"kouan/v1/{LINE}/_sort/plan", f"kouan/v1/{LINE}/_sort/directory/007"]
    topics += [f"kouan/v1/{LINE}/_sort/directory/xyz", f"kouan/v1/{SORTER}/cmd/ping", f"kouan/v1/{SORTER}/cmd/nonsense"]
    for topic in topics:
        for payload in rubbish:
            warehouse.say(topic, payload)
    induct(controller, "1")
    until(lambda: warehouse.seqs(SORTER) == [1])
    assert running.process is not None
    assert running.process.poll() is None
    until(lambda: rows(warehouse) == 0)


def test_after_kill_nothing_that_was_acknowledged_to_the_controller_is_missing(
    running: GatewayProcess, controller: Controller, warehouse: Warehouse
) -> None:
    """And what the controller repeats because its receipt died with the process is not recorded twice."""
    sent: dict[int, bytes] = {}
    for round in range(4):
        for number in range(60):
            data = controller.send(upd(f"{round}-{number}", "INDU", 1))
            sent[int(data[18:23])] = data
        until(lambda wanted=40 * (round + 1): len(set(controller.acks())) >= wanted)  # type: ignore[misc]
        running.kill()
        until(lambda: not controller.connected)
        acknowledged = set(controller.acks())
        running.start()
        until(lambda: controller.connected)
        for seq, data in sent.items():
            if seq not in acknowledged:
                controller.send_bytes(data)
    until(lambda: set(controller.acks()) == set(sent))
    tids = [f"{round}-{number}" for round in range(4) for number in range(60)]
    until(lambda: {event["data"]["tid"] for event in warehouse.of_type("induct")} == set(tids), 20)
    unique = {event["id"]: event["data"]["tid"] for event in warehouse.of_type("induct")}
    assert sorted(unique.values()) == sorted(tids), "an induct was recorded twice"
    for start in {event["boot"] for event in warehouse.events}:
        seqs = set(warehouse.seqs(SORTER, start))
        assert seqs == set(range(1, max(seqs) + 1)), "a hole"


def test_a_restart_without_a_broker_sorts_by_the_last_table_and_repeats_its_answers(
    running: GatewayProcess, controller: Controller, warehouse: Warehouse, mosquitto: Mosquitto
) -> None:
    warehouse.push_table({})
    until(lambda: warehouse.retained.get("sfh-s/_gw/gw1/state", {}).get("plan_version") == 1)
    controller.send(locu(44))
    controller.send(req("t1"))
    until(lambda: controller.answers("t1"), 3)
    mosquitto.kill()
    running.kill()
    until(lambda: not controller.connected)
    running.start()
    until(lambda: controller.connected)
    controller.send(req("t1"))
    again = until(lambda: controller.answers("t1")[1:], 1)
    assert again[0].target == controller.answers("t1")[0].target
    controller.send(req("t2"))
    assert until(lambda: controller.answers("t2"), 3)[0].target.startswith("SRT1CHUT0044"), "no-read chute of the plan"
