"""One run with an end: parcels through the line, the outcome held against the machines' truth, one line of JSON."""

import asyncio
import json
import sys
import time
from typing import Any

import sqlalchemy as sa

from wms.command.compare_truth import Comparison, compare_truth, read_truth
from wms.command.gateway_config import GATEWAY, LINE
from wms.command.running import Running
from wms.command.show_progress import show_progress
from wms.equipment.tables import gateway
from wms.kit.inbox import lane
from wms.proof.prove import Proof, prove

_SETTLE_S = 60.0


async def run_once(run: Running) -> int:
    """Send the parcels through, wait until all is settled, compare with the truth, prove, report."""
    done = asyncio.create_task(run.supervisor.until_done("firmware_sim"))
    await show_progress(run, done)
    sim_exit = done.result()
    await _settle(run)
    truth, _ = read_truth(run.truth)
    async with run.db.read() as conn:
        comparison = await compare_truth(conn, LINE, truth)
    async with run.db.read() as conn:
        proof = await prove(conn)
    report = await _report(run, comparison, proof)
    for text in comparison.differences[:10]:
        run.console.print(f"  difference: {text}", markup=False)
    for violation in proof.first[:10]:
        run.console.print(f"  violation: {violation}", markup=False)
    complete = comparison.inducted == comparison.sorted + comparison.exceptions == len(truth) == run.options.parcels
    agreed = sim_exit == 0 and complete and not (comparison.lost or comparison.duplicated or proof.violations)
    await run.supervisor.stop()
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if agreed else 1


async def _settle(run: Running) -> None:
    """Wait until every event the gateway holds is committed and handled."""
    deadline = time.monotonic() + _SETTLE_S
    quiet = 0
    while time.monotonic() < deadline and quiet < 6:
        await asyncio.sleep(0.5)
        async with run.db.read() as conn:
            pending = await conn.scalar(
                sa.select(sa.func.count()).select_from(lane).where(lane.c.handled_seq < lane.c.highest_seq)
            )
        waiting = (await _gateway_state(run)).get("outbox_rows", 1)
        quiet = quiet + 1 if not pending and not waiting else 0


async def _report(run: Running, comparison: Comparison, proof: Proof) -> dict[str, Any]:
    state = await _gateway_state(run)
    return {
        "announced": run.announced,
        "inducted": comparison.inducted,
        "sorted": comparison.sorted,
        "exceptions": comparison.exceptions,
        "lost": comparison.lost,
        "duplicated": comparison.duplicated,
        "late_decisions": comparison.late_decisions,
        "decision_ms": {"p50": comparison.decision_p50_ms, "p99": comparison.decision_p99_ms},
        "durable_ms": {"p50": state.get("durable_p50_ms"), "p99": state.get("durable_p99_ms")},
        "ledger": "broken" if proof.violations else "ok",
    }


async def _gateway_state(run: Running) -> dict[str, Any]:
    async with run.db.read() as conn:
        state: Any = await conn.scalar(sa.select(gateway.c.state).where(gateway.c.name == GATEWAY))
    return state or {}
