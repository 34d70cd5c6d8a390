"""Processes for benchmarks: the product as it is started in earnest, on loopback, ended with the benchmark."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(stack: ExitStack, factory: str, url: str, port: int, home: Path) -> None:
    """A web server of two processes."""
    env = os.environ | {"KOUAN_DATABASE_URL": url, "KOUAN_HOME": str(home), "KOUAN_HTTP_PORT": str(port)}
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--workers", "2", "--port", str(port)]
    _start(stack, [*command, "--log-level", "warning", "--no-access-log"], env)


def work(stack: ExitStack, url: str, home: Path, *loops: str) -> None:
    """A worker process with these loops."""
    env = os.environ | {"KOUAN_DATABASE_URL": url, "KOUAN_HOME": str(home), "KOUAN_MQTT_URL": "mqtt://127.0.0.1:1"}
    _start(stack, [sys.executable, "-m", "wms", "work", *loops], env | {"KOUAN_LOG_LEVEL": "WARNING"})


def _start(stack: ExitStack, command: list[str], env: dict[str, str]) -> None:
    process = subprocess.Popen(command, env=env)
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)


async def wait_for(port: int, path: str) -> None:
    """Until something answers there."""
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                if (await client.get(f"http://127.0.0.1:{port}{path}")).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit(f"no answer on port {port}")
