"""The command's exit codes and its pages, as a service manager and a technician meet them."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.gateway.conftest import LINE, ROOT, GatewayProcess, Warehouse, until
from tests.integration.gateway.controller import Controller, locu

pytestmark = pytest.mark.servers


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", *args], cwd=ROOT, capture_output=True, text=True, timeout=20
    )


def page(port: int, path: str, token: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def change(gateway: GatewayProcess, **keys: Any) -> None:
    settings = yaml.safe_load(gateway.config.read_text())
    gateway.config.write_text(yaml.safe_dump(settings | keys))


def test_check_config_says_good_or_why_not(gateway: GatewayProcess) -> None:
    good = run("check-config", str(gateway.config))
    assert (good.returncode, good.stdout) == (0, f"{gateway.config}: good (6 devices, 1 stations)\n")
    change(gateway, colour="red")
    bad = run("check-config", str(gateway.config))
    assert bad.returncode == 2
    assert f"{gateway.config}: colour" in bad.stderr
    assert run("run", "--config", str(gateway.config)).returncode == 2


def test_a_second_gateway_on_the_same_folder_does_not_start(gateway: GatewayProcess, controller: Controller) -> None:
    gateway.start()
    until(lambda: controller.connected)
    second = run("run", "--config", str(gateway.config))
    assert second.returncode == 3
    assert "in use by another gateway" in second.stderr
    change(gateway, data_dir="elsewhere")
    third = run("run", "--config", str(gateway.config))
    assert third.returncode == 1
    assert "cannot start" in third.stderr, "the port of the pages is taken"


def test_ready_means_a_sorter_and_a_plan(
    gateway: GatewayProcess, controller: Controller, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    change(gateway, http={"port": gateway.http_port, "token_file": "token"})
    gateway.start()
    until(lambda: controller.connected)
    until(lambda: page(gateway.http_port, "/healthz")[0] == 200)
    code, text = page(gateway.http_port, "/readyz")
    assert (code, json.loads(text)["lines_without_plan"]) == (503, [LINE])
    warehouse.push_table({})
    until(lambda: page(gateway.http_port, "/readyz")[0] == 200)
    controller.send(locu(1))
    until(lambda: controller.acks())
    assert page(gateway.http_port, "/metrics")[0] == 401
    assert f'kouan_gw_device_ready{{device="{LINE}/sorter"}} 1.0' in page(gateway.http_port, "/metrics", "t0ken")[1]
    assert 'kouan_gw_durable_seconds_bucket{le="+Inf"} 1.0' in page(gateway.http_port, "/metrics", "t0ken")[1]
    frames = json.loads(page(gateway.http_port, f"/frames?device={LINE}/sorter", "t0ken")[1])["frames"]
    assert bytes.fromhex(frames[0]["hex"]).startswith(b"###00160SPS01MFC__")
    assert page(gateway.http_port, "/frames?device=nobody", "t0ken")[0] == 404
    assert gateway.stop() == 0
    assert "t0ken" not in gateway.log.read_text()


def test_a_broken_configuration_gives_way_to_the_last_good_one(gateway: GatewayProcess, warehouse: Warehouse) -> None:
    """A slip of the keyboard at night must not stop a line that worked at noon."""
    gateway.config.with_name("gateway.yaml.last-good").write_bytes(gateway.config.read_bytes())
    change(gateway, colour="red")
    gateway.start()
    until(lambda: any(event["data"].get("code") == "safe_mode" for event in warehouse.of_type("alarm")))
    assert not gateway.ended()
