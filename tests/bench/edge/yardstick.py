"""The same frames as a script would read them: pyserial's `read_until`, a thread a device. `python -m … FOLDER SECONDS`."""

import json
import sys
import threading
import time
from pathlib import Path

import serial


def main() -> None:
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    counts: list[int] = []
    stop = threading.Event()

    def read(link: Path, end: bytes, number: int) -> None:
        with serial.Serial(str(link), 115_200, timeout=0.5) as port:
            while not stop.is_set():
                if port.read_until(end).endswith(end):
                    counts[number] += 1

    links = sorted(folder.iterdir())
    counts += [0] * len(links)
    for number, link in enumerate(links):
        end = b"\n" if link.name.startswith("scanner") else b"\r"
        threading.Thread(target=read, args=(link, end, number), daemon=True).start()
    print("ready", flush=True)
    time.sleep(1.0)
    before, cpu, at = sum(counts), time.process_time(), time.monotonic()
    time.sleep(seconds)
    frames, cpu, took = sum(counts) - before, time.process_time() - cpu, time.monotonic() - at
    stop.set()
    print(json.dumps({"frames_per_s": round(frames / took), "cpu_us_per_frame": round(cpu / max(1, frames) * 1e6, 1)}))


main()
