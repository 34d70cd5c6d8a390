"""The embedded PostgreSQL: laws about starting, dying and coming back."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from wms.launch.failure import AlreadyServed, LaunchError
from wms.launch.postgres import PostgresServer

pytestmark = pytest.mark.servers

REPOSITORY = Path(__file__).parents[3]
SITE_PACKAGES = Path(asyncpg.__file__).parents[1]


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory: pytest's own are long enough to trigger the substitute socket directory."""
    with tempfile.TemporaryDirectory(prefix="kouan-pg-") as directory:
        yield Path(directory)


def ask(server: PostgresServer, *statements: str, database: str = "postgres") -> object:
    """Run statements in one connection, each committed; the first value of the last one."""

    async def run() -> object:
        connection = await asyncpg.connect(server.url(database).replace("+asyncpg", ""))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def gone(pid: int, *, within_s: float) -> bool:
    """Whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


def owner_script(place: Path, then: str) -> str:
    """A program that owns a server in `place`, prints its pid and then does `then`."""
    return textwrap.dedent(f"""
        import os, pathlib, sys, time
        from wms.launch.postgres import PostgresServer
        place = pathlib.Path({str(place)!r})
        server = PostgresServer(place / "data", place / "run")
        server.start()
        print(server.pid, flush=True)
        {then}
    """)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{SITE_PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"}


def test_a_first_start_is_quick_and_leaves_the_promised_settings(place: Path) -> None:
    """UTF8, C, checksums, no TCP; and fast enough that nobody looks for a way round it."""
    begun = time.monotonic()
    with PostgresServer(place / "data", place / "run") as server:
        took_s = time.monotonic() - begun
        assert ask(server, "SELECT current_setting('server_encoding')") == "UTF8"
        assert ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C"
        assert ask(server, "SELECT current_setting('listen_addresses')") == ""
        assert ask(server, "SELECT current_setting('fsync')") == "on"
        assert ask(server, "SELECT current_setting('data_checksums')") == "on"
        pid = server.pid
        assert pid is not None
    assert took_s < 5  # 0.5 s on a quiet machine
    assert not server.alive()
    assert gone(pid, within_s=1)


def test_tests_may_switch_durability_off(place: Path) -> None:
    """The test cluster gives up fsync, and only when told so."""
    with PostgresServer(place / "data", place / "run", durable=False) as server:
        assert ask(server, "SELECT current_setting('fsync')") == "off"


def test_a_committed_row_survives_a_kill_and_the_same_object_starts_again(place: Path) -> None:
    """kill -9 of the postmaster under load of nothing else: every committed row is there after the restart."""
    server = PostgresServer(place / "data", place / "run")
    server.start()
    try:
        ask(server, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1) RETURNING n")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert gone(server.pid or 0, within_s=2) or not server.alive()
        server.start()
        assert ask(server, "SELECT count(*) FROM kept") == 1
    finally:
        server.stop()


def test_the_server_is_gone_soon_after_its_owner_was_killed_and_another_owner_takes_over(place: Path) -> None:
    """An owner that is killed leaves nothing running, and its directory is usable at once."""
    owner = subprocess.Popen(
        [sys.executable, "-c", owner_script(place, "time.sleep(600)")], stdout=subprocess.PIPE, env=environment()
    )
    assert owner.stdout is not None
    with owner.stdout:
        pid = int(owner.stdout.readline())
        owner.kill()
        owner.wait()
        with PostgresServer(place / "data", place / "run") as server:
            assert server.pid != pid
            assert gone(pid, within_s=1)


def test_a_server_outlives_the_thread_that_started_it(place: Path) -> None:
    """The kernel's death signal follows the starting thread; start() must not be fooled by a pool thread that ends."""

    async def start_in_a_pool_that_ends() -> PostgresServer:
        server = PostgresServer(place / "data", place / "run")
        await asyncio.to_thread(server.start)
        return server

    server = asyncio.run(start_in_a_pool_that_ends())
    try:
        time.sleep(0.3)
        assert server.alive()
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_two_servers_run_side_by_side(place: Path) -> None:
    """No global lock file, no fixed port."""
    with PostgresServer(place / "a", place / "ra") as one, PostgresServer(place / "b", place / "rb") as two:
        ask(one, "CREATE TABLE only_here (n int)", "SELECT 1")
        assert ask(two, "SELECT to_regclass('only_here')") is None


def test_a_second_owner_of_the_same_directory_is_refused_and_told_the_address(place: Path) -> None:
    """Two servers on one directory would destroy it."""
    with PostgresServer(place / "data", place / "run") as first:
        second = PostgresServer(place / "data", place / "run")
        with pytest.raises(AlreadyServed, match="host="):
            second.start()
        assert first.alive()
        assert ask(first, "SELECT 1") == 1


@pytest.mark.parametrize("stranger", ["gone", "reused", "garbage"])
def test_a_stale_pid_file_does_not_stop_a_start(place: Path, stranger: str) -> None:
    """A pid that is gone, belongs to another program or is no number at all is no reason to stay down."""
    server = PostgresServer(place / "data", place / "run")
    server.start()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    text = {"gone": "4194000\n", "reused": f"{os.getpid()}\n", "garbage": "what?\n"}[stranger]
    (place / "data" / "postmaster.pid").write_text(text)
    (place / "run" / ".s.PGSQL.5432.lock").write_text(text)
    with server:
        assert ask(server, "SELECT 1") == 1


