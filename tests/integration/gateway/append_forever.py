"""Appends events until it is killed and prints each seq once its future is done: the child of the crash test."""

import asyncio
import sys
from pathlib import Path

from devices.contract.events import Induct
from gateway.clock import SystemClock
from gateway.outbox import Draft, Outbox

SORTER = "sfh-s/hall/s1/sorter"


async def main(folder: Path) -> None:
    outbox = Outbox.open(folder, SystemClock(), "gw1")
    print(f"boot {outbox.boot}", flush=True)

    async def worker() -> None:
        while True:
            seq = outbox.last_seq(SORTER) + 1
            telegram = f"{outbox.boot} {seq}".encode()
            await outbox.append([Draft(SORTER, "induct", Induct(tid=f"t{seq}", place="in-1"))], identity=telegram)
            print(seq, flush=True)

    await asyncio.gather(*(worker() for _ in range(7)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
