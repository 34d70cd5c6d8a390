"""The configuration of the demonstration gateway: line S1 with its simulated machines, as one YAML file."""

from pathlib import Path
from typing import Any

import yaml

from wms.command.places import Home

GATEWAY = "gw1"
LINE = "sfh-s/hall/s1"
GATEWAY_USER = "gw-sfh-s-gw1"


def write_gateway_config(
    home: Home, mqtt_url: str, password_file: Path, sorter_port: int, http_port: int, lanes: int
) -> Path:
    """Write the file and give its path."""
    tty = home.run / "tty"
    scales = {f"scale-{lane}": f"scale{lane}" for lane in range(1, lanes + 1)}
    # A port on this machine costs nothing to try again: a plugged-in scanner should be read before the next parcel.
    local = {"reconnect_cap_s": 0.2}
    document: dict[str, Any] = {
        "site": "sfh-s",
        "gateway": GATEWAY,
        "data_dir": str(home.gateway / "data"),
        "mqtt": {"url": mqtt_url, "username": GATEWAY_USER, "password_file": str(password_file)},
        "http": {"host": "127.0.0.1", "port": http_port, "token_file": str(home.secret_file("gateway_http_token"))},
        "stations": [
            {"line": LINE, "sorter": "sorter", "scanners": ["scanner1"], "scales": scales, "safe_chute": "c48"}
        ],
        "devices": [
            {"address": f"{LINE}/sorter", "kind": "osip_sorter", "link": f"tcp:127.0.0.1:{sorter_port}"},
            {"address": f"{LINE}/scanner1", "kind": "tunnel_scanner", "link": f"serial:{tty}/scanner1?baud=115200"}
            | local,
            *(
                {"address": f"{LINE}/{name}", "kind": "mt_sics_scale", "link": f"serial:{tty}/{name}?baud=9600"} | local
                for name in scales.values()
            ),
        ],
    }
    file = home.gateway / "gateway.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file
