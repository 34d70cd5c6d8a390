"""Scans of a handheld: the pure half of its TypeScript, run by node as it is shipped (types removed, nothing else)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "wms" / "web"
GS = "\x1d"
SSCC = "095011010000000117"
MACHINE_MS = 12
HAND_MS = 180

# Turns the given sources into modules beside each other, then plays keys and codes that come as JSON on stdin.
_PLAYER = """
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
const { transpileModule } = createRequire(process.argv[2] + "/package.json")("typescript");
const out = process.argv[3];
for (const name of ["wedge", "readCode"]) {
  const text = readFileSync(`${process.argv[2]}/handheld/scan/${name}.ts`, "utf8");
  const made = transpileModule(text, { compilerOptions: { module: "ESNext", target: "ES2022" } }).outputText;
  writeFileSync(`${out}/${name}.mjs`, made.replace('"./wedge"', '"./wedge.mjs"'));
}
const { Wedge } = await import(`${out}/wedge.mjs`);
const { readCode, readChute } = await import(`${out}/readCode.mjs`);
const { bursts, codes, chutes } = JSON.parse(readFileSync(0, "utf8"));
const play = (keys) => {
  const wedge = new Wedge();
  const scans = [];
  let now = 1000;
  for (const [wait, key, ctrl] of keys) {
    now += wait;
    const scan = key === null ? wedge.silence(now) : wedge.press({ key, ctrl: ctrl === true }, now);
    if (scan !== null) scans.push(scan);
  }
  return scans;
};
console.log(JSON.stringify({ bursts: bursts.map(play), codes: codes.map(readCode), chutes: chutes.map(readChute) }));
"""


def keys(text: str, every_ms: int = MACHINE_MS, end: str | None = "Enter") -> list[list[Any]]:
    """Key presses of a text; GS as Ctrl+], as most scanners type it."""
    pressed: list[list[Any]] = [[every_ms, "]", True] if sign == GS else [every_ms, sign] for sign in text]
    return [*pressed, [every_ms, end]] if end else pressed


WAIT: list[list[Any]] = [[500, None]]
BURSTS: dict[str, tuple[list[list[Any]], list[str]]] = {
    "a scan ended by Enter": (keys("RA473124829CN"), ["RA473124829CN"]),
    "a scan ended by Tab": (keys("RA473124829CN", end="Tab"), ["RA473124829CN"]),
    "shift keys between the signs": (
        [[12, "Shift"], [1, "R"], [12, "Shift"], [1, "A"], *keys("473124829CN")],
        ["RA473124829CN"],
    ),
    "two scans in a row": (keys("RA473124829CN") + keys("SF1234567890123"), ["RA473124829CN", "SF1234567890123"]),
    "a long scan without any end": (keys("RA473124829CN", end=None) + WAIT, ["RA473124829CN"]),
    "a group separator is kept": (keys(f"]C100{SSCC}{GS}10AB"), [f"]C100{SSCC}{GS}10AB"]),
    "a group separator sent as itself": ([*keys("]C1", end=None), [5, GS], *keys("1234")], [f"]C1{GS}1234"]),
    "a person who types": (keys("RA473124829CN", HAND_MS), []),
    "a person whose last keys were quick": (keys("RA47", HAND_MS, end=None) + keys("cn"), []),
    "a forgotten letter does not stick to the scan after it": ([[0, "x"], [900, "R"], *keys("A473")], ["RA473"]),
    "a prefix makes the slowest scanner a scanner": (keys("~RA473124829CN", HAND_MS), ["RA473124829CN"]),
    "a prefix makes the shortest code a scan": (keys("~7"), ["7"]),
    "Enter alone is a button press": ([[0, "Enter"]], []),
    "a shortcut is no scan": ([[0, "a", True], [5, "c", True], [5, "Enter"]], []),
}

CODES = {
    "RA473124829CN": "RA473124829CN",
    " ra473124829cn ": "RA473124829CN",
    "]C0RA473124829CN": "RA473124829CN",
    f"]C100{SSCC}": SSCC,
    f"00{SSCC}": SSCC,
    f"(00){SSCC}": SSCC,
    f"(00) {SSCC}": SSCC,
    SSCC: SSCC,
    f"]C1{GS}00{SSCC}{GS}10LOT": SSCC,
    f"]d200{SSCC}10LOT": SSCC,
    f"00{SSCC[:-1]}0": f"00{SSCC[:-1]}0",
    "SF 1323 0886 19630": "SF1323088619630",
    "01a1f837-f111-7e53": "01A1F837-F111-7E53",
    "": "",
}
CHUTES = {"C07": "c07", "S1-C12": "c12", "RA473124829CN": None, "C7": None, "S1-C12X": None}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "typescript").exists():
        pytest.skip("needs node and wms/web/node_modules: run `make ui`")
    folder = tmp_path_factory.mktemp("scan")
    script = folder / "play.mjs"
    script.write_text(_PLAYER)
    asked = {"bursts": [one for one, _ in BURSTS.values()], "codes": list(CODES), "chutes": list(CHUTES)}
    done = subprocess.run(
        [node, str(script), str(WEB), str(folder)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[Any]] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", BURSTS)
def test_a_burst_of_keys_is_a_scan_and_a_hand_is_not(name: str, played: dict[str, list[Any]]):
    """A lost first sign finds the wrong parcel; a person's typing taken for a scan does too."""
    assert played["bursts"][list(BURSTS).index(name)] == BURSTS[name][1]


def test_a_code_is_what_the_warehouse_knows(played: dict[str, list[Any]]):
    """AIM identifiers and the AI 00 are the scanner's words; a number with a wrong check digit is no SSCC."""
    assert dict(zip(CODES, played["codes"], strict=True)) == CODES


def test_a_chute_label_is_no_parcel(played: dict[str, list[Any]]):
    """Scanning a chute offers its open bag, so a waybill must never be taken for a chute."""
    assert dict(zip(CHUTES, played["chutes"], strict=True)) == CHUTES
