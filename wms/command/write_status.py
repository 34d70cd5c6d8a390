"""A file that says what `kouan up` keeps running: for people, monitoring and tests that kill on purpose."""

import asyncio
import json

from wms.command.running import Running


async def write_status(run: Running) -> None:
    """Rewrite `run/status.json` whenever something changed, until cancelled. The file appears whole or not at all."""
    file, before = run.home.run / "status.json", ""
    while True:
        parts = [
            {"name": one.name, "state": one.state, "pid": one.pid, "restarts": one.restarts, "last_exit": one.last_exit}
            for one in run.supervisor.status()
        ]
        text = json.dumps({"http_port": run.settings.http_port, "mqtt_url": run.mqtt.url, "parts": parts})
        if text != before:
            fresh = file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(file)
            before = text
        await asyncio.sleep(0.25)
