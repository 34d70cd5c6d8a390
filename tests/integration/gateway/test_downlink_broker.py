"""Commands through a real broker: once, in time, in order, and answered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.conftest import LINE, GatewayProcess, Warehouse, until
from tests.integration.gateway.controller import Controller, req

pytestmark = pytest.mark.servers
SORTER = f"{LINE}/sorter"


def command(name: str, version: int = 1, target: str = "", within_s: float = 30) -> dict[str, Any]:
    deadline = datetime.now(UTC) + timedelta(seconds=within_s)
    return {
        "v": 1, "cmd_id": str(uuid4()), "name": name, "target": target, "version": version,
        "deadline": deadline.isoformat(), "data": {},
    }  # fmt: skip


class Desk:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def give(self, message: dict[str, Any], device: str = SORTER) -> tuple[str, str]:
        """Give a command and return outcome and code of its next reply."""
        before = len(self.replies(message))
        self._warehouse.say(f"kouan/v1/{device}/cmd/{message['name']}", message)
        reply = until(lambda: self.replies(message)[before:])[0]
        return reply["outcome"], reply["code"]

    def replies(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [reply for reply in self._warehouse.replies if reply["cmd_id"] == message["cmd_id"]]


@pytest.fixture
def desk(gateway: GatewayProcess, controller: Controller, warehouse: Warehouse) -> Desk:
    gateway.start()
    until(lambda: controller.connected)
    until(lambda: warehouse.retained.get("sfh-s/_gw/gw1/connection", {}).get("state") == "ONLINE")
    return Desk(warehouse)


def test_commands_are_done_refused_expired_or_stale(desk: Desk) -> None:
    assert desk.give(command("ping")) == ("done", "")
    assert desk.give(command("ping"), f"{LINE}/scale1") == ("failed", "not_connected")
    assert desk.give(command("zero")) == ("refused", "unsupported")
    assert desk.give(command("divert")) == ("refused", "unsupported")
    assert desk.give(command("explode")) == ("refused", "unknown_command")
    assert desk.give(command("ping", within_s=-1)) == ("expired", "")
    assert desk.give(command("chute_disable", target="gate 7")) == ("refused", "unknown_chute")
    assert desk.give(command("chute_disable", version=5, target="c44")) == ("done", "")
    assert desk.give(command("chute_enable", version=4, target="c44")) == ("stale", "")


def test_a_command_that_comes_twice_is_done_once_and_answered_twice(desk: Desk) -> None:
    disable = command("chute_disable", version=5, target="c01")
    assert desk.give(disable) == ("done", "")
    assert desk.give(command("chute_enable", version=6, target="c01")) == ("done", "")
    assert desk.give(disable) == ("done", ""), "the old answer, and the chute stays open"


def test_versions_and_closed_chutes_outlive_the_process(
    desk: Desk, gateway: GatewayProcess, controller: Controller
) -> None:
    disable = command("chute_disable", version=9, target="c01")
    assert desk.give(disable) == ("done", "")
    gateway.kill()
    until(lambda: not controller.connected)
    gateway.start()
    until(lambda: controller.connected)
    assert desk.give(command("chute_enable", version=8, target="c01")) == ("stale", "")
    assert desk.give(disable) == ("done", "")


def test_without_a_plan_the_safe_chute_answers_in_time(desk: Desk, controller: Controller) -> None:
    controller.send(req("t1"))
    assert until(lambda: controller.answers("t1"), 3)[0].target.startswith("SRT1CHUT0048")
