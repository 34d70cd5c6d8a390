"""The locks: everything pinned and hashed, and no address of any machine or registry in them."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
LOCKS = sorted(REPOSITORY.glob("requirements*.lock"))
PACKAGE_LOCK = REPOSITORY / "wms" / "web" / "package-lock.json"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)
_ADDRESSES = re.compile(
    r"\w+://|(?:^|[\s\"'=])/[a-z]|--(?:find-links|index-url|extra-index-url|trusted-host)", re.MULTILINE
)


def pins(lock: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in _PIN.findall(lock.read_text())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_host_and_no_path(lock: Path) -> None:
    """Where packages come from is the affair of whoever installs them: a mirror, a cache, the public index."""
    assert _ADDRESSES.findall(lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    """An archive that was exchanged on the way is refused."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text())
    unhashed = [block.split("\n")[0] for block in blocks if _PIN.match(block) and "--hash=sha256:" not in block]
    assert unhashed == []


def test_the_locks_satisfy_what_the_project_asks_for() -> None:
    """A dependency added without a new lock would be missing on the next machine."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    run, dev = pins(REPOSITORY / "requirements.lock"), pins(REPOSITORY / "requirements-dev.lock")
    for wanted, lock in [
        (project["dependencies"], run),
        (project["dependencies"], dev),
        (project["optional-dependencies"]["dev"], dev),
    ]:
        for text in wanted:
            requirement = Requirement(text)
            pinned = lock.get(canonicalize_name(requirement.name))
            assert pinned is not None, f"{text} is not locked"
            assert requirement.specifier.contains(pinned, prereleases=True), f"{text} is locked as {pinned}"


def test_tests_run_with_the_versions_that_users_get() -> None:
    """The development lock only adds."""
    run, dev = pins(REPOSITORY / "requirements.lock"), pins(REPOSITORY / "requirements-dev.lock")
    assert {name: dev.get(name) for name in run} == run


@pytest.mark.skipif(not PACKAGE_LOCK.exists(), reason="there are no screens in this checkout")
def test_the_lock_of_the_screens_names_no_registry() -> None:
    """npm writes the address of whatever mirror it used; `omit-lockfile-registry-resolved` in .npmrc keeps it out."""
    packages = json.loads(PACKAGE_LOCK.read_text())["packages"]
    assert [path for path, package in packages.items() if "resolved" in package] == []
    assert [path for path, package in packages.items() if path and "integrity" not in package] == []
    assert "omit-lockfile-registry-resolved=true" in (PACKAGE_LOCK.parent / ".npmrc").read_text()
