"""A configuration is refused completely, with file and key, before anything is opened; secrets are never repeated."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import gateway
from gateway.config_file import ConfigError, load

S1 = "sfh-s/hall/s1"


def config() -> dict[str, Any]:
    return {
        "site": "sfh-s",
        "gateway": "gw1",
        "data_dir": "data",
        "mqtt": {"url": "mqtt://127.0.0.1:1884", "username": "gw1", "password_file": "secret"},
        "stations": [
            {
                "line": S1,
                "sorter": "sorter",
                "scanners": ["scanner1"],
                "scales": {"scale-1": "scale1"},
                "safe_chute": "c48",
            }
        ],
        "devices": [
            {"address": f"{S1}/sorter", "kind": "osip_sorter", "link": "tcp:127.0.0.1:5000"},
            {"address": f"{S1}/scanner1", "kind": "tunnel_scanner", "link": "serial:/dev/ttyS0?baud=115200"},
            {"address": f"{S1}/scale1", "kind": "mt_sics_scale", "link": "serial:/dev/ttyS1"},
        ],
    }


def write(folder: Path, data: Any) -> Path:
    (folder / "secret").write_text("wormwood\n")
    path = folder / "gateway.yaml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    return path


def complaint(folder: Path, data: Any) -> str:
    path = write(folder, data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, config()))
    assert settings.data_dir == tmp_path / "data"
    assert settings.mqtt.password() == "wormwood"
    assert (settings.mqtt.host, settings.mqtt.port) == ("127.0.0.1", 1884)
    assert settings.client_id == "kouan-gw-sfh-s-gw1"
    assert settings.http.host == "127.0.0.1"
    assert settings.stations[0].decision_deadline_ms == 1500


def test_the_secret_is_not_part_of_the_settings(tmp_path: Path) -> None:
    assert "wormwood" not in repr(load(write(tmp_path, config())))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(colour="red"), "colour"),
        (lambda c: c.update(site="SFH S"), "site"),
        (lambda c: c.pop("devices"), "devices"),
        (lambda c: c["devices"][0].update(kind="robot"), "devices.0"),
        (lambda c: c["devices"][0].update(link="usb:1"), "unknown transport 'usb'"),
        (lambda c: c["devices"][1].update(link="serial:/dev/x?parity=Q"), "parity 'Q'"),
        (lambda c: c["devices"][1].update(address="sfh-s/hall/scanner1"), "devices.1"),
        (lambda c: c["devices"][1].update(address=f"{S1}/sorter"), "used twice"),
        (lambda c: c["devices"][1].update(address="bw/hall/s1/scanner9"), "is no tunnel_scanner"),
        (lambda c: c["stations"][0].update(sorter="scale1"), "is no osip_sorter"),
        (lambda c: c["stations"][0].update(scanners=["scanner1", "scanner1"]), "is used twice"),
        (lambda c: c["stations"][0].update(safe_chute="gate 7"), "stations.0.safe_chute"),
        (lambda c: c["stations"][0].update(decision_deadline_ms=0), "stations.0.decision_deadline_ms"),
        (lambda c: c.update(http={"host": "0.0.0.0"}), "needs token_file"),
        (lambda c: c["mqtt"].update(url="http://x"), "mqtt.url"),
        (lambda c: c["mqtt"].update(password_file="nowhere"), "mqtt.password_file"),
    ],
)
def test_a_bad_key_is_named(tmp_path: Path, change: Any, expected: str) -> None:
    data = config()
    change(data)
    assert expected in complaint(tmp_path, data)


def test_a_password_in_the_wrong_place_is_refused_and_not_repeated(tmp_path: Path) -> None:
    data = config()
    data["mqtt"]["url"] = "mqtt://gw1:hunter2@127.0.0.1"
    data["mqtt"]["password"] = "hunter2"
    assert "hunter2" not in complaint(tmp_path, data)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "\x00"])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    complaint(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        load(tmp_path / "gone.yaml")


def test_the_example_is_a_configuration() -> None:
    example = Path(gateway.__file__).parent / "example.yaml"
    settings = load(example)
    assert len(settings.devices) == 6
    assert settings.devices[1].link.startswith(f"serial:{example.parent}/tty/scanner1?")