def test_it_works_under_a_private_parent(place: Path) -> None:
    """A 0700 home is the usual place of a checkout; root must not need to open it for anybody."""
    private = place / "home"
    private.mkdir(mode=0o700)
    with PostgresServer(private / "deep" / "data", private / "run") as server:
        assert ask(server, "SELECT 1") == 1
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["long-" + 40 * "x", "with space, comma & 'quote' 口岸"])
def test_a_path_that_no_socket_can_have_is_no_obstacle(place: Path, name: str) -> None:
    """sun_path holds 108 bytes and PostgreSQL splits its option at commas; checkouts care for neither."""
    deep = place / name / name / name
    with PostgresServer(deep / "data", deep / "run") as server:
        assert ask(server, "SELECT 1") == 1
        assert PostgresServer(deep / "data", deep / "run").url() == server.url()
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        socket_dir = server.socket_dir
    socket_dir.rmdir()


def test_databases_are_created_from_templates_and_dropped(place: Path) -> None:
    """The test suite copies one migrated database per worker."""
    with PostgresServer(place / "data", place / "run", durable=False) as server:
        server.create_database("mother")
        ask(server, "CREATE TABLE t (n int)", "SELECT 1", database="mother")
        server.create_database("child", template="mother")
        assert ask(server, "SELECT count(*) FROM t", database="child") == 0
        server.drop_database("child")
        server.drop_database("child")
        assert server.has_database("mother")
        assert not server.has_database("child")
        with pytest.raises(ValueError, match="not a database name"):
            server.create_database('x"; DROP DATABASE mother; --')


def test_a_directory_of_something_else_is_never_emptied(place: Path) -> None:
    """initdb beside the directory and rename: a directory with the user's files is an error, not a victim."""
    (place / "data").mkdir()
    (place / "data" / "thesis.txt").write_text("years of work")
    with pytest.raises(LaunchError, match="not empty"):
        PostgresServer(place / "data", place / "run").start()
    assert (place / "data" / "thesis.txt").read_text() == "years of work"


def test_no_postgresql_is_an_error_that_says_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text names the package, the variable and the way round."""
    monkeypatch.setattr("wms.launch.pg_binaries._candidates", lambda: iter([place]))
    with pytest.raises(LaunchError, match="KOUAN_DATABASE_URL"):
        PostgresServer(place / "data", place / "run").start()


DEBIAN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)


@pytest.mark.skipif(DEBIAN is None, reason="no PostgreSQL of the distribution is installed")
def test_a_chosen_version_is_used_and_its_data_find_it_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KOUAN_PG_BIN goes first; later, without it, the data directory's own version goes before the newest."""
    assert DEBIAN is not None
    wanted = DEBIAN.parent.parent.name
    monkeypatch.setenv("KOUAN_PG_BIN", str(DEBIAN.parent))
    with PostgresServer(place / "data", place / "run") as server:
        assert str(ask(server, "SELECT current_setting('server_version')")).startswith(wanted)
    monkeypatch.delenv("KOUAN_PG_BIN")
    with PostgresServer(place / "data", place / "run") as server:
        assert str(ask(server, "SELECT current_setting('server_version')")).startswith(wanted)


def test_data_of_a_version_that_is_not_here_are_left_alone(place: Path) -> None:
    """An upgrade is nothing that happens by starting."""
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LaunchError, match="written by PostgreSQL 12"):
        PostgresServer(place / "data", place / "run").start()


def as_ordinary_user(uid: int) -> list[str]:
    """A prefix that runs Python as `uid`; reading rights are kept where the interpreter lies in root's home."""
    plain = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    for prefix in (plain, [*plain, "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]):
        probe = [*prefix, sys.executable, "-c", "import asyncpg, wms.launch.postgres"]
        if subprocess.run(probe, env=environment(), capture_output=True, check=False).returncode == 0:
            return prefix
    pytest.skip(f"uid {uid} cannot reach this interpreter")


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as an ordinary user")
@pytest.mark.parametrize("uid", [65534, 54321], ids=["a user with a name", "a uid without one"])
def test_it_works_as_an_ordinary_user(place: Path, uid: int) -> None:
    """Nothing of the launcher needs root; nor a line in /etc/passwd, which containers often do not give."""
    place.chmod(0o777)
    script = owner_script(place, "server.create_database('kouan'); server.stop(); print(os.getuid())")
    ran = subprocess.run(
        [*as_ordinary_user(uid), sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[-1] == str(uid)
    assert (place / "data").stat().st_uid == uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a privilege to lower")
@pytest.mark.parametrize("parent_mode", [0o755, 0o700])
def test_root_without_user_namespaces_falls_back_to_another_user(
    place: Path, monkeypatch: pytest.MonkeyPatch, parent_mode: int
) -> None:
    """Containers forbid namespaces; then the directory is given to uid 65534, also under a private parent."""
    monkeypatch.setattr("wms.launch.lower_privilege._namespace", lambda: None)
    place.chmod(parent_mode)
    for _ in range(2):
        with PostgresServer(place / "data", place / "run") as server:
            assert ask(server, "SELECT 1") == 1
            assert (place / "data" / "base").stat().st_uid == 65534
