"""The tables of the outbox file.

`event` holds one envelope a row, as the bytes that will be published; (dev, boot, seq) is its identity on the wire.
`digest` are telegrams already taken, `answer` the last answer of each item still on the line, `command` and `fence` the
journal of commands. `answer` and `digest` rows are written in the transaction of the event they belong to.
"""

import sqlite3

VERSION = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    dev TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL, PRIMARY KEY (dev, boot, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digest (digest BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS digest_age ON digest (at_ms);
CREATE TABLE IF NOT EXISTS dead_letter (
    dev TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL, at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL, PRIMARY KEY (dev, boot, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answer (
    line TEXT NOT NULL, tid TEXT NOT NULL, pass_no INTEGER NOT NULL, occasion BLOB NOT NULL, chute TEXT,
    reason TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (line, tid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS command (
    cmd_id TEXT PRIMARY KEY, dev TEXT NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL, version INTEGER NOT NULL,
    outcome TEXT, code TEXT NOT NULL DEFAULT '', at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fence (
    dev TEXT NOT NULL, family TEXT NOT NULL, target TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (dev, family, target)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS closed_chute (
    line TEXT NOT NULL, chute TEXT NOT NULL, PRIMARY KEY (line, chute)
) WITHOUT ROWID;
"""


def connect(path: str) -> sqlite3.Connection:
    """A connection with the durability the outbox promises; statements are committed explicitly."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # The checkpoint syncs the main file too; left to a commit it would sit in the path of a decision.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of an empty file; refuse a file of a newer gateway."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        raise RuntimeError(f"the outbox was written by a newer gateway (layout {found}, this one knows {VERSION})")
    connection.executescript(_TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
