"""What docker-compose mounts, tried without containers: the secrets that `init` makes open the shipped broker."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.launch.mqtt_peer import Peer, eventually
from wms.launch.broker import find_mosquitto
from wms.launch.make_secrets import make_secrets
from wms.launch.mqtt_hello import ACCEPTED, greet
from wms.launch.tether import spawn, tethered

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed"),
]

REPOSITORY = Path(__file__).parents[3]
LINE = "sfh-s/hall/s1"


def nobody_asks(_path: Path, _uid: int) -> None:
    """The tests' own user reads everything."""


@pytest.fixture
def secrets() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kouan-deploy-") as directory:
        make_secrets(Path(directory), "gw1", [LINE], nobody_asks)
        yield Path(directory)


def test_a_second_start_keeps_every_secret(secrets: Path) -> None:
    """Otherwise each `docker compose up` would lock the database and the gateways out."""
    before = {file: file.read_bytes() for file in secrets.rglob("*") if file.is_file()}
    make_secrets(secrets, "gw1", [LINE], nobody_asks)
    assert {file: file.read_bytes() for file in secrets.rglob("*") if file.is_file()} == before
    assert {file.relative_to(secrets).as_posix() for file in before} == {
        "db/password",
        "broker/passwords",
        "broker/acl",
        "app/db_password",
        "app/mqtt_wms",
        "edge/mqtt_gateway",
    }
    assert (secrets / "db/password").read_bytes() == (secrets / "app/db_password").read_bytes()
    for file in before:
        assert file.stat().st_mode & 0o377 == 0, file


def test_another_line_changes_the_rules_and_no_secret(secrets: Path) -> None:
    """A gateway that gets a second line keeps its password."""
    password = (secrets / "edge/mqtt_gateway").read_text()
    make_secrets(secrets, "gw1", [LINE, "sfh-s/hall/s2"], nobody_asks)
    assert (secrets / "edge/mqtt_gateway").read_text() == password
    assert "kouan/v1/sfh-s/hall/s2/#" in (secrets / "broker/acl").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands files to others, as `init` does")
def test_each_folder_belongs_to_the_user_of_its_service(secrets: Path) -> None:
    """The command that `init` runs."""
    with tempfile.TemporaryDirectory() as root:
        command = [sys.executable, "-m", "wms.launch.make_secrets", root, "--line", LINE]
        subprocess.run(command, check=True, cwd=REPOSITORY)
        owners = {path.name: path.stat().st_uid for path in Path(root).iterdir()}
        assert owners == {"db": 999, "broker": 1883, "app": 10_001, "edge": 10_001}
        assert all(file.stat().st_uid == owners[file.parent.name] for file in Path(root).rglob("*") if file.is_file())


def test_the_shipped_broker_takes_these_secrets_and_holds_the_rules(secrets: Path) -> None:
    """deploy/mosquitto.conf as it is, only its folders are others."""
    data = secrets / "data"
    data.mkdir()
    config = (REPOSITORY / "deploy" / "mosquitto.conf").read_text()
    port = 20_000 + os.getpid() % 20_000
    for old, new in [
        ("/mosquitto/data", str(data)),
        ("/run/kouan", str(secrets / "broker")),
        ("listener 1883", f"user root\nlistener {port} 127.0.0.1"),
    ]:
        assert old in config
        config = config.replace(old, new)
    (secrets / "mosquitto.conf").write_text(config)
    with (secrets / "log").open("wb") as log:
        broker = spawn(tethered([str(find_mosquitto()), "-c", str(secrets / "mosquitto.conf")]), output=log)
    try:
        password = (secrets / "app/mqtt_wms").read_text()
        assert eventually(lambda: greet(port, "wms", password) == ACCEPTED), (secrets / "log").read_text()
        with (
            Peer(port, "wms", password) as wms,
            Peer(port, "gw-sfh-s-gw1", (secrets / "edge/mqtt_gateway").read_text()) as gateway,
            Peer(port, None, None) as anonymous,
        ):
            assert wms.welcome
            assert gateway.welcome
            assert not anonymous.welcome
            wms.hear("kouan/v1/#")
            gateway.say("kouan/v1/sfh-s/hall/s2/sorter/evt/scan", "forged")
            gateway.say(f"kouan/v1/{LINE}/sorter/evt/scan", "fence")
            assert wms.all_until("fence") == []
    finally:
        broker.terminate()
        broker.wait()
