"""The database of this installation: an external one, the embedded one that runs already, or the embedded one for a moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from wms.command.places import Home
from wms.launch.failure import AlreadyServed
from wms.launch.postgres import PostgresServer
from wms.settings import Settings

DATABASE = "kouan"


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The URL; an embedded server that was started for this is stopped after it."""
    if settings.database_url:
        yield settings.database_url
        return
    server = embedded_postgres(settings)
    try:
        server.start()
    except AlreadyServed:
        yield server.url(DATABASE)
        return
    try:
        if not server.has_database(DATABASE):
            server.create_database(DATABASE)
        yield server.url(DATABASE)
    finally:
        server.stop()


def embedded_postgres(settings: Settings) -> PostgresServer:
    return PostgresServer(Home(settings).postgres)
