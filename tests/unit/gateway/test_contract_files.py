"""The committed files of the contract against its models."""

import json
from pathlib import Path

import pytest

import devices.contract as contract
from devices.contract.envelope import read_event
from devices.contract.sort_table import DirectoryBucket, bucket_of
from devices.contract.topics import DeviceAddress, parse_event_topic
from devices.contract.write_schemas import FOLDER, MESSAGES, schema_text

EXAMPLES = Path(contract.__file__).parent / "examples"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_schema_files_are_those_of_the_models(name: str) -> None:
    """A wire shape changes only together with a file that someone reviews."""
    assert (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8") == schema_text(MESSAGES[name])


def test_no_schema_file_is_left_over() -> None:
    assert {path.name.removesuffix(".schema.json") for path in FOLDER.iterdir()} == set(MESSAGES)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("evt_*.json")), ids=lambda path: path.stem)
def test_an_example_event_is_read_and_written_unchanged(path: Path) -> None:
    """What somebody else's gateway sends after reading our examples has to be taken."""
    payload = path.read_bytes()
    raw = json.loads(payload)
    topic = parse_event_topic(DeviceAddress.parse(raw["dev"]).topic("evt", raw["type"]))
    assert topic is not None
    envelope, body = read_event(topic, payload)
    assert json.loads(envelope.to_json()) == raw
    assert body.model_dump(mode="json") == raw["data"]


@pytest.mark.parametrize(
    "path", sorted(set(EXAMPLES.glob("*.json")) - set(EXAMPLES.glob("evt_*.json"))), ids=lambda p: p.stem
)
def test_an_example_message_is_read_and_written_unchanged(path: Path) -> None:
    message = MESSAGES[path.stem].model_validate_json(path.read_bytes())
    assert json.loads(message.model_dump_json()) == json.loads(path.read_bytes())


def test_the_example_bucket_holds_the_parcels_that_hash_to_it() -> None:
    """Both sides must find a barcode in the same bucket; this is the number another implementation has to reproduce."""
    bucket = DirectoryBucket.model_validate_json((EXAMPLES / "directory_bucket.json").read_bytes())
    assert {bucket_of(code) for code in bucket.entries} == {bucket.bucket}
