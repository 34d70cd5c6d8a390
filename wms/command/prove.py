"""`kouan prove`: replay the journal and say whether everything agrees."""

import asyncio
import json
import sys

from wms.command.open_database import open_database
from wms.kit.db import Database
from wms.proof.prove import Proof, prove
from wms.settings import Settings


def prove_all(settings: Settings) -> int:
    """Exit code 0 when nothing contradicts, 1 otherwise; the first violations go to stderr."""
    with open_database(settings) as url:
        proof = asyncio.run(run_proof(url))
    for violation in proof.first:
        sys.stderr.write(f"{violation.law}: {violation.subject}: {violation.detail}\n")
    sys.stdout.write(json.dumps({"journal_rows": proof.journal_rows, "violations": proof.violations}) + "\n")
    return 1 if proof.violations else 0


async def run_proof(url: str) -> Proof:
    db = Database(url)
    try:
        async with db.read() as conn:
            return await prove(conn)
    finally:
        await db.close()
