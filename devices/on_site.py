"""The commands for who stands at the machine: probe, capture and replay, with their words and exit codes."""

import asyncio
import sys
from pathlib import Path

from devices.capture import capture, explain_recording, play
from devices.catalogue import Side
from devices.drivers import templates
from devices.explain import describe
from devices.probe import Found, Patience, probe
from devices.transports.address import LinkAddress, SerialAddress, parse_link
from devices.transports.opening import open_link
from devices.transports.recording import Piece

_SHOWN_BYTES = 24


def name_what_speaks(link: str, listen_s: float) -> int:
    """Probe a link; 0 when something was named."""
    patience = Patience(listen_s, min(0.4, listen_s))
    found = asyncio.run(probe(_address(link), open_link, _tell, patience))
    if found is None:
        _say("nothing was named: nothing came, or nothing that a language explains")
        _say("check the cable, the port's mode on the machine, and that a scale is not in a menu")
        return 1
    _describe(found)
    return 0


def capture_file(link: str, file: Path, seconds: float) -> int:
    """Record a link into a new file; 0 when anything came. A file that exists is not overwritten."""

    async def run() -> int:
        opened = await open_link(_address(link))
        try:
            with file.open("x", encoding="ascii") as target:
                return await capture(opened, target, seconds, _show)
        finally:
            opened.close()

    total = asyncio.run(run())
    _say(f"bytes {total}, in {file}")
    return 0 if total else 1


def play_file(file: Path, link: str, speed: float) -> int:
    """Say a recording to a link."""

    async def run() -> int:
        opened = await open_link(_address(link))
        try:
            total = await play(file, opened, speed, _show)
            await asyncio.sleep(0.2)  # what the kernel still holds goes out before the port is closed
            return total
        finally:
            opened.close()

    _say(f"bytes {asyncio.run(run())}, to {link}")
    return 0


def explain_file(file: Path, machine: Side, host: Side | None) -> int:
    """Explain a recording; 0 when every byte is explained."""
    findings = explain_recording(file, machine, host)
    for speaker, finding in findings:
        _say(f"{speaker} {finding.offset:06x}  {_hex(finding.data)}\n             {describe(finding.meaning)}")
    good = sum(finding.good for _, finding in findings)
    _say(f"frames {good}, garbage {len(findings) - good}")
    return 0 if good == len(findings) > 0 else 1


def _address(text: str) -> LinkAddress:
    return SerialAddress(text) if text.startswith("/") else parse_link(text)


def _describe(found: Found) -> None:
    where = found.address
    if isinstance(where, SerialAddress):
        _say(f"settings: {where.baud} baud, {where.bytesize}{where.parity}{where.stopbits:g}")
    _say(f"heard: {_hex(found.heard)}  ({f'after {found.asked}' if found.asked else 'unasked'})")
    for score in found.scores:
        _say(f"{score.language.name}: {score.language.use}")
        near = [
            one.name
            for one in map(templates.template, templates.names())
            if score.language.name in (one.keys.get("language"), _ONLY_LANGUAGE.get(one.keys["kind"]))
        ]
        if near:
            _say(f"    templates: {', '.join(near)}")


_ONLY_LANGUAGE = {
    "tunnel_scanner": "plain_serial",
    "ssi_scanner": "zebra_ssi",
    "menu_scanner": "honeywell_menu",
    "dmcc_reader": "cognex_dmcc",
    "mt_sics_scale": "mt_sics",
    "osip_sorter": "osip",
    "telegram_sorter": "key_telegram",
    "label_printer": "zpl_status",
}


def _show(piece: Piece) -> None:
    _tell(f"{piece.at_s:9.3f}  {_hex(piece.data)}")


def _hex(data: bytes) -> str:
    return data[:_SHOWN_BYTES].hex(" ") + (" ..." if len(data) > _SHOWN_BYTES else "")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
