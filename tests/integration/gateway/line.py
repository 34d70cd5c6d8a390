"""The simulated line as a process, and what it says really happened."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from devices.contract.sort_table import Entry
from tests.integration.gateway.conftest import ROOT


class SimulatedLine:
    """`python -m firmware_sim run` beside a gateway's folder."""

    def __init__(self, folder: Path, sorter_port: int, scenario: str = "calm", seed: int = 7) -> None:
        self._folder = folder
        self._port = sorter_port
        self._scenario = scenario
        self._seed = seed
        self.truth_file = folder / "truth.jsonl"
        self.process: subprocess.Popen[bytes] | None = None

    def announce(self, parcels: int) -> dict[str, Entry]:
        """Write the manifest; returns what the warehouse should tell the line about it."""
        spool = self._folder / "spool"
        spool.mkdir(exist_ok=True)
        out = spool / "a.csv"
        command = [sys.executable, "-m", "firmware_sim", "manifest", self._scenario, "--parcels", str(parcels)]
        subprocess.run([*command, "--seed", str(self._seed), "--out", str(out)], cwd=ROOT, check=True)
        with out.open(encoding="utf-8", newline="") as file:
            return {
                row["waybill_no"]: Entry(d=row["destination"], s=row["service"], w=int(row["weight_g"]))
                for row in csv.DictReader(file)
            }

    def start(self, parcels: int, *options: str) -> None:
        command = [
            sys.executable, "-m", "firmware_sim", "run", self._scenario, "--spool", str(self._folder / "spool"),
            "--tty-dir", str(self._folder / "tty"), "--sorter-port", str(self._port), "--truth", str(self.truth_file),
            "--parcels", str(parcels), "--seed", str(self._seed), "--exit", *options,
        ]  # fmt: skip
        log = (self._folder / "sim.log").open("wb")
        with log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)

    def wait(self, seconds: float) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def truth(self) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.truth_file.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["kind"] == "item"]

    def summary(self) -> dict[str, Any]:
        last: dict[str, Any] = json.loads(self.truth_file.read_text(encoding="utf-8").splitlines()[-1])
        return last
