"""Writes the JSON Schema of every message of the contract into `schemas/`: `python -m devices.contract.write_schemas`.

The files are generated and committed. A test compares them with the models, so a change of the wire shape shows up as a
change of a file that somebody outside this code base can read.
"""

import json
from pathlib import Path

from pydantic import BaseModel

from devices.contract.acks import Ack
from devices.contract.commands import Command, CommandReply
from devices.contract.envelope import Envelope
from devices.contract.events import EVENT_TYPES
from devices.contract.sort_table import DirectoryBucket, SortPlan
from devices.contract.status import Connection, DeviceState, GatewayState

FOLDER = Path(__file__).parent / "schemas"

MESSAGES: dict[str, type[BaseModel]] = {
    "envelope": Envelope,
    "ack": Ack,
    "command": Command,
    "command_reply": CommandReply,
    "connection": Connection,
    "device_state": DeviceState,
    "gateway_state": GatewayState,
    "sort_plan": SortPlan,
    "directory_bucket": DirectoryBucket,
    **{f"evt_{type}": body for type, body in EVENT_TYPES.items()},
}
"""File name without its ending → model."""


def schema_text(model: type[BaseModel]) -> str:
    """The schema of a model as its file should be."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_schemas(folder: Path = FOLDER) -> None:
    """Write all files and remove those of messages that no longer exist."""
    folder.mkdir(exist_ok=True)
    wanted = {folder / f"{name}.schema.json": schema_text(model) for name, model in MESSAGES.items()}
    for stale in set(folder.glob("*.schema.json")) - wanted.keys():
        stale.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
