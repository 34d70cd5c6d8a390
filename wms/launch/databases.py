"""Create and drop databases of a server of ours, from code with or without a running event loop."""

import asyncio
import re
import threading
from collections.abc import Coroutine
from typing import Any

import asyncpg

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class DatabaseCommands:
    """Mixed into a server that knows its `url`."""

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database."""
        raise NotImplementedError

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database, a copy of `template` when given, and return its URL.

        Nobody may be connected to the template, PostgreSQL refuses otherwise.
        """
        # Copying files instead of logging every page: three times as fast for the small databases of tests.
        copied = f" TEMPLATE {_quoted(template)} STRATEGY FILE_COPY" if template else ""
        self._run(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending its connections."""
        self._run(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def has_database(self, name: str) -> bool:
        """Whether a database of this name exists."""
        return bool(self._run(f"SELECT 1 FROM pg_database WHERE datname = '{_checked(name)}'"))  # noqa: S608 - checked

    def _run(self, statement: str) -> Any:
        return _in_thread(_execute(self.url().replace("+asyncpg", "", 1), statement))


async def _execute(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


def _in_thread(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end on a loop of its own: the caller may be inside one already."""
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a database name: {name!r}")
    return name


def _quoted(name: str) -> str:
    return f'"{_checked(name)}"'
